"""
Tests for L{wand.sealed.sessions.waiting_initiations}.
"""

from __future__ import annotations

from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase

from wand.sealed.sessions.timers import INITIATIONS_ALL
from wand.sealed.sessions.waiting_initiations import INTERVAL, WaitingInitiations


class WaitingInitiationsTests(SynchronousTestCase):
    """
    L{WaitingInitiations}.
    """

    def setUp(self) -> None:
        self.clock = Clock()
        self.seen: list[tuple[bytes, tuple[str, int]]] = []
        self.waiting = WaitingInitiations(self.clock, self.look, maximum=2000)

    def look(self, datagram: memoryview, sender: tuple[str, int]) -> None:
        self.seen.append((bytes(datagram), sender))
        if datagram == b"bad":
            raise RuntimeError("on purpose")

    def add(self, octets: bytes, host: str, port: int = 1) -> bool:
        return self.waiting.add(memoryview(octets), (host, port))

    def test_nobodyIsLostAndTheRateIsKept(self) -> None:
        """
        A thousand that come at once are looked into within seconds, no more in a second than there may be.
        """
        for number in range(1000):
            self.assertTrue(self.add(b"x", f"198.51.{number // 250}.{number % 250}"))
        self.clock.pump([INTERVAL] * int(1 / INTERVAL))
        self.assertAlmostEqual(len(self.seen), INITIATIONS_ALL, delta=10)
        self.clock.pump([INTERVAL] * int(2 / INTERVAL))
        self.assertEqual(len({sender for _, sender in self.seen}), 1000)
        self.assertEqual((len(self.waiting), self.clock.getDelayedCalls()), (0, []))

    def test_theLastOneOfAnEndpointCounts(self) -> None:
        """
        A repetition takes the place of what it repeats, not one further back.
        """
        for octets, host in ((b"first", "192.0.2.1"), (b"other", "192.0.2.2"), (b"again", "192.0.2.1")):
            self.add(octets, host)
        self.clock.advance(INTERVAL)
        self.assertEqual([octets for octets, _ in self.seen], [b"again", b"other"])

    def test_addressesComeInTurns(self) -> None:
        """
        Whoever comes from an address of its own does not wait for all that come from another one.
        """
        for port in range(500):
            self.add(b"x", "192.0.2.1", port)
        self.add(b"y", "192.0.2.2")
        self.clock.advance(INTERVAL)
        self.assertIn((b"y", ("192.0.2.2", 1)), self.seen[:2])

    def test_thereIsABound(self) -> None:
        """
        Beyond a number no further endpoint finds room; those that wait may still repeat.
        """
        taken = [self.add(b"x", "192.0.2.1", port) for port in range(2005)]
        self.assertEqual(taken, [True] * 2000 + [False] * 5)
        self.assertTrue(self.add(b"y", "192.0.2.1", 7))
        self.waiting.discard(("192.0.2.1", 8))
        self.waiting.discard(("192.0.2.9", 8))
        self.assertTrue(self.add(b"x", "192.0.2.1", 2001))

    def test_whoeverHasFewFindsRoom(self) -> None:
        """
        When some addresses fill all, one that waits for nothing yet takes the place of the newest of whoever has most;
        and nobody who waits for as little as the others loses anything.
        """
        for number in range(2000):
            self.add(b"x", f"192.0.2.{number % 4}", number)
        for number in range(300):
            self.add(b"honest", f"198.51.{number // 250}.{number % 250}")
            self.add(b"x", f"192.0.2.{number % 4}", 3000 + number)
        self.assertEqual(len(self.waiting), 2000)
        self.clock.pump([INTERVAL] * 500)
        self.assertEqual(sum(octets == b"honest" for octets, _ in self.seen), 300)
        self.assertEqual((len(self.seen), self.waiting._addresses, self.waiting._sizes), (2000, {}, {}))

    def test_ifEverybodyHasOneTheFirstStay(self) -> None:
        """
        Nobody is pushed out by somebody who has as many.
        """
        for number in range(2000):
            self.add(b"x", f"198.51.{number // 250}.{number % 250}")
        self.assertFalse(self.add(b"y", "192.0.2.1"))
        self.assertTrue(self.add(b"y", "198.51.0.7"))

    def test_noMoreThanThereIsRoomFor(self) -> None:
        """
        While sessions that were answered are not used yet, the others wait.
        """
        room = [3]
        self.waiting = WaitingInitiations(self.clock, self.look, mayMore=lambda subscriber: len(self.seen) < room[0])
        for number in range(10):
            self.add(b"x", f"198.51.100.{number}")
        self.clock.pump([INTERVAL] * 50)
        self.assertEqual(len(self.seen), 3)
        room[0] = 20
        self.clock.pump([INTERVAL] * 50)
        self.assertEqual((len(self.seen), self.clock.getDelayedCalls()), (10, []))

    def test_oneThatFailsDisturbsNoOther(self) -> None:
        """
        Whatever is in one, the others are looked into; and nothing is due after the end.
        """
        self.add(b"bad", "192.0.2.1")
        self.add(b"good", "192.0.2.2")
        with self.assertRaises(RuntimeError):
            self.clock.advance(INTERVAL)
        self.clock.advance(INTERVAL)
        self.assertEqual(self.seen[-1][0], b"good")
        self.add(b"good", "192.0.2.2")
        self.waiting.stop()
        self.assertEqual(self.clock.getDelayedCalls(), [])
