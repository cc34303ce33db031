"""
Reading the stream of changes in Redis, on a connection of its own.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from twisted.internet.defer import CancelledError, Deferred, succeed
from twisted.internet.task import deferLater
from twisted.logger import Logger

from wand.errors import StoreUnavailable
from wand.interfaces import Context
from wand.stores.change_order import ChangeOrder
from wand.stores.redis_connection import ANSWER_PATIENCE, RedisConnection
from wand.stores.redis_mark import KeptMark, Mark, markOf
from wand.stores.redis_scripts import entryRead
from wand.stores.redis_settings import RedisSettings

#: Seconds that a question waits at the server for something new: if there is no answer by then, the connection is dead.
BLOCKING: Final = 5.0

#: How many entries are read at once.
COUNT: Final = 256

#: Seconds until it is read again, when that failed.
RETRY: Final = 0.5


class RedisReader:
    """
    Hands over every change, in its order; or says that some are missing.
    """

    _log = Logger()

    def __init__(
        self,
        settings: RedisSettings,
        context: Context,
        stream: str,
        own: bytes,
        order: ChangeOrder,
        missing: Callable[[], object],
        lost: Callable[[int], object],
        kept: KeptMark,
    ) -> None:
        """
        @param own: what we call ourselves as a writer.
        @param missing: called when L{start} is to be called again.
        @param lost: called with how many changes Redis has lost, at least.
        @param kept: keeps how far we came.
        """
        self._settings = settings
        self._clock = context.clock
        self._failures = context.failures
        self._stream = stream
        self._own = own
        self._order = order
        self._missing = missing
        self._lost = lost
        self._kept = kept
        self._connection: RedisConnection | None = None
        self._last: Mark | None = None
        self._reading: Deferred[None] | None = None
        self._pause: Deferred[Any] = succeed(None)

    async def remember(self) -> None:
        """
        Know what we read last before the start.
        """
        self._last = await self._kept.load()

    def start(self, last: Any) -> None:
        """
        Read on, or begin, after the entry that was the newest of the stream; C{None} if there was none.
        """
        if last is None:
            self._last = None
        else:
            self._came(last)
        self._order.restart(self._last.number if self._last else 0)
        if self._connection is None:
            self._connection = RedisConnection(self._settings, self._clock)
        if self._reading is None:
            self._reading = Deferred.fromCoroutine(self._read(self._connection))
            self._reading.addErrback(lambda failure: self._failures.caught("store redis", failure))

    def close(self) -> Deferred[None]:
        """
        Read no more.
        """
        connection, self._connection = self._connection, None
        self._pause.cancel()
        return succeed(None) if connection is None else connection.close()

    async def _read(self, connection: RedisConnection) -> None:
        isUnsure = False  # does the stream go on where we were?
        while self._connection is connection:
            try:
                if isUnsure and not await self.goesOn(connection):
                    self._missing()
                isUnsure = False
                answer = await self._asked(connection)
            except StoreUnavailable:
                isUnsure = True
                if self._connection is connection:
                    self._pause = deferLater(self._clock, RETRY)
                    await self._pause.addErrback(lambda failure: failure.trap(CancelledError))
                continue
            for _, entries in answer or ():
                self._take(entries)

    def _asked(self, connection: RedisConnection) -> Deferred[Any]:
        after = f"{self._order.position}-1"
        block = round(1000 * BLOCKING)
        command = ("XREAD", "BLOCK", block, "COUNT", COUNT, "STREAMS", self._stream, after)
        return connection.ask(*command, patience=BLOCKING + ANSWER_PATIENCE)

    async def goesOn(self, connection: RedisConnection) -> bool:
        """
        After a connection was lost, or a start: does the stream still have what we read last?  If not, Redis has lost
        changes, which is said once, or was away for so long that others wrote more than is kept.

        @raise StoreUnavailable: if it does not answer.
        """
        last = self._last
        if last is None:
            return True
        entries = await connection.ask("XREVRANGE", self._stream, last.name, "-", "COUNT", 1)
        found = markOf(entries[0]) if entries else None
        if found == last:
            return True
        # The oldest go first when it is shortened, and never all.
        isLost = found or not await connection.ask("XREVRANGE", self._stream, "+", "-", "COUNT", 1)
        if isLost and self._last is last:
            self._last = None
            self._kept.forget()
            self._lost(max(1, last.number - (found.number if found else 0)))
        return False

    def _came(self, entry: Any) -> None:
        self._last = markOf(entry)
        self._kept.keep(self._last)

    def _take(self, entries: list[Any]) -> None:
        for entry in entries:
            change = entryRead(entry, self._own)
            if change is None:
                self._log.error("the stream {stream} has an entry that is not ours", stream=self._stream)
            elif change.number > self._order.position + 1:
                self._missing()
                self._order.restart(change.number)
                self._came(entry)
            elif change.number == self._order.position + 1:  # else it was read before a start
                self._came(entry)
                self._order.came(change)
