"""
The members of a simulation, and what all of them know at its beginning.  What members have in common is in memory once.
"""

from __future__ import annotations

from weakref import WeakValueDictionary

from wand.sealed.gossip.entry import merged
from wand.sealed.gossip.items import Item, Presence, parseItem
from wand.sealed.gossip.rings import Rings
from wand.sealed.gossip.signatures import announcementItem, presenceItem
from wand.sealed.gossip.tree import Branch, Leaf, MemberTree
from wand.testing.simulation.signatures import MadeUpSignatures, madeUpMember


class Shared:
    """
    Provides L{wand.sealed.gossip.tree.Keep}: one of all equal parts of trees.
    """

    def __init__(self) -> None:
        self._leaves: WeakValueDictionary[tuple[int, int], Leaf] = WeakValueDictionary()
        self._branches: WeakValueDictionary[tuple[int, int], Branch] = WeakValueDictionary()

    def leaf(self, number: int, leaf: Leaf) -> Leaf:
        """
        See L{wand.sealed.gossip.tree.Keep}.
        """
        return self._leaves.setdefault((number, leaf.total), leaf)

    def branch(self, number: int, branch: Branch) -> Branch:
        """
        See L{wand.sealed.gossip.tree.Keep}.
        """
        return self._branches.setdefault((number, branch.total), branch)


class Population:
    """
    Members that know each other.

    @ivar network: the public key of their network.
    @ivar identities: of all, by their numbers.
    @ivar numbers: of all, by their identities.
    @ivar rings: their places.
    @ivar tree: what all of them know.
    """

    def __init__(self, size: int) -> None:
        self.network = b"\x07" * 32
        self.rings = Rings(self.network)
        self.tree = MemberTree(keep=Shared())
        self.identities: list[bytes] = []
        self.numbers: dict[bytes, int] = {}
        self._items: dict[bytes, Item | None] = {}
        for number in range(size):
            self.tree = self._with(self.tree, number)

    def __len__(self) -> int:
        return len(self.identities)

    def parse(self, octets: bytes, network: bytes) -> Item | None:
        """
        See L{parseItem}; what was read once is not read again.
        """
        if octets not in self._items:
            self._items[octets] = parseItem(octets, network)
        return self._items[octets]

    def signatures(self, number: int) -> MadeUpSignatures:
        """
        Signs for a member.
        """
        return MadeUpSignatures(self.identities[number], self.network)

    def items(self, number: int) -> tuple[Item, Item]:
        """
        What a member says of itself at first.
        """
        identity, certificate, claim = madeUpMember(self.network, number)
        announcement = announcementItem(certificate, claim, self.network)
        assert announcement is not None
        presence = Presence(self.network, identity, 1, 1, True, (endpointOf(number),))
        return announcement, presenceItem(presence, MadeUpSignatures(identity, self.network))

    def _with(self, tree: MemberTree, number: int) -> MemberTree:
        announcement, presence = self.items(number)
        self.identities.append(announcement.member)
        self.numbers[announcement.member] = number
        self.rings.add(announcement.member)
        return tree.put(merged(merged(None, announcement), presence))


def endpointOf(number: int, port: int = 22222) -> str:
    """
    Where a member is.
    """
    return f"198.{18 + (number >> 16)}.{number >> 8 & 255}.{number & 255}:{port}"
