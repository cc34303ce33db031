"""
Tests for the parts of a node's membership: L{wand.sealed.node.introductions}, L{wand.sealed.node.expulsion},
L{wand.sealed.node.known_servers} and L{wand.sealed.node.own_addresses}.
"""

from __future__ import annotations

from pathlib import Path
from random import Random
from types import SimpleNamespace
from typing import Any

from attrs import evolve
from msgspec import structs
from simulated.members import Person, SimulatedNetwork
from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase

from wand.errors import TapUnavailable
from wand.events import Event
from wand.interfaces.participant import DirectoryServer
from wand.sealed.credentials.identity import Identity
from wand.sealed.credentials.messages import Introduction, Message, Server, ServersTold, pack, parse
from wand.sealed.credentials.server_comparison import digestOf
from wand.sealed.credentials.signed import packed, signed, unpacked
from wand.sealed.credentials.token import ENDPOINTS_MAXIMUM as INVITED_MAXIMUM
from wand.sealed.credentials.trust import Trust
from wand.sealed.node.expulsion import Expulsion
from wand.sealed.node.introductions import Introductions
from wand.sealed.node.known_servers import KnownServers
from wand.sealed.node.own_addresses import OwnAddresses
from wand.sealed.node.passed_servers import PassedServers
from wand.sealed.node.stored_enrolment import KnownServer
from wand.sealed.node.told_servers import ASKING_INTERVAL, ToldServers
from wand.sealed.reach.stream_places import PLACES_MAXIMUM
from wand.testing.context import simulatedContext
from wand.testing.network import Network

ALICE, BOB = Identity(b"a" * 32), Identity(b"b" * 32)


class RecordedSessions:
    """
    Sessions that note what they are told to do.

    @ivar up: with whom there is one.
    @ivar sent: what was sent, and to whom.
    @ivar done: what else was done: the verb, and with whom.
    """

    def __init__(self, *up: bytes) -> None:
        self.up = set(up)
        self.sent: list[tuple[bytes, Message]] = []
        self.done: list[tuple[str, bytes]] = []
        self.began: Any = None
        self.received: Any = None

    def onSession(self, reader: Any) -> None:
        self.began = reader

    def read(self, numbers: range, reader: Any) -> None:
        self.received = reader

    def isUp(self, peer: bytes) -> bool:
        return peer in self.up

    def sendControl(self, peer: bytes, message: bytes) -> None:
        self.sent.append((peer, parse(message)))

    def renew(self, peer: bytes) -> None:
        self.done.append(("renew", peer))

    def end(self, peer: bytes) -> None:
        self.done.append(("end", peer))


class IntroductionsTests(SynchronousTestCase):
    """
    Alice, to whom Bob comes.
    """

    def setUp(self) -> None:
        network = SimulatedNetwork.begun()
        self.alice, self.bob, self.server = network.person(1), network.person(2), network.person(3, server=True)
        self.offered: list[bytes] = []
        self.here: list[bytes] = []
        self.isNews = True
        self.sessions = RecordedSessions()
        self.announcement: tuple[bytes, bytes] | None = (self.alice.signedCertificate, self.alice.claim())
        participant: Any = SimpleNamespace(
            announcement=lambda: self.announcement,
            claims=SimpleNamespace(
                offer=lambda certificate, claim: self.offered.append(claim) or self.isNews,
                entries=SimpleNamespace(here=self.here.append),
            ),
        )
        Introductions(participant, self.sessions, self.sessions)

    def receive(self, introduction: Introduction) -> None:
        """
        Bob introduces somebody.
        """
        certificate = self.bob.certificate
        self.sessions.received(certificate.identity, certificate.member, pack(introduction))

    def test_whenASessionBegins(self) -> None:
        """
        We introduce ourselves to members, not to servers, which the directory tells; and only while we are a member.
        """
        for person in (self.bob, self.server):
            for up in (True, False):
                self.sessions.began(person.certificate.identity, person.certificate.member, up)
        [(peer, said)] = self.sessions.sent
        self.assertEqual((peer, said), (self.bob.certificate.identity, Introduction(*self.announcement or ())))
        self.assertEqual(self.here, [peer])
        self.announcement = None
        self.sessions.began(peer, self.bob.certificate.member, True)
        self.assertEqual(len(self.sessions.sent), 1)

    def test_whoIsNewIsAnswered(self) -> None:
        """
        What a member says of itself is offered to the claims.  If it is news that member was started, and may not know
        us: it is answered.  Once both know each other nobody answers.
        """
        said = Introduction(self.bob.signedCertificate, self.bob.claim())
        self.receive(said)
        self.assertEqual((self.offered, len(self.sessions.sent)), ([said.claim], 1))
        self.isNews = False
        self.receive(said)
        self.assertEqual((len(self.sessions.sent), self.here), (1, [self.bob.certificate.identity]))

    def test_nobodyIntroducesAnother(self) -> None:
        """
        A member introduces nobody but itself.
        """
        self.receive(Introduction(self.server.signedCertificate, self.server.claim()))
        self.assertEqual((self.offered, self.sessions.sent), ([], []))


class PartsTestCase(SynchronousTestCase):
    """
    A node, without a network.
    """

    def setUp(self) -> None:
        self.clock = Clock()
        self.context = simulatedContext(self.clock, Network(self.clock, Random(0)), "192.0.2.1")
        self.enrolment: Any = SimpleNamespace(
            identity=ALICE, own=None, stage="member", servers=(), trust=None, state=SimpleNamespace(path=Path("/state"))
        )
        self.listed: set[bytes] = set()
        self.enrolment.isListed = self.listed.__contains__


class ExpulsionTests(PartsTestCase):
    """
    Alice hears of a revocation.
    """

    def setUp(self) -> None:
        super().setUp()
        self.sessions = RecordedSessions()
        self.standing: Any = SimpleNamespace(claim=SimpleNamespace(name="bob"))
        self.dropped: list[bytes] = []
        self.ended: list[str] = []
        events: list[Event] = []
        self.context.events.subscribe(events.append)
        self.events = events
        claims: Any = SimpleNamespace(drop=self.dropped.append, announcement=lambda identity: self.standing)
        self.expulsion = Expulsion(
            self.enrolment,
            claims,
            self.sessions,
            self.context,
            lambda: self.ended.append("everything"),
            lambda: self.ended.append("a server"),
        )

    def test_another(self) -> None:
        """
        Of another: what it claims is dropped, its sessions end, and it is told as an event.
        """
        self.expulsion.revoked(BOB, b"")
        self.clock.advance(1)
        self.assertEqual((self.dropped, self.sessions.done, self.ended), ([BOB], [("end", BOB)], []))
        [event] = self.events
        self.assertEqual((event.kind, event.fields), ("revoked", {"name": "bob", "key": BOB.text}))

    def test_aServer(self) -> None:
        """
        Of one of our servers: nobody asks it any more.
        """
        self.listed.add(BOB)
        self.expulsion.revoked(BOB, b"")
        self.assertEqual(self.ended, ["a server"])

    def test_ourselves(self) -> None:
        """
        Of ourselves: the operator is told what to do, and everything ends soon, though not within the session that
        brought the news.
        """
        self.expulsion.revoked(ALICE, b"")
        self.assertEqual(self.ended, [])
        self.clock.advance(0)
        self.assertEqual(self.ended, ["everything"])
        [note] = self.context.notes.texts
        self.assertIn("an empty state directory in place of /state", note)


class KnownServersTests(PartsTestCase):
    """
    Two servers, of which one has a session with us.
    """

    def setUp(self) -> None:
        super().setUp()
        self.sessions = RecordedSessions(BOB)
        self.enrolment.servers = [KnownServer(each, b"x" * 32, ("192.0.2.9:1",)) for each in (ALICE, BOB)]
        self.servers = KnownServers(self.enrolment, self.sessions)

    def test_known(self) -> None:
        """
        A member may ask all servers; who is not a member yet, or no longer, asks none.
        """
        self.assertEqual(self.servers.known(), ())
        self.enrolment.own = object()
        expected = [DirectoryServer(each, b"x" * 32, ("192.0.2.9:1",)) for each in (ALICE, BOB)]
        self.assertEqual(self.servers.known(), expected)
        self.enrolment.stage = "revoked"
        self.assertEqual(self.servers.known(), ())

    def test_tell(self) -> None:
        """
        Those with which there is a session are told; for the clocks, all sessions are renewed.
        """
        said = Introduction(b"c", b"d")
        self.servers.tell(pack(said))
        self.assertEqual(self.sessions.sent, [(BOB, said)])
        self.servers.renewSessions()
        self.assertEqual(self.sessions.done, [("renew", ALICE), ("renew", BOB)])


class ToldServersTests(PartsTestCase):
    """
    One server tells of another, of which an invitation says where it is.
    """

    def test_whatIsKnownOtherwiseStays(self) -> None:
        """
        What is told comes after that, in place of what was told before; of a server that is not known, it is all.  Of
        its certificates the later one stays.
        """
        network = SimulatedNetwork.begun()
        first, second, third = (network.person(number, server=True) for number in (1, 2, 3))
        changes: list[str] = []
        identity, key = second.certificate.identity, second.certificate.exchangeKey
        self.enrolment.trust = Trust(network.key.network, network.clock.seconds)
        self.enrolment.servers = (KnownServer(identity, key, ("two.example:44444",)),)
        self.enrolment.rememberServer = lambda server: setattr(self.enrolment, "servers", (server,))
        self.enrolment.isLater = lambda new, kept: new.issued >= kept.issued
        sessions: Any = RecordedSessions()
        ToldServers(self.enrolment, sessions, sessions, self.context, lambda: changes.append("servers"))

        def tell(person: Person, *endpoints: str, certificate: bytes = b"") -> tuple[str, ...]:
            message = pack(Server(certificate or person.signedCertificate, endpoints))
            sessions.received(first.certificate.identity, first.certificate.member, message)
            [known] = self.enrolment.servers
            everywhere: tuple[str, ...] = known.everywhere
            return everywhere

        self.assertEqual(tell(second, "10.0.0.2:44444"), ("two.example:44444", "10.0.0.2:44444"))
        self.assertEqual(tell(second, "10.0.0.3:44444"), ("two.example:44444", "10.0.0.3:44444"))
        self.assertEqual(tell(second, "10.0.0.3:44444"), ("two.example:44444", "10.0.0.3:44444"))
        self.assertEqual(tell(third, "10.0.0.4:44444"), ("10.0.0.4:44444",))
        self.assertEqual(len(changes), 3)

        issued = third.certificate.issued + 60
        later = signed(network.key.signing, structs.replace(third.certificate, issued=issued))
        tell(third, "10.0.0.4:44444", certificate=later)
        tell(third, "10.0.0.5:44444")  # by somebody who has not heard of the later one
        [known] = self.enrolment.servers
        self.assertEqual((known.certificate, known.told), (later, ("10.0.0.5:44444",)))


class AskingForServersTests(PartsTestCase):
    """
    A member that has sessions with servers, and what it was told.
    """

    def setUp(self) -> None:
        super().setUp()
        network = SimulatedNetwork.begun()
        self.first, self.second = (network.person(number, server=True) for number in (1, 2))
        certificate = self.second.certificate
        self.known = KnownServer(
            certificate.identity, certificate.exchangeKey, (), ("10.0.0.2:1",), self.second.signedCertificate
        )
        self.sessions: Any = RecordedSessions()
        self.enrolment.servers = (self.known,)
        self.told = pack(Server(self.known.certificate, self.known.told))

    def test_whatWeWereTold(self) -> None:
        """
        When a session with a server begins, and every five minutes while it lasts, a member says what it was told.
        Whoever tells nothing about servers is not asked.
        """
        asking = ToldServers(self.enrolment, self.sessions, self.sessions, self.context, lambda: None)
        server, member = self.first.certificate.member, SimulatedNetwork.begun().person(3).certificate.member
        self.sessions.began(server.identity, server, True)
        self.sessions.began(member.identity, member, True)
        question = ServersTold((digestOf(self.told),))
        self.assertEqual(self.sessions.sent, [(server.identity, question)])
        self.clock.advance(ASKING_INTERVAL)
        self.sessions.began(server.identity, server, False)
        self.clock.advance(ASKING_INTERVAL)
        self.assertEqual(self.sessions.sent, [(server.identity, question)] * 2)
        asking.stop()
        self.assertEqual(self.clock.getDelayedCalls(), [])

    def test_whomWeAdmitted(self) -> None:
        """
        Whom a member admitted gets what it was not told, at a bounded rate; others get nothing.
        """
        guest = self.first.certificate.member
        self.enrolment.identity = guest.admitter or b"us"
        PassedServers(self.enrolment, self.sessions, self.sessions, self.context)
        ours = evolve(guest, admitter=self.enrolment.identity)
        self.sessions.received(ours.identity, ours, pack(ServersTold((digestOf(self.told),))))
        self.sessions.received(guest.identity, evolve(guest, admitter=b"another"), pack(ServersTold(())))
        self.assertEqual(self.sessions.sent, [])
        for _ in range(50):
            self.sessions.received(ours.identity, ours, pack(ServersTold((bytes(8),))))
        self.assertEqual(self.sessions.sent, [(ours.identity, parse(self.told))] * 2)
        self.assertEqual(self.context.counters["drop-control-servers"], 48)


class LearnStreamsTests(PartsTestCase):
    """
    A server says where it accepts streams.
    """

    def test_learned(self) -> None:
        """
        Its streams take the place of those that were known; where its UDP is stays, all of it.  What others say than
        our servers changes nothing.
        """
        kept: list[KnownServer] = []
        self.enrolment.rememberServer = kept.append
        udp = tuple(f"192.0.2.{number}:1" for number in range(INVITED_MAXIMUM))
        most = [f"tls://192.0.2.{number}:443" for number in range(PLACES_MAXIMUM)]
        known = KnownServer(ALICE, b"x" * 32, (*udp[:2], "tls://192.0.2.1:443"))
        self.enrolment.servers = [known]
        servers = KnownServers(self.enrolment, RecordedSessions(BOB))
        servers.learnStreams(ALICE, ["wss://example.net/wand"])
        servers.learnStreams(BOB, ["wss://example.net/wand"])
        self.enrolment.servers = [KnownServer(ALICE, b"x" * 32, udp)]
        servers.learnStreams(ALICE, most)
        self.assertEqual([each.endpoints for each in kept], [(*udp[:2], "wss://example.net/wand"), (*udp, *most)])
        self.assertEqual(unpacked(packed(kept[1]), KnownServer), kept[1])  # it can be read from the disk again


class OwnAddressesTests(PartsTestCase):
    """
    A tap that takes addresses, or none.
    """

    def setUp(self) -> None:
        super().setUp()
        self.added: list[str] = []
        self.isBroken = False
        self.addresses = OwnAddresses(SimpleNamespace(addAddress=self.add), self.context.notes)  # type: ignore[arg-type]

    def add(self, address: str) -> None:
        """
        See L{wand.interfaces.ITap}.
        """
        if self.isBroken:
            raise TapUnavailable(f"{address} cannot be set")
        self.added.append(address)

    def test_newOnes(self) -> None:
        """
        What a new certificate has besides the one before is given to the tap.
        """
        first: Any = SimpleNamespace(addresses=("10.77.0.1/16",))
        second: Any = SimpleNamespace(addresses=("10.77.0.1/16", "10.77.0.2/16"))
        self.addresses.take(first, None)
        self.addresses.take(second, first)
        self.addresses.take(None, second)
        self.assertEqual(self.added, ["10.77.0.1/16", "10.77.0.2/16"])

    def test_refused(self) -> None:
        """
        Where the host refuses one, the operator is told, and the node goes on.
        """
        self.isBroken = True
        self.addresses.take(SimpleNamespace(addresses=("10.77.0.1/16",)), None)  # type: ignore[arg-type]
        self.assertEqual(self.context.notes.texts, ["10.77.0.1/16 cannot be set"])
