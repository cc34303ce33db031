"""
Tests for L{wand.sealed.directory.news}.
"""

from __future__ import annotations

from collections.abc import Sequence
from types import SimpleNamespace
from typing import Any, cast

from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase

from wand.sealed.credentials.identity import Identity
from wand.sealed.directory.announcement_log import LogEntry
from wand.sealed.directory.news import FIRST_BURST, FIRST_RATE, News
from wand.sealed.directory.page_sender import PUSH_INTERVAL
from wand.timing.rounds import PORTION_INTERVAL, PORTION_OCTETS

#: How many nodes there are, and octets of what each is told: for all that takes a second.
NODES = 5_000
OCTETS = 2_000


def identityOf(number: int) -> Identity:
    return Identity(number.to_bytes(32, "big"))


class NewsTests(SynchronousTestCase):
    """
    L{News}.
    """

    def setUp(self) -> None:
        self.clock = Clock()
        self.stored = SimpleNamespace(published=1)
        self.entries = {
            identityOf(each): SimpleNamespace(identity=identityOf(each), version=1) for each in range(NODES)
        }
        self.told: list[tuple[bytes, list[Identity], int]] = []
        self.news = News(cast(Any, self.entries), cast(Any, self.stored), self.clock, self.tell)

    def tell(self, node: bytes, entries: Sequence[LogEntry], watched: Sequence[LogEntry]) -> int:
        self.told.append((node, [each.identity for each in entries], len(watched)))
        return OCTETS

    def changed(self, member: int, nodes: range, *, isFirst: bool) -> None:
        for node in nodes:
            self.news.add(identityOf(node), identityOf(member), isFirst=isFirst)
        self.news.tell()

    def run_(self, seconds: float) -> None:
        self.clock.pump([PORTION_INTERVAL] * round(seconds / PORTION_INTERVAL))

    def ofMember(self, member: int) -> list[bytes]:
        return [node for node, identities, _ in self.told if identityOf(member) in identities]

    def test_oneOfFewChangesDoesNotWaitForMany(self) -> None:
        """
        Behind all that is to be told when thousands came, whoever changes after them is told at once, and the others
        wait no longer for that than it takes.
        """
        self.changed(0, range(1, NODES), isFirst=False)
        self.run_(0.1)
        self.assertLess(len(self.told), NODES / 5)
        self.changed(1, range(NODES - 50, NODES), isFirst=True)
        self.run_(0.02)
        self.assertEqual(len(self.ofMember(1)), 50)
        self.run_(1)
        self.assertEqual(len(self.ofMember(0)), NODES - 1)

    def test_nobodyIsToldTwice(self) -> None:
        """
        What goes first is not told once more behind the others, nor the other way round.
        """
        self.changed(0, range(1, NODES), isFirst=False)
        self.changed(0, range(NODES - 50, NODES), isFirst=True)
        self.changed(1, range(NODES - 50, NODES), isFirst=True)
        self.changed(1, range(NODES - 50, NODES), isFirst=False)
        self.run_(3)
        self.assertEqual(sorted(self.ofMember(0)), [identityOf(each) for each in range(1, NODES)])
        self.assertEqual(sorted(set(self.ofMember(1))), [identityOf(each) for each in range(NODES - 50, NODES)])

    def test_manyStandBackOnly(self) -> None:
        """
        Where changes that go first keep coming, the others are told all the same, a tenth as fast.
        """
        self.changed(0, range(1, NODES), isFirst=False)
        told = len(self.told)
        for _ in range(10):
            self.changed(1, range(NODES), isFirst=True)
            self.run_(0.1)
        self.assertGreater(len(self.ofMember(0)), told + 0.05 * NODES)

    def test_whatIsNotStoredIsToldLater(self) -> None:
        """
        Nobody is told of what is not stored yet; when it is, it goes as it would have gone.
        """
        self.entries[identityOf(0)].version = 2
        self.changed(0, range(1, 3), isFirst=True)
        self.run_(1)
        self.assertEqual(self.told, [])
        self.stored.published = 2
        self.news.tell()
        self.assertEqual(len(self.told), 2)

    def test_fewChangesGoFirst(self) -> None:
        """
        Of thousands of changes hardly any do.
        """
        few = sum(self.news.mayGoFirst() for _ in range(1000))
        self.assertEqual(few, FIRST_BURST)
        self.clock.advance(1)
        self.assertEqual(sum(self.news.mayGoFirst() for _ in range(1000)), FIRST_RATE)

    def test_itLeavesNoTimerBehind(self) -> None:
        """
        After the end nothing is told.
        """
        self.changed(0, range(1, NODES), isFirst=False)
        self.changed(1, range(NODES), isFirst=True)
        self.news.stop()
        told = len(self.told)
        self.clock.advance(PUSH_INTERVAL)
        self.assertEqual((len(self.told), self.clock.getDelayedCalls()), (told, []))
        self.assertLess(told * OCTETS, 4 * PORTION_OCTETS)
