"""
The log of announcements: which members there are and where each is, in the order in which that changed.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator

import attrs

from wand.sealed.credentials.claim import Announcement
from wand.sealed.credentials.identity import Identity


@attrs.frozen
class LogEntry:
    """
    A member, as a directory server knows it.

    @ivar endpoints: where it is, best first; empty while it is not online.
    @ivar since: when that or its announcement changed last, in seconds since the epoch.
    @ivar version: the place of that change in the log.
    @ivar isFirsthand: did it tell us itself, or another server?
    """

    announcement: Announcement
    endpoints: tuple[str, ...]
    since: float
    version: int
    isFirsthand: bool = True

    @property
    def identity(self) -> Identity:
        """
        Whose entry it is.
        """
        return self.announcement.identity


class AnnouncementLog:
    """
    The entry of each member, once, at its last change.

    @ivar version: the place of the last change.
    """

    def __init__(self) -> None:
        self.version = 0
        self._entries: dict[Identity, LogEntry] = {}
        self._order: list[tuple[int, Identity]] = []

    def __len__(self) -> int:
        return len(self._entries)

    def __iter__(self) -> Iterator[LogEntry]:
        return iter(tuple(self._entries.values()))

    def get(self, identity: Identity) -> LogEntry | None:
        """
        What is known of a member.
        """
        return self._entries.get(identity)

    def load(self, entries: list[LogEntry], version: int) -> None:
        """
        Take what was stored.
        """
        self.version = version
        self._entries = {entry.identity: entry for entry in entries}
        self._sort()

    def change(
        self, announcement: Announcement, endpoints: tuple[str, ...], now: float, *, isFirsthand: bool = True
    ) -> None:
        """
        A member is new, or something about it is.
        """
        self.version += 1
        identity = announcement.identity
        self._entries[identity] = LogEntry(announcement, endpoints, now, self.version, isFirsthand)
        self._order.append((self.version, identity))
        if len(self._order) > 2 * len(self._entries) + 64:
            self._sort()

    def forget(self, identity: Identity) -> bool:
        """
        Somebody is no longer a member.  Nobody needs to be told: every node sees that for itself.

        @return: whether it was known.
        """
        return self._entries.pop(identity, None) is not None

    def changed(self, after: int, upto: int) -> Iterator[LogEntry]:
        """
        The members that changed last beyond one version and up to another, in the order of their changes.
        """
        for at in range(bisect_right(self._order, (after, b"\xff" * 33)), len(self._order)):
            version, identity = self._order[at]
            if version > upto:
                return
            entry = self._entries.get(identity)
            if entry is not None and entry.version == version:
                yield entry

    def _sort(self) -> None:
        self._order = sorted((entry.version, identity) for identity, entry in self._entries.items())
