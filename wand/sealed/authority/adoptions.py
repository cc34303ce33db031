"""
Adoptions: the network signs for those whom a deputy admitted, as many as it let that one admit.
"""

from __future__ import annotations

from collections.abc import Callable

from wand.errors import MembershipRefused
from wand.sealed.authority.member_records import MemberRecords
from wand.sealed.credentials.certificate import Certificate
from wand.sealed.credentials.identity import Identity


class Adoptions:
    """
    Counts them for each deputy.  A dishonest one might name others for its seats again and again, each for a while, and
    have all of them adopted.
    """

    def __init__(self, members: MemberRecords, wallClock: Callable[[], float], life: float) -> None:
        """
        @param wallClock: gives the seconds since the epoch.
        @param life: for how many seconds each counts.
        """
        self._members = members
        self._wallClock = wallClock
        self._life = life
        self._times: dict[bytes, list[int]] | None = None

    def adopt(self, content: Certificate) -> int:
        """
        Adopt somebody whom a deputy admitted.

        @return: since when it is a member as far as the network is concerned: now.
        @raise MembershipRefused: if that one may admit no more.
        """
        if self._times is None:
            self._times = self._read()
        now, granted = int(self._wallClock()), content.granted
        times = [each for each in self._times.get(content.admitter, ()) if each > now - self._life]
        if granted is None or len(times) >= granted.members:
            raise MembershipRefused(
                f"{Identity(content.admitter)} has admitted more members than it may: allow more (wand appoint), or "
                "revoke it"
            )
        self._times[content.admitter] = [*times, now]
        return now

    def _read(self) -> dict[bytes, list[int]]:
        """
        Look at all members, once.
        """
        found: dict[bytes, list[int]] = {}
        for record in self._members:
            if record.admitter:
                found.setdefault(record.admitter, []).append(record.since)
        return found
