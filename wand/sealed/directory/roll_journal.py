"""
The journal of the roll: nodes are told of a change when it is stored, so that after a crash no server knows less than
it told.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Final, TypeVar

import msgspec
from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IDelayedCall
from twisted.logger import Logger
from twisted.python.failure import Failure

from wand.interfaces import Context, IRecords
from wand.membership.certificate import Certificate
from wand.membership.claim import Announcement
from wand.membership.identity import Identity
from wand.sealed.directory.roll import Registration, Roll

#: What the kind of our records in a store begins with; the server's identity follows, since several servers may share
#: a store, and each has its own log.
KIND: Final = "directory-"

_HEAD: Final = b"head"

#: Seconds for which what is not urgent, or what a failing store did not take, waits to be written.
PATIENCE: Final = 300.0
RETRY: Final = 30.0


class _Kept(msgspec.Struct, frozen=True, array_like=True):
    certificate: bytes
    claim: bytes
    endpoints: tuple[str, ...]
    since: float
    heard: float
    version: int


class _Head(msgspec.Struct, frozen=True, array_like=True):
    instance: bytes
    version: int


Content = TypeVar("Content", _Kept, _Head)


class RollJournal:
    """
    Keeps a L{Roll} in a store: one write at a time.

    @ivar instance: names this log to the nodes.  It changes only if the store is empty, or failed, so that nodes may
        know more than is stored.
    @ivar published: up to which version nodes may be told.
    @ivar heard: when each member was last heard, by the monotonic clock; in the store, in seconds since the epoch.
    """

    _log = Logger()

    def __init__(
        self,
        own: Identity,
        roll: Roll,
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
        self._kind = KIND + own.text
        self._roll = roll
        self._records = records
        self._clock = context.clock
        self._context = context
        self._events = context.events
        self._entropy = entropy
        self._tell = published
        self._dirty: set[Identity] = set()
        self._writing: Deferred[None] | None = None
        self._timer: IDelayedCall | None = None
        self._again = False
        self._failed = False

    async def load(self, check: Callable[[bytes], Certificate | None]) -> None:
        """
        Read everything.  What is not valid any more is deleted, what cannot be read is logged; neither disturbs the
        rest.

        @raise wand.errors.StoreUnavailable: if the store cannot be read.
        """
        stored = await self._records.load(self._kind)
        head = _decoded(stored.pop(_HEAD, b""), _Head)
        registrations = [each for key, octets in stored.items() if (each := self._understood(key, octets, check))]
        newest = max((each.version for each in registrations), default=0)
        if head is not None and head.version >= newest:
            self.instance = head.instance
        self._roll.load(registrations, max(newest, head.version if head else 0))
        self.published = self._roll.version
        if head is None or self._dirty:
            self.write()

    def note(self, identity: Identity) -> None:
        """
        Write a member at the next occasion.
        """
        self._dirty.add(identity)
        self._later(PATIENCE)

    def write(self, identity: Identity | None = None) -> None:
        """
        Write a member that changed or is gone, and what waits, now.
        """
        if identity is not None:
            self._dirty.add(identity)
        if self._writing is not None:
            self._again = True
            return
        self._again = False
        version, batch = self._roll.version, self._batch()
        self._dirty.clear()
        self._writing = self._records.write(self._kind, batch)
        self._writing.addCallbacks(partial(self._written, version), partial(self._refused, batch, version))

    def beginAnew(self) -> None:
        """
        Give the log another name, so that nodes read it from its begin.
        """
        self.instance = self._entropy(8)
        self.write()

    async def stop(self) -> None:
        """
        Write what is not written yet.
        """
        await self._settled()
        if self._dirty:
            self.write()
            await self._settled()
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    async def _settled(self) -> None:
        while self._writing is not None:
            await self._writing

    def _batch(self) -> dict[bytes, bytes | None]:
        batch: dict[bytes, bytes | None] = {bytes(identity): self._encoded(identity) for identity in self._dirty}
        batch[_HEAD] = msgspec.msgpack.encode(_Head(self.instance, self._roll.version))
        return batch

    def _encoded(self, identity: Identity) -> bytes | None:
        registration = self._roll.get(identity)
        if registration is None:
            return None
        said = registration.announcement
        heard = self.heard.get(identity, self._clock.seconds())
        return msgspec.msgpack.encode(
            _Kept(
                said.signedCertificate,
                said.signedClaim,
                registration.endpoints,
                registration.since,
                self._context.epoch(heard),
                registration.version,
            )
        )

    def _understood(
        self, key: bytes, octets: bytes, check: Callable[[bytes], Certificate | None]
    ) -> Registration | None:
        kept = _decoded(octets, _Kept)
        if kept is None or len(key) != 32:
            self._log.warn("the store has a record of {key} that cannot be read", key=key.hex())
            return None
        identity = Identity(key)
        announcement = Announcement.verified(kept.certificate, kept.claim, check)
        if announcement is None or announcement.identity != identity:  # it expired, or was revoked
            self._dirty.add(identity)
            return None
        self.heard[identity] = self._clock.seconds() - max(0.0, self._context.wallClock() - kept.heard)
        return Registration(announcement, kept.endpoints, kept.since, kept.version)

    def _later(self, seconds: float) -> None:
        if self._timer is not None and self._timer.getTime() > self._clock.seconds() + seconds:
            self._timer.cancel()
            self._timer = None
        if self._timer is None:
            self._timer = self._clock.callLater(seconds, self._due)

    def _due(self) -> None:
        self._timer = None
        self.write()

    def _written(self, version: int, _: None) -> None:
        self._writing = None
        if self._failed:
            self._failed = False
            self._events.publish("store-recovered")
        self._publish(version)
        if self._again:
            self.write()

    def _refused(self, batch: dict[bytes, bytes | None], version: int, failure: Failure) -> None:
        self._writing = None
        self._dirty.update(Identity(key) for key in batch if key != _HEAD)
        self._later(RETRY)
        if not self._failed:
            self._failed = True
            self.instance = self._entropy(8)
            reason = failure.getErrorMessage()
            self._log.error("the directory cannot be stored; nodes are served all the same: {reason}", reason=reason)
            self._events.publish("store-failed", reason=reason)
        self._publish(version)

    def _publish(self, version: int) -> None:
        if version > self.published:
            self.published = version
            self._tell()


def _decoded(octets: bytes, kind: type[Content]) -> Content | None:
    try:
        return msgspec.msgpack.decode(octets, type=kind)
    except (msgspec.MsgspecError, ValueError, RecursionError):
        return None
