"""
The reserve: overlay addresses that are given to nobody.
"""

from __future__ import annotations

from collections.abc import Callable

from wand.address_ranges import AddressRanges
from wand.sealed.authority.address_assignments import AddressAssignments
from wand.sealed.authority.member_record import MemberRecord
from wand.sealed.authority.member_records import MemberRecords
from wand.sealed.authority.overlay_prefixes import beyondPrefixes
from wand.sealed.authority.stored_values import Index
from wand.sealed.credentials.fields import withoutPrefix


class Reserve:
    """
    What is set aside now, and who has an address of it all the same.
    """

    def __init__(self, members: MemberRecords, addresses: AddressAssignments) -> None:
        self._members = members
        self._overlay, self._pool = addresses.overlay, addresses.pool
        self._observers: list[Callable[[], object]] = []
        self._had = self._indexed()

    @property
    def ranges(self) -> AddressRanges:
        """
        What is given to nobody.
        """
        return self._overlay.reserved

    @property
    def beyond(self) -> str:
        """
        Which of the reserved addresses are not within this network's, with what to do; empty if all are.
        """
        return beyondPrefixes(self._overlay)

    @property
    def had(self) -> list[tuple[str, str]]:
        """
        The names of members that have an address which was reserved later, and one such address of each: they keep it.
        """
        keys = () if self._had is None else self._had.keys(True)
        members = (record for record in map(self._members.get, keys) if record is not None)
        found = ((each.name, filter(self._overlay.isReserved, each.addresses)) for each in members)
        return sorted((name, withoutPrefix(next(addresses))) for name, addresses in found)

    def change(self, reserved: AddressRanges, source: bytes = b"") -> None:
        """
        See L{wand.sealed.authority.address_pool.AddressPool.reserve}.
        """
        if self._pool.reserve(reserved, source):
            if self._had is not None:
                self._members.unindex(self._had)
            self._had = self._indexed()
            for observer in self._observers:
                observer()

    def observe(self, observer: Callable[[], object]) -> None:
        """
        Call C{observer} whenever other addresses are reserved.
        """
        self._observers.append(observer)

    def _indexed(self) -> Index[MemberRecord] | None:
        return self._members.index(self._isInReserve) if self.ranges else None

    def _isInReserve(self, record: MemberRecord) -> bool:
        return record.state != "revoked" and any(map(self._overlay.isReserved, record.addresses))
