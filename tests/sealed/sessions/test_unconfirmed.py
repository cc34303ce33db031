"""
Tests for L{wand.sealed.sessions.unconfirmed}.
"""

from __future__ import annotations

from random import Random
from typing import cast

from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase

from wand.sealed.sessions.indices import Indices
from wand.sealed.sessions.noise import TransportKeys
from wand.sealed.sessions.session import Session, SessionOwner
from wand.sealed.sessions.timers import UNCONFIRMED_LASTS, UNCONFIRMED_MAXIMUM, UNCONFIRMED_SUBSCRIBER
from wand.sealed.sessions.unconfirmed import Unconfirmed
from wand.underlay.place_kinds import subscriberOf


class UnconfirmedTests(SynchronousTestCase):
    """
    L{Unconfirmed}.
    """

    def setUp(self) -> None:
        self.clock = Clock()
        self.indices = Indices(Random(1).randbytes)
        self.unconfirmed = Unconfirmed(self.clock, self.indices)

    def answer(self, host: str) -> Session:
        keys = TransportKeys(bytes(32), bytes(32))
        owner = cast(SessionOwner, None)
        index, now = self.indices.free(), self.clock.seconds()
        session = Session(owner, "chacha20-poly1305", keys, index, 1, now, initiator=False, version=1)
        self.indices.sessions[index] = session
        self.unconfirmed.add(session, host)
        return session

    def mayMore(self, host: str) -> bool:
        return self.unconfirmed.mayMore(subscriberOf(host))

    def test_nobodyHasAllTheRoom(self) -> None:
        """
        One subscriber has half, whatever addresses of its /64 it uses; all have the whole.
        """
        for number in range(UNCONFIRMED_SUBSCRIBER):
            self.assertTrue(self.mayMore(f"2001:db8::{number}"))
            self.answer(f"2001:db8::{number}")
        self.assertFalse(self.mayMore("2001:db8::ffff"))
        for number in range(UNCONFIRMED_MAXIMUM - UNCONFIRMED_SUBSCRIBER):
            self.assertTrue(self.mayMore(f"192.0.2.{number}"))
            self.answer(f"192.0.2.{number}")
        self.assertFalse(self.mayMore("192.0.2.200"))

    def test_roomIsFreeAgain(self) -> None:
        """
        A session that is used, or is over, or could have been used for long enough, takes no room.
        """
        sessions = [self.answer("192.0.2.1") for _ in range(UNCONFIRMED_SUBSCRIBER)]
        sessions[3].window.add(0)
        self.assertTrue(self.mayMore("192.0.2.1"))
        self.answer("192.0.2.1")
        self.indices.forget(sessions[5])
        self.assertTrue(self.mayMore("192.0.2.1"))
        self.answer("192.0.2.1")
        self.assertFalse(self.mayMore("192.0.2.1"))
        self.clock.advance(UNCONFIRMED_LASTS)
        self.assertTrue(self.mayMore("192.0.2.1"))
        self.assertEqual(len(self.unconfirmed), 0)

    def test_nothingIsKept(self) -> None:
        """
        What is old goes with the next one, though nobody asks for room.
        """
        for _ in range(100):
            self.answer("192.0.2.1")
            self.clock.advance(UNCONFIRMED_LASTS)
        self.assertEqual(len(self.unconfirmed), 1)
