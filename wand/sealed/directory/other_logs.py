"""
What other servers that share our store hear of members: their logs are read as they write them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Final

import msgspec
from twisted.internet.defer import Deferred

from wand.interfaces import Context, IRecords
from wand.sealed.credentials.identity import Identity
from wand.sealed.directory.stored_log import DIRECTORY_KIND, StoredEntry, entryDecoded
from wand.timing.repeating import Repeating

#: How many entries are looked at in a turn, and seconds between two turns: each may cost two signatures.
AT_ONCE: Final = 20
INTERVAL: Final = 0.01

#: By how many seconds a server's clock must differ otherwise than we thought for its log to be read anew.
DIFFERENCE_TOLERATED: Final = 30.0


class OtherLogs:
    """
    Reads the logs of other servers, a few entries in a turn.
    """

    def __init__(
        self, records: IRecords, context: Context, told: Callable[[Identity, Identity, StoredEntry], object]
    ) -> None:
        """
        @param told: called with a server, a member, and what that server has of it; the time when the server heard the
            member is by our clock, as far as we know how the two differ.
        """
        self._records = records
        self._told = told
        self._ends: dict[Identity, Callable[[], None]] = {}
        self._ahead: dict[Identity, float] = {}
        self._waiting: dict[tuple[Identity, bytes], bytes] = {}
        self._reading = Repeating("logs of other servers", self._readSome, context.clock, context.failures)

    def follow(self, server: Identity) -> None:
        """
        Read the log of a server, from now on.
        """
        if server not in self._ends:
            load = partial(self._load, server)
            self._ends[server] = self._records.watch(_kindOf(server), partial(self._changed, server), load)
            load()

    def compareClock(self, server: Identity, ahead: float) -> None:
        """
        By how many seconds a server's clock is ahead of ours.  What was read before is read anew if that is news: it
        may be more recent, or older, than it seemed.
        """
        if abs(ahead - self._ahead.get(server, 0.0)) > DIFFERENCE_TOLERATED:
            self._ahead[server] = ahead
            if server in self._ends:
                self._load(server)

    def leave(self, server: Identity) -> None:
        """
        Read the log of a server no more.
        """
        self._ends.pop(server, lambda: None)()

    def stop(self) -> None:
        """
        Read no more.
        """
        for end in self._ends.values():
            end()
        self._ends.clear()
        self._waiting.clear()
        if self._reading.running:
            self._reading.stop()

    def _load(self, server: Identity) -> None:
        loading: Deferred[dict[bytes, bytes]] = self._records.load(_kindOf(server))
        loading.addCallbacks(partial(self._changed, server), _isAway)

    def _changed(self, server: Identity, changes: Mapping[bytes, bytes | None]) -> None:
        for key, octets in changes.items():
            if octets is not None and len(key) == 32 and server in self._ends:
                self._waiting[server, key] = octets
        if self._waiting and not self._reading.running:
            self._reading.start(INTERVAL)

    def _readSome(self) -> None:
        for _ in range(min(AT_ONCE, len(self._waiting))):
            server, key = where = next(iter(self._waiting))
            entry = entryDecoded(self._waiting.pop(where))
            if entry is not None and server in self._ends:
                heard = entry.heard - self._ahead.get(server, 0.0)
                self._told(server, Identity(key), msgspec.structs.replace(entry, heard=heard))
        if not self._waiting:
            self._reading.stop()


def _kindOf(server: Identity) -> str:
    return DIRECTORY_KIND + server.text


def _isAway(failure: object) -> None:
    """
    The store is away: it says so when it is back.
    """
