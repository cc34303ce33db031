"""
Tests for L{wand.twistd.supervisor}, with a supervisor that only listens.
"""

from __future__ import annotations

import os
import resource
import socket
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from twisted.internet.defer import Deferred, succeed
from twisted.internet.testing import MemoryReactorClock
from twisted.trial.unittest import SynchronousTestCase

from wand.twistd.supervisor import PATIENCE, RETRY, Supervisor, supervised


class SupervisorTests(SynchronousTestCase):
    """
    What a program tells.
    """

    def setUp(self) -> None:
        """
        Listen.
        """
        directory = TemporaryDirectory()
        self.addCleanup(directory.cleanup)
        self.path = str(Path(directory.name) / "notify")
        self.listener = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK)
        self.addCleanup(self.listener.close)
        self.reactor = MemoryReactorClock()

    def heard(self) -> list[str]:
        """
        Everything that was told since the last time.
        """
        found = []
        while True:
            try:
                found.append(self.listener.recv(4096).decode())
            except BlockingIOError:
                return found

    def start(self, serving: Callable[[], Deferred[Any]] = lambda: succeed(None), **environment: str) -> None:
        """
        Start a program that was told these variables.
        """
        self.listener.bind(self.path)
        supervised(self.reactor, Supervisor({"NOTIFY_SOCKET": self.path, **environment}), serving)

    def run_(self) -> None:
        """
        Let the reactor run.
        """
        for call, arguments, keywords in self.reactor.whenRunningHooks:
            call(*arguments, **keywords)

    def test_readyOnceItRuns(self) -> None:
        """
        A program is ready when everything has started, and not earlier.
        """
        self.start()
        self.assertEqual(self.heard(), [])
        self.run_()
        self.assertEqual(self.heard(), ["READY=1"])

    def test_readyOnceItServes(self) -> None:
        """
        A program that opens something first is ready when that is open.
        """
        opened: Deferred[None] = Deferred()
        self.start(serving=lambda: opened)
        self.run_()
        self.assertEqual(self.heard(), [])
        opened.callback(None)
        self.assertEqual(self.heard(), ["READY=1"])
        self.reactor.advance(2 * PATIENCE)
        self.assertEqual(self.heard(), [])

    def test_readyThoughItWaits(self) -> None:
        """
        One that goes on trying to open it is not kept from doing so.
        """
        self.start(serving=Deferred, WATCHDOG_USEC="60000000")
        self.run_()
        self.reactor.advance(PATIENCE)
        self.assertEqual(self.heard(), ["READY=1", "WATCHDOG=1"])

    def test_whoHasNoRoom(self) -> None:
        """
        A supervisor that has no room, as at boot, is told again that the program is ready: else it would end it.
        """
        self.start()
        others = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK)
        self.addCleanup(others.close)
        with self.assertRaises(BlockingIOError):
            while True:
                others.sendto(b"STATUS=", self.path)
        self.run_()
        self.assertNotIn("READY=1", self.heard())
        self.reactor.advance(RETRY)
        self.assertEqual(self.heard(), ["READY=1"])

    def test_stopping(self) -> None:
        """
        It tells that it stops before anything does.
        """
        self.start()
        [(call, arguments, keywords)] = self.reactor.triggers["before"]["shutdown"]
        call(*arguments, **keywords)
        self.assertEqual(self.heard(), ["STOPPING=1"])

    def test_watched(self) -> None:
        """
        It says twice in the time that the supervisor waits that it works, for as long as the reactor turns.
        """
        self.start(WATCHDOG_USEC="60000000", WATCHDOG_PID=str(os.getpid()))
        self.run_()
        self.assertEqual(self.heard(), ["READY=1", "WATCHDOG=1"])
        self.reactor.advance(29)
        self.assertEqual(self.heard(), [])
        self.reactor.advance(1)
        self.assertEqual(self.heard(), ["WATCHDOG=1"])
        self.reactor.advance(30)
        self.assertEqual(self.heard(), ["WATCHDOG=1"])

    def test_noDescriptorIsLeft(self) -> None:
        """
        A program that can open nothing more, perhaps because of others, still says that it works.
        """
        self.start(WATCHDOG_USEC="60000000")
        self.run_()
        self.heard()
        limits = resource.getrlimit(resource.RLIMIT_NOFILE)
        self.addCleanup(resource.setrlimit, resource.RLIMIT_NOFILE, limits)
        resource.setrlimit(resource.RLIMIT_NOFILE, (0, limits[1]))
        self.reactor.advance(30)
        self.assertEqual(self.heard(), ["WATCHDOG=1"])

    def test_somebodyElseIsWatched(self) -> None:
        """
        What is meant for another process is left to that one, and nonsense is nobody's.
        """
        for environment in ({"WATCHDOG_USEC": "60000000", "WATCHDOG_PID": "1"}, {"WATCHDOG_USEC": "soon"}):
            with self.subTest(environment):
                self.assertEqual(Supervisor({"NOTIFY_SOCKET": self.path, **environment}).interval, 0)

    def test_nobodyListens(self) -> None:
        """
        Without a supervisor, or with one that is gone, nothing is told and nothing fails.
        """
        for environment in (
            {},
            {"NOTIFY_SOCKET": self.path},
            {"NOTIFY_SOCKET": "@nobody"},
            {"NOTIFY_SOCKET": "x" * 500},
        ):
            with self.subTest(environment):
                Supervisor(environment).tell("READY=1")

    def test_abstractSocket(self) -> None:
        """
        A name that begins with @ is in the abstract namespace (unix(7)).
        """
        name = f"wand-test-{os.getpid()}-{id(self)}"
        self.listener.bind(f"\0{name}")
        Supervisor({"NOTIFY_SOCKET": f"@{name}"}).tell("READY=1")
        self.assertEqual(self.heard(), ["READY=1"])
