"""
Members whose records a store that servers share has lost while this one runs: it came back empty, or as it was before.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from twisted.internet.interfaces import IReactorTime

from wand.sealed.authority.member_record import MemberRecord
from wand.sealed.authority.member_records import MemberRecords
from wand.sealed.credentials.identity import Identity

#: For how many seconds after a loss it is told of.
TOLD_FOR: Final = 86_400.0


class LostMembers:
    """
    Knows whose records are lost, and which of them are there again.  No record of a member is ever deleted, and nobody
    who was revoked becomes a member again: so what is gone is lost.
    """

    def __init__(self, members: MemberRecords, putBack: Callable[[MemberRecord], object], clock: IReactorTime) -> None:
        """
        @param putBack: called with each record, as it was.
        """
        self._members = members
        self._putBack = putBack
        self._clock = clock
        self._lost: dict[bytes, tuple[str, bool]] = {}
        self._unknown: dict[bytes, str] = {}
        self._until = 0.0

    def changed(self, key: bytes, before: MemberRecord | None, after: MemberRecord | None) -> None:
        """
        The store has something else of a member.
        """
        if before is not None and _isMissing(after, wasRevoked=before.state == "revoked"):
            self._lost[key] = before.name or str(Identity(key)), before.state == "revoked"
            self._until = self._clock.seconds() + TOLD_FOR
            self._putBack(before)

    def cameBack(self, member: MemberRecord) -> None:
        """
        A member came with a certificate of the network, and the store did not know it: perhaps it was lost before we
        were started.
        """
        if member.learned and member.identity not in self._lost:
            self._unknown[member.identity] = member.name
            self._until = self._clock.seconds() + TOLD_FOR

    @property
    def unknown(self) -> list[str]:
        """
        The names of those who came within a day, and whom the store did not know.
        """
        self._forget()
        return sorted(self._unknown.values())

    @property
    def count(self) -> int:
        """
        How many were lost within a day.
        """
        self._forget()
        return len(self._lost)

    @property
    def missing(self) -> list[str]:
        """
        The names of those who are not known again, and were not revoked.
        """
        return sorted(name for _, name in self._missing(wasRevoked=False))

    @property
    def revoked(self) -> list[str]:
        """
        The names of those who were revoked, which the store does not know again.
        """
        return sorted(name for _, name in self._missing(wasRevoked=True))

    @property
    def putBack(self) -> list[str]:
        """
        The names of those who were revoked, which the store knows again.
        """
        missing = {key for key, _ in self._missing(wasRevoked=True)}
        return sorted(name for key, (name, had) in self._lost.items() if had and key not in missing)

    def _forget(self) -> None:
        if self._clock.seconds() >= self._until:
            self._lost.clear()
            self._unknown.clear()

    def _missing(self, *, wasRevoked: bool) -> list[tuple[bytes, str]]:
        return [
            (key, name)
            for key, (name, had) in self._lost.items()
            if had == wasRevoked and _isMissing(self._members.get(key), wasRevoked=had)
        ]


def _isMissing(record: MemberRecord | None, *, wasRevoked: bool) -> bool:
    return record is None or (wasRevoked and record.state != "revoked")
