"""
A part of the contract of stores: programs that are killed at any point of a write, and disks that are full.
"""

from __future__ import annotations

import os
import resource
import signal
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, Final

from twisted.python.failure import Failure

from wand.errors import StoreUnavailable
from wand.testing import store_rules as rules
from wand.testing.crash_points import killAtCall
from wand.testing.record_survival import RecordSurvival

#: What the store holds, and what is written then.
_BEFORE: Final = {b"%d" % number: b"old" for number in range(5)}
_CHANGES: Final = {**{b"%d" % number: b"new" for number in range(4)}, b"4": None, b"5": b"new"}
_AFTER: Final = {key: value for key, value in _CHANGES.items() if value is not None}

#: At how many calls of a write a program is killed, one after the other.
_CALLS: Final = 40

#: How many octets a file may have on a disk that is full, and how many are written.
_ROOM: Final = 128 * 1024
_TOO_MUCH: Final = 1024 * 1024


class RecordAccidents(RecordSurvival):
    """
    Each step of a write, and no room for it.
    """

    def test_survivesBeingKilledAtAnyStep(self) -> None:
        """
        Wherever in a write a program is killed, the write is done wholly or not at all, and nothing else is lost.
        """
        if not self.isDurable or not self.canFork:
            return
        for number in range(_CALLS):
            self.write({**_BEFORE, b"5": None})
            isDone = bool(self._inAnother(partial(self._writeUntil, number)))
            self.openAfterKill()
            found = self.loaded()
            wanted = (_AFTER,) if isDone else (dict(_BEFORE), _AFTER)
            rule = rules.SURVIVES_KILL if isDone else rules.ALL_OR_NONE
            self.expect(found in wanted, rule, f"killed at call {number} of a write to the system, it left {found}")
            if isDone:
                return

    def _writeUntil(self, number: int, told: int) -> None:
        begin = killAtCall(number)
        records = self.reopened()
        self.answerOf(records.load("a"), "load()")
        begin()
        self.answerOf(records.write("a", _CHANGES), "write()")
        os.write(told, b"done")

    def test_whatFindsNoRoomIsNotAcknowledged(self) -> None:
        """
        On a disk that is full a write fails, and what was there before stays.
        """
        if not self.isDurable or not self.canFork:
            return
        self.write(_BEFORE)
        large = {b"0": b"new", b"large": b"x" * _TOO_MUCH, b"1": None}
        said = self._inAnother(partial(self._writeWithoutRoom, large)).decode()
        self.expect(said in ("done", "failed"), rules.NO_ROOM, said or "the program did not come so far")
        self.openAfterKill()
        found = self.loaded()
        if said == "done":
            isThere = found.get(b"large") == large[b"large"]
            self.expect(isThere, rules.NO_ROOM, "it was acknowledged, and is not there when the store is opened again")
        else:
            short = {key: value[:10] for key, value in found.items()}
            self.expect(found == _BEFORE, rules.NO_ROOM, f"it failed, and the store holds {short} then")

    def _writeWithoutRoom(self, records: Mapping[bytes, bytes | None], told: int) -> None:
        opened = self.reopened()
        self.answerOf(opened.load("a"), "load()")
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (_ROOM, _ROOM))
        try:
            asked: Any = opened.write("a", records)
            (answer,) = self.answerOf(asked.addBoth(lambda result: (result,)), "write()")
        except Exception as error:
            os.write(told, f"write() raised {error!r}"[:1000].encode())
            return
        if not isinstance(answer, Failure):
            os.write(told, b"done")
        elif answer.check(StoreUnavailable):
            os.write(told, b"failed")
        else:
            os.write(told, f"write() failed with {answer.value!r}"[:1000].encode())

    def _inAnother(self, do: Callable[[int], object]) -> bytes:
        """
        Close the store, do something in another process, and kill that when it is done.

        @param do: what; it gets a descriptor into which it may write something.
        @return: what it wrote.
        """
        self.closed()
        reading, writing = os.pipe()
        child = os.fork()
        if not child:
            try:
                do(writing)
            finally:
                os.kill(os.getpid(), signal.SIGKILL)
        os.close(writing)
        try:
            told = b""
            while more := os.read(reading, 4096):
                told += more
        finally:
            os.close(reading)
            os.kill(child, signal.SIGKILL)
            os.waitpid(child, 0)
        return told
