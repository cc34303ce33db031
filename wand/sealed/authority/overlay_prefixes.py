"""
The prefixes of a network's overlay addresses: which of their addresses a member can have at all, whoever has it now.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_interface
from typing import Final, TypeAlias

from wand.address_ranges import Address, AddressRanges
from wand.errors import MembershipRefused

Prefix: TypeAlias = IPv4Network | IPv6Network

#: Nothing is reserved.
NONE_RESERVED: Final = AddressRanges()


def hostCount(prefix: Prefix) -> int:
    """
    How many addresses of a prefix can be hosts': all but the first, and but the last of IPv4, which is for broadcasts.
    """
    return prefix.num_addresses - 1 - (prefix.version == 4)


def beyondPrefixes(overlay: OverlayPrefixes) -> str:
    """
    Which of the reserved addresses are not within a network's, with what to do; empty if all are.
    """
    found = overlay.reservedBeyond
    if not found:
        return ""
    more = f" and {len(found) - 1} more are" if len(found) > 1 else " is"
    known = " and ".join(map(str, overlay))
    return f"{found[0]}{more} reserved and not within the addresses of this network, {known}: correct reserve"


def _isHosts(address: Address, prefix: Prefix) -> bool:
    return 0 < int(address) - int(prefix.network_address) <= hostCount(prefix)


class OverlayPrefixes:
    """
    The prefixes, and what of them is set aside.

    @ivar reserved: addresses that are given to nobody.
    """

    def __init__(self, prefixes: Sequence[Prefix], reserved: AddressRanges = NONE_RESERVED) -> None:
        """
        @param prefixes: one of IPv4, one of IPv6, or both.
        """
        self._prefixes = tuple(prefixes)
        self.reserved = reserved

    def __iter__(self) -> Iterator[Prefix]:
        return iter(self._prefixes)

    def chosen(self, addresses: Sequence[str]) -> dict[Prefix, str]:
        """
        Addresses that somebody chose, by the prefixes that they are of.

        @param addresses: without the lengths of their prefixes, one of each prefix at most.
        @raise MembershipRefused: if no member can have one, or two are of one prefix, with the reason.
        """
        chosen: dict[Prefix, str] = {}
        for text in addresses:
            prefix = self._prefixOf(text)
            address = str(ip_address(text))
            if prefix in chosen:
                raise MembershipRefused(
                    f"{chosen[prefix]} and {address} are both of {prefix}: a member has one address of each prefix"
                )
            chosen[prefix] = address
        return chosen

    def _prefixOf(self, text: str) -> Prefix:
        try:
            address = ip_address("" if "%" in text else text)  # one at an interface of this host fits no certificate
        except ValueError:
            raise MembershipRefused(f"{text[:64]!r} is not an IP address; write it like 10.77.0.9") from None
        prefix = next((each for each in self._prefixes if address in each), None)
        if prefix is None:
            known = " and ".join(map(str, self._prefixes))
            raise MembershipRefused(f"{address} is not one of this network's addresses: choose one of {known}")
        if not _isHosts(address, prefix):
            raise MembershipRefused(f"{address} is the first or the last of {prefix}, and no host's: choose another")
        if address in self.reserved:
            raise MembershipRefused(f"{address} is reserved at the server, for no member: choose another")
        return prefix

    @property
    def reservedBeyond(self) -> list[str]:
        """
        The reserved ranges that are not wholly within a prefix: most likely a mistake.
        """
        return [
            f"{begin}-{end}" for begin, end in self.reserved if not any(begin in each and end in each for each in self)
        ]

    def isHosts(self, address: str) -> bool:
        """
        Is this, with its prefix length, an address that a host may have here?
        """
        interface = ip_interface(address)
        return any(interface.network == each and _isHosts(interface.ip, each) for each in self._prefixes)

    def isReserved(self, address: str) -> bool:
        """
        Is an address for no member?

        @param address: with the length of its prefix.
        """
        return ip_interface(address).ip in self.reserved

    def like(self, address: str) -> Prefix:
        """
        The prefix of the kind that an address is of; if there is none, the other.
        """
        version = ip_interface(address).version
        return next((each for each in self._prefixes if each.version == version), self._prefixes[0])
