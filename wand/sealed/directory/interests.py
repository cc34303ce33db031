"""
Interests: which members each node was told of, and so whose changes it is told.

Thousands of nodes are told of dozens each.  So members and nodes have numbers here, and interests are rows of those,
four octets each.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterable
from typing import Final, TypeAlias

#: Of how many members a node is told the changes: the last ones that it was told of.
INTERESTS_MAXIMUM: Final = 256

#: How many interests all nodes together have before each keeps only its share; one takes 12 to 75 octets,
#: and up to 270 for a member that no other node was told of.
ALL_MAXIMUM: Final = 4_000_000

#: How many nodes that were told of one member are a row, which has to be searched; more are a table.
ROW_MAXIMUM: Final = 64

#: How many places are looked at, at most, for the next node in turn.
_LOOKS: Final = 16

_Row: TypeAlias = "array[int]"


class Interests:
    """
    The members that each node was told of last, and for each member the nodes; all by their identities.
    """

    def __init__(self, maximum: int = ALL_MAXIMUM, each: int = INTERESTS_MAXIMUM) -> None:
        """
        @param maximum: how many interests there are before a node that has more than its share of them forgets its
            oldest for each new one.
        @param each: how many one node has, at most.
        """
        self._maximum = maximum
        self._each = each
        self._count = self._interested = self._turn = 0
        self._numbers: dict[bytes, int] = {}
        self._identities: list[bytes] = []
        self._free: list[int] = []
        self._told: list[_Row | None] = []  # to each node, the oldest first
        self._nodes: list[_Row | dict[int, None] | None] = []

    def __len__(self) -> int:
        return self._count

    def add(self, node: bytes, member: bytes) -> None:
        """
        A node is told of a member.
        """
        at, what = self._number(node), self._number(member)
        told = self._told[at]
        if told is None:
            told = self._told[at] = array("I")
            self._interested += 1
        if what in told:
            told.remove(what)
        else:
            self._count += 1
            self._note(at, what)
        told.append(what)
        if len(told) > self._each:
            self._drop(at, told[0])
        elif self._count > self._maximum:
            self._makeRoom(at)

    def of(self, node: bytes) -> list[bytes]:
        """
        The members that a node was told of, the last one at the end.
        """
        at = self._numbers.get(node)
        return self._named(None if at is None else self._told[at])

    def nodes(self, member: bytes) -> list[bytes]:
        """
        The nodes that were told of a member.
        """
        what = self._numbers.get(member)
        return self._named(None if what is None else self._nodes[what])

    def take(self, member: bytes) -> tuple[bytes, ...]:
        """
        The nodes that were told of a member, which they are not any more.
        """
        nodes = tuple(self.nodes(member))
        for node in nodes:
            self._drop(self._numbers[node], self._numbers[member])
        return nodes

    def forget(self, node: bytes) -> None:
        """
        A node is told of nothing more.
        """
        at = self._numbers.get(node)
        for what in tuple((None if at is None else self._told[at]) or ()):
            assert at is not None
            self._drop(at, what)

    def _named(self, numbers: Iterable[int] | None) -> list[bytes]:
        return [self._identities[each] for each in numbers or ()]

    def _number(self, identity: bytes) -> int:
        number = self._numbers.get(identity)
        if number is None:
            number = self._free.pop() if self._free else len(self._identities)
            if number == len(self._identities):
                self._identities.append(identity)
                self._told.append(None)
                self._nodes.append(None)
            self._identities[number] = identity
            self._numbers[identity] = number
        return number

    def _release(self, number: int) -> None:
        if self._told[number] is None and self._nodes[number] is None:
            del self._numbers[self._identities[number]]
            self._identities[number] = b""
            self._free.append(number)

    def _note(self, node: int, member: int) -> None:
        nodes = self._nodes[member]
        if nodes is None:
            nodes = self._nodes[member] = array("I")
        elif len(nodes) == ROW_MAXIMUM:
            nodes = self._nodes[member] = dict.fromkeys(nodes)
        if isinstance(nodes, dict):
            nodes[node] = None
        else:
            nodes.append(node)

    def _makeRoom(self, node: int) -> None:
        """
        Of this node and another one, each in its turn, those that have more than their share forget their oldest.
        """
        share = max(1, self._maximum // self._interested)
        for each in {node, self._next()}:
            told = self._told[each]
            if told is not None and len(told) > share:
                self._drop(each, told[0])

    def _next(self) -> int:
        for _ in range(_LOOKS):
            self._turn = (self._turn + 1) % len(self._told)
            if self._told[self._turn] is not None:
                break
        return self._turn

    def _drop(self, node: int, member: int) -> None:
        told, nodes = self._told[node], self._nodes[member]
        assert told is not None and nodes is not None
        self._count -= 1
        told.remove(member)
        if not told:
            self._told[node] = None
            self._interested -= 1
        if isinstance(nodes, dict):
            del nodes[node]
        else:
            nodes.remove(node)
        if not nodes:
            self._nodes[member] = None
        for each in {node, member}:
            self._release(each)
