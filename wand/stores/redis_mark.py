"""
Where a server was in the stream of changes, on its own disk: so it notices after a start what Redis has lost meanwhile.
"""

from __future__ import annotations

import re
from hashlib import sha256
from typing import Any, Final

import msgspec
from twisted.internet.defer import Deferred, succeed
from twisted.logger import Logger
from twisted.python.failure import Failure

from wand.errors import StateUnavailable
from wand.interfaces import Context
from wand.stores.redis_scripts import entryRead
from wand.timing.timer import Timer

#: Seconds after which it is written how far we came, at most.
INTERVAL: Final = 10.0

_ID: Final = re.compile(rb"[0-9]{1,18}-[0-9]{1,18}")


class Mark(msgspec.Struct, frozen=True):
    """
    An entry of the stream, as we know it again.

    @ivar name: its id.
    @ivar number: that of the change; 0 if nobody of us wrote it.
    @ivar digest: of all that is in it; which may be a secret.
    """

    name: bytes
    number: int
    digest: bytes


def markOf(entry: list[Any]) -> Mark:
    """
    How we know an entry again.
    """
    change = entryRead(entry, b"")
    return Mark(entry[0], 0 if change is None else change.number, sha256(msgspec.msgpack.encode(entry)).digest())


class KeptMark:
    """
    Keeps the last one.
    """

    _log = Logger()

    def __init__(self, context: Context, stream: str) -> None:
        """
        @param stream: the name of the stream.
        """
        self._store = context.store
        self._key = stream.encode()
        self._timer = Timer(context.clock, self._write)
        self._last: Mark | None = None

    async def load(self) -> Mark | None:
        """
        What was kept before the start; C{None} if there is nothing, or nothing that can be read.
        """
        try:
            octets = (await self._store.load()).get(self._key)
            mark = None if octets is None else msgspec.msgpack.decode(octets, type=Mark)
            if mark is not None and not _ID.fullmatch(mark.name):
                raise ValueError("it is no entry of a stream")
        except (StateUnavailable, msgspec.MsgspecError, ValueError) as error:
            self._log.warn("how far the changes in Redis were read is not known: {error}", error=error)
            return None
        return mark

    def keep(self, mark: Mark) -> None:
        """
        Keep another one, within some seconds.
        """
        self._last = mark
        if not self._timer.isSet:
            self._timer.set(INTERVAL)

    def forget(self) -> None:
        """
        Keep none any more: it is known that Redis has lost it, which is to be noticed once.
        """
        self._last = None
        self._write()

    def close(self) -> Deferred[None]:
        """
        Keep it now.
        """
        return self._write() if self._timer.isSet else succeed(None)

    def _write(self) -> Deferred[None]:
        self._timer.stop()
        octets = None if self._last is None else msgspec.msgpack.encode(self._last)
        return self._store.write({self._key: octets}).addErrback(self._notWritten)

    def _notWritten(self, failure: Failure) -> None:
        failure.trap(StateUnavailable)
        self._log.warn("how far the changes in Redis were read is not kept: {error}", error=failure.getErrorMessage())
