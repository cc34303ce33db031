"""
Tests for what an operator sees of the ways to members.
"""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Sequence
from random import Random
from types import SimpleNamespace
from typing import Any, TypeVar

import msgspec
from twisted.internet.defer import Deferred, fail, succeed
from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase

from wand.endpoint import Endpoint
from wand.errors import AddressInvalid, NoAnswer, NoSuchMember
from wand.ethernet import MAC
from wand.interfaces import EverybodyIsKnown, OwnCandidate, Sought
from wand.reach_status import NetworkCheckStatus, WhyStatus
from wand.sealed.credentials.identity import Identity
from wand.sealed.reach.episodes import EPISODES_MAXIMUM, MEMBERS_MAXIMUM, Episodes
from wand.sealed.reach.inspection import SESSION_PATIENCE, ReachInspection, placeFrom
from wand.sealed.reach.observing import OBSERVERS_MAXIMUM, Observation
from wand.sealed.sessions.peers import PeerKey
from wand.status import PeerStatus, WayStatus
from wand.testing.context import simulatedContext
from wand.testing.network import Network

Result = TypeVar("Result")

TWO, SERVER, RELAY = PeerKey(b"2" * 32), PeerKey(b"s" * 32), PeerKey(b"r" * 32)
SERVER.name, RELAY.name = "server", "relay"

DIRECT = WayStatus("192.0.2.2:7", "ipv4", ["directory"], True, 0.01, 1.0, 1.0, 1.0, "")
UNUSED = msgspec.structs.replace(DIRECT, usedSince=None)
STREAM = msgspec.structs.replace(DIRECT, place="tcp/192.0.2.2:443", rank="stream")
RELAYED = msgspec.structs.replace(DIRECT, place=f"relay/{RELAY.hex()[:16]}:7", rank="relay")


def _isNear(host: str) -> bool:
    return host.startswith("192.168.1.")


class Sessions:
    """
    Sessions as a test wants them.
    """

    def __init__(self) -> None:
        self.up: dict[PeerKey, Endpoint] = {}
        self.ways: list[WayStatus] = []
        self.pings: dict[object, float] = {}
        self.readers: list[Callable[..., object]] = []
        self.sizes: dict[bytes, int] = {}
        self.echoed: list[str] = []
        self.isHairpinning = False

    def onWanted(self, reader: Callable[..., object]) -> None:
        self.readers.append(reader)

    onSession = onWay = onWanted

    def relayName(self, host: str) -> str:
        return {f"relay/{RELAY.hex()[:16]}": "relay"}.get(host, "")

    def pathTo(self, peer: bytes) -> Deferred[int]:
        size = self.sizes.get(peer, 1472)
        return succeed(size) if size else fail(NoAnswer("no probe of the path was answered"))

    def echo(self, place: Endpoint) -> Deferred[None]:
        self.echoed.append(str(place))
        return succeed(None) if self.isHairpinning else Deferred()

    def waysTo(self, peer: bytes) -> Sequence[WayStatus]:
        if peer == TWO and self.ways:
            return self.ways
        place = self.up.get(peer)  # type: ignore[call-overload]  # equal to a PeerKey
        return () if place is None else [msgspec.structs.replace(DIRECT, place=str(place), rank=self.rankOf(peer))]

    def rankOf(self, peer: bytes) -> str:
        place = self.endpointOf(peer)
        assert place is not None
        return "lan" if _isNear(place.host) else "stream" if "/" in place.host else "ipv6" if place.isIPv6 else "ipv4"

    def isUp(self, peer: bytes) -> bool:
        return peer in self.up

    def isShunned(self, peer: bytes) -> bool:
        return False

    def sessionsWith(self) -> dict[PeerKey, int]:
        return dict.fromkeys(self.up, 1)

    def endpointOf(self, peer: bytes) -> Endpoint | None:
        return self.up.get(peer)  # type: ignore[call-overload,no-any-return]  # equal to a PeerKey

    def ping(self, peer: bytes, place: Endpoint | None = None) -> Deferred[float]:
        took = self.pings.get(peer if place is None else str(place))
        return fail(NoAnswer("silent")) if took is None else succeed(took)


class Claims:
    """
    The claims of one member.
    """

    owned = {("name", "two"): TWO, ("address", "10.77.0.2"): TWO, ("mac", "02:00:00:00:00:02"): TWO}

    def ownerOf(self, kind: str, what: object) -> bytes | None:
        return self.owned.get((kind, str(what)))

    @property
    def announcements(self) -> list[Any]:
        return [self.announcement(TWO)]

    def announcement(self, identity: bytes) -> Any:
        certificate, claim = SimpleNamespace(identity=bytes(TWO)), SimpleNamespace(name="two")
        return SimpleNamespace(certificate=certificate, claim=claim) if identity == TWO else None


class Search(EverybodyIsKnown):
    """
    A search that finds one member.

    @ivar found: called when it is found.
    """

    def __init__(self) -> None:
        self.asked: list[tuple[str, Sought]] = []
        self.found: Callable[[], object] = lambda: None

    def find(self, kind: str, what: Sought) -> Deferred[bool]:
        self.asked.append((kind, what))
        self.found()
        return succeed(True)


class InspectionTests(SynchronousTestCase):
    """
    An operator who looks.
    """

    def setUp(self) -> None:
        self.clock = Clock()
        self.clock.advance(1000.0)
        self.context = simulatedContext(self.clock, Network(self.clock, Random(1)), "192.168.1.5")
        self.sessions = Sessions()
        self.candidates = [OwnCandidate(Endpoint("192.168.1.5", 22222), "host", "an address of this host")]
        servers = [SimpleNamespace(identity=SERVER)]
        self.participant = SimpleNamespace(
            identity=b"us" * 16, claims=Claims(), candidates=lambda: self.candidates, servers=lambda: servers
        )
        self.observing = SimpleNamespace(
            observations={},
            networks={},
            ask=self._asked,
            isAwaited=lambda peer: self.clock.seconds() < self.awaitedUntil,
        )
        self.awaitedUntil = 0.0
        self.asked: list[bytes] = []
        link = SimpleNamespace(isNear=_isNear)
        transport = SimpleNamespace(sessions=self.sessions, inspection=self.sessions, ways=link)
        parts: Any = self.participant, transport, self.observing, self.context
        self.search = Search()
        self.inspection = ReachInspection(*parts, 22222, lambda: {"192.168.1.5"}, self.search)

    def _asked(self, peer: bytes) -> None:
        self.asked.append(peer)

    def observed(self, *endpoints: str, observers: str = "203.0.113.") -> None:
        """
        Others hear us there.
        """
        self.observing.observations = {
            number: Observation(f"node-{number}", Endpoint(f"{observers}{number}", 7), Endpoint.parse(endpoint))
            for number, endpoint in enumerate(endpoints)
        }

    def ask(self, coroutine: Coroutine[Any, Any, Result], seconds: float = 1.0) -> Result:
        """
        Wait for an answer.
        """
        answer = Deferred.fromCoroutine(coroutine)
        self.clock.pump([0.1] * round(seconds * 10))
        return self.successResultOf(answer)

    # Why.

    def why(self, text: str) -> WhyStatus:
        """
        Ask why.
        """
        return self.ask(self.inspection.why(text), 2.0)

    def test_whoIsMeant(self) -> None:
        """
        A member is known by its name, key, overlay address and MAC address; a server by its name; nobody else is.
        """
        self.sessions.up = {SERVER: Endpoint("192.0.2.100", 1)}
        for text in ("two", TWO.text, str(Identity(TWO)), "10.77.0.2", "02:00:00:00:00:02", "02-00-00-00-00-02"):
            found = self.why(text)
            self.assertEqual(("two", TWO.text), (found.peer, found.key))
        self.assertEqual("server", self.why("server").peer)
        for text in ("", "three", "10.77.0.3", "f" * 64):
            failure = self.failureResultOf(Deferred.fromCoroutine(self.inspection.why(text)), NoSuchMember)
            self.assertNotIn("no server answers", failure.getErrorMessage())
        self.sessions.up = {}
        failure = self.failureResultOf(Deferred.fromCoroutine(self.inspection.why("three")), NoSuchMember)
        self.assertIn("no server answers", failure.getErrorMessage())

    def test_whoIsNotKnownYet(self) -> None:
        """
        In a network where not everybody is known, whoever is named is looked for first, by what the text can be.
        """
        owned, self.participant.claims.owned = Claims.owned, {}
        self.why(TWO.text)
        self.assertEqual(self.search.asked, [])
        self.search.isPartial = True
        self.search.found = lambda: setattr(self.participant.claims, "owned", owned)
        for text, question in (
            ("two", ("name", "two")),
            ("10.77.0.2", ("address", "10.77.0.2")),
            ("02:00:00:00:00:02", ("mac", MAC.parse("02:00:00:00:00:02"))),
            (TWO.text, ("identity", bytes(TWO))),
        ):
            self.participant.claims.owned = {}
            self.assertEqual(self.why(text).key, TWO.text)
            self.assertEqual(self.search.asked[-1], question)
        self.participant.claims.owned = {}
        self.sessions.up = {TWO: Endpoint("192.0.2.2", 7)}
        self.failureResultOf(Deferred.fromCoroutine(self.inspection.ping("two", None)), NoAnswer)  # it was pinged

    def test_why(self) -> None:
        """
        Ways, names of relays, our places, the NAT, what happened, and what to do.
        """
        self.sessions.up = {TWO: Endpoint("192.0.2.2", 7), RELAY: Endpoint("192.0.2.3", 7)}
        self.sessions.ways = [RELAYED, UNUSED]
        self.observed("198.51.100.1:1", "198.51.100.1:2")
        wanted, session, way = self.sessions.readers
        for turn in range(3):
            wanted(bytes(TWO), turn)
        session(TWO, None, True)
        way(TWO, None, ("192.0.2.2", 7), "it answered there")
        self.awaitedUntil = self.clock.seconds() + 0.5
        found = self.why("two")
        self.assertEqual([TWO], self.asked)
        self.assertEqual({f"relay/{RELAY.hex()[:16]}": "relay"}, found.relays)
        self.assertEqual(["192.168.1.5:22222"], [each.endpoint for each in found.ours])
        self.assertEqual("address-dependent", found.nat.mapping)
        self.assertEqual(
            [
                "tried at all its places, 3 times",
                "a session began, at 192.0.2.2:7",
                "now at 192.0.2.2:7: it answered there",
            ],
            [each.what for each in found.episodes],
        )
        self.assertIn("UDP port 22222", found.advice)
        self.assertEqual("symmetric-here", found.cause)

    def test_waysAlone(self) -> None:
        """
        The ways are told at once, and nobody is asked.
        """
        self.sessions.up = {TWO: Endpoint("192.0.2.2", 7)}
        self.sessions.ways = [RELAYED, UNUSED]
        found = self.ask(self.inspection.ways("two"), 0.0)
        self.assertEqual((True, [RELAYED, UNUSED]), (found.isUp, found.ways))
        self.assertEqual({f"relay/{RELAY.hex()[:16]}": "relay"}, found.relays)
        self.assertEqual([], self.asked)

    def test_namesThatAreAnothers(self) -> None:
        """
        A member that claims the name of another is never called so, but by its certificate or by its key.
        """
        self.participant.claims.owned = {("mac", "02:00:00:00:00:02"): TWO}
        for name in (str(Identity(TWO)), "two-of-its-certificate"):
            found = self.why(TWO.text).peer
            self.assertEqual((name, name), (found, self.inspection.nameOf(TWO)))
            met = PeerKey(TWO)
            met.name = "two-of-its-certificate"
            self.sessions.up = {met: Endpoint("192.0.2.2", 7)}

    def test_namesOfRelays(self) -> None:
        """
        What happened over a relay names it.
        """
        self.sessions.up = {TWO: Endpoint(f"relay/{RELAY.hex()[:16]}", 7)}
        _, session, way = self.sessions.readers
        session(TWO, None, True)
        way(TWO, None, (f"relay/{RELAY.hex()[:16]}", 7), "no answer at the way before")
        self.assertEqual(
            ["a session began, over the relay relay", "now over the relay relay: no answer at the way before"],
            [each.what for each in self.why("two").episodes],
        )

    def test_whoHearsUs(self) -> None:
        """
        Of our own places it is said who hears us there; who is on our link tells nothing of a NAT.
        """
        self.sessions.up = {TWO: Endpoint("192.168.1.6", 7)}
        self.observed("192.168.1.5:22222", observers="192.168.1.")
        found = self.why("two")
        self.assertEqual([["node-0"]], [each.heardBy for each in found.ours])
        self.assertEqual(("unknown", {}, ""), (found.nat.mapping, found.nat.observations, found.here))

    def test_wayOfPeers(self) -> None:
        """
        The status of a peer has the way in use.
        """
        status = PeerStatus("two", "", [], None, 0, 0, 0, 0)
        self.sessions.up = {RELAY: Endpoint("192.0.2.3", 7)}
        for ways, expected in (
            ([], ("", "", None, None)),
            ([UNUSED], ("", "", None, None)),
            ([DIRECT, UNUSED], ("direct", "", 0.01, 1.0)),
            ([STREAM], ("stream", "", 0.01, 1.0)),
            ([RELAYED], ("relay", "relay", 0.01, 1.0)),
        ):
            self.sessions.ways = ways
            found = self.inspection.withWay(TWO, status)
            self.assertEqual(expected, (found.way, found.relay, found.roundTrip, found.since))
        self.assertIs(status, self.inspection.withWay("no member", status))

    # Ping.

    def test_ping(self) -> None:
        """
        Over the way in use, and over any other; what does not answer is an error.
        """
        self.sessions.up = {TWO: Endpoint("192.0.2.2", 7)}
        self.sessions.pings = {TWO: 0.1, "192.0.2.2:7": 0.2, "relay/00:9": 0.3}
        self.assertEqual(0.1, self.ask(self.inspection.ping("two", None)))
        self.assertEqual(0.2, self.ask(self.inspection.ping("two", "192.0.2.2:7")))
        silent = Deferred.fromCoroutine(self.inspection.ping("two", "[2001:db8::1]:7"))
        self.failureResultOf(silent, NoAnswer)

    def test_pingMakesASession(self) -> None:
        """
        Without a session one is made first; if that fails, it is said.
        """
        answer = Deferred.fromCoroutine(self.inspection.ping("two", None))
        self.assertEqual([TWO], self.asked)
        self.clock.pump([0.1] * 10)
        self.assertNoResult(answer)
        self.sessions.up = {TWO: Endpoint("192.0.2.2", 7)}
        self.sessions.pings = {TWO: 0.1}
        self.clock.pump([0.1] * 2)
        self.assertEqual(0.1, self.successResultOf(answer))
        self.sessions.up = {}
        answer = Deferred.fromCoroutine(self.inspection.ping("two", None))
        self.clock.pump([0.1] * (round(SESSION_PATIENCE * 10) + 2))
        self.assertIn("wand why two", str(self.failureResultOf(answer, NoAnswer).value))

    def test_places(self) -> None:
        """
        A place is read as it is written, or refused.
        """
        for host, port in (("192.0.2.1", 7), ("2001:db8::1", 7), ("tcp/192.0.2.1", 443), ("relay/0123", 4_000_000_000)):
            self.assertEqual((host, port), placeFrom(str(Endpoint(host, port))))
        for text in ("", "192.0.2.1", "192.0.2.1:", ":7", "host:٣", "host:-1", "a:" + "1" * 99):
            self.assertRaises(AddressInvalid, placeFrom, text)

    # The network.

    def check(self, seconds: float = 3.0) -> tuple[dict[str, bool | None], str]:
        """
        Check the network.
        """
        found: NetworkCheckStatus = self.ask(self.inspection.check(), seconds)
        self.values = {each.name: each.value for each in found.checks}
        return {each.name: each.isGood for each in found.checks}, found.verdict

    def test_nobodyAnswers(self) -> None:
        """
        Without a session next to nothing can be said.
        """
        checks, verdict = self.check()
        unknown = dict.fromkeys(("udp", "mapping", "hairpin", "path-size", "port-mapping"))
        self.assertEqual({**unknown, "ipv6": False, "server": False}, checks)
        self.assertIn("No server answers. ", verdict)
        self.assertIn("Nobody beyond our links answers", verdict)
        self.participant.servers = list
        self.assertIn("not a member of a network yet", self.check()[1])

    def test_noNAT(self) -> None:
        """
        Without a NAT all is well.
        """
        self.sessions.up = {SERVER: Endpoint("192.0.2.100", 1), TWO: Endpoint("2001:db8::2", 1)}
        self.sessions.pings = {SERVER: 0.012, "192.0.2.100:1": 0.012, "[2001:db8::2]:1": 0.1}
        self.sessions.sizes = {SERVER: 1472, TWO: 1280}
        self.observed("192.168.1.5:22222", "192.168.1.5:22222")
        checks, verdict = self.check()
        self.assertEqual([], [name for name, isGood in checks.items() if not isGood])
        self.assertEqual("1280 to 1472", self.values["path-size"])
        self.assertIn("no NAT in front", verdict)
        self.assertIn("let in UDP port 22222", verdict)
        self.assertEqual({SERVER, TWO}, set(self.asked))

    def test_sizesNobodyMeasured(self) -> None:
        """
        Where no probe of a path is answered, no size is shown, and that is said.
        """
        self.sessions.up = {SERVER: Endpoint("192.0.2.100", 1)}
        self.sessions.sizes = {SERVER: 0}
        answer = self.ask(self.inspection.check())
        [(value, about)] = [(each.value, each.about) for each in answer.checks if each.name == "path-size"]
        self.assertEqual(("unknown", "no probe was answered in time"), (value, about))

    def test_allIsWaitedFor(self) -> None:
        """
        What is asked where others hear us is waited for, and no longer than it takes.
        """
        self.sessions.up = {SERVER: Endpoint("192.0.2.100", 1)}
        self.awaitedUntil = self.clock.seconds() + 1.0
        answer = Deferred.fromCoroutine(self.inspection.check())
        self.clock.pump([0.1] * 9)
        self.assertNoResult(answer)
        self.observed("198.51.100.1:1", "198.51.100.1:1")
        self.sessions.isHairpinning = True
        self.clock.pump([0.1] * 3)
        found = {each.name: each.value for each in self.successResultOf(answer).checks}
        self.assertEqual("endpoint-independent", found["mapping"])

    def test_manyServersAndMembers(self) -> None:
        """
        No more are asked at once than may be waited for, and none without a session.
        """
        servers = [PeerKey(bytes([number]) * 32) for number in range(20)]
        self.participant.servers = lambda: [SimpleNamespace(identity=each) for each in servers]
        self.sessions.up = {each: Endpoint("192.0.2.100", number) for number, each in enumerate(servers[:12], 1)}
        self.sessions.up.update({PeerKey(b"m%d" % n + bytes(30)): Endpoint("192.0.2.2", n) for n in range(1, 10)})
        self.check()
        self.assertEqual(OBSERVERS_MAXIMUM, len(self.asked))
        self.assertLessEqual(set(servers[:12]), set(self.asked))

    def test_kindsOfNAT(self) -> None:
        """
        What the NAT does, and whether it lets us reach our own place outside.
        """
        self.sessions.up = {SERVER: Endpoint("192.0.2.100", 1)}
        self.sessions.pings = {"192.0.2.100:1": 0.01}
        for ports, mapping, hairpin, words in (
            ((1, 1), True, True, "Most members reach this host directly"),
            ((1, 2), False, False, "forwards UDP port 22222"),
            ((1,), None, True, "will show once a second"),
        ):
            self.sessions.isHairpinning = hairpin
            self.observed(*(f"198.51.100.1:{port}" for port in ports))
            checks, verdict = self.check()
            self.assertEqual((mapping, hairpin), (checks["mapping"], checks["hairpin"]))
            self.assertIn(words, verdict)
        self.assertEqual({"198.51.100.1:1"}, set(self.sessions.echoed))

    def test_routers(self) -> None:
        """
        A router that refused, one that is silent and none at all are told apart.
        """
        self.observed("198.51.100.1:1", "198.51.100.1:2")
        self.check()
        self.assertEqual("not asked", self.values["port-mapping"])
        self.context.counters.declare({"mapping-asks": "asked"})
        self.context.counters["mapping-asks"] += 1
        self.check()
        self.assertEqual("no", self.values["port-mapping"])
        self.context.notes.say("mapping-refused", "the router refuses: not authorized. Others reach it all the same")
        found: NetworkCheckStatus = self.ask(self.inspection.check(), 3.0)
        refused = next(each for each in found.checks if each.name == "port-mapping")
        self.assertEqual(("refused", "the router refuses: not authorized"), (refused.value, refused.about))

    def test_blockedUDP(self) -> None:
        """
        Where only streams get through, that is the verdict; whoever answers on our link changes nothing of it.
        """
        self.sessions.up = {SERVER: Endpoint("tcp/192.0.2.100", 443), TWO: Endpoint("192.168.1.6", 7)}
        self.sessions.pings = {"192.168.1.6:7": 0.001, SERVER: 0.05}
        self.observed("192.168.1.5:22222", observers="192.168.1.")
        checks, verdict = self.check()
        self.assertIs(False, checks["udp"])
        self.assertIn("to the only server is not answered: it is blocked here or there", verdict)
        self.assertEqual("blocked", self.why("server").cause)
        others = [SimpleNamespace(identity=SERVER), SimpleNamespace(identity=RELAY)]
        self.participant.servers = lambda: others
        checks, verdict = self.check()
        self.assertEqual("blocked-here", self.why("server").cause)
        self.assertEqual(("unknown", "unknown"), (self.values["mapping"], self.values["path-size"]))
        self.assertIn("No UDP gets out", verdict)
        self.assertNotIn(TWO, self.asked)
        del self.sessions.pings[SERVER]
        _, verdict = self.check()
        self.assertIn("No server answers", verdict)
        self.assertNotIn("in streams", verdict)
        self.assertEqual("blocked", self.inspection.networkWord())

    def test_onlyOurLink(self) -> None:
        """
        Whoever answers on our link only says nothing of what is beyond.
        """
        self.sessions.up = {TWO: Endpoint("192.168.1.6", 7)}
        self.sessions.pings = {"192.168.1.6:7": 0.001}
        self.observed("192.168.1.5:22222", observers="192.168.1.")
        self.check()
        self.assertEqual(("unknown", "unknown"), (self.values["udp"], self.values["mapping"]))
        self.assertEqual("", self.inspection.networkWord())
        self.sessions.up[SERVER] = Endpoint("192.168.1.7", 7)
        self.sessions.pings[SERVER] = self.sessions.pings["192.168.1.7:7"] = 0.001
        checks, verdict = self.check()
        self.assertEqual((None, True), (checks["udp"], checks["server"]))
        self.assertIn("All that answer are on this host's own links", verdict)

    def test_heardAtAPublicAddress(self) -> None:
        """
        Whoever is on our link and hears us at a public IPv4 address of ours tells that there is no NAT; what is beyond
        the link it does not tell.
        """
        self.sessions.up = {TWO: Endpoint("192.168.1.6", 7)}
        self.observed("198.51.100.5:22222", observers="192.168.1.")
        self.patch(self.inspection._surroundings, "_addresses", lambda: {"198.51.100.5"})
        checks, _ = self.check()
        self.assertEqual(("none", None), (self.values["mapping"], checks["udp"]))


class EpisodesTests(SynchronousTestCase):
    """
    What is remembered.
    """

    def test_bounded(self) -> None:
        """
        Of each member the last episodes, and not of all members.
        """
        sessions, clock = Sessions(), Clock()
        made: Any = sessions
        episodes = Episodes(made, lambda host: "", clock)
        wanted, session, _ = sessions.readers
        for number in range(MEMBERS_MAXIMUM + 5):
            wanted(b"%d" % number, 0)
        self.assertEqual([], episodes.of(b"0"))
        for _ in range(3 * EPISODES_MAXIMUM):
            session(b"1000", None, False)
        self.assertEqual({"the session ended"}, {str(each) for each in episodes.of(b"1000")})
        self.assertEqual(EPISODES_MAXIMUM, len(episodes.of(b"1000")))
