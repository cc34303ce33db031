"""
What is called in which thread: what may wait in that of the reactor, and what is the reactor's in others.
"""

from __future__ import annotations

import os
import socket
import sqlite3
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from time import monotonic
from types import FrameType
from typing import Any, Final

from twisted.internet.defer import Deferred
from twisted.internet.task import Clock

from wand.events import Events
from wand.health.notes import Notes
from wand.table import Table
from wand.worker import SameThread

#: What waits for a disk, a server or a program, or for nothing.
_WAITING: Final = (
    *(os.fsync, os.fdatasync, os.sync, os.waitpid, time.sleep),
    *(socket.getaddrinfo, socket.gethostbyname, socket.gethostbyaddr, socket.getnameinfo),
)
_WAITING_NAMES: Final = {getattr(each, "__qualname__", ""): getattr(each, "__module__", "") for each in _WAITING}
_DATABASES: Final = (sqlite3.Connection, sqlite3.Cursor)
_STATEMENTS: Final = ("execute", "executemany", "executescript", "commit")

#: What belongs to the thread of the reactor.
_REACTORS: Final = {
    code.__code__: code.__qualname__
    for code in (
        *(Deferred.callback, Deferred.errback, Clock.callLater),
        *(Events.publish, Notes.say, Notes.clear, Table.put, Table.remove),
    )
}

_OURS: Final = "wand.testing."


@contextmanager
def waits(case: object) -> Iterator[list[str]]:
    """
    Notice calls that may wait, made in this thread within the C{with} and not by a worker.

    @param case: the test, which may wait itself.
    @return: what was called, and where.
    """
    found: list[str] = []

    def noticed(frame: FrameType, event: str, called: Any) -> None:
        name = _waiting(frame, event, called)
        if name and _isItsOwn(frame, case):
            found.append(f"{name} at {frame.f_code.co_filename}:{frame.f_lineno}")

    before = sys.getprofile()
    sys.setprofile(noticed)
    try:
        yield found
    finally:
        sys.setprofile(before)


@contextmanager
def strayCalls(seconds: float, others: Sequence[Any]) -> Iterator[list[str]]:
    """
    Notice what threads that are started within the C{with} call that is the reactor's.

    @param seconds: for how long their end is awaited.
    @param others: functions that are the reactor's, too.
    @return: what was called, and in which thread, once the C{with} has ended.
    """
    found: list[str] = []
    codes = {**_REACTORS, **{each.__code__: each.__qualname__ for each in others}}

    def noticed(frame: FrameType, event: str, called: Any) -> None:
        name = codes.get(frame.f_code) if event == "call" else None
        if name:
            found.append(f"{name} in the thread {threading.current_thread().name}")

    before, running = threading.getprofile(), set(threading.enumerate())
    threading.setprofile(noticed)
    try:
        yield found
    finally:
        until = monotonic() + seconds
        for each in set(threading.enumerate()) - running:
            each.join(max(0.0, until - monotonic()))
        threading.setprofile(before)


def _waiting(frame: FrameType, event: str, called: Any) -> str:
    if event == "call":  # some are written in Python
        code = frame.f_code
        isIt = _WAITING_NAMES.get(code.co_name) == frame.f_globals.get("__name__")
        return code.co_name if isIt else ""
    if event != "c_call":
        return ""
    if called in _WAITING:
        return str(called.__qualname__)
    if isinstance(getattr(called, "__self__", None), _DATABASES) and called.__name__ in _STATEMENTS:
        return str(called.__qualname__)
    return ""


def _isItsOwn(frame: FrameType | None, case: object) -> bool:
    """
    Is it the plugin that calls, in the thread of the reactor?
    """
    isPlugins = False
    while frame is not None and not str(frame.f_globals.get("__name__", "")).startswith(_OURS):
        if frame.f_code is SameThread.do.__code__ or frame.f_locals.get("self") is case:
            return False
        isPlugins = True
        frame = frame.f_back
    return isPlugins
