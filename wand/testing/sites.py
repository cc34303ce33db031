"""
Sites of a simulated network: regions with something before them.  Each is made of the region outside of it, so what
stands there reads as one goes from the outside to the inside::

    network = Network(clock, Random(1), delay=0.02)
    server = network.host("192.0.2.1")
    office = Firewall(network).host("192.0.2.77")
    abroad = Link(network, delay=0.15).host("192.0.2.150", "2001:db8::150")
    tunnelled = Link(network, longest=1300).host("192.0.2.151")
    mute = Link(network, blocked={"udp"}).host("192.0.2.152")
    home = Nat(network, "198.51.100.1")
    laptop, printer = home.host("192.168.1.2"), home.host("192.168.1.3")

L{wand.testing.nats} has the NATs.  Datagrams between hosts of one site stay within it: neither what stands before it
nor what the network does to datagrams concerns them.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import Final

from twisted.internet.interfaces import IReactorTime

from wand.endpoint import Endpoint
from wand.errors import PortUnavailable
from wand.testing.carriers import Arrival, Door, Kind
from wand.testing.filtering import Dependence, Filter
from wand.testing.hosts import Region
from wand.testing.inbox import Datagram
from wand.underlay.ports import DATAGRAM_MAXIMUM

#: Seconds for which a NAT or a firewall remembers what went out, unless told otherwise; as RFC 4787 recommends (REQ-5).
LIFETIME: Final = 300.0


class Site(Region):
    """
    A region with something before it.  This one lets everything through unchanged; others do something of their own
    with what goes L{out<leave>} or comes L{in<enter>}.

    @ivar outside: the region that it is connected to.
    """

    def __init__(self, outside: Region) -> None:
        self.outside = outside
        self._ports: dict[Endpoint, Arrival] = {}

    # What hosts and sites within see.

    @property
    def clock(self) -> IReactorTime:
        """
        The simulated time.
        """
        return self.outside.clock

    def allows(self, kind: Kind) -> bool:
        """
        Can hosts here send this to the rest of the network?
        """
        return self.outside.allows(kind)

    def attach(self, port: Arrival, source: Endpoint) -> None:
        """
        Deliver to C{port} what is sent to C{source}, from within or from outside.

        @raise PortUnavailable: if another port has it.
        """
        if source in self._ports:
            raise PortUnavailable(f"the UDP port {source} is in use; choose another one")
        if self.isKnownOutside(source):
            self.outside.attach(Door(self.enter), source)
        self._ports[source] = port

    def detach(self, source: Endpoint) -> None:
        """
        Deliver nothing more to C{source}.
        """
        if self._ports.pop(source, None) is not None and self.isKnownOutside(source):
            self.outside.detach(source)

    def freePort(self, address: str) -> int:
        """
        A port of a host that nobody has bound.
        """
        return self.outside.freePort(address)

    def carry(self, payload: bytes, sender: Endpoint, destination: Endpoint) -> None:
        """
        Take a datagram from within.  Between the families of IP there is no way.
        """
        datagram = Datagram(self.clock.seconds(), sender, destination, payload)
        if destination in self._ports:
            self.deliver(datagram)
        elif sender.isIPv6 == destination.isIPv6:
            self.leave(datagram)

    def later(self, call: Callable[[], object]) -> None:
        """
        Call in the next turn of the clock.
        """
        self.outside.later(call)

    # What a kind of site makes of that.

    def isKnownOutside(self, source: Endpoint) -> bool:
        """
        Can one send from the outside to an endpoint within as it is?
        """
        return True

    def leave(self, datagram: Datagram) -> None:
        """
        A datagram goes out.
        """
        self.outside.carry(datagram.payload, datagram.sender, datagram.destination)

    def enter(self, datagram: Datagram) -> None:
        """
        A datagram comes in.
        """
        self.deliver(datagram)

    def deliver(self, datagram: Datagram) -> None:
        """
        Give a datagram to the port within that it is for, if there is one.
        """
        port = self._ports.get(datagram.destination)
        if port is not None:
            port.arrive(datagram)


class Link(Site):
    """
    Behind a link that takes its time, or lets not everything through.  All of it can be changed at any time.

    @ivar delay: seconds that a datagram takes, in either direction.
    @ivar longest: octets of the longest datagram; longer ones vanish, in either direction, and nobody is told: a black
        hole.
    @ivar blocked: what it does not let through.
    """

    def __init__(
        self,
        outside: Region,
        *,
        delay: float = 0.0,
        longest: int = DATAGRAM_MAXIMUM,
        blocked: Collection[Kind] = (),
    ) -> None:
        super().__init__(outside)
        self.delay = delay
        self.longest = longest
        self.blocked = blocked

    def allows(self, kind: Kind) -> bool:
        """
        See L{Site.allows}.
        """
        return kind not in self.blocked and super().allows(kind)

    def leave(self, datagram: Datagram) -> None:
        """
        See L{Site.leave}.
        """
        self._pass(datagram, super().leave)

    def enter(self, datagram: Datagram) -> None:
        """
        See L{Site.enter}.
        """
        self._pass(datagram, super().enter)

    def _pass(self, datagram: Datagram, on: Callable[[Datagram], None]) -> None:
        if "udp" in self.blocked or len(datagram.payload) > self.longest:
            return
        if self.delay > 0:
            self.clock.callLater(self.delay, on, datagram)
        else:
            on(datagram)


class Firewall(Site):
    """
    Behind a stateful firewall: only what was asked for comes in.

    @ivar filtering: how alike the origin of a datagram must be to where one went.
    @ivar lifetime: seconds for which it remembers what went out.
    """

    def __init__(
        self,
        outside: Region,
        *,
        filtering: Dependence = Dependence.ADDRESS_AND_PORT_DEPENDENT,
        lifetime: float = LIFETIME,
    ) -> None:
        super().__init__(outside)
        self.filtering = filtering
        self.lifetime = lifetime
        self._filters: dict[Endpoint, Filter] = {}

    def leave(self, datagram: Datagram) -> None:
        """
        See L{Site.leave}.
        """
        if datagram.sender not in self._filters:
            self._filters[datagram.sender] = self.newFilter()
        self._filters[datagram.sender].went(datagram.destination)
        super().leave(datagram)

    def enter(self, datagram: Datagram) -> None:
        """
        See L{Site.enter}.
        """
        known = self._filters.get(datagram.destination)
        if known is not None and known.passes(datagram.sender):
            super().enter(datagram)

    def newFilter(self) -> Filter:
        """
        What lets in as this firewall does, and knows nothing yet.
        """
        return Filter(self.clock, self.filtering, self.lifetime)

    def reboot(self) -> None:
        """
        Forget what went out.
        """
        self._filters.clear()
