"""
Notices: what the network signed about members that everybody has to hear of, revocations and allowances.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right, insort
from hashlib import sha256
from heapq import heappop, heappush, nlargest

import attrs

from wand.sealed.credentials.identity import Identity


@attrs.frozen
class _Notice:
    """
    @ivar when: when it was signed, in seconds since the epoch.
    @ivar mark: what the digest has of it beside whom it is about.
    """

    when: int
    octets: bytes
    mark: bytes


class Notices:
    """
    Keeps one notice about each member, in the order of their keys.  When there are too many, the oldest go.
    """

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._notices: dict[Identity, _Notice] = {}
        self._ages: list[tuple[int, Identity]] = []
        self._sorted: list[Identity] = []
        self._digest: bytes | None = None

    def hasRoom(self, identity: Identity, when: int) -> bool:
        """
        Can a notice be kept, in place of one about the same member or of an older one?
        """
        if identity in self._notices or len(self._notices) < self._limit:
            return True
        return (when, identity) >= self._oldest()

    def keep(self, identity: Identity, when: int, octets: bytes, mark: bytes = b"") -> Identity | None:
        """
        Keep a notice for which there is room.

        @param mark: in what it differs from another one about the same member, as far as the digest is concerned.
        @return: whose notice went for it; C{None} for nobody's.
        """
        gone = None
        if identity not in self._notices:
            if len(self._notices) >= self._limit:
                gone = self._oldest()[1]
                del self._notices[gone], self._sorted[bisect_left(self._sorted, gone)]
            insort(self._sorted, identity)
        self._notices[identity] = _Notice(when, octets, mark)
        heappush(self._ages, (when, identity))
        self._digest = None
        return gone

    def _oldest(self) -> tuple[int, Identity]:
        while True:
            when, identity = self._ages[0]
            notice = self._notices.get(identity)
            if notice is not None and notice.when == when:
                return when, identity
            heappop(self._ages)

    def get(self, identity: Identity) -> bytes | None:
        """
        The notice about a member, signed.
        """
        notice = self._notices.get(identity)
        return None if notice is None else notice.octets

    @property
    def all(self) -> tuple[bytes, ...]:
        """
        Every notice, signed.
        """
        return tuple(each.octets for each in self._notices.values())

    def latest(self, count: int) -> list[bytes]:
        """
        At most C{count} notices, those that were signed last in front.
        """
        return [each.octets for each in nlargest(count, self._notices.values(), key=lambda each: each.when)]

    @property
    def digest(self) -> bytes:
        """
        16 octets that are the same for those who know the same.
        """
        if self._digest is None:
            whole = b"".join(identity + self._notices[identity].mark for identity in self._sorted)
            self._digest = sha256(whole).digest()[:16]
        return self._digest

    def page(self, after: bytes, count: int) -> list[bytes]:
        """
        At most C{count} notices, in the order of the keys that they are about, those beyond C{after}.
        """
        start = bisect_right(self._sorted, after)
        return [self._notices[identity].octets for identity in self._sorted[start : start + count]]
