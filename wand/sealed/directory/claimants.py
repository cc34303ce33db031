"""
Claimants: which members claim a MAC address, an overlay address or a name.
"""

from __future__ import annotations

from bisect import bisect_left, insort
from collections.abc import Callable, Iterator
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

#: The seniority of a claimant, which ends with its identity.
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
    Who claims what.  Nearly everything is claimed by one member, of which the identity alone is kept.

    @ivar contested: how many things several members claim.
    """

    def __init__(self, seniorityOf: Callable[[Identity], _Senior]) -> None:
        """
        @param seniorityOf: the seniority of somebody who claims something.
        """
        self.contested = 0
        self._seniorityOf = seniorityOf
        self._kinds: dict[int, dict[bytes, Identity | list[_Senior]]] = {each: {} for each in _KINDS}

    def clear(self) -> None:
        """
        Forget everything.
        """
        self.contested = 0
        for claimed in self._kinds.values():
            claimed.clear()

    def add(self, identity: Identity, announcement: AnyAnnouncement) -> None:
        """
        A member claims what it did not claim before.
        """
        for kind, what in thingsOf(announcement):
            claimed = self._kinds[kind]
            known = claimed.setdefault(what, identity)
            if known == identity:
                continue
            several = known if isinstance(known, list) else [self._seniorityOf(known)]
            self.contested += several is not known
            insort(several, announcement.seniority)
            claimed[what] = several

    def remove(self, announcement: AnyAnnouncement) -> None:
        """
        A member claims nothing of this any more.
        """
        identity = announcement.identity
        for kind, what in thingsOf(announcement):
            claimed = self._kinds[kind]
            known = claimed.get(what)
            if isinstance(known, list):
                at = bisect_left(known, announcement.seniority)
                if at < len(known) and known[at][1] == identity:
                    del known[at]
                if len(known) == 1:
                    claimed[what] = Identity(known[0][1])
                    self.contested -= 1
            elif known == identity:
                del claimed[what]

    def of(self, kind: int, what: bytes) -> list[Identity]:
        """
        The L{CLAIMANTS_MAXIMUM} most senior of those who claim something, the most senior first.
        """
        known = self._kinds.get(kind, {}).get(what)
        if isinstance(known, list):
            return [Identity(identity) for _, identity in known[:CLAIMANTS_MAXIMUM]]
        return [] if known is None else [known]
