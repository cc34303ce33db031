"""
Tests for L{wand.sealed.reach.displacement}: hosts behind a NAT that gives each datagram another port.
"""

from __future__ import annotations

from random import Random
from unittest.mock import Mock

import attrs
from reach_case import ReachTestCase, Resident
from sealed_network_case import SERVER
from simulated.situations import CONE, PUBLIC, SYMMETRIC, Land
from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase

from wand.endpoint import NODE_PORT, Endpoint
from wand.interfaces import Context
from wand.sealed.reach.displacement import LASTING, LATELY, REPORTS, Displacement
from wand.sealed.reach.relay_messages import Displaced, pack
from wand.testing.carriers import Door
from wand.testing.context import simulatedContext
from wand.testing.nats import Mapping, Nat
from wand.testing.network import Network
from wand.testing.streams import SimulatedStreams


class ScatteringNat(Nat):
    """
    A NAT that gives each datagram another port.
    """

    _last = 1024

    def _mappingFor(self, internal: Endpoint, destination: Endpoint) -> Mapping:
        self._last += 1
        mapping = Mapping(internal, Endpoint(self.externals[0], self._last), self.newFilter())
        self.outside.attach(Door(self.enter), mapping.external)
        self._inward[mapping.external] = mapping
        return mapping


class DisplacementTests(SynchronousTestCase):
    """
    Tests for L{Displacement}.
    """

    def test_whatLasts(self) -> None:
        """
        It lasts if it is said several times, for some time, and not with long pauses.
        """
        clock = Clock()
        context = simulatedContext(clock, Network(clock, Random(1)), "192.0.2.1")
        control = Mock()
        known = {b"relay", b"other"}.__contains__
        displacement = Displacement(control, context, lambda relay, channel: known(relay), known, Mock())
        told = control.read.call_args.args[1]
        displacement.useStream = wanted = Mock()
        for _ in range(2 * REPORTS):
            told(b"relay", Mock(), pack(Displaced(1)))
        clock.advance(LASTING)
        told(b"other", Mock(), pack(Displaced(1)))
        told(b"stranger", Mock(), pack(Displaced(1)))
        wanted.assert_not_called()
        told(b"relay", Mock(), pack(Displaced(1)))
        wanted.assert_called_once_with(b"relay")
        for _ in range(2 * REPORTS):
            clock.advance(LATELY + 1.0)
            told(b"relay", Mock(), pack(Displaced(1)))
        wanted.assert_called_once()
        self.assertEqual(context.counters["drop-relayed-displaced"], 1)


class ScatteringResident(Resident):
    """
    A node that may open streams.
    """

    streams: SimulatedStreams

    def makeContext(self) -> Context:
        """
        See L{Resident}.
        """
        return attrs.evolve(super().makeContext(), streams=self.streams.host("192.0.2.250"))


class ScatteringTests(ReachTestCase):
    """
    Nodes of which one is behind such a NAT.
    """

    def setUp(self) -> None:
        self.streams: SimulatedStreams | None = None
        super().setUp()
        self.land = Land(self.network)

    def serverContext(self, listen: str) -> Context:
        """
        See L{ReachTestCase}.
        """
        self.streams = SimulatedStreams(self.clock)
        return attrs.evolve(super().serverContext(listen), streams=self.streams.host(SERVER))

    def serve(self, name: str = "server", **keys: object) -> object:
        """
        See L{ReachTestCase}.
        """
        return super().serve(name, **{"tcp": "0.0.0.0:443", **keys})

    def scattering(self) -> Resident:
        """
        A node behind such a NAT.
        """
        nat = ScatteringNat(self.network, "198.51.100.200")
        resident = ScatteringResident(self, 1, nat, ("192.168.1.77",), port=NODE_PORT)
        assert self.streams is not None
        resident.streams = self.streams
        self._residents[resident.interface] = resident
        return self.settle(resident)

    def beyond(self, kind: str) -> Resident:
        """
        A node somewhere else.
        """
        spot = self.land.spot(kind)
        return self.resident(spot.region, *spot.addresses, port=NODE_PORT)

    def test_overAStream(self) -> None:
        """
        Members that are behind other NATs are reached all the same, both ways: over the relay, and to that in a stream,
        and the operator is told why.
        """
        one = self.scattering()
        for kind in (CONE, SYMMETRIC):
            two = self.beyond(kind)
            self.assertLess(self.firstAnswer(one, two, 12), 9)
            self.assertEqual(self.lostPings(one, two, 15), 0)
            self.go(110.0)
            self.assertEqual(self.lostPings(one, two, 15), 0)
            self.assertLess(self.firstAnswer(two, one, 3), 1)
        assert self.streams is not None
        self.assertEqual(len(self.streams.connections), 1)
        notes = one.context.notes.texts
        self.assertIn("comes from a new port each time", " ".join(notes))

    def test_onlyWhereItIsNeeded(self) -> None:
        """
        Nobody opens a stream whose NAT is restarted, or who reaches the others.
        """
        one = self.scattering()
        self.assertLess(self.firstAnswer(one, self.beyond(PUBLIC), 10), 3)
        assert self.streams is not None
        self.assertEqual(self.streams.connections, [])
