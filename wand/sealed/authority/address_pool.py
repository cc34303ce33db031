"""
The pool of overlay addresses: which of them may be given to somebody, and which comes next.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from itertools import chain
from typing import Final

from wand.address_ranges import AddressRanges
from wand.sealed.authority.assigned import Assigned
from wand.sealed.authority.free_addresses import FreeAddresses
from wand.sealed.authority.overlay_prefixes import OverlayPrefixes, Prefix

#: For how many seconds an address that somebody of ours refuses is given to nobody.
DECLINED: Final = 3600.0


class AddressPool:
    """
    Finds addresses that are free, in order.

    @ivar overlay: the prefixes that they are of.
    @ivar restsUntil: until when the addresses of an identity are given to nobody else, in seconds since the epoch;
        C{None} for as long as it is a member.
    """

    def __init__(
        self,
        overlay: OverlayPrefixes,
        assigned: Assigned,
        restsUntil: Callable[[bytes], float | None],
        now: Callable[[], float],
    ) -> None:
        """
        @param assigned: the addresses that are somebody's.
        @param now: the time, in seconds since the epoch.
        """
        self.overlay = overlay
        self.restsUntil = restsUntil
        self._assigned = assigned
        self._now = now
        self._reserved = {b"": overlay.reserved}
        self._declined: dict[bytes, float] = {}  # until when, of a few addresses, each named by a hook
        self._free: dict[Prefix, FreeAddresses] = {}
        self.load()

    def load(self) -> None:
        """
        Begin anew with what is assigned and reserved now.
        """
        taken = [*(address for address, _ in self._assigned.items()), *self._declined]
        reserved = self.overlay.reserved
        self._free = {each: FreeAddresses(each, self._keptUntil, self._now, reserved) for each in self.overlay}
        for free in self._free.values():
            free.load(taken)

    def reserve(self, reserved: AddressRanges, source: bytes = b"") -> bool:
        """
        Give nobody an address of these ranges from now on, in place of those that the same source set aside before.

        @param source: who says so; nobody else but this program's operator by default.
        @return: whether that changes anything.
        """
        self._reserved.pop(source, None)
        if reserved:
            self._reserved[source] = reserved
        before, self.overlay.reserved = self.overlay.reserved, AddressRanges.of(chain(*self._reserved.values()))
        if list(before) == list(self.overlay.reserved):
            return False
        self.load()
        return True

    def next(self, identity: bytes, prefix: Prefix) -> bytes:
        """
        The address of a prefix that an identity gets if it has none.

        @raise MembershipRefused: if the prefix is exhausted.
        """
        return self._free[prefix].first()

    def release(self, addresses: Iterable[bytes]) -> None:
        """
        Addresses are nobody's any more, or rest from now on.
        """
        for address in addresses:
            for free in self._free.values():
                free.release(address)

    def decline(self, address: bytes) -> None:
        """
        Give an address that nobody has to nobody for an hour, while others are free.
        """
        self._declined[address] = self._now() + DECLINED
        self.release((address,))

    def _keptUntil(self, address: bytes) -> float | None:
        holder = self._assigned.get(address)
        if holder is not None:
            return self.restsUntil(holder)
        if self._declined.get(address, 0.0) <= self._now():
            self._declined.pop(address, None)
        return self._declined.get(address, 0.0)
