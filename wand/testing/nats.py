"""
NATs of a simulated network, with the behaviours that RFC 4787 tells apart::

    home = Nat(network, "198.51.100.1")  # of the better kind, as most are: endpoint-independent mapping
    symmetric = Nat(network, "198.51.100.2", mapping=Dependence.ADDRESS_AND_PORT_DEPENDENT, ports="random")
    fullCone = Nat(network, "198.51.100.3", filtering=Dependence.ENDPOINT_INDEPENDENT, hairpin=True)
    carrierGrade = Nat(network, "203.0.113.1", "203.0.113.2")
    flat = Nat(carrierGrade, "100.64.0.2").host("192.168.1.2")
"""

from __future__ import annotations

from random import Random
from typing import Literal, TypeAlias

import attrs

from wand.endpoint import Endpoint
from wand.errors import PortUnavailable
from wand.testing.carriers import Door
from wand.testing.filtering import Dependence, Filter
from wand.testing.hosts import Region
from wand.testing.inbox import Datagram
from wand.testing.sites import LIFETIME, Firewall

#: Which external port a sender gets: its own if that is free (RFC 4787, section 4.2.1), or any.
Ports: TypeAlias = Literal["preserved", "random"]


@attrs.frozen(eq=False)
class Mapping:
    """
    An external endpoint that stands for one within.

    @ivar filter: lets in what comes to it.
    """

    internal: Endpoint
    external: Endpoint
    filter: Filter


class Nat(Firewall):
    """
    Behind a NAT.  Its IPv4 addresses mean nothing outside; IPv6 is not translated, and passes as through a firewall of
    the same filtering.

    @ivar externals: the addresses of the NAT outside.  A host within keeps the one that it got (REQ-2).
    @ivar mapping: for which destinations a host gets another external port (REQ-1).
    @ivar ports: which one it gets.  No two mappings have the same (REQ-3).
    @ivar hairpin: may hosts within reach each other at their external endpoints?  They are seen there at their own
        external ones (REQ-9).
    """

    def __init__(
        self,
        outside: Region,
        *externals: str,
        mapping: Dependence = Dependence.ENDPOINT_INDEPENDENT,
        filtering: Dependence = Dependence.ADDRESS_AND_PORT_DEPENDENT,
        ports: Ports = "preserved",
        hairpin: bool = False,
        lifetime: float = LIFETIME,
        seed: int = 0,
    ) -> None:
        """
        @param seed: of what is random.
        """
        super().__init__(outside, filtering=filtering, lifetime=lifetime)
        self.externals = externals
        self.mapping = mapping
        self.ports: Ports = ports
        self.hairpin = hairpin
        self._random = Random(f"{seed} {externals}")
        self._outward: dict[tuple[Endpoint, tuple[str | int, ...]], Mapping] = {}
        self._inward: dict[Endpoint, Mapping] = {}
        self._paired: dict[str, str] = {}

    def isKnownOutside(self, source: Endpoint) -> bool:
        """
        See L{wand.testing.sites.Site.isKnownOutside}.
        """
        return source.isIPv6

    def leave(self, datagram: Datagram) -> None:
        """
        See L{wand.testing.sites.Site.leave}.
        """
        if datagram.sender.isIPv6:
            super().leave(datagram)
            return
        mapping = self._mappingFor(datagram.sender, datagram.destination)
        mapping.filter.went(datagram.destination)
        if datagram.destination.host not in self.externals:
            self.outside.carry(datagram.payload, mapping.external, datagram.destination)
        elif self.hairpin:
            self.enter(attrs.evolve(datagram, sender=mapping.external))

    def enter(self, datagram: Datagram) -> None:
        """
        See L{wand.testing.sites.Site.enter}.
        """
        mapping = self._inward.get(datagram.destination)
        if mapping is None:
            super().enter(datagram)
        elif mapping.filter.passes(datagram.sender):
            self.deliver(attrs.evolve(datagram, destination=mapping.internal))

    def externalOf(self, internal: Endpoint, destination: Endpoint) -> Endpoint | None:
        """
        As whom a destination sees a sender within; C{None} if nothing went there, or too long ago.
        """
        mapping = self._outward.get((internal, self.mapping.of(destination)))
        return None if mapping is None or mapping.filter.isIdle else mapping.external

    def reboot(self, *externals: str) -> None:
        """
        Forget all mappings.

        @param externals: the addresses from now on, if they are others.
        """
        super().reboot()
        for mapping in list(self._outward.values()):
            self._forget(mapping)
        self._outward.clear()
        self._paired.clear()
        self.externals = externals or self.externals

    def _mappingFor(self, internal: Endpoint, destination: Endpoint) -> Mapping:
        key = internal, self.mapping.of(destination)
        known = self._outward.get(key)
        if known is not None and not known.filter.isIdle:
            return known
        self._forgetIdle()
        mapping = Mapping(internal, self._freeEndpoint(internal), self.newFilter())
        self.outside.attach(Door(self.enter), mapping.external)
        self._outward[key] = self._inward[mapping.external] = mapping
        return mapping

    def _freeEndpoint(self, internal: Endpoint) -> Endpoint:
        host = self._paired.setdefault(internal.host, self.externals[len(self._paired) % len(self.externals)])
        if len(self._inward) >= 60_000:
            raise PortUnavailable(f"the NAT {host} has no port left")
        found = Endpoint(host, internal.port)
        while found in self._inward or (self.ports == "random" and found.port == internal.port):
            found = Endpoint(host, self._random.randrange(1_024, 65_536))
        return found

    def _forgetIdle(self) -> None:
        for key, mapping in list(self._outward.items()):
            if mapping.filter.isIdle:
                del self._outward[key]
                self._forget(mapping)

    def _forget(self, mapping: Mapping) -> None:
        del self._inward[mapping.external]
        self.outside.detach(mapping.external)
