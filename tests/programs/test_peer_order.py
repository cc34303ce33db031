"""
Tests for L{wand.programs.peer_order}.
"""

from __future__ import annotations

from lines_run import linesOf
from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase

from wand.programs.peer_order import ORDER_LIFE, PeerOrder


class PeerOrderTests(SynchronousTestCase):
    """
    L{PeerOrder} of peers that are numbers.
    """

    def setUp(self) -> None:
        self.clock = Clock()
        self.names = {number: f"m{number:05}" for number in range(5)}
        self.asked = 0
        self.order = PeerOrder(lambda: list(self.names), self.nameOf, self.clock)

    def nameOf(self, peer: object) -> str:
        assert isinstance(peer, int)
        self.asked += 1
        return self.names[peer]

    def page(self, after: str | None, count: int = 2) -> list[object]:
        return [peer for _, peer in self.order.page(after, count)]

    def test_pageByPage(self) -> None:
        """
        Every peer is listed once, in the order of what it is called.
        """
        self.names[0] = "n"
        pages = [self.order.page(after, 2) for after in (None, "m00002", "m00004", "n")]
        self.assertEqual(pages, [[("m00001", 1), ("m00002", 2)], [("m00003", 3), ("m00004", 4)], [("n", 0)], []])

    def test_aListSeesWhatPeersAreCalledNow(self) -> None:
        """
        Names are read when a list begins, and not again for the pages that follow, unless it goes on after long.
        """
        self.page(None)
        self.names[4] = "a"
        self.assertEqual(self.page("m00001"), [2, 3])
        self.assertEqual(self.page(None), [4, 0])
        del self.names[3]
        self.clock.advance(ORDER_LIFE)
        self.assertEqual(self.page("m00001"), [2])

    def test_aPageCostsTheSameAmongThousands(self) -> None:
        """
        A page after the first one costs what it has, and not what there is.
        """
        lines = []
        for count in (100, 10_000):
            self.names = {number: f"m{number:05}" for number in range(count)}
            self.page(None)
            self.asked = 0
            lines.append(linesOf(lambda: self.page("m00050")))
            self.assertEqual(self.asked, 0)
        self.assertEqual(lines[0], lines[1])
