"""
Tests for L{wand.sealed.gossip.items}, L{wand.sealed.gossip.entry} and L{wand.sealed.gossip.tree}: whatever the order in
which items come, everybody ends up with the same.
"""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace
from reencoded import reencoded
from simulated.gossipers import Gossipers
from twisted.trial.unittest import SynchronousTestCase

from wand.sealed.gossip.entry import Entry, isNews, merged
from wand.sealed.gossip.items import ITEM_MAXIMUM, AnnouncementItem, Item, itemOf, parseItem
from wand.sealed.gossip.signatures import isValid
from wand.sealed.gossip.tree import MemberTree, leafOf

PEOPLE = Gossipers(6)
ITEMS = [
    item
    for number in range(3)
    for item in (
        PEOPLE.announcement(number),
        PEOPLE.announcement(number, 2),
        PEOPLE.presence(number),
        PEOPLE.presence(number, port=7),  # the same number twice: by somebody who lies to some
        PEOPLE.presence(number, 2),
        PEOPLE.presence(number, 1, 2, here=False),
        *(PEOPLE.accusation(3, number, order, ring) for order in (1, 2) for ring in (0, 1)),
        PEOPLE.accusation(4, number, 1, 0, 2),
    )
]


def gathered(tree: MemberTree, items: list[Item]) -> MemberTree:
    """
    A tree that took items, again and again until none of them is news.
    """
    before = None
    while before is not tree:
        before = tree
        for item in items:
            if isNews(tree.get(item.member), item):
                tree = tree.put(merged(tree.get(item.member), item))
    return tree


class ItemTests(SynchronousTestCase):
    """
    What is told.
    """

    @given(st.binary(max_size=ITEM_MAXIMUM + 50))
    @settings(deadline=None)
    def test_anythingIsReadOrRefused(self, octets: bytes) -> None:
        """
        Whatever comes, it is an item or none.
        """
        item = parseItem(octets, PEOPLE.network)
        assert item is None or item.kind in (0, 1, 2)

    @given(st.sampled_from(ITEMS), st.integers(0, 10_000), st.integers(1, 255))
    @settings(deadline=None)
    def test_noOctetCanBeChanged(self, item: Item, at: int, change: int) -> None:
        """
        An item of which anything was changed is not valid, or says what it said.
        """
        octets = bytearray(item.octets)
        octets[at % len(octets)] ^= change
        other = parseItem(bytes(octets), PEOPLE.network)
        if other is not None and other.digest != item.digest:
            assert not isValid(other, PEOPLE.population.signatures(0))

    def test_oneForm(self) -> None:
        """
        An item in another form that says the same is none, nor is one with a claim in another form.
        """
        for item in ITEMS:
            for octets in reencoded(item.octets):
                self.assertIsNone(parseItem(octets, PEOPLE.network))
            if isinstance(item.told, AnnouncementItem):
                for claim in reencoded(item.told.claim):
                    self.assertIsNone(itemOf(replace(item.told, claim=claim), PEOPLE.network))

    def test_itemsTravel(self) -> None:
        """
        What was written is read, and valid.
        """
        for item in ITEMS:
            read = parseItem(item.octets, PEOPLE.network)
            assert read is not None
            self.assertEqual((read.rank, read.digest, read.member), (item.rank, item.digest, item.member))
            self.assertTrue(isValid(read, PEOPLE.population.signatures(1)))

    def test_ofAnotherNetwork(self) -> None:
        """
        What was signed for one network is not valid in another.
        """
        for item in ITEMS:
            other = parseItem(item.octets, b"\x08" * 32)
            assert other is not None
            signatures = type(PEOPLE.population.signatures(0))(PEOPLE.who[0], b"\x08" * 32)
            self.assertFalse(isValid(other, signatures))


class EntryTests(SynchronousTestCase):
    """
    What is known.
    """

    @given(st.lists(st.sampled_from(ITEMS), max_size=25), st.randoms(use_true_random=False))
    @settings(deadline=None)
    def test_theOrderDoesNotMatter(self, items: list[Item], random: object) -> None:
        """
        The same items, in whatever order and however often, give the same tree.
        """
        other = [*items, *items[::2]]
        random.shuffle(other)  # type: ignore[attr-defined]
        one, two = gathered(MemberTree(), items), gathered(MemberTree(), other)
        self.assertEqual(one.total, two.total)
        self.assertEqual([list(each.items) for each in one], [list(each.items) for each in two])

    @given(st.lists(st.sampled_from(ITEMS), max_size=25))
    @settings(deadline=None)
    def test_totalsAreSums(self, items: list[Item]) -> None:
        """
        The total of a tree, and of each of its parts, is the sum of what is in it.
        """
        tree = gathered(MemberTree(), items)
        mask = (1 << 64) - 1
        self.assertEqual(tree.total, sum(entry.digest for entry in tree) & mask)
        for branch in tree.branches:
            self.assertEqual(branch.total, sum(leaf.total for leaf in branch.leaves) & mask)
        self.assertEqual(tree.count, len(list(tree)))
        for entry in tree:
            self.assertIn(entry, tree.leaf(leafOf(entry.identity)).entries)

    @given(st.lists(st.sampled_from(ITEMS), max_size=25), st.integers(0, 2))
    @settings(deadline=None)
    def test_removedIsGone(self, items: list[Item], number: int) -> None:
        """
        A tree without a member is the tree to which it never came.
        """
        identity = PEOPLE.who[number]
        others = [item for item in items if item.member != identity]
        self.assertEqual(gathered(MemberTree(), items).remove(identity).total, gathered(MemberTree(), others).total)

    def test_aWordRefutesAnAccusation(self) -> None:
        """
        A member that says something is not accused any more, and cannot be accused of the silence before.
        """
        entry: Entry | None = None
        for item in (PEOPLE.announcement(0), PEOPLE.presence(0), PEOPLE.accusation(3, 0)):
            self.assertTrue(isNews(entry, item))
            entry = merged(entry, item)
        assert entry is not None and entry.accusation is not None
        entry = merged(entry, PEOPLE.presence(0, 2))
        self.assertIsNone(entry.accusation)
        self.assertFalse(isNews(entry, PEOPLE.accusation(3, 0)))
        self.assertTrue(isNews(entry, PEOPLE.accusation(3, 0, 2)))

    def test_nobodyIsAccusedOfTheFuture(self) -> None:
        """
        An accusation of a presence that nobody has seen means nothing: else it could never be refuted.
        """
        entry = merged(merged(None, PEOPLE.announcement(0)), PEOPLE.presence(0))
        self.assertFalse(isNews(entry, PEOPLE.accusation(3, 0, 2**32 - 1)))
        self.assertFalse(isNews(merged(None, PEOPLE.announcement(0)), PEOPLE.accusation(3, 0)))
