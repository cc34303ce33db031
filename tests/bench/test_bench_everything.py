"""
Tests for L{bench.everything}.
"""

from __future__ import annotations

import socket
import statistics
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from threading import Thread

import attrs
from twisted.trial.unittest import SynchronousTestCase

from bench.everything import bursts, slowed
from bench.everything.course import Course, Network
from bench.everything.hosts import Burst
from bench.everything.pairs import Pair, beside, pairs, table, troubles
from bench.figures import FORWARD
from bench.plot import Link
from bench.results import Turn
from wand.errors import WandError


def _turns(*rates: float) -> list[Turn]:
    return [Turn({"tcp-forward": rate}) for rate in rates]


class PairTests(SynchronousTestCase):
    def test_roundsAreCompared(self) -> None:
        """
        The ratio is out of those of the rounds, so a machine that becomes slower from round to round changes nothing.
        """
        (pair,) = pairs(_turns(100, 50, 10), _turns(98, 49, 9.8))
        self.assertEqual((round(pair.ratio, 9), pair.plain, pair.full), (0.98, 50, 49))

    def test_threePercentAreWithin(self) -> None:
        """
        What is worse by more than three percent is said to be; of a duration, more is worse.
        """
        rates, times = pairs(
            [Turn({"tcp-forward": 100.0, "ping-median": 1.0})] * 6,
            [Turn({"tcp-forward": 96.0, "ping-median": 1.02})] * 6,
        )
        self.assertEqual((rates.verdict, times.verdict), ("no", "yes"))
        (better,) = pairs(_turns(*[100] * 6), _turns(*[200] * 6))
        self.assertEqual(better.verdict, "yes")

    def test_roundsThatLieFarApartDecideNothing(self) -> None:
        """
        Beside the ratio is where it lies for nineteen of twenty who measure; of a few rounds that is between the
        outermost.
        """
        (pair,) = pairs(_turns(*[100] * 6), _turns(90, 95, 99, 99, 100, 130))
        self.assertEqual([round(each, 9) for each in pair.interval], [0.9, 1.3])
        self.assertEqual(pair.verdict, "undecided")
        for count, verdict in (5, "undecided"), (6, "no"):
            (pair,) = pairs(_turns(*[100] * count), _turns(*[90] * count))
            self.assertEqual(pair.verdict, verdict)

    def test_aFewRoundsThatWereDisturbedDoNotMatter(self) -> None:
        """
        Three rounds of thirty in which something else took half of the machine decide nothing.
        """
        (pair,) = pairs(_turns(*[100] * 30), _turns(*[98, 99, 100] * 9, 50, 50, 190))
        self.assertEqual((round(pair.ratio, 3), pair.verdict), (0.99, "yes"))

    def test_whatFailedIsNoPair(self) -> None:
        """
        A round in which one of them has no figure does not count for it, and is said; so is that others disturbed.
        """
        failed = Turn(failures={"start": "out of order"}, disturbance=0.2)
        self.assertEqual([pair.ratios for pair in pairs(_turns(10, 10), [failed, *_turns(10)])], [[1.0]])
        self.assertEqual(
            troubles({"as it comes": _turns(10, 10), "everything on": [failed, *_turns(10)]}),
            [
                "everything on, round 1: start: out of order",
                "others had more than 5% of the processors' time in 1 of 2 rounds, at most 20%",
            ],
        )

    def test_memoryHasNoLimit(self) -> None:
        """
        It is shown beside the others.
        """
        _, _, rows = table(
            {
                "as it comes": [Turn({"tcp-forward": 100.0, "memory": 50.0})],
                "everything on": [Turn({"tcp-forward": 99.0, "memory": 60.0})],
            }
        )
        self.assertEqual(
            [row[1:4] + row[5:] for row in rows], [["100", "99", "0.990", "undecided"], ["50.0", "60.0", "1.200", ""]]
        )

    def test_whatIsDoneForThoseWhoLookIsSaid(self) -> None:
        """
        On average, and only for those at whom somebody looks.
        """
        self.assertEqual(
            beside({"as it comes": [Turn({"rest": 1.0})], "everything on": [Turn({"rest": 4.0}), Turn({"rest": 6.0})]}),
            ["Processor time of a daemon without a load: 1.0 ms/s (as it comes), 5.0 ms/s (everything on)"],
        )


class DecisionTests(SynchronousTestCase):
    """
    How sure a comparison is of itself, tried with ratios whose true one is known: most rounds lie a few percent apart,
    and in some something else happened.
    """

    def setUp(self) -> None:
        self.random = Random(20)

    def pair(self, true: float) -> Pair:
        ratios = [true * self.random.lognormvariate(0, self.random.choice([0.02, 0.03, 0.03, 0.2])) for _ in range(30)]
        return Pair(FORWARD, 1.0, true, ratios)

    def test_theTrueRatioIsInTheInterval(self) -> None:
        """
        With a probability of 95 %; and it is not much wider than that needs.
        """
        found = [low <= 1.0 <= high for low, high in (self.pair(1.0).interval for _ in range(400))]
        self.assertTrue(0.92 < statistics.fmean(found) < 0.98, statistics.fmean(found))

    def test_noDifferenceIsWithin(self) -> None:
        """
        Two that are the same are nearly always said to be, and never not to be.
        """
        verdicts = [self.pair(1.0).verdict for _ in range(100)]
        self.assertTrue(verdicts.count("yes") > 80 and "no" not in verdicts, verdicts)

    def test_fivePercentAreFound(self) -> None:
        """
        What costs 5 % is never said to be within 3 %; mostly it is said not to be.
        """
        verdicts = [self.pair(0.95).verdict for _ in range(100)]
        self.assertTrue(verdicts.count("no") > 40 and "yes" not in verdicts, verdicts)


@attrs.define
class FakeHost:
    """
    A host that gives the next of some bursts.
    """

    bursts: list[Burst]
    asked: list[str] = attrs.field(factory=list)

    def carry(self, kind: str, other: FakeHost, address: str, pids: Sequence[int]) -> Burst:
        """
        Note whom it was for.
        """
        self.asked.append(address)
        if not self.bursts:
            raise WandError("nothing comes any more")
        return self.bursts.pop(0)


class CourseTests(SynchronousTestCase):
    """
    The order of the loads.
    """

    def compared(self, bursts: Sequence[Burst], number: int) -> tuple[list[str], dict[str, Turn]]:
        host = FakeHost([*bursts])
        networks = [Network(name, Link("", name)) for name in ("a", "b")]
        course = Course(None, host, host, networks)  # type: ignore[arg-type]
        turns = {each.name: Turn() for each in networks}
        course.compare(course.small, number, turns)
        return host.asked, turns

    def test_eachIsBeforeTheOtherAsOftenAsAfterIt(self) -> None:
        """
        So what becomes faster with time becomes so for both; and what the first load of a round costs, each pays.
        """
        steady = [Burst(amount, 1.0, 2.0) for amount in (10, 20, 30, 40)]
        asked, turns = self.compared(steady, 1)
        self.assertEqual(asked, ["a", "b", "b", "a"])
        self.assertEqual([each.figures for each in turns.values()], [{"udp-64": 25.0, "udp-64-per-cpu": 12.5}] * 2)
        self.assertEqual(self.compared(steady, 2)[0], ["b", "a", "a", "b"])

    def test_aLoadThatFailsIsNoFigure(self) -> None:
        """
        Nor is what the other one did in that round; the next round is another.
        """
        _, turns = self.compared([Burst(10, 1.0, 2.0)], 1)
        self.assertEqual(turns, {"a": Turn(), "b": Turn(failures={"small": "nothing comes any more"})})


class BurstTests(SynchronousTestCase):
    """
    Loads on the loopback interface.
    """

    def burst(self, kind: str) -> list[float]:
        told: list[object] = []
        sending: list[Thread] = []

        def tell(answer: object) -> None:
            told.append(answer)
            if not sending:
                sending.append(Thread(target=bursts.send, args=(kind, "127.0.0.1", answer, 30.0)))
                sending[0].start()

        bursts.receiving(kind, 0.0, 0.05, [], tell)
        sending[0].join()
        return told[1]  # type: ignore[return-value]

    def test_whatComesIsCounted(self) -> None:
        """
        For as long as it was asked for, and then the sender ends too: the receiver has closed its socket.
        """
        for kind in ("tcp", "udp"):
            came, seconds, used = self.burst(kind)
            self.assertTrue(came > 0 and seconds >= 0.05 and used == 0, (kind, came, seconds, used))

    def test_nothingIsAnError(self) -> None:
        """
        It is not counted as slow.
        """
        with socket.socket() as closed:
            closed.bind(("127.0.0.1", 0))
            with self.assertRaises(OSError):
                bursts.send("tcp", "127.0.0.1", closed.getsockname()[1], 1.0)


class SlowedTests(SynchronousTestCase):
    def test_aProgramNeedsMoreProcessorTime(self) -> None:
        """
        After each bit of it, as much for nothing as was asked for.
        """
        directory = TemporaryDirectory()
        self.addCleanup(directory.cleanup)
        program = Path(directory.name) / "program"
        program.write_text(
            "import signal, sys, time\n"
            "interval, delay = signal.setitimer(signal.ITIMER_PROF, 0)[1], signal.getsignal(signal.SIGPROF)\n"
            "delay()\n"
            "before = time.thread_time()\n"
            "while time.thread_time() < before + 0.1: pass\n"
            "delay()\n"
            "print(sys.argv[1:], interval > 0, time.thread_time() > before + 0.15)\n"
        )
        command = (sys.executable, "-P", slowed.__file__, "100", str(program), "x")
        self.assertEqual(subprocess.check_output(command, text=True), "['x'] True True\n")
