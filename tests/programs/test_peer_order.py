"""
Tests for L{wand.programs.peer_order}.
"""

from __future__ import annotations

from collections.abc import Iterator

from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase

from wand.endpoint import Endpoint
from wand.programs.peer_order import LIFETIME, PeerOrder
from wand.table import Peer


class PeerOrderTests(SynchronousTestCase):
    """
    Pages of peers.
    """

    def setUp(self) -> None:
        """
        Many peers.
        """
        self.clock = Clock()
        self.names = [f"m{number:03}" for number in range(100)]
        self.looks = 0
        self.order = PeerOrder(self.clock, self.named)

    def named(self) -> Iterator[tuple[str, Peer]]:
        """
        The peers, in no order.
        """
        self.looks += 1
        return ((name, Endpoint("192.0.2.1", number + 1)) for number, name in enumerate(reversed(self.names)))

    def listing(self, count: int) -> list[str]:
        """
        All names, page by page.
        """
        found: list[str] = []
        while page := self.order.page(found[-1] if found else None, count):
            found += [name for name, _ in page]
        return found

    def test_allInTheirOrder(self) -> None:
        """
        Whatever fits on a page, every peer is listed once; and they are sorted once, or twice if the end is asked for
        after the last page.
        """
        for count in (1, 7, 99, 100, 101):
            with self.subTest(count):
                self.looks = 0
                self.assertEqual(self.listing(count), self.names)
                self.assertLessEqual(self.looks, 2)

    def test_aNewListingIsNew(self) -> None:
        """
        Who begins again sees what there is now, and so does who goes on after a long time.
        """
        self.order.page(None, 2)
        self.names.append("m0005")
        self.assertEqual([name for name, _ in self.order.page("m000", 1)], ["m001"])
        self.assertEqual([name for name, _ in self.order.page(None, 2)], ["m000", "m0005"])
        self.names.append("m0001")
        self.clock.advance(LIFETIME + 1)
        self.assertEqual([name for name, _ in self.order.page("m000", 1)], ["m0001"])

    def test_whoIsGoneLeavesNoGap(self) -> None:
        """
        Who goes on after somebody who is gone meanwhile goes on behind.
        """
        self.assertEqual([name for name, _ in self.order.page("m0005", 1)], ["m001"])
