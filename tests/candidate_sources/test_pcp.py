"""
Tests for L{wand.candidate_sources.pcp} against a simulated router, in simulated time.
"""

from __future__ import annotations

from itertools import pairwise
from random import Random

from simulated.gateway import SimulatedGateway
from twisted.internet.defer import Deferred
from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase

from wand.candidate_sources.pcp import PCPSource
from wand.candidate_sources.port_mapping import LIFETIME, RELEASE_PATIENCE
from wand.candidate_sources.router import Router
from wand.errors import ConfigurationInvalid
from wand.ethernet import MAC
from wand.interfaces import ICandidates, ICandidateSource, NodeContext, OwnCandidate
from wand.testing.candidates import CandidateSourceContract
from wand.testing.context import simulatedNode
from wand.testing.network import Network

HOME = "192.168.1.2"
PORT = 22222


class RouterTestCase(SynchronousTestCase):
    """
    A node at home, and its router.
    """

    def setUp(self) -> None:
        self.clock = Clock()
        self.network = Network(self.clock, Random(0), delay=0.001)
        self.gateway = SimulatedGateway(self.clock, self.network)
        self.router: Router | None = Router(self.gateway.host, HOME)
        self.told: list[list[OwnCandidate]] = []
        self.addCleanup(lambda: self.assertEqual(self.clock.getDelayedCalls(), []))

    def node(self, address: str = HOME, seed: int = 0) -> NodeContext:
        """
        The context of a node.
        """
        return simulatedNode(self.clock, self.network, address, MAC(b"\2\0\0\0\0\1"), seed)

    def begin(self, context: NodeContext | None = None) -> ICandidates:
        """
        Start the source.
        """
        self.context = context or self.node()
        self.source = PCPSource(lambda host, interface: self.router).open({}, self.context)
        self.source.start(lambda candidates: self.told.append(list(candidates)))
        self.addCleanup(self.end, self.source)
        return self.source

    def end(self, source: ICandidates) -> None:
        """
        Stop it, whatever it takes.
        """
        source.stop()
        self.go(RELEASE_PATIENCE + 1)

    def go(self, seconds: float) -> None:
        """
        Let time pass.
        """
        for _ in range(round(seconds * 10)):
            self.clock.advance(0.1)

    def now(self) -> list[str]:
        """
        What it told last.
        """
        return [f"{each.kind} {each.endpoint}" for each in self.told[-1]]


class MappingTests(RouterTestCase):
    """
    A mapping's life.
    """

    def test_mapped(self) -> None:
        """
        The mapping is a candidate, as soon as the router answers.
        """
        self.begin()
        self.go(0.5)
        [[candidate]] = self.told
        self.assertEqual(str(candidate.endpoint), "203.0.113.9:22222")
        self.assertEqual((candidate.kind, candidate.about), ("mapped", "mapped by PCP at 192.168.1.1"))
        self.assertEqual(len(self.gateway.requests), 1)
        self.assertEqual(self.context.notes.texts, [])

    def test_natpmp(self) -> None:
        """
        A router that knows NAT-PMP only is asked by that, at once.
        """
        self.gateway.version = 0
        self.begin()
        self.go(0.5)
        [candidate] = self.told[-1]
        self.assertEqual(
            (self.now(), candidate.about), (["mapped 203.0.113.9:22222"], "mapped by NAT-PMP at 192.168.1.1")
        )
        self.go(3 * LIFETIME)
        self.assertIsNotNone(self.gateway.mapped(HOME, PORT))
        self.assertNotIn(2, [request[0] for when, request in self.gateway.requests if when > 1])

    def test_renewed(self) -> None:
        """
        It is renewed after a half to five eighths of its lifetime, with some jitter, and never lost.
        """
        self.begin()
        for _ in range(20):
            self.go(LIFETIME / 4)
            self.assertEqual(self.gateway.mapped(HOME, PORT), PORT)
        times = [when for when, _ in self.gateway.requests]
        gaps = {round(after - before) for before, after in pairwise(times)}
        self.assertTrue(all(LIFETIME / 2 <= gap <= LIFETIME * 5 / 8 + 1 for gap in gaps), gaps)
        self.assertGreater(len(gaps), 3)
        self.assertEqual({tuple(each) for each in self.told}, {tuple(self.told[0])})

    def test_repeated(self) -> None:
        """
        A router that is silent is asked less and less often: after 3 s, 6 s, and so on up to 1024 s (RFC 6887, section
        8.1.1), each a tenth more or less.
        """
        self.gateway.isSilent = True
        self.begin()
        self.go(4000)
        times = [when for when, _ in self.gateway.requests]
        gaps = [after - before for before, after in pairwise(times)]
        self.assertTrue(2.5 < gaps[0] < 3.5, gaps)
        for before, after in pairwise(gaps):
            self.assertTrue(after < 1130 and (after > 900 or 1.7 < after / before < 2.3), gaps)
        self.assertEqual(self.told, [])
        self.gateway.isSilent = False
        self.go(1130)
        self.assertEqual(self.now(), ["mapped 203.0.113.9:22222"])

    def test_runsOut(self) -> None:
        """
        When the router says no more, the mapping is not a candidate after its lifetime, but asked for sooner and sooner
        before, and again after.
        """
        self.begin()
        self.go(1)
        self.gateway.isSilent = True
        self.go(LIFETIME - 5)
        self.assertEqual(self.now(), ["mapped 203.0.113.9:22222"])
        self.assertGreater(len(self.gateway.requests), 4)
        self.go(5)
        self.assertEqual(self.now(), [])
        self.assertLess(len(self.gateway.requests), 15)
        self.gateway.isSilent = False
        self.go(10)
        self.assertEqual(self.now(), ["mapped 203.0.113.9:22222"])

    def test_givenBack(self) -> None:
        """
        At the end it is given back, and said again if that is lost.
        """
        for lose in (False, True):
            for version in (2, 0):
                self.gateway.version = version
                source = self.begin()
                self.go(0.5)
                self.assertEqual(self.gateway.mapped(HOME, PORT), PORT)
                undo = self.network.drop(lambda datagram, lose=lose: lose)  # type: ignore[misc]
                stopped = source.stop()
                assert isinstance(stopped, Deferred)
                self.go(0.2)
                undo()
                self.go(0.4)
                self.successResultOf(stopped)
                self.assertIsNone(self.gateway.mapped(HOME, PORT))

    def test_givenBackToNobody(self) -> None:
        """
        A router that is gone keeps nobody waiting for long; and without a mapping there is nothing to give back.
        """
        source = self.begin()
        self.go(0.5)
        self.gateway.isSilent = True
        stopped = source.stop()
        assert isinstance(stopped, Deferred)
        self.go(RELEASE_PATIENCE + 0.4)
        self.successResultOf(stopped)
        source = self.begin()
        self.go(1)
        stopped = source.stop()
        assert isinstance(stopped, Deferred)
        self.successResultOf(stopped)

    def test_twoHosts(self) -> None:
        """
        Two hosts behind one router with the same port are mapped to two.
        """
        self.begin()
        self.go(1)
        self.router = Router(self.gateway.host, "192.168.1.3")
        self.begin(self.node("192.168.1.3", 1))
        self.go(1)
        self.assertEqual(self.now(), ["mapped 203.0.113.9:22223"])


class ChangeTests(RouterTestCase):
    """
    What happens to a mapping.
    """

    def test_routerStartedAgain(self) -> None:
        """
        A router that forgot its mappings is told again: at once when the host sees its link go, at the next renewal
        otherwise.
        """
        source = self.begin()
        self.go(100)
        self.gateway.restart()
        source.moved()
        self.go(0.5)
        self.assertEqual(self.gateway.mapped(HOME, PORT), PORT)
        self.go(5)
        self.assertEqual(self.context.counters["mapping-forgotten"], 1)
        self.gateway.restart()
        self.go(LIFETIME * 5 / 8 + 1)
        self.assertEqual(self.gateway.mapped(HOME, PORT), PORT)

    def test_movedWhileSilent(self) -> None:
        """
        After a change it is asked again until it answers, and the mapping is a candidate meanwhile.
        """
        source = self.begin()
        self.go(1)
        self.gateway.isSilent = True
        self.gateway.restart()
        source.moved()
        self.go(10)
        self.gateway.isSilent = False
        self.go(14)
        self.assertEqual(self.gateway.mapped(HOME, PORT), PORT)
        self.assertEqual(self.now(), ["mapped 203.0.113.9:22222"])

    def test_anotherAddressOutside(self) -> None:
        """
        The provider gave the router another address: others are told at the next renewal.
        """
        self.begin()
        self.go(1)
        self.gateway.external = "203.0.113.77"
        self.go(LIFETIME)
        self.assertEqual(self.now(), ["mapped 203.0.113.77:22222"])

    def test_anotherRouter(self) -> None:
        """
        In another network there is another router; in none there is no mapping.
        """
        source = self.begin()
        self.go(1)
        other = SimulatedGateway(self.clock, self.network, "192.168.9.1")
        other.external = "203.0.113.99"
        self.router = Router(other.host, HOME)
        source.moved()
        self.assertEqual(self.told[-1], [])
        self.go(1)
        self.assertEqual(self.now(), ["mapped 203.0.113.99:22222"])
        self.router = None
        source.moved()
        self.assertEqual(self.told[-1], [])
        self.go(4000)
        self.assertEqual(len(other.requests), 1)

    def test_anotherRouterAtTheSameAddress(self) -> None:
        """
        In another network the router may have the same address, and so may we; it may know NAT-PMP only, or PCP only.
        """
        source = self.begin()
        self.go(1)
        for version, external in ((0, "203.0.113.77"), (2, "203.0.113.78")):
            self.gateway.restart()
            self.gateway.version, self.gateway.external = version, external
            source.moved()
            self.go(1)
            self.assertEqual(self.now(), [f"mapped {external}:22222"])

    def test_anotherDialectAfterARestart(self) -> None:
        """
        A router that was started again, and speaks another dialect since, is asked in that once its mapping has run
        out.
        """
        self.begin()
        self.go(1)
        self.gateway.restart()
        self.gateway.version = 0
        self.go(LIFETIME + 10)
        self.assertEqual(self.now(), ["mapped 203.0.113.9:22222"])
        self.assertEqual(self.gateway.mapped(HOME, PORT), PORT)

    def test_mappingsOfASecond(self) -> None:
        """
        Mappings that do not last are none: no candidate comes and goes, and the router is asked twice a minute.
        """
        answer = self.gateway._pcp
        self.patch(
            self.gateway,
            "_pcp",
            lambda request, client: (said := answer(request, client))[:4] + (1).to_bytes(4, "big") + said[8:],
        )
        self.begin()
        self.go(300)
        self.assertEqual(self.told, [])
        self.assertLessEqual(len(self.gateway.requests), 11)

    def test_theAddressIsGone(self) -> None:
        """
        An address that went just now is waited for.
        """
        self.router = Router(self.gateway.host, "192.168.1.99")
        source = self.begin()
        self.go(1)
        self.router = Router(self.gateway.host, HOME)
        source.moved()
        self.go(1)
        self.assertEqual(self.now(), ["mapped 203.0.113.9:22222"])

    def test_refused(self) -> None:
        """
        A refusal is a hint with a reason, tried again when the router says, but within half an hour; and cleared.
        """
        for version in (2, 0):
            self.gateway.version, self.gateway.result, self.gateway.errorLifetime = version, 2, 86_400
            self.begin()
            self.go(1)
            [note] = self.context.notes
            self.assertIn("192.168.1.1 does not map UDP port 22222 of this node: it does not allow it", note.text)
            self.assertTrue(note.isHint)
            asked = len(self.gateway.requests)
            self.go(200)
            self.assertEqual(len(self.gateway.requests), asked)
            self.gateway.result = 0
            self.go(1800)
            self.assertEqual(self.now(), ["mapped 203.0.113.9:22222"])
            self.assertEqual(self.context.notes.texts, [])
            self.end(self.source)

    def test_refusedForAMoment(self) -> None:
        """
        However short a refusal holds, the router is not asked more often than twice a minute.
        """
        self.gateway.result, self.gateway.errorLifetime = 8, 0
        self.begin()
        self.go(300)
        self.assertLessEqual(len(self.gateway.requests), 11)

    def test_unknownVersion(self) -> None:
        """
        A router of a version in between is asked again in half an hour.
        """
        self.gateway.version = 1
        self.begin()
        self.go(1700)
        self.assertEqual(len(self.gateway.requests), 1)
        self.assertIn("version 1 of PCP", self.context.notes.texts[0])

    def test_anotherNonce(self) -> None:
        """
        A node that crashed gets its mapping again once the router forgets the one from before, which is soon.
        """
        self.gateway.checksNonces = True
        crashed = PCPSource(lambda host, interface: self.router).open({}, self.node(seed=7))
        crashed.start(lambda candidates: None)
        self.go(1)
        self.router, router = None, self.router
        crashed.moved()  # which closes its port, and gives nothing back
        self.router = router
        self.begin()
        self.go(1)
        self.assertEqual(self.told, [])
        self.go(LIFETIME + 60)
        self.assertEqual(self.now(), ["mapped 203.0.113.9:22222"])

    def test_nested(self) -> None:
        """
        Behind a router behind a NAT the mapping is a candidate for the network between the two, and no public one; the
        operator is told.
        """
        for external in ("10.0.0.5", "100.64.7.7"):
            self.gateway.external = external
            self.begin()
            self.go(1)
            self.assertEqual(self.now(), [f"host {external}:22222"])
            [note] = self.context.notes
            self.assertTrue(note.isHint)
            self.assertIn(f"behind a NAT itself: outside it has the address {external}", note.text)
            self.gateway.external = "203.0.113.9"
            self.go(LIFETIME)
            self.assertEqual(self.now(), ["mapped 203.0.113.9:22222"])
            self.assertEqual(self.context.notes.texts, [])
            self.end(self.source)


class StrangerTests(RouterTestCase):
    """
    Answers that nobody asked for.
    """

    def answer(self) -> bytes:
        """
        A good answer to the last request.
        """
        request = self.gateway.requests[-1][1]
        evil = bytes(10) + b"\xff\xff" + bytes([198, 51, 100, 66])
        return bytes([2, 0x81, 0, 0, 0, 0, 255, 255]) + bytes(16) + request[24:42] + b"\x12\x34" + evil

    def test_fromElsewhere(self) -> None:
        """
        Only the router that was asked can answer, and only from its port.
        """
        self.gateway.isSilent = True
        self.begin()
        self.go(1)
        destination = self.network.sent[-1].sender
        elsewhere = self.network.host("192.168.1.66").bind("192.168.1.66", 5351, self.gateway)
        another = self.network.host(self.gateway.host).bind(self.gateway.host, 5352, self.gateway)
        for port in (elsewhere, another):
            port.send(self.answer(), destination)
        self.go(1)
        self.assertEqual(self.told, [])
        self.assertEqual(self.context.counters["drop-mapping-stranger"], 2)
        self.gateway.port.send(self.answer(), destination)
        self.go(0.5)
        self.assertEqual(self.now(), ["mapped 198.51.100.66:4660"])

    def test_malformed(self) -> None:
        """
        What is not about our mapping is dropped and counted.
        """
        source = self.begin()
        self.go(1)
        destination = next(each.sender for each in self.network.sent if each.destination.port == 5351)
        good = self.answer()
        source.moved()
        for bad in (b"", b"\0", good[:30], good[:24] + bytes(12) + good[36:], bytes(1200), b"\0\x81\0\1\0\0\0\0"):
            self.gateway.port.send(bad, destination)
        self.go(1)
        self.assertEqual(self.context.counters["drop-mapping-malformed"], 6)
        self.assertEqual(self.now(), ["mapped 203.0.113.9:22222"])

    def test_unasked(self) -> None:
        """
        What comes while the router was not asked, or after it answered, changes nothing, though it seems to come from
        the router.
        """
        self.begin()
        self.go(1)
        destination = next(each.sender for each in self.network.sent if each.destination.port == 5351)
        good = self.answer()
        for _ in range(3):
            self.gateway.port.send(good[:44] + bytes(10) + b"\xff\xff" + bytes([198, 51, 100, 66]), destination)
        self.go(1)
        self.assertEqual(self.context.counters["drop-mapping-unasked"], 3)
        self.assertEqual(self.now(), ["mapped 203.0.113.9:22222"])

    def test_noStorm(self) -> None:
        """
        A router whose epoch is another one in each answer is not asked more often than once a second.
        """
        self.gateway.isConfused = True
        source = self.begin()
        self.go(1)
        source.moved()
        self.go(60)
        self.assertTrue(10 < len(self.gateway.requests) < 61, len(self.gateway.requests))


class ContractTests(CandidateSourceContract, RouterTestCase):
    """
    It does what every source must.
    """

    def makeSource(self) -> ICandidateSource:
        """
        See L{CandidateSourceContract}.
        """
        return PCPSource(lambda host, interface: self.router)

    def test_settings(self) -> None:
        """
        It has no settings.
        """
        with self.assertRaises(ConfigurationInvalid):
            self.makeSource().open({"lifetime": 3}, self.node())
