"""
The hosts of a simulated network, and the regions in which they are.
"""

from __future__ import annotations

from ipaddress import ip_address

import attrs

from wand.endpoint import Endpoint
from wand.errors import PortUnavailable
from wand.health.failures import Failures
from wand.testing.carriers import Carrier, Kind
from wand.testing.inbox import SimulatedInbox
from wand.testing.ports import Port
from wand.underlay.ports import DatagramReceiver, TrainReceiver


@attrs.define(eq=False)
class Host:
    """
    A host: an L{wand.underlay.ports.Underlay}.

    @ivar network: the region in which it is.
    @ivar addresses: its IP addresses; of those of a family it sends from the first, unless it is told otherwise.
    """

    network: Carrier
    addresses: tuple[str, ...]
    failures: Failures | None = None
    _ports: list[Port] = attrs.field(init=False, factory=list)

    def allows(self, kind: Kind) -> bool:
        """
        Does its network let this out?
        """
        return self.network.allows(kind)

    def bind(self, host: str, port: int, receiver: DatagramReceiver) -> Port:
        """
        Bind a UDP port on one of the host's own addresses, or on all of a family.  A host without an IPv6 address has
        no IPv6, as where the kernel has it switched off; IPv4 is always there, and mute without an address.
        """
        return self._port(host, port, receiver, None)

    def bindTrains(self, host: str, port: int, receiver: TrainReceiver, *, mayFragment: bool = False) -> Port:
        """
        As L{bind}, for there are no fragments here; datagrams of one size from one sender that arrive in one turn make
        a train.
        """
        return self._port(host, port, receiver, receiver)

    def roam(self, network: Carrier, *addresses: str) -> None:
        """
        Be somewhere else from now on, with other addresses.  The ports stay open, those on one address too; what is
        under way to the old addresses is lost.
        """
        self.network, self.addresses = network, _canonical(addresses)
        self._ports = [each for each in self._ports if not each.isClosed]
        for port in self._ports:
            port.roam(network, self._sources(port.endpoint))

    def _port(self, host: str, port: int, receiver: DatagramReceiver, trains: TrainReceiver | None) -> Port:
        if host not in (*self.addresses, "0.0.0.0", "::"):
            raise PortUnavailable(f"this host has no address {host}; it has {', '.join(self.addresses)}")
        if host == "::" and not self._ofFamily(host):
            raise PortUnavailable("this host has no IPv6")
        endpoint = Endpoint(host, port or self.network.freePort((*self._ofFamily(host), host)[0]))
        inbox = SimulatedInbox(self.network.later, receiver, trains, self.failures)
        bound = Port(self.network, inbox, endpoint, self._sources(endpoint))
        self._ports.append(bound)
        return bound

    def _sources(self, endpoint: Endpoint) -> list[Endpoint]:
        """
        Where a port is that was bound to an endpoint.
        """
        if endpoint.host in self.addresses:
            return [endpoint]
        return [Endpoint(each, endpoint.port) for each in self._ofFamily(endpoint.host)]

    def _ofFamily(self, host: str) -> list[str]:
        return [each for each in self.addresses if (":" in each) == (":" in host)]


class Region(Carrier):
    """
    A part of a network, in which hosts are: the network itself, or what is behind a NAT, a firewall or a link.
    """

    __slots__ = ()

    def host(self, *addresses: str, failures: Failures | None = None) -> Host:
        """
        A host in this region, seen as an underlay.

        @param addresses: its IP addresses, of one family or of both.
        @param failures: what counts and logs a receiver that raises; without it, the test gets the exception.
        """
        return Host(self, _canonical(addresses), failures)


def _canonical(addresses: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(str(ip_address(each)) for each in addresses)
