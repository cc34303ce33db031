"""
Tests for L{wand.sealed.sessions.path}.
"""

from __future__ import annotations

from collections.abc import Callable
from random import Random

from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase

from wand.errors import NoAnswer
from wand.sealed.sessions.packets import DATA_OVERHEAD
from wand.sealed.sessions.path import (
    AWAY_INTERVAL,
    CONFIRM_INTERVAL,
    CONFIRM_TRIES,
    DOUBT_INTERVAL,
    LONE,
    PROBE,
    PROBE_TRIES,
    RAISE_INTERVAL,
    SIZES,
    START,
    Path,
)


class PathTests(SynchronousTestCase):
    """
    A path finds out what it carries.
    """

    def setUp(self) -> None:
        self.clock = Clock()
        self.carries = 1_472
        self.interface = 65_507
        self.delay = 0.01
        self.isLost: Callable[[int], bool] = lambda size: False
        self.sent: list[int] = []
        self.path = Path(self.clock, self.send)
        self.far = Path(
            self.clock, lambda answer: self.clock.callLater(self.delay, self.path.received, memoryview(answer))
        )

    def send(self, plaintext: bytes) -> None:
        """
        A datagram goes to the other end, if the path carries it.
        """
        size = len(plaintext) + DATA_OVERHEAD
        self.sent.append(size)
        if size > self.interface:
            self.path.tooLong(size)
        elif size <= self.carries and not self.isLost(size):
            self.clock.callLater(self.delay, self.far.received, memoryview(plaintext))

    def run_(self, seconds: float, tick: float = 0.05) -> None:
        """
        Let time pass, with big frames to send all the while.
        """
        for _ in range(round(seconds / tick)):
            if self.clock.seconds() >= self.path.due:
                self.path.probe()
            self.clock.advance(tick)

    def test_begins(self) -> None:
        """
        Before anything is known, datagrams are as long as every IPv6 path carries.
        """
        self.assertEqual((self.path.size, self.path.room), (1_232, 1_232 - DATA_OVERHEAD))

    def test_up(self) -> None:
        """
        The path is used to the full after a few round trips, for each size that it may have.
        """
        for size in SIZES[START:]:
            self.carries = size
            self.path.forget()
            self.run_(2.0)
            self.assertEqual(self.path.size, size)

    def test_downAndUp(self) -> None:
        """
        When the path becomes narrower, datagrams become smaller; when it widens, they grow again.
        """
        self.run_(5.0)
        for carries, within in ((1_400, 10.0), (900, 15.0), (1_472, RAISE_INTERVAL + 15.0)):
            self.carries = carries
            self.run_(within)
            self.assertEqual(self.path.size, max(size for size in SIZES if size <= carries))

    def test_downSoon(self) -> None:
        """
        Datagrams are short enough within two seconds after the path became narrower.
        """
        self.run_(5.0)
        self.carries = 1_000
        self.run_(0.5)
        self.path.doubt()  # nothing came for half a second (L{wand.sealed.sessions.vigil})
        self.run_(1.4, 0.01)
        self.assertEqual(self.path.size, SIZES[0])

    def test_downWhileShortOnesAreAnswered(self) -> None:
        """
        They are within four seconds where nobody doubts it, since short frames pass.
        """
        self.run_(5.0)
        self.carries = 1_000
        self.run_(3.9, 0.01)
        self.assertEqual(self.path.size, SIZES[0])

    def test_confirmingCostsLittle(self) -> None:
        """
        In a long flow the size in use takes one probe in seconds, and no least ones, however far the peer is.
        """
        for self.delay in (0.01, 0.15, 0.3):
            self.path.forget()
            self.run_(10.0)
            self.sent.clear()
            self.run_(25.0)
            confirmed = [size for size in self.sent if size == 1_472]
            self.assertIn(len(confirmed), range(8, 11))
            self.assertNotIn(SIZES[0], self.sent)

    def test_lossOfLongDatagrams(self) -> None:
        """
        A third of what is long is lost, and a twentieth of what is short, for an hour: datagrams stay as long.
        """
        random = Random(1)
        self.isLost = lambda size: random.random() < (0.3 if size > 1_000 else 0.05)
        self.run_(10.0)
        for _ in range(3_600):
            self.run_(1.0)
            self.assertGreater(self.path.step, 0)

    def test_doubtThatDoesNotEnd(self) -> None:
        """
        What goes one way only does not have more probes sent than every so often; a peer that is away, none.
        """
        self.run_(5.0)
        self.sent.clear()
        for _ in range(100):
            self.path.doubt()
            self.run_(0.1)
        self.assertLess(len(self.sent), 1.1 * 10.0 / DOUBT_INTERVAL)
        self.carries = 0
        self.run_(10.0)
        self.sent.clear()
        for _ in range(600):
            self.path.doubt()
            self.run_(0.1)
        self.assertLess(len(self.sent), 60.0 / AWAY_INTERVAL * 2 * CONFIRM_TRIES)

    def test_peerProbesInVain(self) -> None:
        """
        The peer's least probes come, and not the longer ones beside them: our own size is tried at once, though we
        send nothing that is long, and not before its time.
        """
        self.run_(5.0)
        self.clock.advance(60.0)
        self.carries = 1_000
        least = bytes([PROBE, 0]) + SIZES[0].to_bytes(2, "big")
        for _ in range(LONE):
            self.assertEqual(self.path.size, 1_472)
            self.path.received(memoryview(least.ljust(SIZES[0] - DATA_OVERHEAD, b"\0")))
        self.clock.pump([0.01] * 130)
        self.assertEqual(self.path.size, SIZES[0])

    def test_peerProbesAndAnswersNothing(self) -> None:
        """
        Two of the peer's least probes do not have us send tens of kilobytes.
        """
        self.run_(5.0)
        self.clock.advance(60.0)
        self.carries = 0
        self.sent.clear()
        least = bytes([PROBE, 0]) + SIZES[0].to_bytes(2, "big")
        for _ in range(LONE):
            self.path.received(memoryview(least.ljust(SIZES[0] - DATA_OVERHEAD, b"\0")))
        self.clock.pump([0.05] * 200)
        self.assertLess(sum(self.sent), 30_000)

    def test_peerConfirms(self) -> None:
        """
        A peer whose longer probes come has us send none.
        """
        self.run_(5.0)
        self.clock.advance(60.0)
        self.sent.clear()
        for size in (1_472, SIZES[0]) * 10:
            probe = bytes([PROBE, 0]) + size.to_bytes(2, "big")
            self.path.received(memoryview(probe.ljust(size - DATA_OVERHEAD, b"\0")))
        self.assertLess(max(self.sent), 100)

    def test_interfaceBecomesNarrower(self) -> None:
        """
        When our own interface says that datagrams are too long, they are smaller at once, and in a few round trips as
        long as it takes them.
        """
        for interface in (1_400, 1_300, 1_232):
            self.path.forget()
            self.interface = 65_507
            self.run_(5.0)
            self.assertEqual(self.path.size, 1_472)
            self.interface = interface
            self.path.tooLong(1_472)
            self.path.tooLong(1_472)
            self.assertEqual(self.path.size, SIZES[0])
            self.run_(0.5)
            self.assertEqual(self.path.size, max(size for size in SIZES if size <= interface))

    def test_narrowInterfaceNoticedByProbes(self) -> None:
        """
        A probe that the interface does not take is noticed the same, whether it was to confirm the size in use or to
        find a longer one; the latter is then not tried before long.
        """
        self.run_(5.0)
        self.interface = 1_400
        self.run_(CONFIRM_INTERVAL + 1.0)
        self.assertEqual(self.path.size, 1_392)
        self.sent.clear()
        self.run_(RAISE_INTERVAL - CONFIRM_INTERVAL - 1.0)
        self.assertEqual(max(self.sent), 1_392)
        self.run_(2 * CONFIRM_INTERVAL + 1.0)
        self.assertEqual(self.sent.count(1_420), 1)

    def test_interfaceTooNarrowForAnything(self) -> None:
        """
        An interface that takes not even the smallest size is asked as rarely as a peer that is away.
        """
        self.run_(5.0)
        self.interface = 500
        self.path.tooLong(1_472)
        self.sent.clear()
        self.run_(60.0)
        self.assertEqual(self.path.size, SIZES[0])
        self.assertLess(len(self.sent), 60.0 / AWAY_INTERVAL * 10 * PROBE_TRIES)

    def test_tooLongForOtherReasons(self) -> None:
        """
        A message that is longer than the path is known to carry says nothing about the path when it is refused.
        """
        self.run_(5.0)
        self.path.tooLong(1_473)
        self.assertEqual(self.path.size, 1_472)

    def test_peerAway(self) -> None:
        """
        Where no probe at all is answered, nothing is known about sizes, and the size stays; the peer is asked rarely.
        """
        self.run_(5.0)
        self.carries = 0
        self.sent.clear()
        self.run_(60.0)
        self.assertEqual(self.path.size, 1_472)
        self.assertLess(len(self.sent), 60.0 / AWAY_INTERVAL * 10 * PROBE_TRIES)

    def test_searched(self) -> None:
        """
        Whoever searches is told what got through, also where nothing longer does than what is used from the beginning.
        """
        for carries in (1_472, 1_232, 900):
            self.carries = carries
            self.path.forget()
            found = self.path.search()
            self.run_(10.0)
            self.assertEqual(max(size for size in SIZES if size <= carries), self.successResultOf(found))

    def test_searchedOnANarrowInterface(self) -> None:
        """
        The same holds where our own interface takes nothing longer.
        """
        self.interface = 1_232
        found = self.path.search()
        self.run_(0.1)
        self.assertEqual(1_232, self.successResultOf(found))

    def test_searchedInVain(self) -> None:
        """
        Without any answer nothing is known, whatever was known before; nor is it when the way changes meanwhile.
        """
        self.run_(5.0)
        self.carries = 0
        found = self.path.search()
        self.run_(20.0)
        self.failureResultOf(found, NoAnswer)
        found = self.path.search()
        self.path.forget()
        self.failureResultOf(found, NoAnswer)

    def test_quiet(self) -> None:
        """
        Without frames to send there are no probes.
        """
        self.run_(5.0)
        self.sent.clear()
        self.clock.advance(1_000.0)
        self.assertEqual(self.sent, [])

    def test_forgotten(self) -> None:
        """
        Once the way is another nothing is left of what was known, no timer either.
        """
        self.path.probe()
        self.path.forget()
        self.assertEqual(self.path.size, SIZES[START])
        self.clock.pump([0.02] * 3)
        self.assertEqual((self.clock.getDelayedCalls(), self.path.size), ([], SIZES[START]))

    def test_answersAreSmall(self) -> None:
        """
        An answer is smaller than the smallest probe, and rubbish is not answered.
        """
        answers: list[bytes] = []
        path = Path(self.clock, answers.append)
        path.received(memoryview(bytes([PROBE])))
        path.received(memoryview(bytes([PROBE, 1, 5, 5])))
        self.assertEqual(answers, [])
        path.received(memoryview(bytes([PROBE, 0]) + bytes(1_438)))
        self.assertEqual([answer[2:] for answer in answers], [(1_472).to_bytes(2, "big")])
