"""
Seats: how many members each admitting one has admitted.
"""

from __future__ import annotations

from collections.abc import Callable

import attrs

from wand.errors import MembershipRefused
from wand.sealed.credentials.certificate import Certificate
from wand.sealed.credentials.grant import Grant
from wand.sealed.credentials.identity import Identity


@attrs.frozen
class _Seat:
    """
    @ivar since: when its holder became a member.
    @ivar expires: until when it is taken.
    """

    identity: Identity
    since: int
    expires: int

    @property
    def seniority(self) -> tuple[int, bytes]:
        """
        Of several that want it, the one with the lowest has it.
        """
        return self.since, self.identity


class Seats:
    """
    Knows who sits where.  Certificates that a member signs are numbered, below the number that the network granted it;
    of several with one number the one whose owner has been a member for the longest counts, and then the one with the
    lower identity.  So everybody takes the same ones, whatever their order, and a member that signs without end fills
    nobody's memory.
    """

    def __init__(
        self,
        wallClock: Callable[[], float],
        isVoid: Callable[[bytes], bool],
        displaced: Callable[[Identity], object],
    ) -> None:
        """
        @param wallClock: gives the seconds since the epoch.
        @param isVoid: was this identity revoked?  Its seat is free.
        @param displaced: called with whoever loses its seat to an older member.
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
        seats = self._of.setdefault(certificate.admitter, {})
        new = _Seat(Identity(certificate.identity), certificate.since, certificate.expires)
        holder = seats.get(certificate.seat)
        if new.expires <= self._wallClock():  # whoever it was may be renewed, but takes no other's place
            return self._isFree(holder) or (holder is not None and holder.identity == new.identity)
        if holder is not None and holder.identity == new.identity:
            new = attrs.evolve(new, since=min(new.since, holder.since), expires=max(new.expires, holder.expires))
        elif holder is not None and not self._isFree(holder):
            if holder.seniority < new.seniority:
                return False
            self._displaced(holder.identity)
        seats[certificate.seat] = new
        return True

    def free(self, grant: Grant) -> int:
        """
        The first seat that is free.

        @raise MembershipRefused: if there is none.
        """
        seats = self._of.get(grant.identity, {})
        for number in range(grant.members):
            if self._isFree(seats.get(number)):
                return number
        raise MembershipRefused(
            f"this node has admitted {grant.members} members in the life of a certificate, which is as many as it may: "
            "whoever founded the network can allow more (wand appoint)"
        )

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

    def _isFree(self, seat: _Seat | None) -> bool:
        return seat is None or seat.expires <= self._wallClock() or self._isVoid(seat.identity)
