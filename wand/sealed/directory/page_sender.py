"""
Pages of the announcement log: sent to nodes that ask, and to those that know all of it when it changes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Final

import msgspec
from twisted.internet.interfaces import IReactorTime

from wand.counters import Counters
from wand.sealed.credentials.identity import Identity
from wand.sealed.directory.announcement_log import AnnouncementLog, LogEntry
from wand.sealed.directory.messages import PAGE_ROOM, PAGES_MAXIMUM, RECORDS_MAXIMUM, Ask, Page, PageRecord, pack
from wand.sealed.directory.stored_log import StoredLog
from wand.timing.rounds import PushRounds

COUNTERS: Final = {
    "directory-pages": "pages sent to nodes that asked",
    "directory-pushes": "pages sent to nodes that did not ask, because something changed",
    "directory-hints": "nodes told only that much changed, so that they ask",
}

#: Seconds between two rounds of pushes, at least.
PUSH_INTERVAL: Final = 0.5

#: How many pages are pushed to a node at once.  Where there are more, it is told to ask.
PUSHED_PAGES_MAXIMUM: Final = 4


class PageSender:
    """
    Sends pages of the log, and remembers which nodes know all of it.
    """

    def __init__(
        self,
        log: AnnouncementLog,
        stored: StoredLog,
        clock: IReactorTime,
        counters: Counters,
        send: Callable[[bytes, bytes], object],
    ) -> None:
        """
        @param send: sends a message to a member.
        """
        counters.declare(COUNTERS)
        self._announcements = log
        self._stored = stored
        self._clock = clock
        self._counters = counters
        self._send = send
        self._told: dict[Identity, int] = {}
        self._packed: dict[int, list[bytes]] = {}
        self._packedFor = (b"", 0)
        self._pushes: PushRounds[Identity] = PushRounds(clock, self._listeners, self._push, PUSH_INTERVAL)

    def changed(self) -> None:
        """
        There is something to tell those who knew everything.
        """
        self._pushes.changed()

    def forget(self, identity: Identity) -> None:
        """
        A node is not online any more.
        """
        self._told.pop(identity, None)

    def stop(self) -> None:
        """
        Send nothing more.
        """
        self._pushes.stop()

    def answer(self, identity: Identity, ask: Ask) -> None:
        """
        Answer a node, with as many pages as it wants.
        """
        newest = self._stored.published
        after, upto = ask.after, min(ask.upto or newest, newest)
        if ask.instance != self._stored.instance or after > newest:
            after, upto = 0, newest
        pages = self._pages(after, max(after, upto), ask.count, ask.number)
        for page in pages:
            self._send(identity, pack(page))
        self._counters["directory-pages"] += len(pages)
        if pages[-1].upto == newest:
            self._told[identity] = newest
        elif not ask.upto:
            self.forget(identity)  # it is far behind and will ask for more: pushes would only disturb

    def _listeners(self) -> Iterable[Identity]:
        return tuple(self._told)

    def _push(self, identity: Identity) -> int:
        after, newest = self._told.get(identity), self._stored.published
        if after is None or after >= newest:
            return 0
        messages = self._news(after)
        if messages:
            self._told[identity] = newest
            self._counters["directory-pushes"] += len(messages)
        else:
            self.forget(identity)
            self._counters["directory-hints"] += 1
            messages = [pack(Page(0, True, self._stored.instance, newest, newest, newest, ()))]
        for message in messages:
            self._send(identity, message)
        return sum(map(len, messages))

    def _news(self, after: int) -> list[bytes]:
        """
        The messages for those who know everything up to C{after}, the same for all of them; none if they are too many.
        """
        now = self._stored.instance, self._stored.published
        if now != self._packedFor:
            self._packed, self._packedFor = {}, now
        packed = self._packed.get(after)
        if packed is None:
            pages = self._pages(after, now[1], PUSHED_PAGES_MAXIMUM + 1, 0)
            packed = self._packed[after] = [pack(page) for page in pages] if len(pages) <= PUSHED_PAGES_MAXIMUM else []
        return packed

    def _pages(self, after: int, upto: int, count: int, number: int) -> list[Page]:
        instance, newest = self._stored.instance, self._stored.published
        pages: list[Page] = []
        records: list[msgspec.Raw] = []
        room, start, reached = PAGE_ROOM, after, after
        for entry in self._announcements.changed(after, upto):
            octets = pack(self._record(entry))
            if len(octets) > room or len(records) == RECORDS_MAXIMUM:
                pages.append(Page(number, False, instance, start, reached, newest, tuple(records)))
                records, room, start = [], PAGE_ROOM, reached
                if len(pages) == min(count, PAGES_MAXIMUM):
                    break
            records.append(msgspec.Raw(octets))
            room -= len(octets)
            reached = entry.version
        else:
            pages.append(Page(number, False, instance, start, upto, newest, tuple(records)))
        pages[-1] = msgspec.structs.replace(pages[-1], last=True)
        return pages

    def _record(self, entry: LogEntry) -> PageRecord:
        said = entry.announcement
        now = self._clock.seconds()
        age = int(now - self._stored.heard.get(said.identity, now))
        return PageRecord(
            said.signedCertificate,
            said.signedClaim,
            entry.endpoints,
            min(age, 2**32 - 1),
            entry.version,
        )
