"""
Ranges of IP addresses that are set aside: which of them an address is in, found without a look at each.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from typing import Final, Self, TypeAlias

Address: TypeAlias = IPv4Address | IPv6Address

#: How many ranges there may be; each is a line in a configuration.
RANGES_MAXIMUM: Final = 256


class AddressRanges:
    """
    Some ranges of addresses of both kinds.
    """

    def __init__(self, texts: Iterable[str] = ()) -> None:
        """
        @param texts: C{10.77.0.128/25} or C{10.77.0.100-10.77.0.199}, each.
        @raise ValueError: if one is neither, or there are too many.
        """
        ranges = [rangeFrom(text) for text in texts]
        if len(ranges) > RANGES_MAXIMUM:
            raise ValueError(f"{len(ranges)} ranges are too many: {RANGES_MAXIMUM} at most")
        self._ranges = _byVersion(ranges)

    @classmethod
    def of(cls, pairs: Iterable[tuple[Address, Address]]) -> Self:
        """
        Those from one address to another each, as many as there are.
        """
        made = cls()
        made._ranges = _byVersion(list(pairs))
        return made

    def __iter__(self) -> Iterator[tuple[Address, Address]]:
        """
        The first and the last address of each, those of IPv4 first, in their order; of those that touch one for all.
        """
        for begin, end in self._ranges[4]:
            yield IPv4Address(begin), IPv4Address(end)
        for begin, end in self._ranges[6]:
            yield IPv6Address(begin), IPv6Address(end)

    def __bool__(self) -> bool:
        return any(self._ranges.values())

    def __contains__(self, address: Address) -> bool:
        return self.endOf(address) is not None

    def endOf(self, address: Address) -> int | None:
        """
        The last address of the range that an address is in, as a number; C{None} if it is in none.
        """
        number, ranges = int(address), self._ranges[address.version]
        place = bisect_right(ranges, number, key=lambda each: each[0]) - 1
        return ranges[place][1] if place >= 0 and number <= ranges[place][1] else None


def rangeFrom(text: str) -> tuple[Address, Address]:
    """
    Read a range.

    @return: its first and its last address.
    @raise ValueError: if it is none, with how one is written.
    """
    first, dash, last = (part.strip() for part in text.partition("-"))
    try:
        if dash:
            begin, end = ip_address(first), ip_address(last)
        else:
            network = ip_network(first)
            begin, end = network[0], network[-1]
    except ValueError as error:
        raise ValueError(f"{error}; write a range like 10.77.0.128/25 or 10.77.0.100-10.77.0.199") from None
    if begin.version != end.version or int(begin) > int(end) or "%" in text:
        raise ValueError(f"{text} is not a range: it goes from an address to a later one of the same kind")
    return begin, end


def _byVersion(ranges: Sequence[tuple[Address, Address]]) -> dict[int, list[tuple[int, int]]]:
    return {version: _merged(each for each in ranges if each[0].version == version) for version in (4, 6)}


def _merged(ranges: Iterable[tuple[Address, Address]]) -> list[tuple[int, int]]:
    merged: list[tuple[int, int]] = []
    for begin, end in sorted((int(begin), int(end)) for begin, end in ranges):
        if merged and begin <= merged[-1][1] + 1:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        else:
            merged.append((begin, end))
    return merged
