"""
Which overlay addresses are free: the next one is found without a look at all that are taken.
"""

from __future__ import annotations

from collections.abc import Callable
from heapq import heapify, heappop, heappush
from ipaddress import ip_address

from wand.address_ranges import AddressRanges
from wand.errors import MembershipRefused
from wand.sealed.authority.overlay_prefixes import NONE_RESERVED, Prefix, hostCount


class FreeAddresses:
    """
    Finds the first address that is free.  Those of members that were revoked are free when their time is over, or when
    there is no other, the one of the first that was revoked before the rest.
    """

    def __init__(
        self,
        prefix: Prefix,
        until: Callable[[bytes], float | None],
        now: Callable[[], float],
        reserved: AddressRanges = NONE_RESERVED,
    ) -> None:
        """
        @param until: until when an address is not to be given away, in seconds since the epoch; C{None} while a member
            has it, and 0 for never.
        @param now: the time, in seconds since the epoch.
        @param reserved: addresses that nobody gets.
        """
        self._reserved = reserved
        self._prefix = prefix
        self._until = until
        self._now = now
        self._next = 1  # below, every address is somebody's, or in one of the two
        self._given: list[int] = []
        self._resting: list[tuple[float, int]] = []

    def load(self, taken: list[bytes]) -> None:
        """
        These addresses are somebody's, or rest; all others are free.
        """
        self._next, self._given = 1, []
        found = ((self._until(each), self._index(each)) for each in taken if self._isOurs(each))
        self._resting = [(until, index) for until, index in found if until is not None]
        heapify(self._resting)

    def release(self, address: bytes) -> None:
        """
        An address is nobody's any more, or rests from now on.
        """
        if not self._isOurs(address):
            return
        until, index = self._until(address), self._index(address)
        if until:
            heappush(self._resting, (until, index))
        elif until is not None and index < self._next:
            heappush(self._given, index)

    def first(self) -> bytes:
        """
        The first address that is free, which the caller takes.

        @raise MembershipRefused: if the prefix is exhausted.
        """
        while self._resting and self._resting[0][0] <= self._now():
            heappush(self._given, heappop(self._resting)[1])
        while self._given:
            address = self._address(self._given[0])
            if self._isFree(address):
                break
            heappop(self._given)
            self.release(address)  # if it rests again: the clock was set back
        unused = self._unused()
        if self._given and (unused is None or self._given[0] < self._index(unused)):
            return self._address(self._given[0])
        return unused or self._firstResting()

    def _unused(self) -> bytes | None:
        last = hostCount(self._prefix)
        while self._next <= last:
            address = self._address(self._next)
            reserved = self._reserved.endOf(ip_address(address))
            if reserved is None and self._isFree(address):
                return address
            self._next = self._next + 1 if reserved is None else reserved - int(self._prefix.network_address) + 1
        return None

    def _firstResting(self) -> bytes:
        while self._resting:
            until, index = self._resting[0]
            if self._until(self._address(index)) == until:
                return self._address(index)
            heappop(self._resting)  # somebody has it again
        raise MembershipRefused(
            f"the network has no free address left in {self._prefix}; revoke members that are gone, "
            f"{'reserve fewer, ' if self._reserved else ''}or make a network with a larger prefix"
        )

    def _isOurs(self, address: bytes) -> bool:
        """
        May we ever give this address away?
        """
        number = ip_address(address)
        return number in self._prefix and number not in self._reserved

    def _isFree(self, address: bytes) -> bool:
        until = self._until(address)
        return until is not None and until <= self._now()

    def _address(self, index: int) -> bytes:
        return (int(self._prefix.network_address) + index).to_bytes(self._prefix.max_prefixlen // 8, "big")

    def _index(self, address: bytes) -> int:
        return int.from_bytes(address, "big") - int(self._prefix.network_address)
