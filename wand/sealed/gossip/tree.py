"""
All entries, with sums of digests at three levels: whoever has the same sum has the same entries, and two who differ
find out where, in a few messages, however many entries there are.

A tree is never changed; a change makes another one that shares what did not change.  So trees of many simulated members
can be kept in one process, see L{MemberTree.keep}.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, Protocol, TypeVar

import attrs

from wand.sealed.gossip.entry import MASK, Entry

Part = TypeVar("Part")

#: How many branches a tree has, and how many leaves each of them.
WIDTH: Final = 64


@attrs.frozen(eq=False)
class Leaf:
    """
    Some entries, in the order of their identities.

    @ivar total: the sum of their digests.
    """

    total: int
    entries: tuple[Entry, ...]


@attrs.frozen(eq=False)
class Branch:
    """
    Some leaves.

    @ivar total: the sum of theirs.
    """

    total: int
    leaves: tuple[Leaf, ...]


class Keep(Protocol):
    """
    Exchanges a part of a tree for an equal one that there is already.
    """

    def leaf(self, number: int, leaf: Leaf) -> Leaf: ...

    def branch(self, number: int, branch: Branch) -> Branch: ...


class KeepAll:
    """
    Exchanges nothing.
    """

    def leaf(self, number: int, leaf: Leaf) -> Leaf:
        """
        See L{Keep}.
        """
        return leaf

    def branch(self, number: int, branch: Branch) -> Branch:
        """
        See L{Keep}.
        """
        return branch


_EMPTY: Final = Branch(0, (Leaf(0, ()),) * WIDTH)


@attrs.frozen(eq=False)
class MemberTree:
    """
    All entries.

    @ivar total: the sum of all digests.
    @ivar count: how many entries there are.
    @ivar keep: shares equal parts of several trees.
    """

    total: int = 0
    count: int = 0
    branches: tuple[Branch, ...] = (_EMPTY,) * WIDTH
    keep: Keep = attrs.field(factory=KeepAll)

    def __iter__(self) -> Iterator[Entry]:
        for branch in self.branches:
            for leaf in branch.leaves:
                yield from leaf.entries

    def get(self, identity: bytes) -> Entry | None:
        """
        What is known of a member.
        """
        number = leafOf(identity)
        for entry in self.branches[number >> 6].leaves[number & 63].entries:
            if entry.identity == identity:
                return entry
        return None

    def leaf(self, number: int) -> Leaf:
        """
        A leaf by its number, up to the square of L{WIDTH}.
        """
        return self.branches[number >> 6].leaves[number & 63]

    def put(self, entry: Entry) -> MemberTree:
        """
        The tree with this entry in place of the one of the same member.
        """
        return self._changed(entry.identity, (entry,))

    def remove(self, identity: bytes) -> MemberTree:
        """
        The tree without the entry of a member.
        """
        return self._changed(identity, ())

    def _changed(self, identity: bytes, now: tuple[Entry, ...]) -> MemberTree:
        number = leafOf(identity)
        branch = self.branches[number >> 6]
        before = branch.leaves[number & 63]
        entries, total = now, sum([each.digest for each in now])
        if before.entries:
            others = [each for each in before.entries if each.identity != identity]
            entries = tuple(sorted((*others, *now), key=_identityOf))
            total += sum([each.digest for each in others])
        leaf = self.keep.leaf(number, Leaf(total & MASK, entries))
        added = leaf.total - before.total
        leaves = _with(branch.leaves, number & 63, leaf)
        changed = self.keep.branch(number >> 6, Branch((branch.total + added) & MASK, leaves))
        return MemberTree(
            (self.total + added) & MASK,
            self.count + len(entries) - len(before.entries),
            _with(self.branches, number >> 6, changed),
            self.keep,
        )


def leafOf(identity: bytes) -> int:
    """
    The number of the leaf that has a member's entry: the first 12 bits of its identity.
    """
    return identity[0] << 4 | identity[1] >> 4


def _identityOf(entry: Entry) -> bytes:
    return entry.identity


def _with(parts: tuple[Part, ...], at: int, part: Part) -> tuple[Part, ...]:
    changed = list(parts)
    changed[at] = part
    return tuple(changed)
