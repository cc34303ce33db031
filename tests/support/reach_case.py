"""
Whole nodes and a server of a sealed network in simulated topologies, and how soon the nodes reach each other.
"""

from __future__ import annotations

from collections.abc import Callable
from math import inf
from typing import Final
from unittest import mock

import attrs
from sealed_network_case import SERVER, Dwelling, SealedNetworkTestCase, frame
from simulated.host import SimulatedHost

from wand.interfaces import Context
from wand.public_address import isPublic
from wand.testing.context import simulatedContext
from wand.testing.hosts import Host, Region

#: The server's other address.
SERVER_IPV6: Final = "2001:db8::100"

#: Seconds between two pings, and how finely the time until an answer is measured.
PING_INTERVAL: Final = 0.1
STEP: Final = 0.01

_PING: Final = b"ping"
_ANSWER: Final = b"answer"


class Resident(Dwelling):
    """
    A node on a host of a topology.  Whoever sits at its tap is silent, but answers pings.
    """

    def __init__(
        self, world: ReachTestCase, number: int, region: Region, addresses: tuple[str, ...], **keys: object
    ) -> None:
        super().__init__(world, number, listen="0.0.0.0", interface=f"wan{number}", **keys)
        self.number = number
        self.changes = SimulatedHost()
        self.changes.addLink("eth0")
        for each in addresses:
            self.changes.addAddress(1, each, _prefixOf(each))
        self.region, self._addresses = region, addresses

    @property
    def place(self) -> Host:
        """
        Its host.
        """
        place = self.context.underlay
        assert isinstance(place, Host)
        return place

    @property
    def interface(self) -> str:
        """
        That of its tap.
        """
        return f"wan{self.number}"

    def hear(self, frame: bytes) -> None:
        """
        See L{Dwelling}.
        """
        super().hear(frame)
        if frame[14:].startswith(_PING):
            self.host.send(frame[6:12] + frame[:6] + frame[12:14] + frame[14:].replace(_PING, _ANSWER, 1))

    def ping(self, target: Resident, octets: int = 0) -> None:
        """
        Send a ping.

        @param octets: how long it is, at least.
        """
        self.host.send(frame(target.mac, self.mac, _PING.ljust(octets, b".")))

    @property
    def answers(self) -> int:
        """
        How many pings were answered.
        """
        return sum(each[14:].startswith(_ANSWER) for each in self.received)

    def makeContext(self) -> Context:
        """
        See L{Dwelling}.
        """
        first, *more = self._addresses
        context = simulatedContext(self._world.clock, self.region, first, self.number, more=more)
        return attrs.evolve(context, hostChanges=self.changes)

    def moveTo(self, *addresses: str) -> None:
        """
        Have other addresses from the next start on.
        """
        for each in self._addresses:
            self.changes.removeAddress(1, each)
        for each in addresses:
            self.changes.addAddress(1, each, _prefixOf(each))
        self._addresses = addresses

    def roam(self, region: Region, *addresses: str) -> None:
        """
        Go elsewhere.
        """
        before, self.region = self.place.addresses, region
        self.place.roam(region, *addresses)
        for each in before:
            self.changes.removeAddress(1, each)
        for each in addresses:
            self.changes.addAddress(1, each, _prefixOf(each))


class ReachTestCase(SealedNetworkTestCase):
    """
    A server in the open with addresses of both families, and nodes somewhere.
    """

    def setUp(self) -> None:
        self._residents: dict[str, Resident] = {}
        self._patched("wand.host.local_addresses._addresses", self._addressesOf)
        super().setUp()

    def go(self, seconds: float) -> None:
        """
        Let time pass, from one thing that happens to the next.
        """
        end = self.clock.seconds() + seconds
        while self.clock.seconds() < end:
            due = min((each.getTime() for each in self.clock.getDelayedCalls()), default=end)
            self.clock.advance(max(0.0, min(due, end) - self.clock.seconds()))

    def _patched(self, what: str, by: object) -> None:
        patched = mock.patch(what, by)
        patched.start()
        self.addCleanup(patched.stop)

    def serverContext(self, listen: str) -> Context:
        """
        See L{SealedNetworkTestCase}.
        """
        return simulatedContext(self.clock, self.network, SERVER, more=[SERVER_IPV6])

    def serve(self, name: str = "server", **keys: object) -> object:
        """
        See L{SealedNetworkTestCase}.
        """
        public = [f"{SERVER}:44444", f"[{SERVER_IPV6}]:44444"]
        return super().serve(name, **{"listen": "0.0.0.0", "public": public, **keys})

    def resident(self, region: Region, *addresses: str, **keys: object) -> Resident:
        """
        Start a node on a new host, and let it join.
        """
        number = len(self._residents) + 1
        resident = Resident(self, number, region, addresses, **keys)
        self._residents[resident.interface] = resident
        return self.settle(resident)

    def firstAnswer(self, source: Resident, target: Resident, patience: float, octets: int = 0) -> float:
        """
        Ping until there is an answer.

        @param octets: of each ping.
        @return: seconds from the first ping that was sent to the first answer; infinite if there was none.
        """
        begin, before = self.clock.seconds(), source.answers
        for _ in range(round(patience / PING_INTERVAL)):
            source.ping(target, octets)
            for _ in range(round(PING_INTERVAL / STEP)):
                self.go(STEP)
                if source.answers > before:
                    return self.clock.seconds() - begin
        return inf

    def lostPings(self, source: Resident, target: Resident, seconds: float, octets: int = 0) -> int:
        """
        Ping for some time.

        @return: how many pings were not answered.
        """
        self.go(1.0)  # let those answers come that are under way
        count, before = round(seconds / PING_INTERVAL), source.answers
        for _ in range(count):
            source.ping(target, octets)
            self.go(PING_INTERVAL)
        self.go(1.0)
        return count - (source.answers - before)

    def reachesWithout(self, source: Resident, target: Resident, hosts: Callable[[str], bool]) -> bool:
        """
        Does a frame arrive while the network loses everything from and to some hosts, such as a server that forwards?
        """
        undo = self.network.drop(lambda each: hosts(each.sender.host) or hosts(each.destination.host))
        try:
            return self.reaches(source, target)
        finally:
            undo()

    def isDirect(self, source: Resident, target: Resident) -> bool:
        """
        Do frames arrive that do not pass the server?
        """
        return self.reachesWithout(source, target, {SERVER, SERVER_IPV6}.__contains__)

    def _addressesOf(self, tap: str, onlyIPv6: bool, tunnels: bool) -> list[str]:
        """
        The addresses of a host, in place of those that this machine has.

        @param tap: the interface of a node's tap.
        """
        return list(self._residents[tap].place.addresses)


def _prefixOf(address: str) -> int:
    """
    Public hosts hang on cables of their own, as rented servers do; others share a link.
    """
    if isPublic(address):
        return 128 if ":" in address else 32
    return 64 if ":" in address else 24
