"""
Write-behind: nobody waits for the store when a record changes, and no record is lost because the store was away.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from itertools import islice
from math import inf
from typing import Final, Generic, TypeVar

from twisted.internet.defer import Deferred
from twisted.logger import Logger
from twisted.python.failure import Failure

from wand.interfaces import Context, IRecords
from wand.timing.timer import Timer

#: Seconds until a store that refused a write is tried again; doubled each time, up to the maximum.
RETRY_FIRST: Final = 2.0
RETRY_MAXIMUM: Final = 30.0

#: Seconds from the beginning of one write to that of the next, at least, if the store takes time: what changes then
#: is written together.
GATHERED_WITHIN: Final = 0.05

#: How many records that may wait are written at a time, so that nothing else waits while they are encoded.
GROUP_MAXIMUM: Final = 500

#: How many records wait for a store that refuses them; beyond that the oldest are given up.  They
#: are in memory anyway.
WAITING_MAXIMUM: Final = 400_000

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
        self._clock = context.clock
        self._waiting: dict[bytes, Value | None] = {}
        self._later: dict[bytes, Value | None] = {}
        self._next = self._retryAt = -inf
        self._laterAt = inf
        self._writing: Deferred[None] | None = None
        self._timer = Timer(context.clock, self._proceed)
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
            self._later.pop(key, None)
            self._put(self._waiting, key, value)
        self._proceed()

    def writeLater(self, key: bytes, value: Value | None) -> None:
        """
        Set a record with the next write; C{None} deletes.
        """
        if key in self._waiting:
            self._put(self._waiting, key, value)
            return
        self._laterAt = min(self._laterAt, self._clock.seconds() + self._delay)
        self._put(self._later, key, value)
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

    def _put(self, waiting: dict[bytes, Value | None], key: bytes, value: Value | None) -> None:
        waiting.pop(key, None)  # the newest goes last, so that the oldest is given up
        waiting[key] = value
        while len(waiting) > self._waitingMaximum:
            del waiting[next(iter(waiting))]

    def _proceed(self) -> None:
        """
        Write what waits, or see to it that it is written in time.
        """
        if self._writing is not None or self._isStopping:
            return
        now = self._clock.seconds()
        if self._dueAt <= now:
            self._writeGroup()
        elif self._dueAt < self._timer.due:
            self._timer.set(self._dueAt - now)

    @property
    def _dueAt(self) -> float:
        if self._refusals:
            return self._retryAt
        return min(self._next if self._waiting else inf, self._laterAt)

    def _takeSome(self) -> None:
        """
        Of what may wait, write some with the next group if it is time.
        """
        now = self._clock.seconds()
        if now < self._laterAt and not self._isStopping:
            return
        for key in tuple(islice(self._later, None if self._isStopping else GROUP_MAXIMUM)):
            self._put(self._waiting, key, self._later.pop(key))  # newer than what was refused
        self._laterAt = now + GATHERED_WITHIN if self._later else inf

    def _writeGroup(self) -> None:
        self._takeSome()
        if self._writing is not None or not self._waiting:
            return
        group, self._waiting = self._waiting, {}
        octets = {bytes(key): None if value is None else self._encode(value) for key, value in group.items()}
        began = self._clock.seconds()
        self._writing = self._records.write(self._kind, octets)
        self._next = -inf if self._writing.called else began + GATHERED_WITHIN
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
            self._put(self._waiting, key, value)
        wait = min(RETRY_MAXIMUM, RETRY_FIRST * 2.0 ** min(self._refusals, 9))
        self._retryAt = self._clock.seconds() + wait
        self._refusals += 1
        text = f"the store cannot be written: {failure.getErrorMessage()}. {self._consequence}"
        if self._refusals == 1:
            self._log.error("{text}", text=text)
            self._events.publish("store-failed", reason=failure.getErrorMessage())
        self._notes.say(NOTE, text)
        self._tell(group, False)
        self._proceed()

    def _tell(self, group: dict[bytes, Value | None], isStored: bool) -> None:
        try:
            self._told(group, isStored)
        except Exception:  # whatever the owner does, what waits is written
            self._failures.caught("owner of records")
