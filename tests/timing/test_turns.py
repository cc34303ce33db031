"""
Tests for L{wand.timing.turns}.
"""

from __future__ import annotations

from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase

from wand.timing.turns import RATE, WAITING_MAXIMUM, Turns

#: Octets of an answer that keeps the line busy for a tenth of a second.
LONG = int(RATE / 10)


class TurnsTests(SynchronousTestCase):
    """
    L{Turns}.
    """

    def setUp(self) -> None:
        self.clock = Clock()
        self.octets = LONG
        self.answered: list[tuple[str, int]] = []
        self.turns: Turns[str, int] = Turns(self.clock, self.answer)

    def answer(self, asker: str, question: int) -> int:
        self.answered.append((asker, question))
        if question < 0:
            raise RuntimeError("on purpose")
        return self.octets

    def test_itAnswersAtOnceWhileThereIsRoom(self) -> None:
        """
        Nobody waits as long as answers are short.
        """
        self.octets = 1000
        for number in range(50):
            self.assertTrue(self.turns.ask("a", number))
        self.assertEqual(len(self.answered), 50)

    def test_itAnswersLaterWhenTheLineIsBusyAndInTurns(self) -> None:
        """
        Beyond the rate questions wait, and one who asks much does not keep others waiting.
        """
        for asker, question in (("a", 0), ("a", 1), ("a", 2), ("b", 3)):
            self.turns.ask(asker, question)
        self.assertEqual((self.answered, len(self.turns)), ([("a", 0)], 3))
        self.clock.pump([0.01] * 100)
        self.assertEqual(self.answered[1:], [("a", 1), ("b", 3), ("a", 2)])

    def test_theRateIsKept(self) -> None:
        """
        However many wait, no more is answered in a second than the rate allows, and about as much.
        """
        self.octets = 10_000
        for asker in range(1000):
            for question in range(4):
                self.turns.ask(str(asker), question)
        before = len(self.answered)
        self.clock.pump([0.001] * 1000)
        self.assertLess(abs((len(self.answered) - before) * self.octets / RATE - 1.0), 0.05)

    def test_emptyAnswersCount(self) -> None:
        """
        Of answers without an octet only so many are given in one turn, too.
        """
        self.turns.ask("a", 0)
        self.octets = 0
        for asker in range(10_000):
            self.turns.ask(str(asker), 0)
        before = len(self.answered)
        while len(self.answered) == before:
            self.clock.advance(0.001)
        self.assertLess(len(self.answered) - before, 5_000)

    def test_oneAskerHasFewWaiting(self) -> None:
        """
        Questions of one asker beyond a number are refused.
        """
        taken = [self.turns.ask("a", number) for number in range(WAITING_MAXIMUM + 5)]
        self.assertEqual(taken, [True] * (WAITING_MAXIMUM + 1) + [False] * 4)

    def test_oneThatFailsDisturbsNoOther(self) -> None:
        """
        An answer that fails is the only one that does not come.
        """
        for question in (0, -1, 2):
            self.turns.ask("a", question)
        with self.assertRaises(RuntimeError):
            self.clock.pump([0.1] * 5)
        self.clock.pump([0.1] * 5)
        self.assertEqual(self.answered[-1], ("a", 2))

    def test_whoIsGoneIsNotAnswered(self) -> None:
        """
        A question of somebody who is gone is dropped, and nothing is due after the end.
        """
        for asker in "abc":
            self.turns.ask(asker, 0)
        self.turns.forget("b")
        self.clock.pump([0.1] * 5)
        self.assertEqual([asker for asker, _ in self.answered], ["a", "c"])
        self.turns.ask("a", 1)
        self.turns.ask("a", 2)
        self.turns.stop()
        self.assertEqual(self.clock.getDelayedCalls(), [])
