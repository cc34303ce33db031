"""
Tests for L{wand.sealed.node.known_peers}.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from simulated.membership import TestNetwork, octetsFrom
from twisted.internet.defer import Deferred
from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase

from wand.counters import Counters
from wand.endpoint import Endpoint
from wand.events import Events
from wand.health.notes import Notes
from wand.interfaces.control_messages import SessionReader
from wand.interfaces.membership import Member
from wand.sealed.credentials.identity import Identity, NodeKey
from wand.sealed.credentials.signed import packed
from wand.sealed.credentials.trust import Trust
from wand.sealed.node.claims import Claims
from wand.sealed.node.known_peers import (
    GREETED_MAXIMUM,
    HASTENED_WITHIN,
    KEEP_INTERVAL,
    KNOWN_PEERS,
    KNOWN_PEERS_MAXIMUM,
    TAKEN_AT_ONCE,
    TAKEN_INTERVAL,
    KnownPeer,
    KnownPeers,
)
from wand.state import StateDirectory
from wand.table import Table
from wand.testing.context import failuresOf

#: A member, as far as it matters that it is no server.
MEMBER: Final = Member(b"", b"", False, "", (), (), False, 0, 0, 0)


class SessionsWithSome:
    """
    Sessions with those who are here.
    """

    def __init__(self) -> None:
        self.here: dict[bytes, Endpoint] = {}
        self.introduced: dict[bytes, list[Endpoint]] = {}
        self.sought: list[bytes] = []
        self.begun: list[SessionReader] = []

    def sessionsWith(self) -> dict[bytes, int]:
        return dict.fromkeys(self.here, 0)

    def onSession(self, reader: SessionReader) -> None:
        self.begun.append(reader)

    def seek(self, peer: bytes) -> None:
        self.sought.append(peer)

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
        self.revocations: list[bytes] = []
        self.claims = self.fresh()
        self.notes = Notes(self.clock, Events(self.clock.seconds))

    def fresh(self) -> Claims:
        """
        The claims of a node that was just started.
        """
        events = Events(self.clock.seconds)
        own = Identity(bytes(32))
        trust, table = Trust(self.network.key.network, self.clock.seconds), Table(self.clock, events)
        for each in self.revocations:
            trust.revoke(each)
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

    def identities(self, *names: str) -> list[bytes]:
        return [NodeKey.fromSeed(octetsFrom(name)).identity for name in names]

    def meet(self, name: str) -> None:
        """
        A session with somebody begins.
        """
        key = NodeKey.fromSeed(octetsFrom(name))
        text = name.replace(" ", "-")
        self.claims.offer(self.network.certificate(key, text), self.network.claim(key, text))
        self.sessions.here[key.identity] = Endpoint("192.0.2.7", 22222)
        for reader in self.sessions.begun:
            reader(key.identity, MEMBER, True)

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

    def test_aSlowDisk(self) -> None:
        """
        Whoever is met while a disk takes its time is kept as soon as it is done; nobody waits for it.
        """
        asked: list[tuple[Callable[[], None], Deferred[None]]] = []

        def defer(call: Callable[[], None]) -> Deferred[None]:
            asked.append((call, Deferred()))
            return asked[-1][1]

        known = KnownPeers(
            self.state,
            self.claims,
            self.sessions,  # type: ignore[arg-type]  # what it needs of them
            self.clock,
            failuresOf(Counters()),
            self.notes,
            defer,
        )
        known.start()
        self.addCleanup(known.stop)
        for name in ("alice", "bob"):
            self.meet(name)
            self.clock.advance(HASTENED_WITHIN)
        for _ in range(2):
            call, done = asked.pop()
            self.assertEqual(asked, [])
            call()
            done.callback(None)
        claims = self.fresh()
        self.started(claims, SessionsWithSome())
        self.assertEqual(len(claims), 2)

    def test_areNotMet(self) -> None:
        """
        Nobody said anything: what they claim is not asked of a server, which has more to do when all nodes start.
        """
        known = self.started(self.claims, self.sessions)
        self.meet("alice")
        known.keep()
        claims = self.fresh()
        met: list[bytes] = []
        claims.met = met.append
        self.started(claims, SessionsWithSome())
        self.assertEqual((len(claims), met), (1, []))

    def test_revokedOnesAreForgotten(self) -> None:
        """
        Somebody who is no longer a member is not remembered.
        """
        known = self.started(self.claims, self.sessions)
        self.claims.offer(*self.announcement)
        self.sessions.here[self.alice.identity] = Endpoint("192.0.2.7", 22222)
        known.keep()
        known.stop()
        self.revocations.append(self.network.revocation(self.alice.identity))
        sessions = SessionsWithSome()
        again = self.started(self.fresh(), sessions)
        again.keep()
        self.assertEqual((sessions.introduced, sessions.sought), ({}, []))
        self.assertEqual((self.state.path / KNOWN_PEERS).read_bytes(), packed([]))

    def test_whoIsNotUsedIsRemembered(self) -> None:
        """
        Where not everybody is followed those who are not used are forgotten; a restart may need them.
        """
        known = self.started(self.claims, self.sessions)
        self.meet("alice")
        known.keep()
        self.sessions.here.clear()
        self.claims.drop(self.alice.identity)
        known.keep()
        sessions = SessionsWithSome()
        self.started(self.fresh(), sessions)
        self.assertIn(self.alice.identity, sessions.introduced)

    def test_somebodyNewIsKeptAtOnce(self) -> None:
        """
        A node that crashes a moment after it met somebody knows him when it comes back.
        """
        self.started(self.claims, self.sessions)
        self.meet("alice")
        self.clock.advance(HASTENED_WITHIN)
        sessions = SessionsWithSome()
        self.started(self.fresh(), sessions)
        self.assertIn(self.alice.identity, sessions.introduced)

    def test_whoWasHereLastComesFirst(self) -> None:
        """
        The file begins with those who were here last, also after several starts; they are the ones that are greeted.
        """
        names = [f"member {number}" for number in range(TAKEN_AT_ONCE + 10)]
        known = self.started(self.claims, self.sessions)
        for name in (*names, names[0]):
            self.meet(name)
            known.keep()
            self.sessions.here.clear()
        order = [names[0], *reversed(names[1:])]
        for _ in range(2):
            claims, sessions = self.fresh(), SessionsWithSome()
            known = self.started(claims, sessions)
            first = self.identities(*order[:TAKEN_AT_ONCE])
            self.assertEqual((list(sessions.introduced), sessions.sought), (first, first[:GREETED_MAXIMUM]))
            known.keep()  # before the others were taken
            self.clock.advance(TAKEN_INTERVAL)
            self.assertEqual(list(sessions.introduced), self.identities(*order))
            known.stop()

    def test_noMoreThanSome(self) -> None:
        """
        In a large network those are kept who were here last, as many as a start has time for; a start takes them in
        turns, whatever the file holds.
        """
        self.claims.offer(*self.announcement)
        kept = KnownPeer(*self.announcement, "192.0.2.7:22222")
        known = self.started(self.claims, self.sessions)
        for number in range(10 * KNOWN_PEERS_MAXIMUM):
            known._kept[number.to_bytes(32, "big")] = kept
        known._waiting = list(known._kept)
        known.keep()
        self.assertEqual(next(iter(known._kept)), (9 * KNOWN_PEERS_MAXIMUM).to_bytes(32, "big"))
        self.assertEqual(len(known._kept), KNOWN_PEERS_MAXIMUM)
        self.assertLess((self.state.path / KNOWN_PEERS).stat().st_size, 1_000_000)
        self.state.write(KNOWN_PEERS, packed([kept] * 3 * KNOWN_PEERS_MAXIMUM))
        again = self.started(self.fresh(), SessionsWithSome())
        self.assertLessEqual(len(again._kept), KNOWN_PEERS_MAXIMUM)

    def test_whoLeftWhileItWaited(self) -> None:
        """
        Whoever is met before its turn comes is where it was met, and not where it was before.
        """
        known = self.started(self.claims, self.sessions)
        names = [f"member {number}" for number in range(TAKEN_AT_ONCE + 1)]
        for name in names:
            self.meet(name)
        known.keep()
        known.stop()
        claims, sessions = self.fresh(), SessionsWithSome()
        last = next(each for each in self.identities(*names) if each in self.sessions.here)
        self.started(claims, sessions)
        sessions.here[last] = Endpoint("192.0.2.99", 22222)
        self.clock.advance(TAKEN_INTERVAL)
        self.assertEqual(len(claims), TAKEN_AT_ONCE + 1)
        self.assertNotIn(last, sessions.introduced)

    def test_rubbishIsIgnored(self) -> None:
        """
        A file that is damaged gives nobody, and the node starts and says so; with the next write that is over.
        """
        for rubbish in (b"rubbish", b"\xc1", packed([b"rubbish"]), packed(["x"] * 9), b"\x90" * 3_000_000):
            self.state.write(KNOWN_PEERS, rubbish)
            known = self.started(self.claims, self.sessions)
            self.assertEqual(self.sessions.introduced, {})
            self.assertIn("known-peers is damaged", self.notes.texts[0])
            known.keep()
            self.assertEqual(self.notes.texts, [])
            known.stop()

    def test_oneBadRecordCostsNoOther(self) -> None:
        """
        Of a file in which something is damaged the rest counts.
        """
        good = KnownPeer(*self.announcement, "192.0.2.7:22222")
        forged = KnownPeer(self.announcement[0], b"forged", "192.0.2.8:22222")
        for bad in (b"rubbish", forged, KnownPeer(b"", b"", "x" * 64), [b"a", b"b", "x" * 65]):
            self.state.write(KNOWN_PEERS, packed([bad, good]))
            sessions = SessionsWithSome()
            self.started(self.fresh(), sessions)
            wanted = {} if bad is forged else {self.alice.identity: [("192.0.2.7", 22222)]}
            self.assertEqual(sessions.introduced, wanted)

    def test_aFileThatCannotBeRead(self) -> None:
        """
        A file that is open to others gives nobody, and the node starts and says so.
        """
        self.state.write(KNOWN_PEERS, b"rubbish")
        (self.state.path / KNOWN_PEERS).chmod(0o644)
        self.started(self.claims, self.sessions)
        self.assertIn("chmod 600", self.notes.texts[0])

    def test_aFileThatCannotBeWritten(self) -> None:
        """
        As long as the file cannot be written the operator is told.
        """
        (self.state.path / KNOWN_PEERS).mkdir()
        known = self.started(self.claims, self.sessions)
        self.meet("alice")
        known.keep()
        self.assertIn("known-peers is a directory and not a plain file", self.notes.texts[-1])
        self.assertIn("known peers would be", self.notes.texts[-1])
        (self.state.path / KNOWN_PEERS).rmdir()
        known.keep()
        self.assertEqual(self.notes.texts, [])
