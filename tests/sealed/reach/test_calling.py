"""
Tests for L{wand.sealed.reach.calling} and L{wand.sealed.reach.call_forwarder}, over real sessions.
"""

from __future__ import annotations

from collections.abc import Sequence
from types import SimpleNamespace
from typing import cast

from simulated.sealed import SealedNetwork, SealedNode
from twisted.trial.unittest import SynchronousTestCase

from wand.counters import Counters
from wand.endpoint import Endpoint
from wand.interfaces import OwnCandidate
from wand.interfaces.participant import DirectoryServer, Participant
from wand.interfaces.sessions import DIRECTORY, GOSSIP
from wand.sealed.control_numbers import CALL_NUMBERS, LOCATING_NUMBERS
from wand.sealed.reach.call_forwarder import CALLER_BURST, PAIR_BURST, CallForwarder
from wand.sealed.reach.calling import CALLER_BURST as TAKEN_BURST
from wand.sealed.reach.calling import PASSED_BURST, Calling
from wand.sealed.reach.locating_messages import located
from wand.sealed.reach.messages import Call, Called, CalledPlace, pack
from wand.sealed.reach.observing import Observing
from wand.sealed.sessions.control_messages import ControlMessages
from wand.sealed.sessions.packets import INITIATION
from wand.sealed.sessions.presence import PRESENCE_SIZE
from wand.sealed.sessions.timers import RUMOURS_BURST, RUMOURS_RATE

VICTIM = "198.51.100.66"


class Acquaintances:
    """
    Knows everybody of a network: a L{wand.interfaces.participant.KnownMembers}.
    """

    def __init__(self, world: list[Caller]) -> None:
        self.offered: list[tuple[bytes, bytes]] = []
        self._world = world

    def offer(self, certificate: bytes, claim: bytes) -> bool:
        self.offered.append((certificate, claim))
        return False

    def announcement(self, identity: bytes) -> SimpleNamespace | None:
        for each in self._world:
            if each.node.key.identity == identity:
                return SimpleNamespace(
                    certificate=SimpleNamespace(exchangeKey=each.node.key.exchangePublic),
                    signedCertificate=each.node.papers.certificate,
                    signedClaim=b"claim",
                )
        return None


class Caller:
    """
    A member that calls: a L{wand.interfaces.participant.Participant}.
    """

    def __init__(
        self, net: SealedNetwork, node: SealedNode, servers: Sequence[SealedNode], world: list[Caller]
    ) -> None:
        self.node = node
        self.identity = bytes(node.key.identity)
        self.claims = Acquaintances(world)
        self._servers = servers
        world.append(self)
        transport = node.transport
        context = SimpleNamespace(clock=net.clock, counters=transport._counters)
        control = ControlMessages(transport.sessions, net.clock, transport._counters)
        self.expected: list[bytes] = []
        self.networks: dict[bytes, str] = {}
        self.network = lambda: "blocked"
        self.observed: list[bytes] = []
        control.read(LOCATING_NUMBERS, lambda peer, member, octets: self.observed.append(octets))
        self.calling = Calling(
            cast(Participant, self),
            transport.sessions,
            control,
            context,  # type: ignore[arg-type]  # as much of it as there has to be
            cast(Observing, self),
        )

    @property
    def counters(self) -> Counters:
        return self.node.transport._counters

    def servers(self) -> list[DirectoryServer]:
        return [DirectoryServer(each.key.identity, each.key.exchangePublic, ()) for each in self._servers]

    def candidates(self) -> list[OwnCandidate]:
        return [OwnCandidate(self.node.endpoint, "host", "its interface")]

    def expect(self, peer: bytes) -> None:
        self.expected.append(peer)

    def told(self, peer: bytes, network: str) -> None:
        self.networks[peer] = network

    def mayReach(self, host: str) -> bool:
        return not host.startswith("10.77.")

    def know(self, other: Caller, *endpoints: Endpoint) -> None:
        """
        Be told by a directory where another one is.
        """
        key = other.node.key
        self.node.transport.introduce(key.identity, key.exchangePublic, endpoints, DIRECTORY)

    def ping(self, other: Caller) -> None:
        self.node.send(other.node.peer, self.node.frameTo(other.node))


class CallingTestCase(SynchronousTestCase):
    """
    A server in the open, and two members behind stateful firewalls that let in only what was asked for.
    """

    def setUp(self) -> None:
        self.net = SealedNetwork()
        self.net.underlay.delay = 0.02
        self.world: list[Caller] = []
        self.server = self.net.node("server", "192.0.2.100", isServer=True)
        counters = self.server.transport._counters
        control = ControlMessages(self.server.transport.sessions, self.net.clock, counters)
        context = SimpleNamespace(clock=self.net.clock, counters=counters)
        self.forwarder = CallForwarder(
            self.server.transport.sessions,
            context,  # type: ignore[arg-type]  # as much of it as there has to be
            lambda identity: (b"certificate", b"claim"),
        )
        control.read(CALL_NUMBERS, self.forwarder.received)
        self.one, self.two = self.member("one", "192.0.2.1"), self.member("two", "192.0.2.2")
        self.go(1.0)

    def member(self, name: str, host: str) -> Caller:
        """
        A member that has a session with the server.
        """
        self.net.underlay.guard(host)
        node = self.net.node(name, host)
        caller = Caller(self.net, node, [self.server], self.world)
        node.meet(self.server)
        node.transport.sendControl(self.server.peer, b"\x91\x10")
        return caller

    def go(self, seconds: float) -> None:
        self.net.run(seconds, 0.01)

    def frames(self, caller: Caller) -> int:
        return len(caller.node.frames)


class CallTests(CallingTestCase):
    """
    Those who are called try, too.
    """

    def test_throughTwoFirewalls(self) -> None:
        """
        Two behind firewalls meet within a second, without knowing more than the server does.
        """
        self.one.know(self.two, self.two.node.endpoint)
        self.one.ping(self.two)
        self.go(0.5)
        self.assertEqual(self.frames(self.two), 1)
        self.two.ping(self.one)
        self.go(0.1)
        self.assertEqual(self.frames(self.one), 1)

    def test_whoIsNowhereIsCalled(self) -> None:
        """
        A member of which nobody says where it is, is called all the same; its answer tells where it is.
        """
        self.one.know(self.two)
        self.one.ping(self.two)
        self.go(0.5)
        self.assertEqual(self.frames(self.two), 1)
        self.assertIn((b"certificate", b"claim"), self.two.claims.offered)

    def test_withoutAServer(self) -> None:
        """
        When the server is gone, a member that has sessions with both passes calls on.
        """
        third = self.member("three", "192.0.2.3")
        for each in (self.one, self.two):
            each.know(third, third.node.endpoint)
            third.know(each, each.node.endpoint)
            each.ping(third)
        self.go(1.0)
        self.assertEqual(self.frames(third), 2)
        self.net.underlay.drop(lambda each: self.server.host in (each.sender.host, each.destination.host))
        for each in (self.one, self.two):
            each.node.transport.sessions.end(self.server.peer)
        self.one.know(self.two, self.two.node.endpoint)
        self.one.ping(self.two)
        self.go(0.5)
        self.assertEqual(self.frames(self.two), 1)
        self.assertGreater(third.counters["calls-passed-on"], 0)

    def test_whoIsAway(self) -> None:
        """
        Nobody hears of a call for somebody with whom the server has no session; the caller is told where it is heard.
        That is no fault of anybody's, so nothing is counted as dropped.
        """
        absent = Caller(self.net, self.net.node("absent", "192.0.2.9"), [self.server], self.world)
        self.one.know(absent, Endpoint("192.0.2.9", 9))
        self.one.ping(absent)
        self.go(0.2)
        self.assertEqual(self.server.transport._counters["calls-absent"], 1)
        counted = [name for name, count in self.server.transport._counters.items() if count]
        self.assertEqual([name for name in counted if name.startswith("drop-call")], [])
        self.assertEqual(self.one.expected, [bytes(self.server.key.identity)])
        self.assertEqual(self.one.observed, [located(self.one.node.endpoint)])

    def test_networks(self) -> None:
        """
        Both are told what the other says of its network, though they never meet: the one by the call, the other by its
        answer.  A member's word about another is not taken.
        """
        self.net.underlay.drop(lambda each: {each.sender.host, each.destination.host} == {"192.0.2.1", "192.0.2.2"})
        self.one.know(self.two, self.two.node.endpoint)
        self.one.ping(self.two)
        self.go(1.0)
        self.assertEqual(self.two.networks, {bytes(self.one.identity): "blocked"})
        self.assertEqual(self.one.networks, {bytes(self.two.identity): "blocked"})

    def test_networksFromMembers(self) -> None:
        """
        What a member says of the network of another one is not believed.
        """
        self.one.know(self.two, self.two.node.endpoint)
        self.one.ping(self.two)
        self.go(2.0)
        third = self.member("three", "192.0.2.3")
        lie = pack(Called(third.identity, 1, True, b"", b"", (), "blocked"))
        self.one.node.transport.sendControl(self.two.node.peer, lie)
        self.go(0.1)
        self.assertNotIn(bytes(third.identity), self.two.networks)

    def test_renewalsCallNobody(self) -> None:
        """
        A session that is renewed while all goes well costs no call.
        """
        self.one.know(self.two, self.two.node.endpoint)
        self.one.ping(self.two)
        self.go(3.0)
        made = self.one.counters["calls-made"] + self.two.counters["calls-made"]
        for _ in range(30):
            self.one.ping(self.two)
            self.two.ping(self.one)
            self.net.run(10.0, 0.1)
        self.assertEqual(self.one.counters["calls-made"] + self.two.counters["calls-made"], made)

    def test_nothingIsLeft(self) -> None:
        """
        No timer is left when it stops.
        """
        self.one.know(self.two)
        self.one.ping(self.two)
        self.one.calling.stop()
        self.assertEqual(self.one.calling._repetitions, {})


class AbuseTests(CallingTestCase):
    """
    What a dishonest member can make of it.
    """

    def call(self, target: Caller, number: int, places: Sequence[CalledPlace] = ()) -> None:
        message = pack(Call(target.identity, number, False, tuple(places)))
        self.one.node.transport.sendControl(self.server.peer, message)

    def test_callsHaveBudgets(self) -> None:
        """
        Whoever calls without end is passed on a few times; others are passed on as before.
        """
        for number in range(50):
            self.call(self.two, number)
        self.go(0.2)
        counters = self.server.transport._counters
        self.assertLessEqual(counters["calls-passed-on"], PAIR_BURST + 1)
        self.assertLessEqual(self.two.counters["calls-taken"], TAKEN_BURST + 1)
        before = counters["calls-passed-on"]
        third = self.member("three", "192.0.2.3")
        self.go(0.5)
        third.know(self.two, self.two.node.endpoint)
        third.ping(self.two)
        self.go(0.5)
        self.assertGreater(counters["calls-passed-on"], before)
        self.assertEqual(self.frames(self.two), 1)
        self.assertGreater(CALLER_BURST, PAIR_BURST)

    def victims(self, number: int) -> list[CalledPlace]:
        return [CalledPlace("host", f"{VICTIM}:{1 + 16 * number + each}") for each in range(16)]

    def test_aCallerThatNamesVictims(self) -> None:
        """
        A member that calls with the addresses of victims makes the target send them a few handshakes, no more for all
        its calls than the budgets let pass.
        """
        for number in range(200):
            self.call(self.two, number, self.victims(number))
            self.go(0.05)
        sent = [each for each in self.net.underlay.sent if each.destination.host == VICTIM]
        self.assertTrue(all(each.sender == self.two.node.endpoint for each in sent))
        self.assertTrue(all(each.payload[0] == INITIATION or len(each.payload) == 32 + PRESENCE_SIZE for each in sent))
        self.assertLessEqual(len(sent), 400)

    def test_aMemberThatLiesAboutACaller(self) -> None:
        """
        A member that passes on calls that nobody made makes another one try the places that it names, within its
        budget; sessions stay where they are.
        """
        third = self.member("three", "192.0.2.3")
        for each in (self.one, third):
            each.know(self.two, self.two.node.endpoint)
            each.ping(self.two)
        self.go(2.0)
        self.assertEqual(self.frames(self.two), 2)
        for number in range(200):
            places = tuple(self.victims(number))
            lie = pack(Called(self.one.identity, number, False, b"", b"", places))
            third.node.transport.sendControl(self.two.node.peer, lie)
            self.go(0.02)
        self.assertLessEqual(self.two.counters["calls-taken"], PASSED_BURST + 10)
        sessions = self.two.node.transport.sessions
        self.assertEqual(sessions.endpointOf(self.one.node.peer), self.one.node.endpoint)
        self.two.ping(self.one)
        self.go(0.2)
        self.assertEqual(self.frames(self.one), 1)

    def test_manyLiesAboutOneVictim(self) -> None:
        """
        Whoever is said to call, and at whichever ports: one address gets a few initiations for all of them together.
        """
        offline = [self.member(f"absent{number}", f"192.0.2.{10 + number}") for number in range(3)]
        for each in offline:
            each.node.transport.stop()
        self.one.know(self.two, self.two.node.endpoint)
        self.one.ping(self.two)
        self.go(1.0)
        self.net.underlay.sent.clear()
        for number in range(60):
            lie = pack(Called(offline[number % 3].identity, number, True, b"", b"", tuple(self.victims(number))))
            self.one.node.transport.sendControl(self.two.node.peer, lie)
            self.go(0.5)
        sent = [each for each in self.net.underlay.sent if each.destination.host == VICTIM]
        self.assertGreater(len(sent), RUMOURS_BURST)
        self.assertLessEqual(len(sent), RUMOURS_BURST + 31 * RUMOURS_RATE)
        self.assertGreater(self.two.counters["sealed-calls-ignored"], 0)

    def test_gossipAboutAVictim(self) -> None:
        """
        Members that say of themselves, by gossip, that they are at a victim's address: it gets a few initiations for
        all of them together.  What a directory server says besides is believed as ever.
        """
        liars = [self.member(f"liar{number}", f"192.0.2.{10 + number}") for number in range(30)]
        for number, each in enumerate(liars):
            each.node.transport.stop()
            places = [Endpoint(VICTIM, 1000 + 4 * number + port) for port in range(4)]
            key = each.node.key
            self.two.node.transport.introduce(key.identity, key.exchangePublic, places, GOSSIP)
        self.net.underlay.sent.clear()
        for each in liars:
            self.two.ping(each)
        self.go(30.0)
        sent = [each for each in self.net.underlay.sent if each.destination.host == VICTIM]
        self.assertGreaterEqual(len(sent), RUMOURS_BURST)
        self.assertLessEqual(len(sent), RUMOURS_BURST + 31 * RUMOURS_RATE)
        self.assertGreater(self.two.counters["sealed-calls-ignored"], 0)
        self.net.underlay.sent.clear()
        self.two.know(liars[0], Endpoint(VICTIM, 1000))
        self.go(20.0)
        self.assertIn((VICTIM, 1000), [each.destination for each in self.net.underlay.sent])

    def test_fewPlacesOfAMembersWord(self) -> None:
        """
        Of what a member says of another, the first two places of each class are tried: it heard the first itself.
        """
        self.one.know(self.two, self.two.node.endpoint)
        self.one.ping(self.two)
        self.go(1.0)
        third = self.member("three", "192.0.2.3")
        places = [f"{host}:{port}" for host in (VICTIM, "192.168.1.1") for port in (1, 2, 3)]
        said = tuple(CalledPlace("host", each) for each in places)
        lie = pack(Called(third.identity, 1, True, b"", b"", said))
        self.one.node.transport.sendControl(self.two.node.peer, lie)
        self.go(0.1)
        conversation = self.two.node.transport.sessions.find(third.node.peer)
        told = {str(each) for each in conversation.place.told}
        self.assertEqual(told & set(places), {places[each] for each in (0, 1, 3, 4)})

    def test_aMemberThatLiesTakesNobodysPlace(self) -> None:
        """
        What one member says of a caller takes nothing from the budgets of the caller's own calls, nor of ours to it.
        """
        third = self.member("three", "192.0.2.3")
        for each in (self.one, third):
            each.know(self.two, self.two.node.endpoint)
            each.ping(self.two)
        self.go(2.0)
        for _ in range(20):
            lie = pack(Called(self.one.identity, 1, False, b"", b"", ()))
            third.node.transport.sendControl(self.two.node.peer, lie)
            self.go(0.1)
        before = self.two.counters["calls-taken"]
        for number in range(8):
            genuine = pack(Called(self.one.identity, 100 + number, False, b"", b"", ()))
            self.server.transport.sendControl(self.two.node.peer, genuine)
        self.go(0.2)
        self.assertEqual(self.two.counters["calls-taken"] - before, 8)

    def test_aMembersWordDoesNotReplaceAServers(self) -> None:
        """
        Where a server says that a caller is, it may be, whatever members say that pass on calls.
        """
        third = self.member("three", "192.0.2.3")
        third.know(self.two, self.two.node.endpoint)
        third.ping(self.two)
        self.go(2.0)
        place = CalledPlace("host", "198.51.100.7:7")
        for peer, said in ((self.server, (place,)), (third.node, ())):
            called = pack(Called(self.one.identity, 1, False, b"", b"", said))
            peer.transport.sendControl(self.two.node.peer, called)
            self.go(0.1)
        conversation = self.two.node.transport.sessions.find(self.one.node.peer)
        self.assertIn(("198.51.100.7", 7), conversation.place.told)

    def test_nonsense(self) -> None:
        """
        Messages that cannot be read, for strangers, from nobody, of the overlay or of this host do no harm.
        """
        two = self.two
        for message in (
            b"\x91\x20",
            b"\x91\x21",
            pack(Called(b"s" * 32, 1, False, b"c", b"c", ())),
            pack(Called(two.identity, 1, False, b"", b"", ())),
            pack(
                Called(
                    self.one.identity,
                    1,
                    False,
                    b"",
                    b"",
                    tuple(CalledPlace("x", each) for each in ("10.77.0.1:1", "127.0.0.1:1", "x", "192.0.2.2:22222")),
                )
            ),
        ):
            self.server.transport.sendControl(two.node.peer, message)
        self.net.underlay.sent.clear()
        self.go(1.0)
        hosts = {each.destination.host for each in self.net.underlay.sent if each.sender.host == two.node.host}
        self.assertLessEqual(hosts, {self.server.host})
        self.assertEqual(two.counters["drop-call-malformed"], 2)
        self.assertEqual(two.counters["drop-call-unknown"], 2)
