"""
The stored log: nodes are told of a change once it is stored, so that after a crash no server knows less than it told.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Final, TypeAlias, TypeVar

import msgspec
from twisted.internet.defer import Deferred
from twisted.logger import Logger

from wand.interfaces import Context, IRecords
from wand.sealed.credentials.certificate import Certificate
from wand.sealed.credentials.claim import Announcement
from wand.sealed.credentials.identity import Identity
from wand.sealed.directory.announcement_log import AnnouncementLog, LogEntry
from wand.stores.write_behind import WriteBehind

#: What the kind of our records in a store begins with; the server's identity follows, since several servers may share
#: a store, and each has its own log.
DIRECTORY_KIND: Final = "directory-"

#: Seconds within which it is stored that a member was merely heard again.
HEARD_STORED_WITHIN: Final = 300.0

#: After how many refusals of the store in a row nodes are told what is not stored; the second is 2 s after the first.
SERVED_FROM: Final = 2

#: What a store that refuses means, for the operator.
UNSTORED: Final = (
    "Members are not disturbed; until it can, nobody joins, nothing about the members can be changed, and where they "
    "are is forgotten at a restart"
)

_HEAD: Final = b"head"


class StoredEntry(msgspec.Struct, frozen=True, array_like=True):
    """
    What a server has of a member, as it stands in a store.

    @ivar endpoints: where it is; empty while it is not online.
    @ivar since: when that changed, in seconds since the epoch.
    @ivar heard: when it was heard, likewise.
    @ivar version: the place of the change in the server's log.
    @ivar isFirsthand: does the server hear it itself, or know it from another server?
    """

    certificate: bytes
    claim: bytes
    endpoints: tuple[str, ...]
    since: float
    heard: float
    version: int
    isFirsthand: bool = True


class _Head(msgspec.Struct, frozen=True, array_like=True):
    instance: bytes
    version: int


_Value: TypeAlias = LogEntry | _Head

Content = TypeVar("Content", StoredEntry, _Head)


class StoredLog:
    """
    Keeps an L{AnnouncementLog} in a store.

    @ivar instance: names this log to the nodes.  It changes only if the store is empty, or failed for so long that
        nodes know more than is stored.
    @ivar published: up to which version nodes may be told.
    @ivar heard: when each member was last heard, by the monotonic clock; in the store, in seconds since the epoch.
    """

    _log = Logger()

    def __init__(
        self,
        own: Identity,
        log: AnnouncementLog,
        records: IRecords,
        context: Context,
        entropy: Callable[[int], bytes],
        published: Callable[[], object],
    ) -> None:
        """
        @param own: the server's identity.
        @param published: called when there is more that nodes may be told.
        """
        self.instance = entropy(8)
        self.published = 0
        self.heard: dict[Identity, float] = {}
        self._kind = DIRECTORY_KIND + own.text
        self._announcements = log
        self._records = records
        self._clock = context.clock
        self._context = context
        self._entropy = entropy
        self._tell = published
        self._refusals = 0
        self._isAhead = False  # do nodes know more than is stored?
        self._stored: WriteBehind[_Value] = WriteBehind(
            self._kind, records, self._encoded, context, UNSTORED, delay=HEARD_STORED_WITHIN, told=self._written
        )

    async def load(
        self,
        check: Callable[[bytes], Certificate | None],
        told: Callable[[LogEntry, Announcement], object] = lambda entry, announcement: None,
    ) -> None:
        """
        Read everything.  What is not valid any more is deleted, what cannot be read is logged; neither disturbs the
        rest.

        @param told: called with each member, and what it announced.
        @raise wand.errors.StoreUnavailable: if the store cannot be read.
        """
        stored = await self._records.load(self._kind)
        head = _decoded(stored.pop(_HEAD, b""), _Head)
        invalid: list[bytes] = []
        valid = self._read(stored, check, told, invalid.append)
        self._announcements.load(valid, head.version if head else 0)
        self.published = self._announcements.version
        if head is not None and head.version == self.published:
            self.instance = head.instance
        if head is None or invalid:
            self._write(dict.fromkeys(invalid))

    def _read(
        self,
        stored: Mapping[bytes, bytes],
        check: Callable[[bytes], Certificate | None],
        told: Callable[[LogEntry, Announcement], object],
        invalid: Callable[[bytes], object],
    ) -> Iterator[tuple[LogEntry, Announcement]]:
        """
        The members that are stored, each with what it announced.

        @param invalid: called with the key of each record that is not valid any more.
        """
        for key, octets in stored.items():
            content = _decoded(octets, StoredEntry)
            if content is None or len(key) != 32:
                self._log.warn("the store has a record of {key} that cannot be read", key=key.hex())
            elif (announcement := _valid(key, content, check)) is None:
                invalid(key)
            else:
                entry = self._entryOf(content, announcement)
                told(entry, announcement)
                yield entry, announcement

    def heardAt(self, identity: Identity) -> float | None:
        """
        When a member was last heard, in seconds since the epoch; C{None} if it is not known.
        """
        heard = self.heard.get(identity)
        return None if heard is None else self._context.epoch(heard)

    def noteHeard(self, identity: Identity) -> None:
        """
        A member was heard now; nothing else about it changed.
        """
        self.heard[identity] = self._clock.seconds()
        self._stored.writeLater(identity, self._announcements.get(identity))

    def write(self, identity: Identity) -> None:
        """
        Write a member that changed or is gone.
        """
        self._write({identity: self._announcements.get(identity)})

    def beginAnew(self) -> None:
        """
        Give the log another name, so that nodes read it from its beginning.
        """
        self.instance = self._entropy(8)
        self._write({})

    def stop(self) -> Deferred[None]:
        """
        Write what is not written yet; fires when that was tried.
        """
        return self._stored.stop()

    def _write(self, changes: Mapping[bytes, LogEntry | None]) -> None:
        self._stored.write({**changes, _HEAD: _Head(self.instance, self._announcements.version)})
        if self._stored.isPaused:
            self._publishUnstored()

    def _written(self, group: Mapping[bytes, _Value | None], isStored: bool) -> None:
        if not isStored:
            self._refusals += 1
            self._publishUnstored()
            return
        self._refusals, self._isAhead = 0, False
        head = group.get(_HEAD)
        if isinstance(head, _Head):
            self._publish(head.version)

    def _publishUnstored(self) -> None:
        """
        Nodes are served without the store, once it refused what was tried again: most troubles are over by then, and a
        log of another name makes each node read all of it.
        """
        version = self._announcements.version
        if self._refusals < SERVED_FROM or version == self.published:
            return
        if not self._isAhead:
            self._isAhead = True
            self.instance = self._entropy(8)
            self._stored.write({_HEAD: _Head(self.instance, version)})
        self._publish(version)

    def _publish(self, version: int) -> None:
        if version > self.published:
            self.published = version
            self._tell()

    def _encoded(self, value: _Value) -> bytes:
        if isinstance(value, _Head):
            return msgspec.msgpack.encode(value)
        said = value.announcement
        heard = self.heard.get(value.identity, self._clock.seconds())
        return msgspec.msgpack.encode(
            StoredEntry(
                said.signedCertificate,
                said.signedClaim,
                value.endpoints,
                value.since,
                self._context.epoch(heard),
                value.version,
                value.isFirsthand,
            )
        )

    def _entryOf(self, stored: StoredEntry, announcement: Announcement) -> LogEntry:
        kept = self._announcements.kept(announcement)
        self.heard[kept.identity] = self._clock.seconds() - max(0.0, self._context.wallClock() - stored.heard)
        return LogEntry(kept, stored.endpoints, stored.since, stored.version, stored.isFirsthand)


def _valid(key: bytes, stored: StoredEntry, check: Callable[[bytes], Certificate | None]) -> Announcement | None:
    """
    What a member announced, unless its certificate expired or was revoked.
    """
    announcement = Announcement.verified(stored.certificate, stored.claim, check, isKnown=True)
    return None if announcement is None or announcement.identity != key else announcement


def entryDecoded(octets: bytes) -> StoredEntry | None:
    """
    Read the record of a member; C{None} if it cannot be read.
    """
    return _decoded(octets, StoredEntry)


def _decoded(octets: bytes, kind: type[Content]) -> Content | None:
    try:
        return msgspec.msgpack.decode(octets, type=kind)
    except (msgspec.MsgspecError, ValueError, RecursionError):
        return None
