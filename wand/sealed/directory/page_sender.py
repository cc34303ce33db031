"""
Pages of the announcement log: sent to nodes that ask, and to those that know all of it when it changes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from math import inf
from typing import Final, TypeAlias

import msgspec
from twisted.internet.interfaces import IReactorTime

from wand.counters import Counters
from wand.sealed.credentials.identity import Identity
from wand.sealed.credentials.messages import MESSAGE_MAXIMUM
from wand.sealed.directory.announcement_log import AnnouncementLog
from wand.sealed.directory.messages import PAGE_ROOM, PAGES_MAXIMUM, RECORDS_MAXIMUM, Ask, Page, pack
from wand.sealed.directory.page_records import recordOf
from wand.sealed.directory.stored_log import StoredLog
from wand.timing.rounds import PushRounds

COUNTERS: Final = {
    "directory-pages": "pages sent to nodes that asked",
    "directory-pushes": "pages sent to nodes that did not ask, because something changed",
    "directory-hints": "nodes told only that much changed, so that they ask",
}

#: Seconds between two rounds of pushes, at least.
PUSH_INTERVAL: Final = 0.5

#: Octets of answers in a second, and for how many seconds of them somebody may have been answered before: beyond that a
#: question gets one page, so that whoever asks comes back later, and what we send does not overflow on its way.
ANSWER_RATE: Final = 10_000_000.0
ANSWER_CREDIT: Final = 0.2

#: For how many seconds, and how many, pages are kept that others may ask for; how long ago a member was heard is not
#: more exact than that.
BODY_LIFE: Final = 5.0
BODIES_MAXIMUM: Final = 1024

#: How many pages are pushed to a node at once.  Where there are more, it is told to ask.
PUSHED_PAGES_MAXIMUM: Final = 4

#: The records of a page, and the version up to which they go.
Body: TypeAlias = tuple[tuple[msgspec.Raw, ...], int]


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
        self._busyUntil = self._bodiesUntil = -inf
        self._bodies: dict[int, Body] = {}
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
        pages = self._pages(after, max(after, upto), self._granted(ask.count), ask.number)
        octets = 0
        for page in pages:
            message = pack(page)
            octets += len(message)
            self._send(identity, message)
        self._busyUntil += octets / ANSWER_RATE
        self._counters["directory-pages"] += len(pages)
        if pages[-1].upto == newest:
            self._told[identity] = newest
        elif not ask.upto:
            self.forget(identity)  # it is far behind and will ask for more: pushes would only disturb

    def _granted(self, count: int) -> int:
        now = self._clock.seconds()
        self._busyUntil = max(self._busyUntil, now)
        return count if self._busyUntil < now + ANSWER_CREDIT else 1

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
            self._send(identity, pack(Page(0, True, self._stored.instance, newest, newest, newest, ())))
            return PAGES_MAXIMUM * MESSAGE_MAXIMUM  # what it will ask for: so those who do come one after the other
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
        reached = -1
        while reached < upto and len(pages) < min(count, PAGES_MAXIMUM):
            records, reached = self._body(after, upto)
            pages.append(Page(number, False, instance, after, reached, newest, records))
            after = reached
        pages[-1] = msgspec.structs.replace(pages[-1], last=True)
        return pages

    def _body(self, after: int, upto: int) -> Body:
        """
        The records of the page that begins after a version, and up to which version it goes.  A full one is the same
        for all who ask, for a while: what changed meanwhile is further on.
        """
        now = self._clock.seconds()
        if now >= self._bodiesUntil or len(self._bodies) >= BODIES_MAXIMUM:
            self._bodies, self._bodiesUntil = {}, now + BODY_LIFE
        known = self._bodies.get(after)
        if known is not None and known[1] <= upto:
            return known
        records: list[msgspec.Raw] = []
        room, reached = PAGE_ROOM, after
        for entry in self._announcements.changed(after, upto):
            octets = recordOf(entry, self._stored, self._clock)
            if len(octets) > room or len(records) == RECORDS_MAXIMUM:
                body = self._bodies[after] = tuple(records), reached
                return body
            records.append(msgspec.Raw(octets))
            room -= len(octets)
            reached = entry.version
        return tuple(records), upto
