"""
The situations in which most hosts are, in a simulated network.
"""

from __future__ import annotations

from typing import Final

import attrs

from wand.testing.filtering import Dependence
from wand.testing.hosts import Region
from wand.testing.nats import Nat
from wand.testing.sites import Firewall, Link

PUBLIC: Final = "public"
FIREWALL: Final = "firewall"
CONE: Final = "cone"
CARRIER: Final = "carrier"
SYMMETRIC: Final = "symmetric"

#: In the open; behind a stateful firewall; behind a port-restricted cone NAT; behind one that is behind a carrier's;
#: and behind a symmetric NAT.
KINDS: Final = (PUBLIC, FIREWALL, CONE, CARRIER, SYMMETRIC)


@attrs.frozen
class Spot:
    """
    Where a host can be.

    @ivar addresses: what it has there.
    """

    region: Region
    addresses: tuple[str, ...]

    @property
    def router(self) -> Nat:
        """
        The NAT before it.
        """
        assert isinstance(self.region, Nat)
        return self.region


@attrs.define
class Land:
    """
    Makes places in a network, each with addresses of its own.
    """

    network: Region
    _made: int = attrs.field(init=False, default=0)

    def spot(self, kind: str, outside: Region | None = None, hairpin: bool = False) -> Spot:
        """
        A place of a kind.

        @param outside: in which region the network's connection is; by default in the open.
        @param hairpin: does the NAT before it, or the outermost of two, hairpin?
        """
        outside = outside or self.network
        if kind == PUBLIC:
            return Spot(outside, (self._public(),))
        if kind == FIREWALL:
            return Spot(Firewall(outside), (self._public(),))
        if kind == CARRIER:
            return self.inHome(self.carrier(hairpin))
        if kind == CONE:
            return self._behind(Nat(outside, self._external(), hairpin=hairpin))
        return self._behind(
            Nat(
                outside,
                self._external(),
                mapping=Dependence.ADDRESS_AND_PORT_DEPENDENT,
                ports="random",
                hairpin=hairpin,
            )
        )

    def neighbour(self, spot: Spot) -> Spot:
        """
        Another place behind the same NAT.
        """
        return self._behind(spot.router)

    def carrier(self, hairpin: bool = False) -> Nat:
        """
        A carrier-grade NAT.
        """
        return Nat(self.network, f"203.0.113.{self._next()}", hairpin=hairpin)

    def inHome(self, carrier: Nat) -> Spot:
        """
        A place in a home of a carrier.
        """
        return self._behind(Nat(carrier, f"100.64.0.{self._next()}"))

    def ipv6(self, kind: str = PUBLIC, *, both: bool = False) -> Spot:
        """
        A place with IPv6, in the open or behind a firewall.

        @param both: has it IPv4, too?
        """
        six = f"2001:db8:1::{self._next()}"
        return Spot(
            self.network if kind == PUBLIC else Firewall(self.network), (self._public(), six) if both else (six,)
        )

    def beyondHole(self, longest: int, kind: str) -> Spot:
        """
        A place behind a black hole.

        @param longest: octets of the longest datagram that passes.
        """
        return self.spot(kind, Link(self.network, longest=longest))

    def _behind(self, nat: Nat) -> Spot:
        return Spot(nat, (f"192.168.1.{self._next()}",))

    def _public(self) -> str:
        return f"192.0.2.{self._next()}"

    def _external(self) -> str:
        return f"198.51.100.{self._next()}"

    def _next(self) -> int:
        self._made += 1
        return self._made
