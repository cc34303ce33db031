"""
Tests for L{wand.programs.calls_to_members}.
"""

from __future__ import annotations

from collections.abc import Iterator
from random import Random

from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase

from wand.programs.calls_to_members import CALL_INTERVAL, CALLS_AT_A_TIME, PATIENCE, UNANSWERED_MAXIMUM, CallsToMembers
from wand.sealed.credentials.identity import Identity
from wand.testing.context import simulatedContext
from wand.testing.network import Network

#: How many members there are.
MEMBERS = 1_000


class CallsToMembersTests(SynchronousTestCase):
    """
    L{CallsToMembers}.
    """

    def setUp(self) -> None:
        self.clock = Clock()
        self.up: set[Identity] = set()
        self.called: list[Identity] = []
        self.queue: list[Identity] = []
        self.most = 0
        context = simulatedContext(self.clock, Network(self.clock, Random(0)), "192.0.2.1")
        self.calls = CallsToMembers(context, self.up.__contains__)
        self.failures = context.failures

    def each(self) -> Iterator[Identity]:
        for number in range(MEMBERS):
            self.called.append(Identity(number.to_bytes(32, "big")))
            self.queue.append(self.called[-1])
            yield self.called[-1]

    def serve(self, perSecond: int) -> float:
        """
        Have every member answer, and a server take so many answers in a second.

        @return: after how many seconds all are back.
        """
        self.calls.start(self.each())
        for turn in range(100_000):
            if len(self.up) == MEMBERS:
                break
            self.clock.advance(CALL_INTERVAL)
            self.most = max(self.most, len(self.queue))
            due = (turn + 1) * perSecond // 100 - turn * perSecond // 100
            self.up.update(self.queue[:due])
            del self.queue[:due]
        return self.clock.seconds()

    def test_aFastServerCallsFast(self) -> None:
        """
        Whoever is served makes room for the next: a server that can serve 600 in a second calls as many.
        """
        self.assertLess(self.serve(600), 1.2 * MEMBERS / 600)
        self.assertLessEqual(self.most, UNANSWERED_MAXIMUM)

    def test_aSlowServerCallsSlowly(self) -> None:
        """
        What cannot be served yet does not wait in the queue in thousands.
        """
        self.assertLess(self.serve(200), 1.2 * MEMBERS / 200)
        self.assertLessEqual(self.most, UNANSWERED_MAXIMUM)

    def test_whoIsGoneHoldsUpNobody(self) -> None:
        """
        Where nobody answers all are called all the same, a few at a time.
        """
        self.calls.start(self.each())
        self.clock.pump([CALL_INTERVAL] * 10)
        self.assertEqual(len(self.called), UNANSWERED_MAXIMUM)
        self.clock.pump([CALL_INTERVAL] * round((MEMBERS / UNANSWERED_MAXIMUM + 2) * PATIENCE / CALL_INTERVAL))
        self.assertEqual((len(self.called), self.clock.getDelayedCalls()), (MEMBERS, []))

    def test_theFirstAreCalledAtOnce(self) -> None:
        """
        The first answer comes as soon as the server is there.
        """
        self.calls.start(self.each())
        self.assertEqual(len(self.called), CALLS_AT_A_TIME)

    def test_itLeavesNoTimerBehind(self) -> None:
        """
        After the end nobody is called.
        """
        self.calls.start(self.each())
        self.calls.stop()
        self.calls.stop()
        self.clock.advance(10)
        self.assertEqual((len(self.called), self.clock.getDelayedCalls()), (CALLS_AT_A_TIME, []))
