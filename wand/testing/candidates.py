"""
The contract that every candidate source fulfils, as tests that a source's author runs against it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from random import Random
from typing import TYPE_CHECKING, Any
from unittest import TestCase

from twisted.internet.defer import Deferred
from twisted.internet.task import Clock
from zope.interface.verify import verifyObject

from wand.endpoint import Endpoint
from wand.ethernet import MAC
from wand.interfaces import CANDIDATE_KINDS, ICandidates, ICandidateSource, NodeContext, OwnCandidate
from wand.testing.context import simulatedNode
from wand.testing.network import Network

#: Seconds that a source has to stop.
STOP_PATIENCE = 1.5

if TYPE_CHECKING:
    _TestCase = TestCase
else:
    _TestCase = object  # else every module that imports the contract would run it, without a source


class CandidateSourceContract(_TestCase):
    """
    What every candidate source must do.  Mix it into a test case and say how to make one::

        class MySourceTests(CandidateSourceContract, SynchronousTestCase):
            def makeSource(self):
                return MySource()

    The node that it is opened for is at 192.168.1.2, port 22222, in simulated time.

    @ivar settings: what the source is opened with.
    @ivar clock: the node's time.
    @ivar network: the node's network.
    @ivar told: what the source told.
    """

    settings: Mapping[str, Any] = {}
    clock: Clock
    network: Network
    told: list[list[OwnCandidate]]

    def makeSource(self) -> ICandidateSource:
        """
        Make the plugin.
        """
        raise NotImplementedError

    def setUp(self) -> None:
        """
        Begin time.
        """
        super().setUp()
        if not hasattr(self, "network"):
            self.clock = Clock()
            self.network = Network(self.clock, Random(0))
        self.told = []

    def opened(self) -> ICandidates:
        """
        Open the source.
        """
        source = self.makeSource()
        return source.open(self.settings, self.nodeContext())

    def nodeContext(self) -> NodeContext:
        """
        What the source works with.
        """
        return simulatedNode(self.clock, self.network, "192.168.1.2", MAC(b"\2\0\0\0\0\1"))

    def take(self, candidates: Sequence[OwnCandidate]) -> None:
        """
        Take what the source tells.
        """
        self.told.append(list(candidates))

    def pass_(self, seconds: float) -> None:
        """
        Let time pass.
        """
        for _ in range(round(seconds * 10)):
            self.clock.advance(0.1)

    def stopped(self, candidates: ICandidates) -> None:
        """
        Stop a source, within the time that it has.
        """
        ended: list[object] = []
        answer = candidates.stop()
        if isinstance(answer, Deferred):
            answer.addBoth(ended.append)
            self.pass_(STOP_PATIENCE)
            self.assertEqual(ended, [None])
        else:
            self.assertIsNone(answer)

    def test_interfaces(self) -> None:
        """
        The plugin and what it opens provide their interfaces.
        """
        source = self.makeSource()
        verifyObject(ICandidateSource, source)
        self.assertIsNone(source.unusable())
        candidates = self.opened()
        verifyObject(ICandidates, candidates)
        self.stopped(candidates)

    def test_nothingBeforeTheStart(self) -> None:
        """
        Opened, it sends nothing and has no timer; and it can be stopped without a start.
        """
        sent = len(self.network.sent)
        candidates = self.opened()
        self.assertEqual(len(self.network.sent), sent)
        self.assertEqual(self.clock.getDelayedCalls(), [])
        self.stopped(candidates)

    def test_whatItTells(self) -> None:
        """
        It tells something within ten seconds: candidates of known kinds, with a word about each.
        """
        candidates = self.opened()
        candidates.start(self.take)
        self.pass_(10)
        self.assertTrue(self.told and self.told[-1])
        for each in self.told[-1]:
            self.assertIsInstance(each, OwnCandidate)
            self.assertEqual(Endpoint.parse(str(each.endpoint)), each.endpoint)
            self.assertIn(each.kind, CANDIDATE_KINDS)
            self.assertTrue(each.about.strip() and each.about[-1] != ".", each.about)
        self.stopped(candidates)

    def test_moved(self) -> None:
        """
        Changes of the host, however many, do it no harm.
        """
        candidates = self.opened()
        candidates.start(self.take)
        for _ in range(10):
            candidates.moved()
            self.pass_(0.2)
        self.pass_(10)
        self.assertTrue(self.told[-1])
        self.stopped(candidates)

    def test_nothingAfterTheEnd(self) -> None:
        """
        Stopped, it tells nothing, sends nothing and leaves no timer behind.
        """
        candidates = self.opened()
        candidates.start(self.take)
        self.pass_(10)
        self.stopped(candidates)
        told, sent = len(self.told), len(self.network.sent)
        self.assertEqual(self.clock.getDelayedCalls(), [])
        self.pass_(10)
        self.assertEqual((len(self.told), len(self.network.sent)), (told, sent))
