"""
Tests for L{wand.sealed.sessions.answered}: which copies of an initiation are answered.
"""

from __future__ import annotations

from unittest.mock import Mock

from twisted.trial.unittest import SynchronousTestCase

from wand.endpoint import Endpoint
from wand.sealed.sessions.answered import COPIES_MAXIMUM, Answered

HERE, THERE = Endpoint("192.0.2.1", 1), Endpoint("relay/0123456789abcdef", 7)


class AnsweredTests(SynchronousTestCase):
    """
    An initiation that was answered.
    """

    def setUp(self) -> None:
        self.first = Mock()
        self.answered = Answered(b"one", b"response", Mock(), {HERE: self.first})

    def test_aCopyFromElsewhere(self) -> None:
        """
        A copy is answered where it came from, once; another initiation is none of its copies.
        """
        self.assertTrue(self.answered.mayAnswer(b"one", THERE))
        self.assertFalse(self.answered.mayAnswer(b"one", HERE))
        self.assertFalse(self.answered.mayAnswer(b"two", THERE))

    def test_somebodyCopiesIt(self) -> None:
        """
        Whoever sends copies of it from everywhere gets a few answers.
        """
        for port in range(1, 100):
            if self.answered.mayAnswer(b"one", Endpoint("192.0.2.9", port)):
                self.answered.sessions[Endpoint("192.0.2.9", port)] = Mock()
        self.assertEqual(len(self.answered.sessions), COPIES_MAXIMUM)

    def test_whichWasRead(self) -> None:
        """
        The session that the peer uses tells where the answer went that it read.
        """
        second = self.answered.sessions[THERE] = Mock()
        self.assertEqual(self.answered.placeOf(self.first), HERE)
        self.assertEqual(self.answered.placeOf(second), THERE)
        self.assertIsNone(self.answered.placeOf(Mock()))
