"""
Interests: which members each node was told of, and so whose changes it is told.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable
from typing import Final

#: Of how many members a node is told the changes: the last ones that it was told of.
INTERESTS_MAXIMUM: Final = 256

#: How many interests all nodes together have before each keeps only its share; one takes some 70 octets.
ALL_MAXIMUM: Final = 4_000_000


class Interests:
    """
    The members that each node was told of last, and for each member the nodes; all by their identities.
    """

    def __init__(self, maximum: int = ALL_MAXIMUM) -> None:
        """
        @param maximum: how many interests there are before a node that has more than its share of them forgets its
            oldest for each new one.
        """
        self._maximum = maximum
        self._count = 0
        self._told: OrderedDict[bytes, dict[bytes, None]] = OrderedDict()  # the oldest first
        self._nodes: dict[bytes, dict[bytes, None]] = {}

    def __len__(self) -> int:
        return self._count

    def add(self, node: bytes, member: bytes) -> None:
        """
        A node is told of a member.
        """
        told = self._told.setdefault(node, {})
        if member in told:
            del told[member]
        else:
            self._count += 1
            self._nodes.setdefault(member, {})[node] = None
        told[member] = None
        if len(told) > INTERESTS_MAXIMUM:
            self._drop(node, next(iter(told)))
        elif self._count > self._maximum:
            self._makeRoom(node)

    def of(self, node: bytes) -> Iterable[bytes]:
        """
        The members that a node was told of, the last one at the end.
        """
        return self._told.get(node, {}).keys()

    def nodes(self, member: bytes) -> Iterable[bytes]:
        """
        The nodes that were told of a member.
        """
        return self._nodes.get(member, {}).keys()

    def take(self, member: bytes) -> tuple[bytes, ...]:
        """
        The nodes that were told of a member, which they are not any more.
        """
        nodes = tuple(self.nodes(member))
        for node in nodes:
            self._drop(node, member)
        return nodes

    def forget(self, node: bytes) -> None:
        """
        A node is told of nothing more.
        """
        for member in tuple(self.of(node)):
            self._drop(node, member)

    def _makeRoom(self, node: bytes) -> None:
        """
        Of this node and another one, each in its turn, those that have more than their share forget their oldest.
        """
        other = next(iter(self._told))
        self._told.move_to_end(other)
        share = max(1, self._maximum // len(self._told))
        for each in {node, other}:
            if len(self._told[each]) > share:
                self._drop(each, next(iter(self._told[each])))

    def _drop(self, node: bytes, member: bytes) -> None:
        told, nodes = self._told[node], self._nodes[member]
        del told[member], nodes[node]
        self._count -= 1
        if not told:
            del self._told[node]
        if not nodes:
            del self._nodes[member]
