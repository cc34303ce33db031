"""
Tests for L{wand.hooks.approval}: the operator's hooks are asked.
"""

from __future__ import annotations

import contextlib
from typing import Any

from twisted.internet.defer import CancelledError, Deferred, fail, succeed
from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase
from zope.interface import implementer
from zope.interface.verify import verifyObject

from wand.errors import TemporarilyUnavailable
from wand.ethernet import MAC
from wand.events import Event
from wand.hooks.approval import HOOK_PATIENCE, Approval, allApprove
from wand.interfaces import Candidate, IHookListener, Verdict

CANDIDATE = Candidate(MAC(b"\2\0\0\0\0\1"), "192.0.2.1:22222")


@implementer(IHookListener)
class Hook:
    """
    Answers as it is told.
    """

    def __init__(self, answer: Any) -> None:
        self.answer = answer

    def told(self, event: Event) -> None:
        """
        See L{IHookListener}.
        """

    def admit(self, candidate: Candidate) -> Any:
        """
        See L{IHookListener}.
        """
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer

    def close(self) -> None:
        """
        See L{IHookListener}.
        """


class ApprovalTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.clock = Clock()

    def ask(self, *answers: Any) -> Deferred[Verdict]:
        return allApprove([Hook(answer) for answer in answers], CANDIDATE, self.clock)

    def test_interface(self) -> None:
        """
        The hook of these tests is one.
        """
        verifyObject(IHookListener, Hook(True))

    def test_allMustSayYes(self) -> None:
        """
        Yes is C{True} or a verdict that admits, now or later; nobody to ask is a yes.
        """
        self.assertTrue(self.successResultOf(self.ask()))
        self.assertTrue(self.successResultOf(self.ask(True, succeed(True), Verdict(True), succeed(Verdict(True)))))
        for no in (False, 1, None, "yes", succeed(1), Verdict(False)):
            self.assertFalse(self.successResultOf(self.ask(True, no, True)))
        self.assertEqual(self.clock.getDelayedCalls(), [])

    def test_theReasonOfTheFirst(self) -> None:
        """
        A refusal has its reason.
        """
        verdict = self.successResultOf(self.ask(True, Verdict(False, "no such host"), Verdict(False, "another")))
        self.assertEqual(verdict, Verdict(False, "no such host"))

    def test_anOutageIsNoRefusal(self) -> None:
        """
        Where a hook raises, fails or does not answer in time, nobody can say now.
        """
        for outage in (RuntimeError("oops"), fail(RuntimeError("oops")), Deferred(), Deferred().addErrback(bool)):
            answer = self.ask(True, outage, True)
            self.clock.advance(HOOK_PATIENCE)
            self.failureResultOf(answer, TemporarilyUnavailable)
        self.assertEqual(self.clock.getDelayedCalls(), [])

    def test_aRefusalStands(self) -> None:
        """
        That another hook is out does not make a refusal one for now.
        """
        for answers in ((RuntimeError("oops"), False), (False, RuntimeError("oops"))):
            self.assertFalse(self.successResultOf(self.ask(*answers)))

    def test_aHookThatTakesNoNotice(self) -> None:
        """
        A hook that goes on thinking though it is told to give up, or fails at that, is waited for no longer than any
        other: its candidate may ask again.
        """

        async def stubborn() -> bool:
            while True:
                try:
                    await Deferred[None]()
                except CancelledError:
                    continue

        def fault(_: Deferred[bool]) -> None:
            raise RuntimeError("oops")

        for thinking in (stubborn, lambda: Deferred[bool](fault)):
            hook = Hook(None)
            self.patch(hook, "admit", lambda candidate, thinking=thinking: thinking())
            approval = Approval([hook], self.clock)
            for _ in range(2):
                answer = approval.ask(CANDIDATE)
                assert answer is not None
                with contextlib.suppress(RuntimeError):  # the reactor logs it
                    self.clock.advance(HOOK_PATIENCE)
                self.failureResultOf(answer, TemporarilyUnavailable)
                self.assertFalse(approval.isAsked(CANDIDATE.mac))
            approval.ask(CANDIDATE)
            approval.stop()
        self.assertEqual(self.clock.getDelayedCalls(), [])
        self.flushLoggedErrors()
