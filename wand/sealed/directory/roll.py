"""
The roll: which members there are and where each is, in the order in which that changed.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator

import attrs

from wand.membership.claim import Announcement
from wand.membership.identity import Identity


@attrs.frozen
class Registration:
    """
    A member, as a directory server knows it.

    @ivar endpoints: where it is, best first; empty while it is not online.
    @ivar since: when that or its announcement changed last, in seconds since the epoch.
    @ivar version: the place of that change in the log.
    """

    announcement: Announcement
    endpoints: tuple[str, ...]
    since: float
    version: int


class Roll:
    """
    Members by identity, and a log of which changed when; each is in the log once, at its last change.

    @ivar version: the place of the last change.
    """

    def __init__(self) -> None:
        self.version = 0
        self._registrations: dict[Identity, Registration] = {}
        self._log: list[tuple[int, Identity]] = []

    def __len__(self) -> int:
        return len(self._registrations)

    def __iter__(self) -> Iterator[Registration]:
        return iter(tuple(self._registrations.values()))

    def get(self, identity: Identity) -> Registration | None:
        """
        What is known of a member.
        """
        return self._registrations.get(identity)

    def load(self, registrations: list[Registration], version: int) -> None:
        """
        Take what was kept.
        """
        self.version = version
        self._registrations = {each.announcement.identity: each for each in registrations}
        self._sort()

    def change(self, announcement: Announcement, endpoints: tuple[str, ...], now: float) -> None:
        """
        A member is new, or something about it is.
        """
        self.version += 1
        identity = announcement.identity
        self._registrations[identity] = Registration(announcement, endpoints, now, self.version)
        self._log.append((self.version, identity))
        if len(self._log) > 2 * len(self._registrations) + 64:
            self._sort()

    def forget(self, identity: Identity) -> bool:
        """
        Somebody is no longer a member.  Nobody needs to be told: every node sees that for itself.

        @return: whether it was known.
        """
        return self._registrations.pop(identity, None) is not None

    def changed(self, after: int, upto: int) -> Iterator[Registration]:
        """
        The members that changed last beyond one version and up to another, in the order of their changes.
        """
        for at in range(bisect_right(self._log, (after, b"\xff" * 33)), len(self._log)):
            version, identity = self._log[at]
            if version > upto:
                return
            registration = self._registrations.get(identity)
            if registration is not None and registration.version == version:
                yield registration

    def _sort(self) -> None:
        self._log = sorted((each.version, identity) for identity, each in self._registrations.items())
