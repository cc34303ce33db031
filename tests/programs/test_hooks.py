"""
Tests for L{wand.programs.hooks}: what hooks answer is passed on, and what they fail with, too.
"""

from __future__ import annotations

from random import Random
from typing import Any

from twisted.internet.defer import Deferred, fail, succeed
from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase
from zope.interface import implementer
from zope.interface.verify import verifyObject

from wand.errors import TemporarilyUnavailable
from wand.ethernet import MAC
from wand.hooks.approval import HOOK_PATIENCE, Approval
from wand.interfaces import BaseHook, Candidate, IAddressApprover, IRouteApprover, Verdict
from wand.programs.hooks import SteadyHook
from wand.testing.context import simulatedContext
from wand.testing.network import Network

CANDIDATE = Candidate(MAC(b"\2\0\0\0\0\1"), "192.0.2.1:22222", "alice", b"k" * 32)


@implementer(IAddressApprover, IRouteApprover)
class Registrar(BaseHook):
    """
    Answers as it is told about addresses, and routes.
    """

    def __init__(self, answer: Any) -> None:
        self.answer = answer

    def assignAddress(self, candidate: Candidate, address: str) -> Any:
        """
        See L{IAddressApprover}.
        """
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer

    def allowRoute(self, candidate: Candidate, hosts: int) -> Any:
        """
        See L{IRouteApprover}.
        """
        return self.assignAddress(candidate, f"{hosts} hosts")


class SteadyHookTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.clock = Clock()
        self.context = simulatedContext(self.clock, Network(self.clock, Random(0)), "192.0.2.9")

    def asked(self, *hooks: BaseHook) -> Deferred[Verdict]:
        """
        Ask hooks about an address, as a server does.
        """
        steady = [SteadyHook("registrar", hook, self.context.failures) for hook in hooks]
        verifyObject(IAddressApprover, steady[0])
        asked = Approval(steady, self.clock).askAddress(CANDIDATE, "10.77.0.5")
        assert asked is not None
        return asked

    def test_whoHasNoSay(self) -> None:
        """
        A hook that is not asked about addresses has nothing against one.
        """
        self.assertTrue(self.successResultOf(self.asked(BaseHook())))

    def test_allMustSayYes(self) -> None:
        """
        All that have a say must say yes, now or later.
        """
        no = Registrar(Verdict(False, "it is a printer's"))
        self.assertTrue(
            self.successResultOf(self.asked(Registrar(succeed(True)), BaseHook(), Registrar(Verdict(True))))
        )
        self.assertEqual(self.successResultOf(self.asked(Registrar(True), no)), no.answer)

    def test_outages(self) -> None:
        """
        A hook that fails or is silent refuses for now, and is counted.
        """
        for answer in (RuntimeError("oops"), fail(RuntimeError("oops")), Deferred()):
            asked = self.asked(Registrar(answer))
            self.clock.advance(HOOK_PATIENCE)
            self.failureResultOf(asked, TemporarilyUnavailable)
        self.assertEqual(self.context.counters["drop-raised-hook-registrar"], 3)
        self.flushLoggedErrors(RuntimeError)

    def test_notNow(self) -> None:
        """
        A hook that says itself that it cannot say is no faulty one, and its reason is told.
        """
        for answer in (
            TemporarilyUnavailable("the list is locked"),
            fail(TemporarilyUnavailable("the list is locked")),
        ):
            failure = self.failureResultOf(self.asked(Registrar(answer)), TemporarilyUnavailable)
            self.assertEqual(str(failure.value), "the list is locked")
        self.assertEqual(self.context.notes.texts, [])

    def test_routes(self) -> None:
        """
        It is the same where the question is how many hosts may be behind a node.
        """
        for hook, isAllowed in ((BaseHook(), True), (Registrar(True), True), (Registrar(False), False)):
            steady = SteadyHook("registrar", hook, self.context.failures)
            verifyObject(IRouteApprover, steady)
            asked = Approval([steady], self.clock).askRoute(CANDIDATE, 256)
            assert asked is not None
            self.assertEqual(bool(self.successResultOf(asked)), isAllowed)
        failing = SteadyHook("registrar", Registrar(RuntimeError("oops")), self.context.failures)
        asked = Approval([failing], self.clock).askRoute(CANDIDATE, 256)
        assert asked is not None
        self.failureResultOf(asked, TemporarilyUnavailable)
        self.flushLoggedErrors(RuntimeError)
