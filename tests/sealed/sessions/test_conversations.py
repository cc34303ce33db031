"""
Tests for L{wand.sealed.sessions.conversations}: when there is room for somebody new.
"""

from __future__ import annotations

from unittest.mock import Mock, PropertyMock

from twisted.trial.unittest import SynchronousTestCase

from wand.counters import Counters
from wand.sealed.sessions.conversations import IDLE_LOOKS_MAXIMUM, Conversations
from wand.sealed.sessions.peers import PeerKey

LIMIT = 10 * IDLE_LOOKS_MAXIMUM


class RoomTests(SynchronousTestCase):
    """
    A registry that is full.
    """

    def setUp(self) -> None:
        self.counters = Counters()
        self.counters.declare({"drop-sealed-full": "as many conversations as we keep"})
        self.registry = Conversations(Mock(counters=self.counters), LIMIT)
        self.looks = PropertyMock(return_value=False)
        for number in range(LIMIT):
            conversation = type("Busy", (Mock,), {"isIdle": self.looks})()
            self.registry.members[PeerKey(number.to_bytes(32, "big"))] = conversation

    def comes(self) -> bool:
        return self.registry.introduced(b"n" * 32, b"x" * 32) is not None

    def test_aFloodOfNewcomersIsCheap(self) -> None:
        """
        When nobody is idle a newcomer costs a look at some members, never at all, and is counted.
        """
        for _ in range(100):
            self.assertFalse(self.comes())
        self.assertLessEqual(self.looks.call_count, 100 * IDLE_LOOKS_MAXIMUM)
        self.assertEqual(self.counters["drop-sealed-full"], 100)

    def test_whoIsIdleIsFound(self) -> None:
        """
        Each newcomer goes on looking where the one before ended, so that somebody who is idle makes room in the end.
        """
        at, idle = list(self.registry.members.items())[-1]
        type(idle).isIdle = True
        tries = 1
        while not self.registry._hasRoom():
            tries += 1
        self.assertEqual(tries, LIMIT // IDLE_LOOKS_MAXIMUM)
        self.assertNotIn(at, self.registry.members)
        self.assertTrue(self.registry._hasRoom())
