"""
Seats: how many members each admitting one has admitted.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import islice
from math import inf
from typing import Final

import attrs

from wand.errors import MembershipRefused
from wand.sealed.credentials.allowance import Allowance
from wand.sealed.credentials.certificate import Certificate
from wand.sealed.credentials.identity import Identity

#: How often a seat changes hands at once, and the seconds for which it stands after each further time.  A seat of an
#: honest member never changes hands.
CHANGES_MAXIMUM: Final = 8
CHANGE_PAUSE: Final = 600.0


@attrs.frozen
class _Seat:
    """
    @ivar since: when its holder became a member.
    @ivar expires: until when it is taken: as long as the grant is valid, however short a certificate.
    @ivar changes: how often somebody else took it.
    @ivar standsUntil: until when nobody else takes it, in seconds since the epoch.
    """

    identity: Identity
    since: int
    expires: int
    changes: int = 0
    standsUntil: float = -inf

    @property
    def seniority(self) -> tuple[int, bytes]:
        """
        Of several that want it, the one with the lowest has it.
        """
        return self.since, self.identity

    def stands(self, now: float) -> bool:
        """
        Does nobody else take it now?  An end further away than any pause was written before somebody set the clock
        back, and does not count.
        """
        return 0 < self.standsUntil - now <= CHANGE_PAUSE


class Seats:
    """
    Knows who sits where.  Certificates that a member signs are numbered, below the number that the network granted it;
    of several with one number the one whose owner has been a member for the longest counts, and then the one with the
    lower identity.  So everybody takes the same ones, whatever their order, and a member that signs without end fills
    nobody's memory, nor does it keep anybody busy: a seat for which it names one after the other changes hands only now
    and then, until its holder is the same one everywhere.
    """

    def __init__(
        self,
        wallClock: Callable[[], float],
        isVoid: Callable[[bytes], bool],
        displaced: Callable[[Identity, bytes], object],
    ) -> None:
        """
        @param wallClock: gives the seconds since the epoch.
        @param isVoid: was this identity revoked?  Its seat is free.
        @param displaced: called with whoever loses its seat to an older member, and with the one whose seat it was.
        """
        self._wallClock = wallClock
        self._isVoid = isVoid
        self._displaced = displaced
        self._of: dict[bytes, dict[int, _Seat]] = {}

    def take(self, certificate: Certificate) -> bool:
        """
        Take the seat of a certificate that a member signed, which was verified.

        @return: whether it is its owner's.
        """
        granted = certificate.granted
        assert granted is not None  # or no member signed it
        seats = self._of.setdefault(granted.identity, {})
        new = _Seat(Identity(certificate.identity), certificate.since, granted.expires)
        holder = seats.get(certificate.seat)
        if holder is None or self._isFree(holder):
            if certificate.expires > self._wallClock():  # whoever it was may be renewed, but takes no other's place
                seats[certificate.seat] = new
            return True
        now = self._wallClock()
        isNext = new.seniority < holder.seniority and not holder.stands(now)
        if certificate.expires > now and (holder.identity == new.identity or isNext):
            holder = seats[certificate.seat] = self._changed(holder, new, granted.identity)
        return holder.identity == new.identity

    def _changed(self, holder: _Seat, new: _Seat, admitter: bytes) -> _Seat:
        expires = max(new.expires, holder.expires)
        if holder.identity == new.identity:
            return attrs.evolve(holder, since=min(new.since, holder.since), expires=expires)
        self._displaced(holder.identity, admitter)
        changes = holder.changes + 1
        standsUntil = self._wallClock() + CHANGE_PAUSE if changes >= CHANGES_MAXIMUM else -inf
        return attrs.evolve(new, expires=expires, changes=changes, standsUntil=standsUntil)

    def free(self, admitter: bytes, members: int) -> int:
        """
        The first seat of a member that is free.

        @param members: how many seats it has.
        @raise MembershipRefused: if there is none.
        """
        return self._free(admitter, members, 1)[0]

    def checkFree(self, admitter: bytes, members: int, count: int) -> None:
        """
        See that so many seats of a member are free.

        @param members: how many seats it has.
        @raise MembershipRefused: if there are less.
        """
        self._free(admitter, members, count)

    def _free(self, admitter: bytes, members: int, count: int) -> list[int]:
        seats = self._of.get(admitter, {})
        found = list(islice((number for number in range(members) if self._isFree(seats.get(number))), count))
        if len(found) < count:
            raise MembershipRefused(
                f"this node has admitted {members} members in the life of a certificate, which is as many as it may: "
                "whoever founded the network can allow more (wand appoint)"
            )
        return found

    def seatOf(self, admitter: bytes, identity: bytes) -> int | None:
        """
        The seat that somebody has; C{None} if it has none.
        """
        seats = self._of.get(admitter, {})
        return next((number for number, seat in seats.items() if seat.identity == identity), None)

    def of(self, admitter: bytes) -> tuple[Identity, ...]:
        """
        Those who were admitted by a member, as far as is known.
        """
        return tuple({seat.identity: None for seat in self._of.get(admitter, {}).values()})

    def lost(self, allowance: Allowance) -> tuple[Identity, ...]:
        """
        Those whose seats count no more by an allowance, as far as is known.
        """
        seats = self._of.get(allowance.identity, {})
        return tuple(
            seat.identity
            for number, seat in seats.items()
            if number >= allowance.members and seat.expires <= allowance.expires
        )

    def _isFree(self, seat: _Seat | None) -> bool:
        return seat is None or seat.expires <= self._wallClock() or self._isVoid(seat.identity)
