"""
The domain of a network: which questions are about its members.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network
from typing import Final, TypeAlias

from wand.address_ranges import Address

#: Into how many parts, each at a dot, a prefix is cut at most for resolvers: 10.77.16.0/20 into sixteen.
PARTS_MAXIMUM: Final = 16

Prefix: TypeAlias = IPv4Network | IPv6Network

_REVERSED: Final = {"in-addr.arpa": (4, 10, "."), "ip6.arpa": (32, 16, "")}


class Domain:
    """
    A domain, and the prefixes whose addresses have names in it.

    @ivar name: such as C{home.wand}.
    @ivar prefixes: the overlay's.
    """

    def __init__(self, name: str, prefixes: Iterable[str]) -> None:
        """
        @param prefixes: such as C{10.77.0.0/16}; those of our own addresses may be among them.
        """
        self.name = name
        self.prefixes: list[Prefix] = sorted({ip_network(each, strict=False) for each in prefixes}, key=str)
        self._reverse = {zone for prefix in self.prefixes for zone in _zones(prefix)}

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Domain) and (self.name, self.prefixes) == (other.name, other.prefixes)

    __hash__ = None  # type: ignore[assignment]

    def member(self, name: str) -> str | None:
        """
        Which member a name of DNS means, in lower case; C{None} if it is not within the domain.  The domain itself
        means the member without a name.
        """
        if name == self.name:
            return ""
        below = name.removesuffix(f".{self.name}")
        return None if below == name else below

    def address(self, name: str) -> Address | None:
        """
        Which address of the overlay a name of DNS means, in lower case; C{None} if it means none.
        """
        address = _unreversed(name)
        return address if address is not None and self.has(address) else None

    def zone(self, name: str) -> str | None:
        """
        Below which of ours a name of DNS is, in lower case; C{None} if it is not our business.
        """
        if self.member(name) is not None:
            return self.name
        found = next((zone for zone in self._reverse if name == zone or name.endswith(f".{zone}")), None)
        address = self.address(name)
        return found if found is not None or address is None else name

    def isAbove(self, name: str) -> bool:
        """
        Does a name end where addresses go on, as C{9.77.10.in-addr.arpa} does?  There is nothing at it, but below it.
        """
        for kind, (labels, _, _) in _REVERSED.items():
            if name.endswith(f".{kind}"):
                return name.count(".") - kind.count(".") < labels
        return False

    def has(self, address: Address) -> bool:
        """
        Is an address one of the overlay?
        """
        return any(address in prefix for prefix in self.prefixes)

    @property
    def reverse(self) -> list[str]:
        """
        The domains of the addresses, for resolvers.
        """
        return sorted(self._reverse)


def _zones(prefix: Prefix) -> list[str]:
    step = 8 if prefix.version == 4 else 4
    length = -(-prefix.prefixlen // step) * step
    if 2 ** (length - prefix.prefixlen) > PARTS_MAXIMUM:
        return []
    skipped = (prefix.max_prefixlen - length) // step
    return [each.network_address.reverse_pointer.split(".", skipped)[-1] for each in prefix.subnets(new_prefix=length)]


def _unreversed(name: str) -> Address | None:
    for kind, (labels, base, between) in _REVERSED.items():
        if not name.endswith(f".{kind}"):
            continue
        parts = name.removesuffix(f".{kind}").split(".")[::-1]
        if len(parts) != labels or (base == 16 and any(len(each) != 1 for each in parts)):
            return None
        text = between.join(parts)
        try:
            return ip_address(text if base == 10 else ":".join(re.findall("....", text)))
        except ValueError:
            return None
    return None
