"""
Tests for LAN discovery.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import partial
from itertools import permutations
from random import Random
from types import SimpleNamespace
from typing import Any

import attrs
import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st
from sealed_network_case import Dwelling, SealedNetworkTestCase
from simulated.host import SimulatedHost
from simulated.members import Person, SimulatedNetwork
from simulated.membership import TestNetwork
from twisted.trial.unittest import SynchronousTestCase

from wand.endpoint import Endpoint
from wand.interfaces import Context
from wand.sealed.credentials.certificate import Certificate
from wand.sealed.credentials.claim import Announcement
from wand.sealed.credentials.identity import NodeKey
from wand.sealed.credentials.network_secrets import NetworkSecrets
from wand.sealed.credentials.signed import packed, signature, signed, unverified
from wand.sealed.credentials.trust import Trust
from wand.sealed.reach.lan import ALL_STRANGERS_BURST, LanDiscovery, LanMember
from wand.sealed.reach.lan_budgets import STRANGERS_BURST
from wand.sealed.reach.lan_links import LanLinks
from wand.sealed.reach.lan_messages import ANSWER, QUESTION, RECEIPT, SIZE, LanMessage, LanSeal, parse
from wand.sealed.reach.lan_neighbours import NEIGHBOURS_MAXIMUM, SILENCE, Neighbours
from wand.sealed.reach.lan_schedule import INTERVAL, REPEATS
from wand.testing.context import simulatedContext
from wand.testing.links import SimulatedLink, Spoken
from wand.testing.network import Network

SECRET, OTHERS_SECRET = b"s" * 32, b"o" * 32


class Sessions:
    """
    Sessions that remember who was introduced.
    """

    def __init__(self) -> None:
        self.introduced: dict[bytes, list[str]] = {}
        self.keys: dict[bytes, bytes] = {}
        self.want: Callable[[bytes, int], object] = lambda identity, turn: None

    def introduce(self, identity: bytes, exchangeKey: bytes, endpoints: Iterable[Endpoint], source: str) -> None:
        assert source == "lan"
        self.introduced[identity] = [str(each) for each in endpoints]
        self.keys[identity] = exchangeKey

    def onWanted(self, reader: Callable[[bytes, int], object]) -> None:
        self.want = reader


class Participant:
    """
    A member as others see it.
    """

    def __init__(self, person: Person) -> None:
        self.identity = person.key.identity
        self.claims = self
        self.known: dict[bytes, Announcement] = {}
        self.directories: list[Any] = []
        self.trust = Trust(person.network.key.network, person.network.clock.seconds)
        self._said = person.signedCertificate, person.claim()

    def announcement(self, identity: bytes | None = None) -> Any:
        return self._said if identity is None else self.known.get(identity)

    def servers(self) -> Sequence[Any]:
        return self.directories

    def isValid(self, certificate: bytes, claim: bytes) -> bool:
        return Announcement.verified(certificate, claim, self.trust.check) is not None

    def offer(self, certificate: bytes, claim: bytes) -> bool:
        announcement = Announcement.verified(certificate, claim, self.trust.check)
        assert announcement is not None
        self.known[announcement.identity] = announcement
        return True

    def mayReach(self, host: str) -> bool:
        return not host.startswith("10.77.")


class Member:
    """
    A member on a link.
    """

    def __init__(self, case: LanTests, number: int, *addresses: str, secret: bytes = SECRET, host: str = "0.0.0.0"):
        self.person = case.world.person(number)
        self.identity = self.person.key.identity
        addresses = addresses or (f"192.168.1.{number}",)
        self.host = SimulatedHost()
        self.eth0 = self.host.addLink("eth0")
        for address in addresses:
            self.host.addAddress(self.eth0, address)
        context = simulatedContext(case.clock, Network(case.clock, Random(number)), "192.0.2.1", number)
        self.links = case.link.host(self.eth0, *addresses)
        self.context = attrs.evolve(context, hostChanges=self.host, links=self.links)
        self.participant, self.sessions = Participant(self.person), Sessions()
        network = self.person.network.key.network
        self.secrets = NetworkSecrets(case.clock.seconds)
        self.secrets.begin(network, secret)
        membership: Any = SimpleNamespace(secrets=self.secrets, network=network)
        sign = partial(signature, self.person.key.signing)
        participant: Any = self.participant
        us = LanMember(participant, membership, sign, 20_000 + number)
        self.lanLinks = LanLinks(host, lambda: ["wan0"], participant.mayReach)
        self.entropy = case.random.randbytes
        sessions: Any = self.sessions
        self.lan = LanDiscovery(us, self.lanLinks, sessions, self.context, self.entropy)
        case.addCleanup(self.lan.stop)
        case.addCleanup(self.host.watch(self.lanLinks))
        self.lan.start()

    def knows(self, other: Member) -> list[str]:
        """
        Where it knows another one.
        """
        return self.sessions.introduced.get(other.identity, [])

    def count(self, counter: str) -> int:
        """
        The value of a counter.
        """
        return self.context.counters[counter]

    def message(self, step: int, **changes: Any) -> LanMessage:
        """
        A message of this member, signed.
        """
        said: dict[str, Any] = {"port": 7, "run": b"r" * 16, "challenge": b"c" * 16, "echo": bytes(16), "wanted": b""}
        certificate, claim = self.participant.announcement()
        message = LanMessage(step, **{**said, **changes}, certificate=certificate, claim=claim, signature=bytes(64))
        proof = message.proof(self.person.network.key.network, self.identity)
        return LanMessage(
            step,
            **{**said, **changes},
            certificate=certificate,
            claim=claim,
            signature=signature(self.person.key.signing, proof),
        )


class LanTests(SynchronousTestCase):
    """
    Members on one link.
    """

    def setUp(self) -> None:
        self.world = SimulatedNetwork.begun()
        self.clock = self.world.clock
        self.link = SimulatedLink(self.clock)
        self.random = Random(1)
        self.seal = LanSeal.of(SECRET, self.world.key.network)

    def go(self, seconds: float) -> None:
        """
        Let time pass.
        """
        self.world.run(seconds)

    def questions(self, member: Member) -> list[Spoken]:
        """
        What a member asked.
        """
        mine = set(self.hostsOf(member))
        return [each for each in self.link.spoken if each.isQuestion and each.sender.host in mine]

    def hostsOf(self, member: Member) -> list[str]:
        """
        The addresses of a member.
        """
        return [each.host for each in member.host.addresses]

    def test_membersFindEachOther(self) -> None:
        """
        Whoever comes to a link knows those who are there, and they know it, within half a second, with claims and all.
        """
        first = Member(self, 1)
        self.go(10.0)
        second = Member(self, 2)
        self.go(0.5)
        self.assertEqual(["192.168.1.2:20002"], first.knows(second))
        self.assertEqual(["192.168.1.1:20001"], second.knows(first))
        self.assertEqual(first.person.key.exchangePublic, second.sessions.keys[first.identity])
        self.assertIn(second.identity, first.participant.known)

    def test_forgeriesSilenceNobody(self) -> None:
        """
        Whoever knows the network secret and no more, and forges the address of a member, does not keep it from being
        found.
        """
        first = Member(self, 1)
        self.go(10.0)
        liar = Member(self, 9, "192.168.1.99")
        liar.lan.stop()
        forged = msgspec.structs.replace(liar.message(QUESTION), signature=bytes(64))

        def spray() -> None:
            first.lan.heard(self.seal.sealed(forged, self.random.randbytes), ("192.168.1.2", 20_002))

        for _ in range(100):
            spray()
        second = Member(self, 2)
        for _ in range(700):
            for _ in range(3):
                spray()
            self.go(0.1)
        self.assertEqual(["192.168.1.2:20002"], first.knows(second))
        self.assertEqual(["192.168.1.1:20001"], second.knows(first))

    def madeUp(self, member: Member, step: int) -> bytes:
        """
        A datagram of somebody that does not exist, rightly signed, which repeats what a member on the link asked.
        """
        key = NodeKey.fromSeed(self.random.randbytes(32))
        certificate, claim = member.participant.announcement()
        own = unverified(certificate, Certificate)
        assert own is not None
        forged = msgspec.structs.replace(own, identity=bytes(key.identity), exchangeKey=key.exchangePublic)
        said = signed(key.signing, forged), claim, bytes(64)
        message = LanMessage(step, 7, b"r" * 16, b"c" * 16, member.lan._challenge, b"", *said)
        proof = message.proof(self.world.key.network, bytes(key.identity))
        proven = msgspec.structs.replace(message, signature=signature(key.signing, proof))
        return self.seal.sealed(proven, self.random.randbytes)

    def test_madeUpMembersAreNotAllVerified(self) -> None:
        """
        Whoever knows the network secret and no more has only so many signatures verified, whatever members it makes up
        and wherever it says they are; and members that know each other find each other all the same.
        """
        first, second = Member(self, 1), Member(self, 2)
        self.go(1.0)
        before = first.count("drop-lan-invalid")
        for number in range(700):
            step = (ANSWER, QUESTION)[number % 2]
            first.lan.heard(self.madeUp(second if step == QUESTION else first, step), (f"10.0.{number % 250}.9", 5))
        self.assertLessEqual(first.count("drop-lan-invalid") - before, 2 * STRANGERS_BURST)
        self.assertGreaterEqual(first.count("drop-lan-throttled"), 700 - 2 * STRANGERS_BURST)
        first.lan.neighbours.stop()
        second.lan.neighbours.stop()
        first.sessions.want(second.identity, 1)
        self.go(1.5)
        self.assertEqual(["192.168.1.2:20002"], first.knows(second))

    def test_bothFamilies(self) -> None:
        """
        Each is known at one address of either family.
        """
        first, second = Member(self, 1, "192.168.1.1", "fd00::1", "fd00::11"), Member(self, 2, "192.168.1.2", "fd00::2")
        self.go(1.0)
        self.assertEqual({"192.168.1.2:20002", "[fd00::2]:20002"}, set(first.knows(second)))
        self.assertEqual({"192.168.1.1:20001", "[fd00::1]:20001"}, set(second.knows(first)))

    def test_strangersTogether(self) -> None:
        """
        Whatever hosts strangers pretend to be, few of their datagrams are tried with the secrets of invitations.
        """
        tried: list[bytes] = []
        host: Any = SimpleNamespace(answer=lambda datagram, network: tried.append(datagram))
        member = Member(self, 1)
        member.lan._us = attrs.evolve(member.lan._us, host=host)
        for number in range(1000):
            member.lan.heard(bytes(1232), (f"192.168.{number // 200}.{number % 200}", 7))
        self.assertEqual(len(tried), ALL_STRANGERS_BURST)
        self.assertEqual(member.count("drop-lan-throttled"), 1000 - ALL_STRANGERS_BURST)
        self.go(1.0)
        member.lan.heard(bytes(1232), ("192.168.9.9", 7))
        self.assertEqual(len(tried), ALL_STRANGERS_BURST + 1)

    def test_strangersLearnNothing(self) -> None:
        """
        A member of another network answers nothing, knows nobody, and sees datagrams of one size without a common octet
        in which to read.
        """
        member, stranger = Member(self, 1), Member(self, 2, secret=OTHERS_SECRET)
        self.go(200.0)
        self.assertEqual({}, {**member.sessions.introduced, **stranger.sessions.introduced})
        self.assertTrue(all(each.isQuestion for each in self.link.spoken))
        self.assertEqual({SIZE}, {len(each.datagram) for each in self.link.spoken})
        self.assertEqual(len(self.questions(member)), stranger.count("lan-strangers"))
        self.assertEqual(stranger.context.counters.drops(), 0)  # nothing that an operator should look for
        said = [each.datagram for each in self.questions(member)]
        for secret in (member.identity, self.world.key.network, member.participant.announcement()[0][:16]):
            self.assertFalse(any(secret in each for each in said))
        self.assertEqual(len(said), len({each[at : at + 8] for each in said for at in (0, 24, 600)}) // 3)

    def test_anotherSecret(self) -> None:
        """
        While a former secret counts, members find each other, whether they have the new one or not; what those say who
        have it, and do not say to somebody who lags, nobody else can read.
        """
        network = TestNetwork(key=self.world.key)
        ahead, alike, behind = (Member(self, number) for number in (1, 2, 3))
        until = int(self.clock.seconds()) + 1000
        for member in (ahead, alike):
            member.secrets.take([network.rotation(until - 1000, until=until)])
        self.go(200.0)
        for one, other in permutations((ahead, alike, behind), 2):
            self.assertTrue(one.knows(other))
        self.assertTrue(all(self.seal.opened(each.datagram) is None for each in self.questions(ahead)))

    def test_aSecretThatEnded(self) -> None:
        """
        When a former secret has ended, whoever knows it and no other reads nothing, and is not answered.
        """
        network = TestNetwork(key=self.world.key)
        one, other, revoked = (Member(self, number) for number in (1, 2, 3))
        now = int(self.clock.seconds()) + 1
        for member in (one, other):
            member.secrets.take([network.rotation(now, until=now)])
        self.clock.advance(2.0)
        self.link.spoken.clear()
        self.go(200.0)
        self.assertTrue(one.knows(other))
        self.assertTrue(other.knows(one))
        self.assertEqual((revoked.sessions.introduced, one.knows(revoked)), ({}, []))
        said = [each.datagram for each in self.link.spoken if each not in self.questions(revoked)]
        self.assertTrue(said)
        self.assertTrue(all(self.seal.opened(each) is None for each in said))

    def test_nothingIsAnsweredTwice(self) -> None:
        """
        In the long run there is one question a minute of each, and no answer: they know each other.
        """
        members = [Member(self, number) for number in range(1, 6)]
        self.go(60.0)
        before = len(self.link.spoken)
        self.go(600.0)
        spoken = self.link.spoken[before:]
        self.assertTrue(all(each.isQuestion for each in spoken))
        self.assertTrue(45 <= len(spoken) <= 60, len(spoken))
        for member in members:
            self.assertEqual(4, sum(bool(each) for each in member.sessions.introduced.values()))

    def test_whoIsGoneIsForgotten(self) -> None:
        """
        A member that is silent is introduced no longer.
        """
        first, second = Member(self, 1), Member(self, 2)
        self.go(1.0)
        second.lan.stop()
        self.go(SILENCE - 2.0)
        self.assertEqual(1, len(first.knows(second)))
        self.go(62.0)
        self.assertEqual([], first.knows(second))
        self.assertEqual(0, len(first.lan.neighbours))

    def test_restart(self) -> None:
        """
        Whoever starts again, with another port perhaps, is found again at once.
        """
        first, second = Member(self, 1), Member(self, 2)
        self.go(30.0)
        second.lan.stop()
        again = Member(self, 2)
        self.go(0.5)
        self.assertEqual(["192.168.1.1:20001"], again.knows(first))
        self.assertEqual(["192.168.1.2:20002"], first.knows(again))

    def test_move(self) -> None:
        """
        A member that gets another address is known there; while it is on no link it says nothing.
        """
        first, second = Member(self, 1), Member(self, 2)
        self.go(30.0)
        second.host.removeAddress(second.eth0, "192.168.1.2")
        before = len(self.link.spoken)
        self.go(5.0)
        self.assertFalse([each for each in self.link.spoken[before:] if each.sender.host != "192.168.1.1"])
        second.links.addresses = ("192.168.1.77",)
        second.host.addAddress(second.eth0, "192.168.1.77")
        self.go(0.5)
        self.assertEqual("192.168.1.77:20002", first.knows(second)[0])

    def test_wanted(self) -> None:
        """
        Whoever is wanted is asked for at once, but not more than once a second; only that one answers.
        """
        first, second, third = Member(self, 1), Member(self, 2), Member(self, 3)
        self.go(30.0)
        first.lan.neighbours.stop()  # it forgets everybody
        third.lan.neighbours.stop()
        before = len(self.link.spoken)
        for turn in range(10):
            first.sessions.want(second.identity, turn)
            self.go(0.05)
        spoken = self.link.spoken[before:]
        self.assertEqual(1, sum(each.isQuestion for each in spoken))
        self.assertEqual({"192.168.1.1", "192.168.1.2"}, {each.sender.host for each in spoken})
        self.assertEqual(["192.168.1.2:20002"], first.knows(second))
        self.assertTrue(third.knows(first))

    def test_serversAreNotAskedFor(self) -> None:
        """
        For a server nobody is asked: servers take no part.
        """
        member = Member(self, 1)
        self.go(30.0)
        before = len(self.link.spoken)
        member.participant.directories = [SimpleNamespace(identity=b"server")]
        member.sessions.want(b"server", 0)
        self.go(2.0)
        self.assertEqual(before, len(self.link.spoken))

    def test_knownOnesAreNotAskedForAgain(self) -> None:
        """
        Whoever is a neighbour is introduced already: it is asked for only from the second attempt on.
        """
        first, second = Member(self, 1), Member(self, 2)
        self.go(30.0)
        before = len(self.link.spoken)
        first.sessions.want(second.identity, 0)
        self.go(2.0)
        self.assertEqual(before, len(self.link.spoken))
        first.sessions.want(second.identity, 1)
        self.go(2.0)
        self.assertEqual(3, len(self.link.spoken) - before)  # question, answer, receipt

    def test_lossyLink(self) -> None:
        """
        A radio that loses every other datagram for everybody delays, and nothing else.
        """
        chance = Random(5)
        self.link.drop = lambda spoken: spoken.isQuestion and chance.random() < 0.5
        first, second = Member(self, 1), Member(self, 2)
        self.go(REPEATS * 2.0 + 1.0)
        self.assertEqual(1, len(first.knows(second)))
        self.assertEqual(1, len(second.knows(first)))

    def test_aRecordedAnswerIsWorthless(self) -> None:
        """
        What somebody recorded, and sends again later from elsewhere, introduces nobody.
        """
        first, second = Member(self, 1), Member(self, 2)
        self.go(1.0)
        recorded = list(self.link.spoken)
        second.lan.stop()
        self.go(400.0)
        self.assertEqual([], first.knows(second))
        before = len(self.link.spoken)
        first.lan._lately.clear()  # it was so long ago
        for spoken in recorded:
            first.lan.heard(spoken.datagram, ("192.168.1.66", 7))
        self.assertEqual([], first.knows(second))
        self.assertTrue(first.count("drop-lan-stale"))
        answers = [each for each in self.link.spoken[before:] if each.receiver.host == "192.168.1.66"]
        questions = [each for each in recorded if each.isQuestion and each.sender.host == "192.168.1.2"]
        self.assertLessEqual(len(answers), len(questions))  # no amplification

    def test_repeatedQuestionsAreAnsweredAFewTimes(self) -> None:
        """
        However often a recorded question is sent, at most one answer goes to that host.
        """
        first, second = Member(self, 1), Member(self, 2)
        self.go(1.0)
        question = self.questions(second)[0]
        before = len(self.link.spoken)
        for _ in range(500):
            first.lan.heard(question.datagram, ("192.168.1.66", 7))
        self.assertLessEqual(len(self.link.spoken) - before, 1)
        self.assertTrue(first.count("drop-lan-stale"))

    def test_whoRepeatsDoesNotSilenceTheSpeaker(self) -> None:
        """
        Somebody who sends a recorded datagram again and again, with its sender's address, uses up nothing of what that
        one may say.
        """
        first, second = Member(self, 1), Member(self, 2)
        self.go(1.0)
        self.assertTrue(first.knows(second))
        question = self.questions(second)[0]
        for _ in range(2000):
            first.lan.heard(question.datagram, question.sender)
        self.assertEqual(first.count("drop-lan-throttled"), 0)

    def test_aMemberSpeaksForItselfOnly(self) -> None:
        """
        A member that uses the certificate and the claim of another is not believed, for it cannot sign.
        """
        first, second, third = Member(self, 1), Member(self, 2), Member(self, 3)
        message = first.message(QUESTION)
        said = second.participant.announcement()
        forged = LanMessage(QUESTION, 7, bytes(16), bytes(16), bytes(16), b"", *said, message.signature)
        third.lan.heard(self.seal.sealed(forged, first.entropy), ("192.168.1.1", 7))
        self.assertEqual(1, third.count("drop-lan-invalid"))

    def test_whoWasRevokedIsNotBelieved(self) -> None:
        """
        The network secret does not help somebody without a valid certificate.
        """
        first, second = Member(self, 1), Member(self, 2)
        first.participant.isValid = lambda certificate, claim: False  # type: ignore[method-assign]
        self.go(5.0)
        self.assertEqual({}, first.sessions.introduced)
        self.assertTrue(first.count("drop-lan-invalid"))
        self.assertEqual([], second.knows(first))  # it got no answer

    def test_overlayHostsAreNoPlaces(self) -> None:
        """
        A datagram that came through the overlay is not believed, or the tunnel would run inside itself.
        """
        first, second = Member(self, 1), Member(self, 2)
        first.lan.heard(self.seal.sealed(second.message(QUESTION), second.entropy), ("10.77.0.2", 7))
        self.assertEqual(1, first.count("drop-lan-invalid"))

    def test_linksThatDoNotCount(self) -> None:
        """
        Nobody is asked on our own tap, on a link with an overlay address, on one that is down, or on the loopback.
        """
        member = Member(self, 1)
        member.host.addAddress(member.host.addLink("wan0"), "192.168.2.1")
        member.host.addAddress(bridge := member.host.addLink("br0"), "192.168.3.1")
        member.host.addAddress(bridge, "10.77.0.1")
        member.host.addAddress(down := member.host.addLink("eth1"), "192.168.4.1")
        member.host.change(down, isRunning=False)
        member.host.addAddress(member.host.addLink("lo", bytes(6)), "127.0.0.1")
        self.assertEqual([(1, "192.168.1.1")], member.lanLinks.sources())

    def test_oneLocalAddress(self) -> None:
        """
        A port that is bound to one address is announced there only.
        """
        member = Member(self, 1, "192.168.1.1", "192.168.1.9", host="192.168.1.9")
        self.go(1.0)
        self.assertEqual({"192.168.1.9"}, {each.sender.host for each in self.link.spoken})
        self.assertTrue(member.count("lan-questions-sent"))

    def test_neighboursAreBounded(self) -> None:
        """
        Beyond a number of neighbours, the one that was heard longest ago makes room.
        """
        sessions: Any = Sessions()
        neighbours = Neighbours(sessions, self.clock)
        for number in range(NEIGHBOURS_MAXIMUM + 10):
            neighbours.found(b"%d" % number, b"key", b"run", ("192.168.1.1", 7))
        self.assertEqual(NEIGHBOURS_MAXIMUM, len(neighbours))
        self.assertEqual([], sessions.introduced[b"0"])
        neighbours.stop()
        self.assertFalse([each for each in self.clock.getDelayedCalls() if each.func == neighbours._deadlines._due])

    def test_stopsWithoutATimer(self) -> None:
        """
        A member that stops leaves no timer behind, and starts again.
        """
        member = Member(self, 1)
        member.lan.stop()
        self.assertEqual([], self.clock.getDelayedCalls())
        member.lan.start()
        self.go(INTERVAL * 2)
        self.assertTrue(self.questions(member))


class MessageTests(SynchronousTestCase):
    """
    Datagrams that may be anything.
    """

    seal = LanSeal.of(SECRET, b"n" * 32)

    @settings(deadline=None)
    @given(st.binary(max_size=SIZE + 10))
    def test_anything(self, octets: bytes) -> None:
        """
        Anything is refused; nothing raises.
        """
        self.assertIsNone(self.seal.opened(octets))
        self.assertIsNone(self.seal.opened(octets.ljust(SIZE, b"\0")[:SIZE]))
        parse(octets)

    @settings(deadline=None)
    @given(st.integers(0, SIZE - 1), st.integers(1, 255))
    def test_everyOctetIsAuthenticated(self, at: int, change: int) -> None:
        """
        With one octet changed, a datagram does not open.
        """
        datagram = bytearray(self.seal.sealed(_message(), Random(1).randbytes))
        datagram[at] ^= change
        self.assertIsNone(self.seal.opened(bytes(datagram)))

    def test_theLongestFits(self) -> None:
        """
        The longest certificate and claim fit.
        """
        datagram = self.seal.sealed(_message(512), Random(1).randbytes)
        self.assertEqual(SIZE, len(datagram))
        octets = self.seal.opened(datagram)
        assert octets is not None
        self.assertEqual(_message(512), parse(octets))

    @settings(deadline=None)
    @given(st.none() | st.integers() | st.binary(max_size=64) | st.text(max_size=8) | st.lists(st.none(), max_size=3))
    def test_anyValue(self, value: object) -> None:
        """
        Whatever a member packs is read or refused.
        """
        try:
            octets = packed([ANSWER, 1, b"r" * 16, b"c" * 16, bytes(16), value, b"", b"", bytes(64)])
        except OverflowError:
            return
        message = parse(octets)
        self.assertEqual(isinstance(value, bytes) and len(value) <= 32, message is not None)


def _message(size: int = 200) -> LanMessage:
    return LanMessage(RECEIPT, 65_535, b"r" * 16, b"c" * 16, b"e" * 16, b"w" * 32, b"c" * size, b"d" * size, b"s" * 64)


class LinkedDwelling(Dwelling):
    """
    A node on a link.
    """

    link: SimulatedLink
    _number: int

    def makeContext(self) -> Context:
        """
        See L{Dwelling}.
        """
        host = SimulatedHost()
        eth0 = host.addLink("eth0")
        host.addAddress(eth0, self.address)
        return attrs.evolve(super().makeContext(), hostChanges=host, links=self.link.host(eth0, self.address))


class WithoutServerTests(SealedNetworkTestCase):
    """
    Nodes that no server answers.
    """

    def node(self, number: int, **keys: object) -> LinkedDwelling:
        """
        Start a node on the link.
        """
        dwelling = LinkedDwelling(self, number, **keys)
        dwelling.link = self.link
        dwelling.start()
        self.addCleanup(dwelling.stop)
        self.join(dwelling, self.invitation())
        return dwelling

    def setUp(self) -> None:
        super().setUp()
        self.link = SimulatedLink(self.clock)

    def strangersUntilNow(self, **keys: object) -> list[LinkedDwelling]:
        """
        Two members that never met, without a server.
        """
        nodes = []
        for number in (1, 2):
            nodes.append(self.node(number, **keys))
            nodes[-1].stop()
        self.end(self.server)
        for node in nodes:
            node.start()
        self.go(1.0)
        return nodes

    def test_strangersUntilNowMeet(self) -> None:
        """
        Two members that never met find each other on a link, and frames pass, though no server answers.
        """
        first, second = self.strangersUntilNow()
        self.assertEqual({str(second.mac)}, first.table())
        self.assertTrue(self.reaches(first, second))
        self.assertTrue(self.reaches(second, first))

    def test_off(self) -> None:
        """
        With C{lan-discovery = no} nothing is said on links, and nobody is found.
        """
        first, second = self.strangersUntilNow(lanDiscovery=False)
        self.assertEqual([], self.link.spoken)
        self.assertFalse(self.reaches(first, second))

    def test_offAndStillNear(self) -> None:
        """
        What is on our links is known whether anybody looks for members there or not.
        """
        first, second = (self.node(number, lanDiscovery=False) for number in (1, 2))
        self.assertTrue(self.reaches(first, second))
        assert first.node.etud.member is not None
        sessions = first.node.etud.member.sealed.sessions
        [peer] = [each for each in sessions.sessionsWith() if str(each) == "node-2"]
        used = next(each for each in first.node.etud.context.transport.inspection.waysTo(peer) if each.usedSince)
        self.assertEqual("lan", used.rank)
