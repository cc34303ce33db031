"""
Tests for L{wand.programs.candidate_sources}: sources of a node at work, those that fail, and what others are told.
"""

from __future__ import annotations

from math import inf
from random import Random
from typing import Any
from unittest import mock

from added_plugins import holding
from sealed_network_case import SealedNetworkTestCase
from simulated.gateway import Mapped, SimulatedGateway
from twisted.internet.defer import Deferred, fail
from twisted.internet.task import Clock
from twisted.plugin import IPlugin
from twisted.trial.unittest import SynchronousTestCase
from zope.interface import implementer

from wand.candidate_sources.interfaces import InterfaceSource
from wand.candidate_sources.pcp import PCPSource
from wand.candidate_sources.router import Router
from wand.config import NodeConfiguration
from wand.discovery.catalogue import Catalogue
from wand.endpoint import Endpoint
from wand.errors import ConfigurationInvalid, NoSuchPlugin, PortUnavailable
from wand.ethernet import MAC
from wand.interfaces import CandidateReader, ICandidates, ICandidateSource, NodeContext, OwnCandidate, Settings
from wand.programs.candidate_sources import STOP_PATIENCE, CandidateSources
from wand.testing.context import simulatedNode
from wand.testing.network import Network

GOOD = OwnCandidate(Endpoint("203.0.113.9", 22222), "mapped", "from a test")


class Fault(Exception):
    """
    What a faulty source raises.
    """


@implementer(IPlugin, ICandidateSource, ICandidates)
class SomeSource:
    """
    A source.

    @ivar faults: what of it raises; C{stop} may also be silent.
    @ivar tell: what it tells through, once it is started.
    """

    about = "a source of a test"

    def __init__(self, name: str, *faults: str, opening: Exception | None = None) -> None:
        self.name = name
        self.faults = {*faults}
        self.isStopped = False
        self._opening = opening

    def unusable(self) -> None:
        """
        See L{ICandidateSource}.
        """

    def open(self, settings: Settings, context: NodeContext) -> ICandidates:
        """
        See L{ICandidateSource}.
        """
        if self._opening is not None:
            raise self._opening
        return self

    def start(self, tell: CandidateReader) -> None:
        """
        See L{ICandidates}.
        """
        self._may("start")
        self.tell = tell
        tell([GOOD])

    def moved(self) -> None:
        """
        See L{ICandidates}.
        """
        self._may("moved")

    def stop(self) -> Deferred[None] | None:
        """
        See L{ICandidates}.
        """
        self._may("stop")
        self.isStopped = True
        if "late" in self.faults:
            return fail(Fault())
        return Deferred() if "silent" in self.faults else None

    def _may(self, what: str) -> None:
        if what in self.faults:
            raise Fault(what)


def usable(*sources: Any) -> Any:
    """
    Patch the search for plugins: there are these.
    """
    catalogue: Catalogue[Any] = Catalogue("candidate-source", [holding(*sources)])
    return mock.patch("wand.programs.candidate_sources.discover", return_value=catalogue)


class SourcesTests(SynchronousTestCase):
    """
    L{CandidateSources}.
    """

    def setUp(self) -> None:
        self.clock = Clock()
        network = Network(self.clock, Random(0))
        self.context = simulatedNode(self.clock, network, "192.0.2.1", MAC(b"\2\0\0\0\0\1"))
        self.told: dict[str, list[OwnCandidate]] = {}

    def begin(self, *sources: SomeSource, **keys: Any) -> CandidateSources:
        """
        Have them at work.
        """
        with usable(*sources):
            names = [each.name for each in sources]
            configuration = NodeConfiguration(**{"candidateSources": names, **keys})
            self.sources = CandidateSources(configuration, self.context, hasMembers=True)
        self.sources.open(self.context)
        self.sources.start(self.tell)
        return self.sources

    def tell(self, name: str, candidates: Any) -> None:
        """
        Take what they tell.
        """
        self.told[name] = candidates

    def stop(self, seconds: float = 0.0) -> None:
        """
        Stop them, in some time.
        """
        stopped = self.sources.stop()
        if seconds:
            self.assertNoResult(stopped)
        self.clock.advance(seconds)
        self.successResultOf(stopped)
        self.assertEqual(self.clock.getDelayedCalls(), [])

    def test_atWork(self) -> None:
        """
        What a source tells is passed on with its name, and nothing after the end.
        """
        source = SomeSource("good")
        self.begin(source)
        self.assertEqual(self.told, {"good": [GOOD]})
        self.stop()
        self.assertTrue(source.isStopped)
        source.tell([])
        self.assertEqual(self.told, {"good": [GOOD]})

    def test_faults(self) -> None:
        """
        A source that raises anywhere is counted by its name, and disturbs no other.
        """
        bad = [SomeSource(f"bad-{fault}", fault) for fault in ("start", "moved", "stop", "late")]
        self.begin(*bad, SomeSource("good"))
        self.sources.moved()
        self.stop()
        self.assertIn("good", self.told)
        counted = {name for name, count in self.context.counters.items() if name.startswith("drop-raised") and count}
        self.assertEqual(
            counted, {f"drop-raised-candidate-source-bad-{each}" for each in ("start", "moved", "stop", "late")}
        )
        self.assertEqual(len(self.flushLoggedErrors(Fault)), 4)

    def test_silence(self) -> None:
        """
        One that never ends is waited for, not for long.
        """
        self.begin(SomeSource("silent", "silent"))
        self.stop(STOP_PATIENCE)
        self.assertEqual(self.context.counters["drop-raised-candidate-source-silent"], 1)

    def test_nonsense(self) -> None:
        """
        What is not a candidate is dropped with all that came with it; what was told before holds.
        """
        source = SomeSource("odd")
        self.begin(source)
        nonsense: list[Any] = [
            None,
            7,
            [GOOD, "203.0.113.9:7"],
            [OwnCandidate(GOOD.endpoint, "wonderful", "")],  # type: ignore[arg-type]
            [OwnCandidate("203.0.113.9", "mapped", "")],  # type: ignore[arg-type]
            [OwnCandidate(Endpoint("224.0.0.1", 7), "mapped", "")],
            [OwnCandidate(Endpoint("203.0.113.9", 70000), "mapped", "")],
        ]
        for each in nonsense:
            source.tell(each)
        self.assertEqual(self.told, {"odd": [GOOD]})
        self.assertEqual(self.context.counters["drop-raised-candidate-source-odd"], len(nonsense))
        self.flushLoggedErrors()
        self.stop()

    def test_notOpened(self) -> None:
        """
        One that cannot be opened is left out, and that is said; one that refuses its settings ends the start.
        """
        for error in (Fault("oh"), PortUnavailable("there is no port")):
            self.begin(SomeSource("bad", opening=error), SomeSource("good"))
            self.assertEqual(list(self.told), ["good"])
            [note] = self.context.notes.texts
            self.assertIn("The node goes on without it", note)
            self.stop()
        with self.assertRaises(ConfigurationInvalid):
            self.begin(SomeSource("bad", opening=ConfigurationInvalid("here", "key", "no")))

    def test_which(self) -> None:
        """
        Without a wish those run that can; an unknown name ends the start; elsewhere than in a network there are none.
        """

        def names(wish: list[str] | None, hasMembers: bool = True) -> tuple[str, ...]:
            configuration = NodeConfiguration(candidateSources=wish)
            return CandidateSources(configuration, self.context, hasMembers=hasMembers).names

        with usable(SomeSource("interfaces"), SomeSource("pcp"), SomeSource("mine")):
            with mock.patch("wand.programs.candidate_sources.DEFAULT", ("interfaces", "pcp", "upnp")):
                self.assertEqual(names(None), ("interfaces", "pcp"))
            self.assertEqual(names(["mine"]), ("mine",))
            self.assertEqual(names([]), ())
            self.assertEqual(names(["mine"], hasMembers=False), ())
            self.assertRaises(NoSuchPlugin, names, ["pcb"])


class NodeTests(SealedNetworkTestCase):
    """
    Nodes of a network, which tell where they are reached.
    """

    def test_announcedAtOnce(self) -> None:
        """
        Others know of a mapping as soon as there is one, before addresses of the host; at the end it is given
        back.
        """
        gateway = SimulatedGateway(self.clock, self.network, "192.0.2.254")
        router = Router(gateway.host, "192.0.2.1")
        sources = (
            InterfaceSource(lambda host, port, *_, **how: [f"{host}:{port}"]),
            PCPSource(lambda host, interface: router),
        )
        gateway.isSilent = True
        two = self.dwelling(2, candidateSources=[])
        with usable(*sources):
            one = self.dwelling(1, candidateSources=["interfaces", "pcp"])
        port = one.node.etud.context.port
        member = one.node.etud.member
        assert member is not None
        told = [str(each.endpoint) for each in member.candidates.candidates()]
        self.assertEqual(told, [f"192.0.2.1:{port}"])
        gateway.isSilent, gateway.external = False, "192.0.2.1"  # as the server sees it
        gateway.mappings["192.0.2.7", 9] = Mapped(port, b"", inf)  # so that we get another port
        self.go(8.0)
        mapped = [f"192.0.2.1:{port + 1}", f"192.0.2.1:{port}"]
        participant = member.sealed.participant
        self.assertEqual(list(participant.endpoints()), mapped)
        self.assertEqual([each.kind for each in participant.candidates()], ["mapped", "host"])
        self.assertIn(("192.0.2.1", port + 1), self.told(two, participant.identity))
        one.stop()
        self.assertIsNone(gateway.mapped("192.0.2.1", port))

    def told(self, dwelling: Any, identity: bytes) -> list[Endpoint]:
        """
        The endpoints of a member that a node was told of by the server.
        """
        [client] = [each for _, each in dwelling.node.wand._open.values()]
        [sightings] = client._members._sightings.values()
        return list(sightings[identity].endpoints)


class PortTests(SealedNetworkTestCase):
    """
    Which UDP port a node has.
    """

    def port(self, dwelling: Any) -> int:
        """
        The port of a node.
        """
        listening = dwelling.node.status().listening
        port = int(listening.partition(",")[0].rpartition(":")[2])
        self.assertEqual(port, dwelling.node.etud.context.port)
        return port

    def test_keptOverRestarts(self) -> None:
        """
        Without a wish a node has some port that is free, and the same at its next start.
        """
        one = self.dwelling(1, joins=False)
        port = self.port(one)
        self.assertGreaterEqual(port, 49152)
        for _ in range(3):
            one.stop()
            one.start()
            self.assertEqual(self.port(one), port)

    def test_taken(self) -> None:
        """
        If somebody else has that port then, it gets another one, and keeps that.
        """
        one = self.dwelling(1, joins=False)
        port = self.port(one)
        one.stop()
        other: Any = None
        taken = self.network.host(one.address).bind(one.address, port, other)
        one.start()
        another = self.port(one)
        self.assertNotEqual(another, port)
        one.stop()
        taken.close()
        one.start()
        self.assertEqual(self.port(one), another)

    def test_wish(self) -> None:
        """
        A fixed port is that port, or the start fails; 0 is as no wish.
        """
        one = self.dwelling(1, joins=False, port=4000)
        self.assertEqual(self.port(one), 4000)
        self.assertFalse((self.directory / "node-1" / "port").exists())
        one.stop()
        other: Any = None
        taken = self.network.host(one.address).bind(one.address, 4000, other)
        self.assertRaises(PortUnavailable, one.start)
        taken.close()
        two = self.dwelling(2, joins=False, port=0)
        port = self.port(two)
        two.stop()
        self.assertEqual(self.port(two.start()), port)

    def test_damaged(self) -> None:
        """
        What was kept may be anything: then it is any port.
        """
        file = self.directory / "node-1" / "port"
        one = self.dwelling(1, joins=False)
        one.stop()
        for content in (b"", b"\xff\0", b"70000", b"0", b"-1", b"9" * 1000):
            file.write_bytes(content)
            self.assertGreaterEqual(self.port(one.start()), 49152)
            one.stop()
        file.unlink()
        file.mkdir()
        self.assertGreaterEqual(self.port(one.start()), 49152)

    def test_rel2(self) -> None:
        """
        Nodes of REL2 have the fixed port that all others expect, without a wish.
        """
        one = self.dwelling(1, joins=False, protocol="rel2")
        self.assertEqual(self.port(one), 22222)
