"""
Looking: nodes that do not follow the log ask for the members that they need, and are told when something about those
changes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Final

from wand.interfaces import Context
from wand.sealed.credentials.identity import Identity
from wand.sealed.directory.announcement_log import AnnouncementLog, LogEntry
from wand.sealed.directory.claimants import thingsOf
from wand.sealed.directory.interests import Interests
from wand.sealed.directory.messages import (
    AFTER,
    BY_ADDRESS,
    BY_IDENTITY,
    BY_MAC,
    BY_NAME,
    RELAYS,
    Key,
    Look,
)
from wand.sealed.directory.news import News
from wand.sealed.directory.page_records import foundMessages, partsOf, recordOf
from wand.sealed.directory.stored_log import StoredLog
from wand.timing.token_buckets import TokenBuckets
from wand.timing.turns import WAITING_MAXIMUM, Turns

COUNTERS: Final = {
    "directory-looks": "questions for members from nodes that do not follow the directory, those without keys included",
    "directory-found": "messages with members sent to nodes that looked for them",
    "directory-found-pushes": "messages with members sent to nodes that had looked for them, because something changed",
    "drop-directory-look": "questions for members dropped: that node asks too much",
}

#: What nobody may have now, and somebody later.
AWAITED: Final = frozenset({BY_IDENTITY, BY_MAC, BY_ADDRESS, BY_NAME})

#: For how many things that nobody had one node waits, and all nodes together: it asks again within seconds anyway.
AWAITED_MAXIMUM: Final = 32
ALL_AWAITED_MAXIMUM: Final = 500_000

#: How many relays are looked at for one answer.
RELAYS_PAGE: Final = 4

#: For how many members one node may look: per second in the long run, and at once.
KEYS_RATE: Final = 50.0
KEYS_BURST: Final = 1_000.0

#: Of how many nodes questions wait for the store.  Beyond that a node is told at once what is stored, and of the rest
#: when that is stored, too.
UNSTORED_MAXIMUM: Final = 10_000


class Looking:
    """
    Answers nodes that look for members, and tells them of changes of the last ones that they were told of.
    """

    def __init__(
        self,
        log: AnnouncementLog,
        stored: StoredLog,
        context: Context,
        send: Callable[[bytes, bytes], object],
        membersMaximum: int,
    ) -> None:
        """
        @param send: sends a message to a member.
        @param membersMaximum: how many members there may be.
        """
        self._counters = context.counters
        self._counters.declare(COUNTERS)
        self._clock = context.clock
        self._log = log
        self._stored = stored
        self._send = send
        self._interests = Interests()
        # What nobody had that was looked for: its kind, and what it is.
        self._awaited = Interests(ALL_AWAITED_MAXIMUM, AWAITED_MAXIMUM)
        self._news = News(log, stored, context.clock, self._push)
        self._said: tuple[bytes, int, int, tuple[LogEntry, ...]] = b"", 0, 0, ()
        self._saidIn: list[bytes] = []
        self._inCircle: set[bytes] = set()  # those that asked who comes next after them
        self._needRelays: set[bytes] = set()  # those that asked for relays
        self._told = 0  # up to which version
        self._unstored: dict[bytes, dict[int, Look]] = {}  # by their numbers
        self._keys = TokenBuckets(context.clock, KEYS_RATE, KEYS_BURST, membersMaximum)
        self._turns: Turns[bytes, Look] = Turns(context.clock, self._answer)

    def begin(self) -> None:
        """
        The log was read: nobody was told anything yet.
        """
        self._told = self._stored.published

    def look(self, node: Identity, look: Look) -> None:
        """
        A node looks for members, or, without keys, says that it is there.
        """
        self._counters["directory-looks"] += 1
        if not look.keys:
            self._keys.tidy()
            return
        if self._keys.take(node, len(look.keys)):
            known = self._log.get(node)
            self._ask(node if known is None else known.identity, look)  # which is kept anyway
        else:
            self._counters["drop-directory-look"] += 1

    def changed(self) -> None:
        """
        There is more that nodes may be told.
        """
        after, self._told = self._told, self._stored.published
        for entry in self._log.changed(after, self._told):
            self._note(entry)
        waiting, self._unstored = self._unstored, {}
        for node, looks in waiting.items():
            for look in looks.values():
                self._ask(node, look)
        self._news.tell()

    def forget(self, node: Identity) -> None:
        """
        The session of a node ended.
        """
        self.leave(node)

    def leave(self, node: Identity) -> None:
        """
        A node follows the log: it is told of all changes, and of none twice.
        """
        self._interests.forget(node)
        self._awaited.forget(node)
        self._inCircle.discard(node)
        self._needRelays.discard(node)
        self._news.forget(node)
        self._unstored.pop(node, None)
        self._turns.forget(node)

    def stop(self) -> None:
        """
        Send nothing more.
        """
        self._news.stop()
        self._turns.stop()
        self._unstored.clear()

    # Answers.

    def _ask(self, node: bytes, look: Look) -> None:
        if not self._turns.ask(node, look):
            self._counters["drop-directory-look"] += 1

    def _answer(self, node: bytes, look: Look) -> int:
        found = [self._found(node, key) for key in look.keys]
        entries = {entry.identity: entry for each in found for entry in each}
        newest = max((entry.version for entry in entries.values()), default=0)
        if newest > self._stored.published and len(self._unstored) < UNSTORED_MAXIMUM:
            self._putOff(node, look)
            return 0
        absent = tuple(place for place, each in enumerate(found) if not each)
        for place in absent:
            self._await(node, look.keys[place])
        messages = foundMessages(look.number, entries.values(), self._stored, self._clock, absent)
        self._counters["directory-found"] += len(messages)
        for key, each in zip(look.keys, found, strict=True):
            self._watch(node, each if key.kind != RELAYS else ())
        return self._tell(node, messages)

    def _putOff(self, node: bytes, look: Look) -> None:
        """
        Answer when everything that is to be told is stored.
        """
        waiting = self._unstored.setdefault(node, {})
        if look.number in waiting or len(waiting) < WAITING_MAXIMUM:
            waiting[look.number] = look
        else:
            self._counters["drop-directory-look"] += 1

    def _await(self, node: bytes, key: Key) -> None:
        """
        A node is told when somebody comes whom it looked for, so that it need not ask again and again.
        """
        if key.kind in AWAITED:
            self._awaited.add(node, bytes([key.kind]) + key.what)

    def _found(self, node: bytes, key: Key) -> list[LogEntry]:
        if key.kind == AFTER:
            found = [self._log.following(key.what, but=node)]
            if key.what == node:
                self._inCircle.add(node)
        elif key.kind == BY_IDENTITY:
            found = [self._log.get(Identity(key.what)) if len(key.what) == 32 else None]
        elif key.kind == RELAYS:
            self._needRelays.add(node)
            found = [*self._relaysAfter(key.what)]
        else:
            found = [self._log.get(each) for each in self._log.claimants.of(key.kind, key.what)]
        return [entry for entry in found if entry is not None]

    def _relaysAfter(self, identity: bytes) -> list[LogEntry]:
        """
        As many as one message takes: who lost it asks the same again.
        """
        page = [self._log.get(Identity(each)) for each in self._log.relays.page(identity, RELAYS_PAGE)]
        entries = [entry for entry in page if entry is not None]
        return entries[: len(next(partsOf(recordOf(each, self._stored, self._clock) for each in entries), ()))]

    def _watch(self, node: bytes, entries: Iterable[LogEntry]) -> None:
        for entry in entries:
            self._interests.add(node, entry.identity)

    def _tell(self, node: bytes, messages: list[bytes]) -> int:
        for message in messages:
            self._send(node, message)
        return sum(map(len, messages))

    # Changes.

    def _note(self, entry: LogEntry) -> None:
        """
        A member changed: for those who were told of it, or of somebody else who claims the same; for the one just
        before it, which hands frames to groups to the next one; and if it gained or lost the relay right, for all who
        asked for relays.
        """
        identity, isFirst = entry.identity, self._news.mayGoFirst()
        concerned = [identity]
        before = self._log.preceding(identity)
        if before is not None and before in self._inCircle:
            self._news.add(before, identity, isFirst=isFirst)
        for thing in thingsOf(entry.announcement) if self._log.claimants.contested else ():
            claimants = self._log.claimants.of(*thing)
            if len(claimants) > 1:
                concerned += claimants
        for each in dict.fromkeys(concerned):
            for node in self._interests.nodes(each):
                self._news.add(node, identity, isFirst=isFirst)
        for node in self._needRelays if self._log.relays.takeNews(identity) else ():
            self._news.add(node, identity, isFirst=isFirst, isWatched=False)
        if self._awaited:
            self._noteComing(entry, isFirst)

    def _noteComing(self, entry: LogEntry, isFirst: bool) -> None:
        """
        A member changed that some nodes may have looked for when nobody was what it is.
        """
        identity = entry.identity
        for kind, what in ((BY_IDENTITY, bytes(identity)), *thingsOf(entry.announcement)):
            for node in self._awaited.take(bytes([kind]) + what):
                self._news.add(node, identity, isFirst=isFirst)

    def _push(self, node: bytes, entries: Sequence[LogEntry], watched: Iterable[LogEntry]) -> int:
        messages = self._newsOf(entries)
        self._counters["directory-found-pushes"] += len(messages)
        self._watch(node, watched)
        return self._tell(node, messages)

    def _newsOf(self, entries: Sequence[LogEntry]) -> list[bytes]:
        """
        The messages that tell of some members.  A change that concerns thousands is told to one after the other.
        """
        news = self._stored.instance, self._stored.published, int(self._clock.seconds()), tuple(entries)
        if self._said != news:
            self._said, self._saidIn = news, foundMessages(0, entries, self._stored, self._clock)
        return self._saidIn
