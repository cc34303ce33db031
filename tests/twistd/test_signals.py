"""
Signals.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable

from simulated.program import MemoryProgram
from twisted.internet.task import Clock
from twisted.logger import LogEvent, formatEvent, globalLogPublisher
from twisted.trial.unittest import SkipTest, SynchronousTestCase

from wand.counters import Counters
from wand.errors import NotSupported, WandError
from wand.events import Events
from wand.health.notes import Notes
from wand.programs.log_report import reportOf
from wand.status import PeerStatus
from wand.twistd.signals import heed, spare

_NUMBERS = (signal.SIGHUP, signal.SIGUSR1, signal.SIGUSR2)


class Reactor:
    """
    Keeps what it is told to call.
    """

    def __init__(self) -> None:
        self.first: list[Callable[[], None]] = []
        self.calls: list[Callable[[], None]] = []

    def callWhenRunning(self, function: Callable[[], None]) -> None:
        """
        Keep it.
        """
        self.first.append(function)

    def callFromThread(self, function: Callable[[], None]) -> None:
        """
        Keep it.
        """
        self.calls.append(function)

    def run(self) -> None:
        """
        Call what was kept.
        """
        for function in self.first + self.calls:
            function()
        self.first, self.calls = [], []


class SignalTests(SynchronousTestCase):
    """
    Tests for what a program does upon signals.
    """

    def setUp(self) -> None:
        for number in _NUMBERS:
            self.addCleanup(signal.signal, number, signal.getsignal(number))
            signal.signal(number, signal.SIG_DFL)
        self.clock = Clock()
        self.notes = Notes(self.clock, Events(self.clock.seconds))
        self.reactor = Reactor()
        self.reloads: list[WandError | list[str]] = []
        self.lines: list[str] = []
        globalLogPublisher.addObserver(self._logged)
        self.addCleanup(globalLogPublisher.removeObserver, self._logged)

    def _logged(self, event: LogEvent) -> None:
        self.lines.append(formatEvent(event))

    def _reload(self) -> list[str]:
        change = self.reloads.pop(0)
        if isinstance(change, WandError):
            raise change
        return change

    def heed(self) -> None:
        """
        Let the signals be heeded.
        """
        spare()
        heed(self.reactor, self.notes, self._reload, lambda: ["all is well"])

    def send(self, number: signal.Signals) -> None:
        """
        Get a signal, and let the reactor run.
        """
        os.kill(os.getpid(), number)
        self.reactor.run()

    def test_noneKillsBeforeTheReactorRuns(self) -> None:
        """
        A signal that comes while the program still loads does nothing.
        """
        spare()
        for number in _NUMBERS:
            os.kill(os.getpid(), number)

    def test_othersArrangementsStay(self) -> None:
        """
        Whoever wanted to have a signal keeps it.
        """
        had: list[int] = []
        signal.signal(signal.SIGUSR2, lambda number, frame: had.append(number))
        spare()
        os.kill(os.getpid(), signal.SIGUSR2)
        self.assertEqual(had, [signal.SIGUSR2])

    def test_hangupReloads(self) -> None:
        """
        SIGHUP makes the program read its configuration again, in a turn of the reactor, and the log says what came
        of it.
        """
        self.heed()
        self.reactor.run()
        self.reloads = [["port: waits for a restart"], []]
        os.kill(os.getpid(), signal.SIGHUP)
        self.assertEqual(len(self.reloads), 2)
        self.reactor.run()
        self.send(signal.SIGHUP)
        self.assertEqual(self.reloads, [])
        self.assertEqual(
            self.lines,
            ["SIGHUP: port: waits for a restart", "SIGHUP: nothing changed in the configuration"],
        )

    def test_badConfigurationIsSaid(self) -> None:
        """
        A configuration that cannot be used is a note, until there is a better one; the program goes on.
        """
        self.heed()
        self.reactor.run()
        self.reloads = [NotSupported("the key prot is unknown"), []]
        self.send(signal.SIGHUP)
        self.assertIn("the key prot is unknown", self.notes.texts[0])
        self.send(signal.SIGHUP)
        self.assertEqual(self.notes.texts, [])

    def test_stateIsReported(self) -> None:
        """
        SIGUSR1 writes the state into the log; SIGUSR2 does nothing.
        """
        self.heed()
        self.reactor.run()
        self.send(signal.SIGUSR2)
        self.send(signal.SIGUSR1)
        self.assertEqual(self.lines, ["state: all is well"])


class ReportTests(SynchronousTestCase):
    """
    Tests for the state in lines.
    """

    def test_reportHasStatusPeersCountersAndNotes(self) -> None:
        """
        The report has what an operator looks for first, and no counter that is zero.
        """
        program = MemoryProgram(Clock())
        program.counters.declare({"drop-runt": "", "sent-frames": ""})
        program.counters["sent-frames"] = 7
        program.notes = ["the clock is wrong"]
        lines = list(reportOf(program))
        self.assertIn("node 0, process 4711", lines[0])
        self.assertIn("counter sent-frames: 7", lines)
        self.assertIn("note: the clock is wrong", lines)
        self.assertEqual([line for line in lines if "runt" in line], [])

    def test_programsWithoutPeers(self) -> None:
        """
        A server has none; what is said of peers is left out.
        """

        class Server(MemoryProgram):
            counters: Counters

            def peers(self, after: str | None, count: int) -> list[PeerStatus]:
                raise NotSupported("no peers")

        self.assertEqual([line for line in reportOf(Server(Clock())) if line.startswith("peer")], [])

    def test_theFirstProcess(self) -> None:
        """
        The first process of a container, which signals do not end by default, is ended by SIGTERM while it starts.
        """
        if os.geteuid():
            raise SkipTest("needs root")
        program = "import os, signal, wand.twistd; os.kill(1, signal.SIGTERM); signal.pause()"
        command = ("unshare", "--pid", "--fork", "--kill-child", sys.executable, "-c", program)
        self.assertEqual(subprocess.run(command, timeout=60, check=False).returncode, 128 + signal.SIGTERM)
