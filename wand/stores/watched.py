"""
The store of a server as its operator sees it: a note says that nothing can be changed, or that it does not answer.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Final, TypeVar

from twisted.internet.defer import Deferred
from twisted.python.failure import Failure
from zope.interface import implementer

from wand.conditional_exchange import exchangeIf
from wand.errors import StoreUnavailable
from wand.interfaces import Context, Held, IConditionalRecords, IRecords
from wand.timing.timer import Timer

#: Seconds without an answer from the store after which a note says so.
ANSWER_SLOW: Final = 2.0

Result = TypeVar("Result")


@implementer(IConditionalRecords)
class WatchedRecords:
    """
    Records that say, in the notes C{store} and C{store-slow}, whether they can be written and whether they answer.
    """

    def __init__(self, records: IRecords, context: Context) -> None:
        """
        @param records: the open store.
        """
        self._records = records
        self._notes = context.notes
        self._underWay = 0
        self._isClosed = False
        self._timer = Timer(context.clock, self._slow)

    def load(self, kind: str) -> Deferred[dict[bytes, bytes]]:
        """
        See L{IRecords}.
        """
        return self._watched(self._records.load(kind))

    def write(self, kind: str, records: Mapping[bytes, bytes | None]) -> Deferred[None]:
        """
        See L{IRecords}.  A write-behind itself says when that fails; see L{wand.stores.write_behind}.
        """
        return self._watched(self._records.write(kind, records)).addCallback(partial(self._written, True))

    def exchange(self, kind: str, key: bytes, expected: bytes | None, value: bytes | None) -> Deferred[bool]:
        """
        See L{IRecords}.
        """
        return self._exchanged(self._records.exchange(kind, key, expected, value))

    def exchangeIf(
        self, kind: str, key: bytes, expected: bytes | None, value: bytes | None, others: Sequence[Held]
    ) -> Deferred[bool]:
        """
        See L{IConditionalRecords}.
        """
        return self._exchanged(exchangeIf(self._records, kind, key, expected, value, others))

    def watch(
        self, kind: str, changed: Callable[[Mapping[bytes, bytes | None]], object], missed: Callable[[], object]
    ) -> Callable[[], None]:
        """
        See L{IRecords}.
        """
        return self._records.watch(kind, changed, missed)

    def close(self) -> Deferred[None]:
        """
        See L{IRecords}.
        """
        self._isClosed = True
        self._timer.stop()
        return self._records.close()

    def _exchanged(self, asked: Deferred[bool]) -> Deferred[bool]:
        return self._watched(asked).addCallbacks(lambda isSet: self._written(isSet, isSet), self._refused)

    def _written(self, isWritten: bool, result: Result) -> Result:
        if isWritten:
            self._notes.clear("store")
        return result

    def _refused(self, failure: Failure) -> Failure:
        if failure.check(StoreUnavailable):
            self._notes.say(
                "store",
                f"the store cannot be written: {failure.getErrorMessage()}. Members are not disturbed; until "
                "it can, nobody joins and nothing about the members can be changed",
            )
        return failure

    # How long it takes.

    def _watched(self, asked: Deferred[Result]) -> Deferred[Result]:
        if asked.called and not asked.paused:  # one that was called may wait for another all the same
            return asked
        self._underWay += 1
        if not self._timer.isSet and not self._isClosed:
            self._timer.set(ANSWER_SLOW)
        return asked.addBoth(self._answered)

    def _slow(self) -> None:
        self._notes.say(
            "store-slow",
            "the store does not answer: another program holds it (a backup?), the disk hangs, or its server is away. "
            "What waits for it goes on as soon as it answers",
        )

    def _answered(self, result: Result) -> Result:
        self._underWay -= 1
        self._notes.clear("store-slow")
        self._timer.stop()
        if self._underWay and not self._isClosed:
            self._timer.set(ANSWER_SLOW)
        return result
