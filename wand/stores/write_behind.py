"""
Write-behind: nobody waits for the store when a record changes, and no record is lost because the store was away.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final, Generic, TypeVar

from twisted.internet.defer import Deferred
from twisted.logger import Logger
from twisted.python.failure import Failure

from wand.interfaces import Context, IRecords
from wand.timing.timer import Timer

#: Seconds until a store that refused a write is tried again; doubled each time, up to the maximum.
RETRY_FIRST: Final = 2.0
RETRY_MAXIMUM: Final = 30.0

#: How many records wait for a store that refuses them; beyond that the oldest are given up.
WAITING_MAXIMUM: Final = 40_000

#: The key of the note that says that the store refuses.
NOTE: Final = "store-unwritten"

Value = TypeVar("Value")


def _nobody(group: Mapping[bytes, object], isStored: bool) -> None:
    pass


class WriteBehind(Generic[Value]):
    """
    Writes the records of one kind: one write at a time.  What changes meanwhile is written together, in the next.

    While the store refuses, everything waits and is tried again with growing pauses; a note says so until it is stored.
    """

    _log = Logger()

    def __init__(
        self,
        kind: str,
        records: IRecords,
        encode: Callable[[Value], bytes],
        context: Context,
        consequence: str,
        *,
        delay: float,
        told: Callable[[Mapping[bytes, Value | None], bool], object] = _nobody,
        waitingMaximum: int = WAITING_MAXIMUM,
    ) -> None:
        """
        @param kind: the kind of the records in the store.
        @param encode: makes the octets of a record, when it is written.
        @param consequence: what it means that the store refuses: a sentence without its full stop, for the operator.
        @param delay: seconds within which L{writeLater} writes.
        @param told: called after each write with the records of it, and whether the store has them now.
        @param waitingMaximum: how many records wait at most.
        """
        self._kind = kind
        self._records = records
        self._encode = encode
        self._events = context.events
        self._failures = context.failures
        self._notes = context.notes
        self._consequence = consequence
        self._delay = delay
        self._told = told
        self._waitingMaximum = waitingMaximum
        self._waiting: dict[bytes, Value | None] = {}
        self._writing: Deferred[None] | None = None
        self._timer = Timer(context.clock, self._due)
        self._isUrgent = False
        self._isStopping = False
        self._refusals = 0

    @property
    def isPaused(self) -> bool:
        """
        Did the store refuse the last write, and is it left alone for now?
        """
        return bool(self._refusals) and self._writing is None

    def write(self, changes: Mapping[bytes, Value | None]) -> None:
        """
        Set records as soon as the store takes them, all in one write; C{None} deletes.
        """
        for key, value in changes.items():
            self._put(key, value)
        self._isUrgent = True
        self._proceed()

    def writeLater(self, key: bytes, value: Value | None) -> None:
        """
        Set a record with the next write; C{None} deletes.
        """
        self._put(key, value)
        self._proceed()

    def stop(self) -> Deferred[None]:
        """
        Write what waits, once, and leave no timer behind.

        @return: fires when that was tried.
        """
        self._isStopping = True
        self._timer.stop()
        return Deferred.fromCoroutine(self._finish())

    async def _finish(self) -> None:
        if self._writing is not None:
            await self._writing
        self._writeGroup()
        if self._writing is not None:
            await self._writing

    def _put(self, key: bytes, value: Value | None) -> None:
        self._waiting.pop(key, None)  # the newest goes last, so that the oldest is given up
        self._waiting[key] = value
        self._trim()

    def _trim(self) -> None:
        while len(self._waiting) > self._waitingMaximum:
            del self._waiting[next(iter(self._waiting))]

    def _proceed(self) -> None:
        """
        Write what waits, or see to it that it is written in time.
        """
        if self._writing is not None or not self._waiting:
            return
        if self._isUrgent and not self._refusals:
            self._writeGroup()
        elif not self._timer.isSet:
            self._schedule(self._delay)

    def _schedule(self, seconds: float) -> None:
        self._timer.stop()
        if not self._isStopping:
            self._timer.set(seconds)

    def _due(self) -> None:
        self._isUrgent = bool(self._waiting)
        self._writeGroup()

    def _writeGroup(self) -> None:
        if self._writing is not None or not self._waiting:
            return
        group, self._waiting, self._isUrgent = self._waiting, {}, False
        octets = {bytes(key): None if value is None else self._encode(value) for key, value in group.items()}
        self._writing = self._records.write(self._kind, octets)
        self._writing.addCallbacks(self._stored, self._refused, callbackArgs=(group,), errbackArgs=(group,))

    def _stored(self, _: None, group: dict[bytes, Value | None]) -> None:
        self._writing = None
        if self._refusals:
            self._refusals = 0
            self._notes.clear(NOTE)
            self._events.publish("store-recovered")
        self._tell(group, True)
        self._proceed()

    def _refused(self, failure: Failure, group: dict[bytes, Value | None]) -> None:
        self._writing = None
        newer, self._waiting = self._waiting, dict(group)
        for key, value in newer.items():
            self._put(key, value)
        self._schedule(min(RETRY_MAXIMUM, RETRY_FIRST * 2.0 ** min(self._refusals, 9)))
        self._refusals += 1
        text = f"the store cannot be written: {failure.getErrorMessage()}. {self._consequence}"
        if self._refusals == 1:
            self._log.error("{text}", text=text)
            self._events.publish("store-failed", reason=failure.getErrorMessage())
        self._notes.say(NOTE, text)
        self._tell(group, False)

    def _tell(self, group: dict[bytes, Value | None], isStored: bool) -> None:
        try:
            self._told(group, isStored)
        except Exception:  # whatever the owner does, what waits is written
            self._failures.caught("owner of records")
