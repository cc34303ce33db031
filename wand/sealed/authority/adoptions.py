"""
Adoptions: the network signs for those whom a deputy admitted, as many as it let that one admit.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from wand.errors import MembershipRefused
from wand.sealed.authority.member_records import MemberRecords
from wand.sealed.credentials.certificate import Certificate
from wand.sealed.credentials.identity import Identity


class Adoptions:
    """
    Counts them for each deputy.  A dishonest one might name others for its seats again and again, each for a while, and
    have all of them adopted.  What counts is what the store says, which several servers may share; and who was let in
    here just now counts once, however often the store fails to take it.
    """

    def __init__(self, members: MemberRecords, wallClock: Callable[[], float], life: float) -> None:
        """
        @param wallClock: gives the seconds since the epoch.
        @param life: for how many seconds each counts.
        """
        self._members = members
        self._wallClock = wallClock
        self._life = life
        self._adopted = members.index(lambda record: record.admitter or None)
        self._beginning: dict[bytes, dict[bytes, int]] = {}

    def adopt(self, content: Certificate) -> int:
        """
        Adopt somebody whom a deputy admitted.

        @return: since when it is a member as far as the network is concerned: now.
        @raise MembershipRefused: if that one may admit no more.
        """
        now = int(self._wallClock())
        beginning = self._beginning.setdefault(content.admitter, {})
        others = {*self._recent(content.admitter, now), *self._awaited(beginning, now)} - {content.identity}
        if len(others) >= self._allowed(content):
            raise MembershipRefused(
                f"{Identity(content.admitter)} has admitted more members than it may: allow more (wand appoint), or "
                "revoke it"
            )
        beginning[content.identity] = now
        return now

    def _allowed(self, content: Certificate) -> int:
        """
        What the grant says, unless the operator has taken some of it back since.  Who has the network key by now may
        admit whom it likes, and so it could when it had a grant.
        """
        granted, admitter = content.granted, self._members.get(content.admitter)
        allowed = 0 if granted is None else granted.members
        return allowed if admitter is None or admitter.admission else min(allowed, admitter.admits)

    def _recent(self, admitter: bytes, now: int) -> Iterator[bytes]:
        """
        Whom the store has.
        """
        for identity in self._adopted.keys(admitter):
            record = self._members.get(identity)
            if record is not None and record.since > now - self._life:
                yield identity

    def _awaited(self, beginning: dict[bytes, int], now: int) -> dict[bytes, int]:
        """
        Whom the store may not have yet.
        """
        for identity, since in tuple(beginning.items()):
            if since <= now - self._life or self._members.get(identity) is not None:
                del beginning[identity]
        return beginning
