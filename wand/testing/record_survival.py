"""
A part of the contract of stores: what is there afterwards.
"""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable
from itertools import count
from typing import Final

from twisted.internet.defer import Deferred

from wand.errors import StoreUnavailable
from wand.interfaces import IRecords
from wand.testing import store_rules as rules
from wand.testing.record_values import RecordValues

#: How many records a program writes at once until it is killed, and how often that is tried.
_RECORDS: Final = 100
_KILLS: Final = 4


class RecordSurvival(RecordValues):
    """
    Closing, restarts and crashes.

    @ivar isDurable: is what was written there when the store is opened again?  C{False} for a store that forgets
        everything by design.
    @ivar canFork: can it be opened in a process that was forked from that of the test?  One that works with the
        reactor, and not with a worker, cannot.
    """

    isDurable: bool = True
    canFork: bool = True

    def reopened(self) -> IRecords:
        """
        Open the same store again, as after a restart.
        """
        raise NotImplementedError("say how the store is opened again, or set isDurable = False")

    def closed(self) -> None:
        """
        Close the store.
        """
        raise NotImplementedError

    def use(self, records: IRecords) -> None:
        """
        Go on with other records.
        """
        raise NotImplementedError

    def test_closeFires(self) -> None:
        """
        To close it comes to an end, also another time.
        """
        self.write({b"k": b"1"})
        for doing in ("close()", "close(), called again"):
            with self.keeping(rules.CLOSE, doing):
                asked = self.records.close()
            self.answerOf(asked, doing, rules.CLOSE)

    def test_closeFinishesWhatIsUnderWay(self) -> None:
        """
        What was asked before it was closed is done.
        """
        self.loaded()  # it is open
        asked = [self.records.write("a", {b"%d" % number: b"x"}) for number in range(5)]
        self.answerOf(self.records.close(), "close()", rules.CLOSE)
        for each in asked:
            self.answerOf(each, "write(), before close()", rules.CLOSE)
        if self.isDurable:
            self.use(self.reopened())
            self.expectRecords({b"%d" % number: b"x" for number in range(5)}, rules.CLOSE)

    def test_closedStoreRaisesNothing(self) -> None:
        """
        A closed store fails what is asked of it, if it does, in the way that it is told.
        """
        records = self.records
        self.answerOf(records.close(), "close()", rules.CLOSE)
        calls: list[Callable[[], Deferred[object]]] = [
            lambda: records.load("a"),  # type: ignore[return-value, list-item]
            lambda: records.write("a", {b"k": b"1"}),  # type: ignore[return-value, list-item]
            lambda: records.exchange("a", b"k", None, b"1"),  # type: ignore[return-value, list-item]
        ]
        for call in calls:
            with self.keeping(rules.CLOSED, "a call after close()"):
                asked = call()
            ended = asked.addErrback(lambda failure: failure.trap(StoreUnavailable))
            self.answerOf(ended, "a call after close()", rules.CLOSED)

    def test_survivesARestart(self) -> None:
        """
        What was written, exchanged and deleted is so when the store is opened again.
        """
        if not self.isDurable:
            return
        self.write({b"k": b"1", b"l": b"2", b"": b""})
        self.write({b"l": None}, "a")
        self.write({b"k": b"3"}, "b")
        self.exchanged(b"m", None, b"4")
        self.closed()
        self.use(self.reopened())
        self.expectRecords({b"k": b"1", b"": b"", b"m": b"4"}, rules.SURVIVES)
        self.expectRecords({b"k": b"3"}, rules.SURVIVES, "b")
        self.write({b"n": b"5"})
        self.closed()
        self.use(self.reopened())
        self.expectRecords({b"k": b"1", b"": b"", b"m": b"4", b"n": b"5"}, rules.SURVIVES)

    def test_survivesBeingKilled(self) -> None:
        """
        A program that is killed in the middle of its writes has done each of them wholly or not at all, and all of
        those that were acknowledged.
        """
        if not self.isDurable or not self.canFork:
            return
        for attempt in range(_KILLS):
            acknowledged = self._killWriter(0.001 * attempt)
            self.openAfterKill()
            values = set(self.loaded().values())
            self.expect(len(values) <= 1, rules.ALL_OR_NONE, f"killed, it left values of several writes: {values}")
            last = int(values.pop()) if values else -1
            found = f"{acknowledged} writes were acknowledged, and it holds that of number {last + 1}"
            self.expect(last + 1 >= acknowledged, rules.SURVIVES_KILL, found)
            counted = int(self.loaded("exchanged").get(b"k", b"-1"))
            found = f"{acknowledged} exchanges were acknowledged, and it holds that of number {counted + 1}"
            self.expect(counted + 1 >= acknowledged, rules.SURVIVES_KILL, found)
            self.write({b"%d" % number: None for number in range(_RECORDS)})
            self.write({b"k": None}, "exchanged")

    def openAfterKill(self) -> None:
        """
        Open the store again after a program was killed that had it open.
        """
        with self.keeping(rules.OPENS_AFTER_KILL, "open(), after a program was killed that had it open,"):
            self.use(self.reopened())

    def _killWriter(self, patience: float) -> int:
        """
        Let another process write the same records again and again, and kill it some time after the third.

        @param patience: for how many seconds to wait after that.
        @return: how many writes were acknowledged.
        """
        self.closed()
        reading, writing = os.pipe()
        child = os.fork()
        if not child:
            self._writeForever(writing)
        os.close(writing)
        try:
            told = b""
            while len(told) < 3 and (more := os.read(reading, 1)):
                told += more
            time.sleep(patience)
        finally:
            os.kill(child, signal.SIGKILL)
            os.waitpid(child, 0)
        while more := os.read(reading, 65_536):
            told += more
        os.close(reading)
        return len(told)

    def _writeForever(self, told: int) -> None:
        try:
            records = self.reopened()
            for number in count():
                asked = records.write("a", {b"%d" % key: b"%d" % number for key in range(_RECORDS)})
                self.answerOf(asked, "write()")
                before = b"%d" % (number - 1) if number else None
                self.answerOf(records.exchange("exchanged", b"k", before, b"%d" % number), "exchange()")
                os.write(told, b".")
        finally:
            os.kill(os.getpid(), signal.SIGKILL)
