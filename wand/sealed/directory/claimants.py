"""
Claimants: which members claim a MAC address, an overlay address or a name.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator
from socket import AF_INET, AF_INET6, inet_pton
from typing import Final, TypeAlias

from wand.sealed.credentials.identity import Identity
from wand.sealed.credentials.kept_announcement import AnyAnnouncement
from wand.sealed.directory.messages import BY_ADDRESS, BY_MAC, BY_NAME

#: A kind of L{wand.sealed.directory.messages.Key}, and the octets of a key of this kind.
Thing: TypeAlias = tuple[int, bytes]

#: How many claimants of one thing are told, the most senior ones.
CLAIMANTS_MAXIMUM: Final = 4

_KINDS: Final = (BY_MAC, BY_ADDRESS, BY_NAME)

#: A claimant with its seniority.
_Senior: TypeAlias = tuple[int, bytes]


def thingsOf(announcement: AnyAnnouncement) -> Iterator[Thing]:
    """
    What a member claims.
    """
    claim = announcement.claim
    for mac in claim.macs:
        yield BY_MAC, mac
    for address in claim.addresses:
        host = address.partition("/")[0]
        yield BY_ADDRESS, inet_pton(AF_INET6 if ":" in host else AF_INET, host)
    yield BY_NAME, claim.name.encode()


class Claimants:
    """
    Who claims what.  Nearly everything is claimed by one member, which is kept without further ado.

    @ivar contested: how many things several members claim.
    """

    def __init__(self) -> None:
        self.contested = 0
        self._kinds: dict[int, dict[bytes, _Senior | list[_Senior]]] = {each: {} for each in _KINDS}

    def clear(self) -> None:
        """
        Forget everything.
        """
        self.contested = 0
        for claimed in self._kinds.values():
            claimed.clear()

    def add(self, announcement: AnyAnnouncement) -> None:
        """
        A member claims what it did not claim before.
        """
        senior = announcement.seniority
        for kind, what in thingsOf(announcement):
            claimed = self._kinds[kind]
            known = claimed.get(what)
            if known is None:
                claimed[what] = senior
                continue
            several = known if isinstance(known, list) else [known]
            self.contested += several is not known
            several.insert(bisect_left(several, senior), senior)
            claimed[what] = several

    def remove(self, announcement: AnyAnnouncement) -> None:
        """
        A member claims nothing of this any more.
        """
        senior = announcement.seniority
        for kind, what in thingsOf(announcement):
            claimed = self._kinds[kind]
            known = claimed.get(what)
            if isinstance(known, list):
                at = bisect_left(known, senior)
                if at < len(known) and known[at] == senior:
                    del known[at]
                if len(known) == 1:
                    claimed[what] = known[0]
                    self.contested -= 1
            elif known == senior:
                del claimed[what]

    def of(self, kind: int, what: bytes) -> list[Identity]:
        """
        The L{CLAIMANTS_MAXIMUM} most senior of those who claim something, the most senior first.
        """
        known = self._kinds.get(kind, {}).get(what)
        if known is None:
            return []
        several = known[:CLAIMANTS_MAXIMUM] if isinstance(known, list) else [known]
        return [Identity(identity) for _, identity in several]
