"""
Tests for the candidate source C{upnp}, with a library that answers as C{miniupnpc} does.
"""

from __future__ import annotations

from random import Random
from types import SimpleNamespace
from typing import Any
from unittest import mock

import attrs
from twisted.internet.defer import Deferred
from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase

from wand.candidate_sources.port_mapping import LIFETIME
from wand.candidate_sources.router import Router
from wand.candidate_sources.upnp import FAILED_WAIT, FIRST_WAIT, UNNEEDED_WAIT, DeviceSource
from wand.endpoint import Endpoint
from wand.errors import ConfigurationInvalid
from wand.interfaces import ICandidateSource, NodeContext, OwnCandidate
from wand.testing.candidates import CandidateSourceContract
from wand.testing.network import Network


class Device:
    """
    A router.

    @ivar isThere: does it answer?
    @ivar host: where.
    @ivar external: its address outside.
    @ivar taken: the ports that others have.
    @ivar isPermanent: does it know no end of mappings?
    @ivar refusal: what it says to every mapping instead.
    @ivar mappings: the port outside, and the host, the port and the lifetime.
    @ivar searches: how often it was looked for.
    """

    def __init__(self) -> None:
        self.isThere = True
        self.host = "192.168.1.1"
        self.external = "203.0.113.9"
        self.taken: set[int] = set()
        self.isPermanent = False
        self.refusal = ""
        self.mappings: dict[int, tuple[str, int, int]] = {}
        self.searches: list[dict[str, object]] = []

    def make(self, **keys: object) -> Any:
        """
        What the library makes.
        """
        self.searches.append(keys)
        return self

    def discover(self) -> int:
        """
        Look for it.
        """
        return int(self.isThere)

    def selectigd(self) -> str:
        """
        Take it.
        """
        if not self.isThere:
            raise Exception("No UPnP device discovered")
        return f"http://{self.host}:5000/ctl/IPConn"

    def externalipaddress(self) -> str:
        """
        Its address outside.
        """
        if not self.isThere:
            raise Exception("HTTP error")
        return self.external

    def addportmapping(
        self, external: int, protocol: str, host: str, port: int, description: str, remote: str, lifetime: int
    ) -> bool:
        """
        Map a port.
        """
        if self.refusal:
            raise Exception(self.refusal)
        if external in self.taken:
            raise Exception("ConflictInMappingEntry")
        if self.isPermanent and lifetime:
            raise Exception("OnlyPermanentLeasesSupported")
        assert (protocol, description, remote) == ("UDP", "wandaemon", "")
        self.mappings[external] = (host, port, lifetime)
        return True

    def deleteportmapping(self, external: int, protocol: str) -> bool:
        """
        Give it back.
        """
        assert protocol == "UDP"
        del self.mappings[external]
        return True


class UPnPTests(CandidateSourceContract, SynchronousTestCase):
    """
    L{DeviceSource}.
    """

    clock: Clock
    network: Network

    def setUp(self) -> None:
        self.device = Device()
        self.router: Router | None = Router("192.168.1.1", "192.168.1.2")
        self.others: list[OwnCandidate] = []
        super().setUp()
        self.context = self.nodeContext()
        self.addCleanup(lambda: self.assertEqual(self.clock.getDelayedCalls(), []))

    def nodeContext(self) -> NodeContext:
        """
        See L{CandidateSourceContract}.
        """
        participant: Any = SimpleNamespace(candidates=lambda: self.others, interface="wan0")
        sealed: Any = SimpleNamespace(participant=participant)
        return attrs.evolve(super().nodeContext(), sealed=sealed, random=Random(3))

    def makeSource(self) -> ICandidateSource:
        """
        See L{CandidateSourceContract}.
        """
        return DeviceSource(lambda host, interface: self.router, self.device.make)

    def begin(self, seconds: float = FIRST_WAIT) -> None:
        """
        Start it, and let it look.
        """
        self.source = self.makeSource().open({}, self.context)
        self.source.start(self.take)
        self.addCleanup(lambda: self.source.stop())
        self.clock.advance(seconds)

    def now(self) -> list[str]:
        """
        What it told last.
        """
        return [f"{each.kind} {each.endpoint}" for each in self.told[-1]]

    def test_mapped(self) -> None:
        """
        The router is looked for on our own link for at most a second; the mapping is renewed without looking again,
        and deleted at the end.
        """
        self.begin()
        self.assertEqual(self.now(), ["mapped 203.0.113.9:22222"])
        self.assertEqual(self.told[-1][0].about, "mapped by UPnP at 192.168.1.1")
        self.assertEqual(self.device.searches, [{"multicastif": "192.168.1.2", "discoverdelay": 1000}])
        self.assertEqual(self.device.mappings, {22222: ("192.168.1.2", 22222, LIFETIME)})
        self.device.mappings.clear()
        self.clock.advance(LIFETIME * 5 / 8)
        self.assertEqual(len(self.device.mappings), 1)
        self.assertEqual(len(self.device.searches), 1)
        self.assertEqual(self.context.notes.texts, [])
        stopped = self.source.stop()
        assert isinstance(stopped, Deferred)
        self.successResultOf(stopped)
        self.assertEqual(self.device.mappings, {})

    def test_unneeded(self) -> None:
        """
        While PCP has a mapping nobody is asked; when that goes, within a minute.
        """
        self.others.append(OwnCandidate(Endpoint("203.0.113.9", 22222), "mapped", "mapped by PCP"))
        self.begin()
        self.clock.advance(UNNEEDED_WAIT)
        self.assertEqual((self.told, self.device.searches), ([], []))
        self.others.clear()
        self.clock.advance(UNNEEDED_WAIT)
        self.assertEqual(self.now(), ["mapped 203.0.113.9:22222"])
        self.others += self.told[-1]  # its own is none of others
        self.clock.advance(LIFETIME)
        self.assertEqual(self.now(), ["mapped 203.0.113.9:22222"])

    def test_noRouter(self) -> None:
        """
        Where there is no router nobody shouts on the link; where none answers it is tried less and less often, and at
        once when the host moves.
        """
        router, self.router = self.router, None
        self.begin()
        self.clock.advance(UNNEEDED_WAIT)
        self.assertEqual(self.device.searches, [])
        self.router, self.device.isThere = router, False
        for _ in range(round(4 * 3600 / FAILED_WAIT)):
            self.clock.advance(FAILED_WAIT)
        self.assertTrue(8 < len(self.device.searches) < 16, len(self.device.searches))
        self.assertEqual((self.told, self.context.notes.texts), ([], []))
        self.device.isThere = True
        self.source.moved()
        self.clock.advance(FIRST_WAIT)
        self.assertEqual(self.now(), ["mapped 203.0.113.9:22222"])

    def test_taken(self) -> None:
        """
        A port that another host has is given another one.
        """
        self.device.taken.add(22222)
        self.begin()
        [candidate] = self.told[-1]
        self.assertEqual(candidate.endpoint.host, "203.0.113.9")
        self.assertGreaterEqual(candidate.endpoint.port, 49152)
        self.clock.advance(LIFETIME)
        self.assertEqual(list(self.device.mappings), [candidate.endpoint.port])

    def test_permanent(self) -> None:
        """
        A router that knows no end of mappings keeps it until it is given back.
        """
        self.device.isPermanent = True
        self.begin()
        self.assertEqual(self.device.mappings, {22222: ("192.168.1.2", 22222, 0)})
        self.source.stop()
        self.assertEqual(self.device.mappings, {})

    def test_refused(self) -> None:
        """
        A refusal is a hint; it is tried again.
        """
        self.device.refusal = "Action not authorized"
        self.begin()
        [note] = self.context.notes
        self.assertTrue(note.isHint)
        self.assertIn("192.168.1.1 does not map UDP port 22222 of this node: Action not authorized", note.text)
        self.device.refusal = ""
        self.clock.advance(FAILED_WAIT)
        self.assertEqual(self.now(), ["mapped 203.0.113.9:22222"])
        self.assertEqual(self.context.notes.texts, [])

    def test_gone(self) -> None:
        """
        A mapping that cannot be renewed is not a candidate any more; a router that was started again is looked for.
        """
        self.begin()
        self.device.refusal = "Action Failed"
        self.clock.advance(LIFETIME * 5 / 8)
        self.assertEqual(self.now(), [])
        self.assertEqual(len(self.device.searches), 2)

    def test_anotherHostAnswers(self) -> None:
        """
        What answers for the router and is another host is not asked, and that is said.
        """
        self.device.host = "192.168.1.66"
        self.begin()
        self.assertEqual(self.device.mappings, {})
        self.assertIn("192.168.1.66 answers in its place", self.context.notes.texts[0])

    def test_nested(self) -> None:
        """
        Behind a router behind a NAT it is a candidate of the network in between.
        """
        self.device.external = "192.168.0.7"
        self.begin()
        self.assertEqual(self.now(), ["host 192.168.0.7:22222"])
        self.assertIn("behind a NAT itself", self.context.notes.texts[0])

    def test_nonsense(self) -> None:
        """
        An address that is none is a refusal; what nobody thought of is a failure, and it is tried again.
        """
        self.device.external = "nonsense"
        self.begin()
        self.assertIn("does not say its address outside", self.context.notes.texts[0])
        self.device.make = mock.Mock(side_effect=RuntimeError)  # type: ignore[method-assign]
        self.source.stop()
        self.begin()
        self.assertEqual(self.context.counters["drop-raised-candidate-source-upnp"], 1)
        self.assertEqual(len(self.flushLoggedErrors(RuntimeError)), 1)
        self.assertNotEqual(self.clock.getDelayedCalls(), [])

    def test_unusable(self) -> None:
        """
        Without the library it says what to install.
        """
        with mock.patch("wand.candidate_sources.upnp.find_spec", return_value=None):
            self.assertIn("pip install 'wandaemon[upnp]'", str(DeviceSource().unusable()))
        self.assertIsNone(DeviceSource().unusable())

    def test_settings(self) -> None:
        """
        It has no settings.
        """
        with self.assertRaises(ConfigurationInvalid):
            self.makeSource().open({"lease": 3}, self.context)
