"""
Holders: those to whom something is assigned, and whether they use it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from wand.sealed.authority.member_record import MemberRecord
from wand.sealed.authority.member_records import MemberRecords
from wand.sealed.authority.stored_values import Condition

#: For how many seconds what is assigned to somebody without a record is kept for it, once somebody else asks: whoever
#: joins has a record within moments.
UNRECORDED_KEPT: Final = 3600.0


class Holders:
    """
    A member uses what its record says.  What else was assigned to it, because the store was away or a server ended just
    then, is left over.

    @ivar members: the records of all members; C{None} where nobody looks at them, and nothing is left over.
    """

    def __init__(self, now: Callable[[], float]) -> None:
        """
        @param now: the time, in seconds since the epoch.
        """
        self.members: MemberRecords | None = None
        self._now = now
        self._unrecorded: dict[bytes, float] = {}  # when somebody asked first for what a holder without a record has

    def isMember(self, identity: bytes) -> bool:
        """
        Does an identity have a record, and was it not revoked?
        """
        record = None if self.members is None else self.members.get(identity)
        return record is not None and record.state != "revoked"

    def notUsing(self, identity: bytes, isSaidBy: Callable[[MemberRecord], bool]) -> Condition | None:
        """
        The condition on which a member does not use something that is assigned to it; C{None} if it uses it.

        @param isSaidBy: does a record say that its member has it?
        """
        if self.members is None:
            return None
        record = self.members.get(identity)
        isUsed = record is not None and record.state != "revoked" and isSaidBy(record)
        return None if isUsed else self.members.holding(identity)

    def leftBy(self, holder: bytes, isSaidBy: Callable[[MemberRecord], bool]) -> Condition | None:
        """
        The condition on which something is left over from somebody to whom it is assigned; C{None} if it is not.

        @param isSaidBy: see L{notUsing}.
        """
        if self.members is None or self._isExpected(self.members, holder):
            return None
        return self.notUsing(holder, isSaidBy)

    def _isExpected(self, members: MemberRecords, holder: bytes) -> bool:
        """
        May a holder without a record be about to get one, or have one that cannot be read?
        """
        if members.get(holder) is not None:
            self._unrecorded.pop(holder, None)
            return False
        since = self._unrecorded.setdefault(holder, self._now())
        return self._now() < since + UNRECORDED_KEPT or members.holding(holder).octets is not None
