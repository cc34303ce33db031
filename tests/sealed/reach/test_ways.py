"""
Tests of the oracle of the tests of reach, L{simulated.ways}: against what is known of NATs, and against hosts that try.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import combinations
from random import Random
from typing import TypeAlias

from hypothesis import given, settings
from simulated.topologies import TopologySketch, topologies
from simulated.ways import hasDirectWay, hasRelayedWay, reaches
from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase

from wand.endpoint import Endpoint
from wand.testing.filtering import Dependence
from wand.testing.hosts import Host, Region
from wand.testing.nats import Nat
from wand.testing.network import Network
from wand.testing.sites import Firewall, Link

INDEPENDENT = Dependence.ENDPOINT_INDEPENDENT
ADDRESS = Dependence.ADDRESS_DEPENDENT
PORT = Dependence.ADDRESS_AND_PORT_DEPENDENT

Maker: TypeAlias = Callable[[Region, str], Region]

#: The kinds of hosts of RFC 5128 (section 3) and RFC 3489 (section 5), with what stands before them.
KINDS: dict[str, Maker] = {
    "open": lambda network, external: network,
    "firewall": lambda network, external: Firewall(network),
    "full cone": lambda network, external: Nat(network, external, filtering=INDEPENDENT),
    "restricted cone": lambda network, external: Nat(network, external, filtering=ADDRESS),
    "port restricted": lambda network, external: Nat(network, external),
    "symmetric": lambda network, external: Nat(network, external, mapping=PORT),
}

#: Those pairs that find no way.
WITHOUT = {("port restricted", "symmetric"), ("firewall", "symmetric"), ("symmetric", "symmetric")}


class KnownPairsTests(SynchronousTestCase):
    """
    Pairs of which one knows what becomes of them.
    """

    def setUp(self) -> None:
        self.network = Network(Clock(), Random(1))

    def host(self, kind: str, number: int) -> Host:
        return KINDS[kind](self.network, f"198.51.100.{number}").host(f"192.0.2.{number}")

    def test_pairsOfKinds(self) -> None:
        """
        All but those with a symmetric NAT and one that looks at ports find a way (RFC 5128, section 3.3).
        """
        kinds = list(KINDS)
        for first, second in [*combinations(kinds, 2), *((kind, kind) for kind in kinds)]:
            one, other = self.host(first, 1), self.host(second, 2)
            has = not {(first, second), (second, first)} & WITHOUT
            self.assertEqual((hasDirectWay(one, other), hasDirectWay(other, one)), (has, has), (first, second))

    def test_oneNAT(self) -> None:
        """
        Hosts behind one NAT need no hairpin, as they know their inner addresses.
        """
        home = Nat(self.network, "198.51.100.1", mapping=PORT)
        self.assertTrue(hasDirectWay(home.host("192.168.1.2"), home.host("192.168.1.3")))

    def test_oneCarrier(self) -> None:
        """
        Homes of one carrier need its hairpin.
        """
        for hairpin in (False, True):
            carrier = Nat(self.network, "203.0.113.1", hairpin=hairpin)
            one, other = (Nat(carrier, f"100.64.0.{each}").host(f"192.168.1.{each}") for each in (2, 3))
            self.assertEqual(hasDirectWay(one, other), hairpin)

    def test_families(self) -> None:
        """
        Hosts without a common family have no direct way, and one over a relay that has both.
        """
        four, six = self.network.host("192.0.2.1"), self.network.host("2001:db8::2")
        both = self.network.host("192.0.2.3", "2001:db8::3")
        self.assertFalse(hasDirectWay(four, six))
        self.assertTrue(hasRelayedWay(four, six, both))
        self.assertFalse(hasRelayedWay(four, six, self.network.host("192.0.2.4")))

    def test_IPv6PassesSymmetricNATs(self) -> None:
        """
        Where both have IPv6, what the NATs do to IPv4 is of no concern.
        """
        sites = [Nat(self.network, f"198.51.100.{each}", mapping=PORT) for each in (1, 2)]
        one, other = (site.host(f"192.168.1.{at}", f"2001:db8::{at}") for at, site in enumerate(sites))
        self.assertTrue(hasDirectWay(one, other))

    def test_blocked(self) -> None:
        """
        Where UDP is blocked there is no way out, and one within.
        """
        link = Link(self.network, blocked={"udp"})
        inner, other = link.host("192.0.2.1"), link.host("192.0.2.2")
        server = self.network.host("192.0.2.3")
        self.assertFalse(hasDirectWay(inner, server) or reaches(inner, server))
        self.assertTrue(hasDirectWay(inner, other))
        homes = [Nat(link, f"198.51.100.{each}", filtering=INDEPENDENT) for each in (1, 2)]
        self.assertFalse(hasDirectWay(*(home.host("192.168.1.2") for home in homes)), "no server sees them")


class Trier:
    """
    A host that wants to reach another: it sends to wherever that may be, and answers to where something came from.

    @ivar candidates: where the other may be.
    @ivar known: where we are, as we know and as a server sees us.
    @ivar succeeded: was something of ours answered?
    """

    def __init__(self, host: Host) -> None:
        self.succeeded = False
        self.candidates: set[Endpoint] = set()
        self.known: set[Endpoint] = set()
        listen = ["0.0.0.0"] + ["::" for each in host.addresses[-1:] if ":" in each]
        self._ports = {":" in each: host.bind(each, 1_000, self) for each in listen}
        for port in self._ports.values():
            self.known.update(port.sources)

    def say(self, word: bytes, where: tuple[str, int]) -> None:
        """
        Send a word.
        """
        port = self._ports.get(":" in where[0])
        if port is not None:
            port.send(word, where)

    def datagramReceived(self, datagram: memoryview, sender: tuple[str, int]) -> None:
        """
        See L{wand.underlay.ports.DatagramReceiver}.
        """
        if datagram == b"call":
            self.candidates.add(Endpoint(*sender))
            self.say(b"answer", sender)
        elif datagram == b"answer":
            self.succeeded = True
        elif datagram == b"who":
            self.say(repr(tuple(sender)).encode(), sender)
        else:
            host, port = bytes(datagram).decode().strip("()").split(", ")
            self.known.add(Endpoint(host.strip("'"), int(port)))

    def batchReceived(self) -> None:
        """
        See L{wand.underlay.ports.DatagramReceiver}.
        """


def try_(sketch: TopologySketch, first: int, second: int) -> tuple[bool, bool]:
    """
    Let two members of a topology try.

    @return: whether they reached each other, and whether the oracle says so.
    """
    clock = Clock()
    network = Network(clock, Random(1))
    hosts = sketch.hosts(network)
    server = Trier(network.host("192.0.2.100", "2001:db8::100"))
    one, other = Trier(hosts[first]), Trier(hosts[second])
    for each in (one, other):
        for where in list(server.known):
            each.say(b"who", where)
    clock.pump([0.05] * 20)
    for here, there in ((one, other), (other, one)):
        here.candidates |= there.known
    for _ in range(5):
        for here in (one, other):
            for where in sorted(here.candidates):
                here.say(b"call", where)
        clock.pump([0.05] * 10)
    return one.succeeded or other.succeeded, hasDirectWay(hosts[first], hosts[second])


class RandomPairsTests(SynchronousTestCase):
    """
    Pairs in random topologies.
    """

    @settings(max_examples=300, deadline=None)
    @given(topologies(members=2))
    def test_whatTheOracleSaysIsSo(self, sketch: TopologySketch) -> None:
        """
        Two hosts that try reach each other where the oracle says so, and nowhere else.
        """
        reached, expected = try_(sketch, 0, 1)
        self.assertEqual(reached, expected, sketch)
