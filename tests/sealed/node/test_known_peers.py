"""
Tests for L{wand.sealed.node.known_peers}.
"""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory

from simulated.membership import TestNetwork, octetsFrom
from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase

from wand.counters import Counters
from wand.endpoint import Endpoint
from wand.events import Events
from wand.health.notes import Notes
from wand.sealed.credentials.identity import Identity, NodeKey
from wand.sealed.credentials.trust import Trust
from wand.sealed.node.claims import Claims
from wand.sealed.node.known_peers import KEEP_INTERVAL, KNOWN_PEERS, KnownPeers
from wand.state import StateDirectory
from wand.table import Table
from wand.testing.context import failuresOf


class SessionsWithSome:
    """
    Sessions with those who are here.
    """

    def __init__(self) -> None:
        self.here: dict[bytes, Endpoint] = {}
        self.introduced: dict[bytes, list[Endpoint]] = {}

    def isUp(self, peer: bytes) -> bool:
        return peer in self.here

    def endpointOf(self, peer: bytes) -> Endpoint | None:
        return self.here.get(peer)

    def introduce(self, identity: bytes, exchangeKey: bytes, endpoints: list[Endpoint]) -> None:
        self.introduced[identity] = endpoints


class KnownPeersTests(SynchronousTestCase):
    def setUp(self) -> None:
        folder = TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.state = StateDirectory(str(Path(folder.name) / "state"))
        self.clock = Clock()
        self.clock.advance(1000)
        self.network = TestNetwork()
        self.alice = NodeKey.fromSeed(octetsFrom("alice"))
        self.announcement = self.network.certificate(self.alice), self.network.claim(self.alice)
        self.sessions = SessionsWithSome()
        self.claims = self.fresh()
        self.notes = Notes(self.clock, Events(self.clock.seconds))

    def fresh(self) -> Claims:
        """
        The claims of a node that was just started.
        """
        events = Events(self.clock.seconds)
        own = Identity(bytes(32))
        trust, table = Trust(self.network.key.network, self.clock.seconds), Table(self.clock, events)
        claims = Claims(own, trust.check, table, self.clock, events, Counters(), wallClock=self.clock.seconds)
        self.addCleanup(claims.stop)
        return claims

    def started(self, claims: Claims, sessions: SessionsWithSome) -> KnownPeers:
        """
        The known peers, at work.
        """
        known = KnownPeers(self.state, claims, sessions, self.clock, failuresOf(Counters()), self.notes)  # type: ignore[arg-type]  # what it needs of them
        known.start()
        self.addCleanup(known.stop)
        return known

    def test_areFoundAgainWithoutAServer(self) -> None:
        """
        A node that crashed and comes back while every server is down knows whom it talked to, and where.
        """
        self.started(self.claims, self.sessions)
        self.claims.offer(*self.announcement)
        self.sessions.here[self.alice.identity] = Endpoint("192.0.2.7", 22222)
        self.clock.advance(KEEP_INTERVAL)
        claims, sessions = self.fresh(), SessionsWithSome()
        self.started(claims, sessions)
        self.assertIsNotNone(claims.announcement(self.alice.identity))
        self.assertEqual(sessions.introduced, {self.alice.identity: [("192.0.2.7", 22222)]})

    def test_revokedOnesAreForgotten(self) -> None:
        """
        Somebody who is no longer a member is not remembered.
        """
        known = self.started(self.claims, self.sessions)
        self.claims.offer(*self.announcement)
        self.sessions.here[self.alice.identity] = Endpoint("192.0.2.7", 22222)
        known.keep()
        self.claims.drop(self.alice.identity)
        known.keep()
        sessions = SessionsWithSome()
        self.started(self.fresh(), sessions)
        self.assertEqual(sessions.introduced, {})

    def test_rubbishIsIgnored(self) -> None:
        """
        A file that is damaged gives nobody, and the node starts.
        """
        self.state.write(KNOWN_PEERS, b"rubbish")
        self.started(self.claims, self.sessions)
        self.assertEqual(self.sessions.introduced, {})

    def test_aFileThatCannotBeRead(self) -> None:
        """
        A file that is open to others gives nobody, and the node starts and says so.
        """
        self.state.write(KNOWN_PEERS, b"rubbish")
        (self.state.path / KNOWN_PEERS).chmod(0o644)
        self.started(self.claims, self.sessions)
        self.assertIn("chmod 600", self.notes.texts[0])
