"""
What was learned behind bridges, kept over a restart, so that nobody takes it by waiting for one.
"""

from __future__ import annotations

from typing import Final

import msgspec
from twisted.internet.defer import execute
from twisted.internet.interfaces import IReactorTime

from wand.health.failures import Failures
from wand.health.notes import Notes
from wand.sealed.credentials.cache_file import CacheFile, Defer
from wand.sealed.credentials.fields import Octets6, Octets32
from wand.sealed.credentials.signed import packed, unpacked
from wand.sealed.node.learned import Learned, LearnedAddress
from wand.state import StateDirectory

#: The file in the state directory.
HEARD: Final = "heard"

#: How many addresses are kept, those that were heard last.
KEPT_MAXIMUM: Final = 8192

#: The largest file that is read, in octets.
FILE_MAXIMUM: Final = 1_000_000

#: Seconds between two looks at whether there is something new to keep.
KEEP_INTERVAL: Final = 60.0


class _StoredAddress(msgspec.Struct, frozen=True, array_like=True):
    mac: Octets6
    holder: Octets32
    since: int
    last: int


class LearnedCache:
    """
    Writes down what is learned, about once a minute while it changes.
    """

    def __init__(
        self,
        state: StateDirectory,
        learned: Learned,
        clock: IReactorTime,
        failures: Failures,
        notes: Notes,
        defer: Defer = execute,
    ) -> None:
        """
        @param defer: runs a call that may block; by default at once.
        """
        self._defer = defer
        self._learned = learned
        self._known: frozenset[tuple[bytes, bytes]] = frozenset()
        self._file = CacheFile(HEARD, "hosts behind bridges", self._look, state, clock, failures, notes)

    def start(self) -> None:
        """
        Take what was kept, and keep up from now on.
        """
        content = self._file.start(KEEP_INTERVAL)
        found = unpacked(content, list[_StoredAddress], FILE_MAXIMUM)
        if content and found is None:
            self._file.sayDamaged()
        for kept in found or ():
            self._learned.remember(LearnedAddress(kept.mac, kept.holder, kept.since, kept.last))

    def stop(self) -> None:
        """
        Keep what there is, and stop.
        """
        if self._file.stop():
            self.keep()

    def keep(self) -> bool:
        """
        Write everything down.

        @return: whether that worked.
        """
        return self._file.write(self._content())

    def _content(self) -> bytes:
        latest = sorted(self._learned.remembered(), key=lambda each: each.last)[-KEPT_MAXIMUM:]
        kept = [_StoredAddress(each.mac, each.holder, int(each.since), int(each.last)) for each in latest]
        return packed(kept)

    def _look(self) -> None:
        known = frozenset((each.mac, each.holder) for each in self._learned.remembered())
        if known != self._known:
            self._file.writeIn(self._defer, self._content()).addCallback(self._ended, known)

    def _ended(self, isWritten: bool, known: frozenset[tuple[bytes, bytes]]) -> None:
        if isWritten:
            self._known = known
