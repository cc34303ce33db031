"""
Tests for L{wand.health.guarded_descriptors}: descriptors of plugins on real reactors.
"""

from __future__ import annotations

import socket

from twisted.internet.epollreactor import EPollReactor
from twisted.internet.interfaces import IReactorFDSet, IReadWriteDescriptor
from twisted.internet.selectreactor import SelectReactor
from twisted.python.failure import Failure
from twisted.trial.unittest import SynchronousTestCase
from zope.interface.verify import verifyObject

from wand.counters import Counters
from wand.health.guarded_descriptors import FAILURES_MAXIMUM, GuardedDescriptor, GuardedDescriptors
from wand.testing.context import failuresOf
from wand.testing.descriptors import SocketReader
from wand.twistd.reactor import PromptReactor


class Reader(SocketReader):
    """
    A reader of somebody else's, which fails when it is told that it is given up.
    """

    def connectionLost(self, reason: Failure) -> None:
        super().connectionLost(reason)
        raise KeyError("here, too")


class GuardedDescriptorsTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.counters = Counters()
        self.gone: list[str] = []
        here, self.there = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.addCleanup(here.close)
        self.addCleanup(self.there.close)
        self.reader = Reader(here)

    def test_interfaces(self) -> None:
        """
        They are what reactors want, and what plugins expect.
        """
        guarded = GuardedDescriptors(SelectReactor(), failuresOf(self.counters), self.gone.append)
        verifyObject(IReactorFDSet, guarded)
        verifyObject(IReadWriteDescriptor, GuardedDescriptor(self.reader, failuresOf(self.counters), self.gone.append))

    def test_watchedOn(self) -> None:
        """
        A descriptor that fails is counted and watched on, on every reactor; when it fails without end the program ends.
        """
        for make in (SelectReactor, EPollReactor, PromptReactor):
            self.counters.clear()
            self.gone.clear()
            self.reader.read.clear()
            reactor = make()
            guarded = GuardedDescriptors(reactor, failuresOf(self.counters), self.gone.append)
            guarded.addReader(self.reader)

            def turn(content: bytes, reactor: EPollReactor | SelectReactor = reactor) -> None:
                self.there.send(content)
                reactor.doIteration(1.0)

            self.patch(self.reader, "then", lambda: 1 / 0)
            for _ in range(FAILURES_MAXIMUM - 1):
                turn(b"bad")
            self.patch(self.reader, "then", lambda: None)
            turn(b"good")
            self.assertEqual((self.reader.read[-1], self.gone), (b"good", []))
            self.assertEqual(self.counters["drop-raised-descriptor-reader"], FAILURES_MAXIMUM - 1)
            self.patch(self.reader, "then", lambda: 1 / 0)
            for _ in range(FAILURES_MAXIMUM):
                turn(b"bad")
            self.assertEqual(len(self.gone), 1)
            self.assertIn("the descriptor Reader of ", self.gone[0])
            self.assertEqual(len(self.reader.lost), 1)
            self.assertNotIn(self.reader, reactor.getReaders())
            self.reader.lost.clear()
            guarded.removeReader(self.reader)
            self.assertEqual(guarded._guarded, {})
            self.assertEqual(len(self.flushLoggedErrors(ZeroDivisionError)), 1)
            for each in list(reactor.getReaders()):
                reactor.removeReader(each)
            if isinstance(reactor, EPollReactor):
                reactor._poller.close()

    def test_taken(self) -> None:
        """
        What is watched no more is forgotten.
        """
        reactor = SelectReactor()
        guarded = GuardedDescriptors(reactor, failuresOf(self.counters), self.gone.append)
        guarded.addReader(self.reader)
        guarded.addReader(self.reader)
        self.assertEqual(len(guarded._guarded), 1)
        guarded.removeReader(self.reader)
        self.assertEqual((guarded._guarded, self.reader in reactor.getReaders()), ({}, False))
