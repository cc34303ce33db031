"""
Whose certificates wait for a signature that is made elsewhere: found without a look at all members.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Final

from wand.sealed.authority.lessening import isAllowanceDue
from wand.sealed.authority.member_record import MemberRecord
from wand.sealed.authority.member_records import MemberRecords
from wand.sealed.credentials.certificate import SKEW

#: Into how many parts the life of a certificate is divided: those whose renewal is in the same part are looked at
#: together.
PARTS: Final = 256


class UnsignedCertificates:
    """
    Keeps the members apart by when their certificates are to be renewed.
    """

    def __init__(self, members: MemberRecords, isSaid: Callable[[MemberRecord], bool], life: int) -> None:
        """
        @param isSaid: does the certificate of a record say what the record says?
        @param life: for how many seconds a certificate is valid.
        """
        self._width = max(1, life // PARTS)
        self._unsaid = members.index(lambda record: _isAlive(record) and (not isSaid(record) or isAllowanceDue(record)))
        self._times = members.index(self._partsOf)

    def candidates(self, now: float) -> Iterator[bytes]:
        """
        The identities of all who may need a new certificate, and of few others.

        @param now: seconds since the epoch.
        """
        yield from self._unsaid.keys(True)
        for parts in tuple(self._times):
            if isinstance(parts, tuple):
                renewal, issued = parts
                if renewal * self._width <= now or issued * self._width > now + SKEW:
                    yield from self._times.keys(parts)

    def _partsOf(self, record: MemberRecord) -> tuple[int, int] | None:
        if not _isAlive(record):
            return None
        renewal = record.issued + (record.expires - record.issued) / 3
        return int(renewal // self._width), record.issued // self._width


def _isAlive(record: MemberRecord) -> bool:
    return record.state in ("unsigned", "member")
