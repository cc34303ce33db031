"""
The reactor made for packets, on real descriptors.
"""

from __future__ import annotations

import signal
import socket
import subprocess
import sys
from collections.abc import Sequence
from itertools import product
from time import monotonic

from twisted.internet.interfaces import IReactorFDSet, IReactorTime
from twisted.logger import LogEvent, globalLogPublisher
from twisted.trial.unittest import SynchronousTestCase
from zope.interface import implementer
from zope.interface.verify import verifyObject

from wand.testing.descriptors import SocketReader
from wand.twistd import reactor as module
from wand.twistd.reactor import BRISK_PAUSE, SLEEP_MAXIMUM, PromptReactor
from wand.underlay.prompt import IPromptReader


@implementer(IPromptReader)
class PromptReader(SocketReader):
    """
    A reader that is called straight away.
    """

    isLocal = True


class Time:
    """
    A clock that goes on by as much as was waited, and by a microsecond whenever it is looked at.
    """

    def __init__(self) -> None:
        self.now = monotonic()
        self.yields = 0

    def monotonic(self) -> float:
        self.now += 1e-6
        return self.now

    def yielded(self) -> None:
        self.yields += 1
        self.now += 9e-6


class Poller:
    """
    An epoll object that has nothing for a while.

    @ivar pauses: how long it waits for the next events.
    @ivar slept: how often it was waited for with a timeout.
    """

    def __init__(self, time: Time) -> None:
        self.pauses: list[float] = []
        self.slept = 0
        self._time = time
        self._next = float("inf")

    def poll(self, timeout: float, most: int) -> list[tuple[int, int]]:
        if self._next == float("inf") and self.pauses:
            self._next = self._time.now + self.pauses.pop(0)
        if timeout:
            self.slept += 1
            self._time.now = max(self._time.now, self._next)
        if self._time.now < self._next:
            return []
        self._next = float("inf")
        return [(-7, 1)]


class PromptReactorTests(SynchronousTestCase):
    """
    L{PromptReactor}.
    """

    def setUp(self) -> None:
        self.reactor = PromptReactor()
        self.addCleanup(self.reactor.disconnectAll)
        self.here, self.there = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.addCleanup(self.here.close)
        self.addCleanup(self.there.close)

    def test_interfaces(self) -> None:
        """
        It is what Twisted's reactors are.
        """
        verifyObject(IReactorFDSet, self.reactor)
        verifyObject(IReactorTime, self.reactor)

    def test_bothKindsOfReaders(self) -> None:
        """
        Ordinary descriptors and prompt ones are read, until they are removed.
        """
        for kind in (SocketReader, PromptReader):
            reader = kind(self.here)
            self.reactor.addReader(reader)
            self.there.send(b"one")
            self.reactor.doIteration(1)
            self.there.send(b"two")
            self.reactor.doIteration(1)
            self.reactor.removeReader(reader)
            self.there.send(b"three")
            self.reactor.doIteration(0)
            self.assertEqual(reader.read, [b"one", b"two"])
            self.assertEqual(self.here.recv(100), b"three")

    def test_toldToEndAgain(self) -> None:
        """
        Signals that tell it to end while it ends, by an impatient person, are no failure.
        """
        for signals in product(("sigInt", "sigTerm"), repeat=3):
            reactor = PromptReactor()
            self.addCleanup(reactor.disconnectAll)
            ended: list[None] = []
            reactor.addSystemEventTrigger("during", "shutdown", ended.append, None)
            for each in signals:
                reactor.callWhenRunning(getattr(reactor, each), signal.SIGINT)
            reactor.run(installSignalHandlers=False)
            self.assertEqual(ended, [None])

    def test_aSignalInTheMiddleOfSomething(self) -> None:
        """
        The handler of a signal logs nothing by itself: it may have come in the middle of a line of the log, which would
        wait for itself.  The reactor says it afterwards.
        """
        said: list[LogEvent] = []
        globalLogPublisher.addObserver(said.append)
        self.addCleanup(globalLogPublisher.removeObserver, said.append)
        for told in (self.reactor.sigTerm, self.reactor.sigInt):
            told(signal.SIGTERM)
            self.assertTrue(self.reactor.isTold)
            self.assertEqual(said, [])
        self.reactor.runUntilCurrent()
        self.assertEqual([event["log_format"] for event in said], ["Received SIGTERM, shutting down."])

    def test_aReaderThatFails(self) -> None:
        """
        A prompt descriptor that raises is logged, told that it is lost, and no longer read, like any other.
        """

        def fail() -> None:
            raise ZeroDivisionError

        reader = PromptReader(self.here, fail)
        self.reactor.addReader(reader)
        self.there.send(b"one")
        self.reactor.doIteration(1)
        self.assertEqual(len(self.flushLoggedErrors(ZeroDivisionError)), 1)
        self.assertEqual([each.type for each in reader.lost], [ZeroDivisionError])
        self.assertNotIn(reader, self.reactor.getReaders())

    def test_aReaderThatRemovesAnother(self) -> None:
        """
        A descriptor that another one removed in the same turn is not read.
        """
        first, second = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.addCleanup(first.close)
        self.addCleanup(second.close)
        self.addCleanup(self.reactor.removeAll)
        readers = [PromptReader(self.here), PromptReader(first)]
        readers[0].then = lambda: self.reactor.removeReader(readers[1])
        readers[1].then = lambda: self.reactor.removeReader(readers[0])
        for each in readers:
            self.reactor.addReader(each)
        self.there.send(b"x")
        second.send(b"x")
        self.reactor.doIteration(1)
        self.assertEqual(sorted(len(each.read) for each in readers), [0, 1])

    def pause(self, pauses: Sequence[float], work: float, isLocal: bool = True) -> list[int]:
        """
        Let pauses pass, one after the other.

        @param work: what is done between two, in seconds.
        @param isLocal: whether this host has just sent something.
        @return: how often it slept in each.
        """
        time = Time()
        poller = Poller(time)
        self.patch(module, "monotonic", time.monotonic)
        self.patch(module, "sched_yield", time.yielded)
        self.reactor._poller = poller
        self.reactor._woke = time.now  # what this test took until now is not work of the reactor's
        slept = []
        for pause in pauses:
            poller.pauses.append(pause)
            before = poller.slept
            if isLocal:
                self.reactor._localAt = time.now
            self.reactor.doIteration(1)
            slept.append(poller.slept - before)
            time.now += work
        self.assertEqual(time.yields > 0, 0 in slept)
        return slept

    def test_sleepsUnlessPausesAreShort(self) -> None:
        """
        After a short pause it looks for events instead of sleeping; a long pause ends that.
        """
        brief, long = BRISK_PAUSE / 3, BRISK_PAUSE * 3
        slept = self.pause([long, brief, brief, brief, long, brief, brief], 20e-6)
        # It sleeps the first time, and for the first short pause; then only for the long one and the one after it.
        self.assertEqual(slept, [1, 1, 0, 0, 1, 1, 0])

    def test_looksAtTheTimeSoonAfterTheHostSlept(self) -> None:
        """
        It waits no longer than some seconds at a time, since epoll(7) does not count the time that the host sleeps.
        """
        asked: list[float] = []
        poller = Poller(Time())
        poller.poll = lambda timeout, most: asked.append(timeout) or []  # type: ignore[method-assign,func-returns-value]
        self.reactor._poller = poller
        for timeout in (None, 3600.0, 3.0, 0):
            self.reactor.doIteration(timeout)
        self.assertEqual(asked, [SLEEP_MAXIMUM, SLEEP_MAXIMUM, 3.0, 0])

    def test_strangersDoNotKeepItAwake(self) -> None:
        """
        Events of the network alone, though close one behind the other, do not keep it from sleeping.
        """
        self.assertEqual(self.pause([BRISK_PAUSE / 3] * 20, 20e-6, isLocal=False), [1] * 20)

    def test_onlyLocalReadersCount(self) -> None:
        """
        A descriptor of this host's says that it is busy, one of the network's does not.
        """
        for isLocal in (True, False):
            reactor = PromptReactor()
            self.addCleanup(reactor.disconnectAll)
            reader = PromptReader(self.here)
            reader.isLocal = isLocal
            reactor.addReader(reader)
            self.there.send(b"x")
            reactor.doIteration(1)
            self.assertIs(reactor._localAt > 0, isLocal)
            reactor.removeReader(reader)

    def test_sleepsUnderLoad(self) -> None:
        """
        Who works nearly all the time sleeps in every pause.
        """
        self.assertEqual(self.pause([BRISK_PAUSE / 3] * 50, BRISK_PAUSE * 3)[-40:], [1] * 40)

    def test_chosen(self) -> None:
        """
        It can be chosen by its name: C{python -m twisted --reactor=prompt wand-node}.
        """
        script = "from twisted.application.reactors import installReactor as i; print(type(i('prompt')).__name__)"
        command = (sys.executable, "-c", script)
        said = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True).stdout
        self.assertEqual(said.strip(), "PromptReactor")

    def test_installed(self) -> None:
        """
        The programs that twistd starts run on it; a reactor that somebody chose is left alone.
        """
        script = (
            "import sys; from wand.twistd.reactor import install\n"
            "if sys.argv[1:]: __import__('twisted.internet.selectreactor', fromlist='x').install()\n"
            "install(); from twisted.internet import reactor; print(type(reactor).__name__)"
        )
        for words, expected in (((), "PromptReactor"), (("chosen",), "SelectReactor")):
            command = (sys.executable, "-c", script, *words)
            said = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True).stdout
            self.assertEqual(said.strip(), expected)
