"""
A limit of real time: what blocks is told where it does, and does not hang.
"""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import NoReturn

#: Whose functions are not the plugin's.
_OURS = ("wand.testing.", "twisted.trial.", "unittest.", "_pytest.")


class TooSlow(BaseException):
    """
    Something took too long.  It is no C{Exception}, so that what catches all of those lets it pass.
    """


@contextmanager
def limited(seconds: float) -> Iterator[None]:
    """
    Raise L{TooSlow} where what is done within the C{with} takes too long, and again wherever it goes on for as long
    after that.  Only the main thread can be limited, and only where there are interval timers (setitimer(2)).
    """
    if threading.current_thread() is not threading.main_thread() or not hasattr(signal, "setitimer"):
        yield
        return

    def late(_: int, frame: FrameType | None) -> NoReturn:
        raise TooSlow(_diagnosis(seconds, frame))

    before = signal.signal(signal.SIGALRM, late)
    remaining, interval = signal.setitimer(signal.ITIMER_REAL, seconds, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, remaining, interval)
        signal.signal(signal.SIGALRM, before)


def _name(frame: FrameType) -> str:
    """
    What is called, by the class of the object rather than by that which defines it.
    """
    if "self" in frame.f_locals:
        return f"{type(frame.f_locals['self']).__name__}.{frame.f_code.co_name}"
    return frame.f_code.co_qualname


def _diagnosis(seconds: float, frame: FrameType | None) -> str:
    where, called = "", ""
    while frame is not None and not frame.f_globals.get("__name__", "").startswith(_OURS):
        where = where or f"{frame.f_code.co_filename}:{frame.f_lineno}"
        called = _name(frame)
        frame = frame.f_back
    return (
        f"every plugin: nothing that it does waits for anybody.\nFound: after {seconds:g} s {called or 'the test'} "
        f"has not returned; it waits or loops at {where or 'a place of the test itself'}.\nWhy: the program has one "
        "thread: while one call waits, no frame passes, no timer runs, no command is answered. Open what you read and "
        "write non-blocking; what must wait is done by a worker (context.makeWorker)."
    )
