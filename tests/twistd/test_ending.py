"""
Tests for L{wand.twistd.ending}: how a program ends.
"""

from __future__ import annotations

import errno
import threading
from collections.abc import Callable
from io import StringIO
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from twisted.internet.error import ReactorNotRunning
from twisted.trial.unittest import SynchronousTestCase

from wand.errors import PortUnavailable
from wand.twistd import ending


class Reactor:
    """
    As much of one as is needed here.
    """

    def __init__(self) -> None:
        self.isRunning = False
        self.stops = 0
        self.waiting: list[Callable[[], object]] = []
        self.triggers: list[tuple[str, str, Callable[[], object]]] = []

    def callWhenRunning(self, call: Callable[..., object], *arguments: object) -> None:
        """
        Call now, or when it runs.
        """
        if self.isRunning:
            call(*arguments)
        else:
            self.waiting.append(lambda: call(*arguments))

    def addSystemEventTrigger(self, phase: str, event: str, call: Callable[[], object]) -> None:
        """
        Remember a trigger.
        """
        self.triggers.append((phase, event, call))

    def run(self) -> None:
        """
        Begin to run.
        """
        self.isRunning = True
        for call in self.waiting:
            call()

    def stop(self) -> None:
        """
        Stop, once.
        """
        if not self.isRunning:
            raise ReactorNotRunning
        self.isRunning = False
        self.stops += 1


class FullDisk(StringIO):
    """
    A stream of which a line is still to be written, and cannot be.
    """

    def flush(self) -> None:
        """
        Fail.
        """
        raise OSError(errno.ENOSPC, "No space left on device")


class EndingTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.reactor = Reactor()
        self.atExit: list[Any] = []
        self.ended: list[int] = []
        self.patch(ending, "_status", 0)
        self.patch(ending, "_isToEnd", False)
        self.patch(ending.atexit, "register", lambda *call: self.atExit.append(call))
        self.patch(ending.os, "_exit", self.ended.append)

    def test_lostBeforeItRuns(self) -> None:
        """
        What is lost while the program starts ends it as soon as it runs, with status 1.
        """
        ending.endBecause(self.reactor, "the tap is gone")
        self.reactor.run()
        self.assertEqual(self.reactor.stops, 1)
        ((end, status),) = self.atExit
        end(status)
        self.assertEqual(self.ended, [1])

    def test_isToEnd(self) -> None:
        """
        A program ends in good order if we stop it, for whatever reason.
        """
        self.assertFalse(ending.isToEnd())
        self.reactor.run()
        ending.endBecause(self.reactor, "the tap is gone")
        self.assertTrue(ending.isToEnd())

    def test_lostTwice(self) -> None:
        """
        What is lost one after the other, or while the program ends already, raises nothing.
        """
        self.reactor.run()
        for _ in range(3):
            ending.endBecause(self.reactor, "the tap is gone")
        self.assertEqual((self.reactor.stops, len(self.atExit)), (1, 1))

    def test_theDiskIsFull(self) -> None:
        """
        A program ends with its status also if its last words, or those before, have no room.
        """
        full, closed = FullDisk(), StringIO()
        closed.close()
        self.patch(ending.sys, "__stdout__", full)
        self.patch(ending.sys, "__stderr__", closed)
        ending.endAtOnce(1)
        self.assertEqual(self.ended, [1])

    def test_endsInTime(self) -> None:
        """
        From the order to stop on a timer runs beside the reactor, which may be blocked; when it is over the program is.
        """
        self.patch(ending, "STOPPING_PATIENCE", 0.01)
        ending.endInTime(self.reactor)
        ((phase, event, call),) = self.reactor.triggers
        self.assertEqual((phase, event), ("before", "shutdown"))
        before = set(threading.enumerate())
        call()
        for thread in set(threading.enumerate()) - before:
            self.assertTrue(thread.daemon)
            thread.join(10)
        self.assertEqual(self.ended, [0])

    def test_theWholeReasonIsTold(self) -> None:
        """
        A program that cannot start writes why into the file of the command that started it, if one did.
        """
        self.patch(ending.sys, "excepthook", ending.sys.excepthook)
        ending.explainErrors("wand-node")
        error = PortUnavailable("another program has the port; " * 10 + "stop that one")
        file = Path(self.enterContext(TemporaryDirectory())) / "reason"
        for variables, isTold in (({}, False), ({"WAND_REASON": str(file)}, True), ({"WAND_REASON": "/gone/x"}, True)):
            self.patch(ending.os, "environ", variables)
            ending.sys.excepthook(PortUnavailable, error, None)
            self.assertEqual(file.exists(), isTold)
        self.assertEqual(file.read_text(), str(error))
