"""
The outlet of a stream: hands what waits to the system, a little at a time, as it goes.
"""

from __future__ import annotations

import socket
from collections.abc import Callable
from contextlib import suppress
from typing import Any, Final

from wand.counters import Counters
from wand.underlay.streams.send_queue import SendQueue
from wand.underlay.streams.wires import Wire

#: Octets that are handed to the system at once: at first, at least and at most.  It is halved when they take longer
#: than L{SLOW} seconds, and doubled when they take less than L{QUICK}.
CHUNK_FIRST: Final = 64 << 10
CHUNK_MINIMUM: Final = 4 << 10
CHUNK_MAXIMUM: Final = 256 << 10
SLOW: Final = 0.02
QUICK: Final = 0.005

#: Octets that the kernel takes before it has sent those before them (tcp(7), C{TCP_NOTSENT_LOWAT}): what waits there
#: can be dropped no more.
UNSENT_MAXIMUM: Final = 16 << 10

#: Seconds after which the other end takes nothing any more.
STALL_PATIENCE: Final = 8.0


class Outlet:
    """
    Sends.

    @ivar queue: what waits.
    @ivar wire: what goes around it; C{None} while that is not known.
    @ivar transport: takes it; set when there is a connection.
    @ivar isFree: does the system wait for more?
    @ivar stalled: called when something is to be sent and the other end has taken nothing for L{STALL_PATIENCE}.
    """

    def __init__(self, wire: Wire | None, counters: Counters) -> None:
        self.queue = SendQueue(counters)
        self.wire = wire
        self.transport: Any = None
        self.isFree = False
        self.stalled: Callable[[], object] = lambda: None
        self._counters = counters
        self._chunk = CHUNK_FIRST
        self._wroteAt = 0.0

    @property
    def isFlowing(self) -> bool:
        """
        Does the system take what it is given at once?
        """
        return self._chunk >= CHUNK_FIRST

    # HOT PATH

    def add(self, octets: bytes, count: int, now: float, *, kept: bool = False) -> None:
        """
        Send datagrams with their lengths, or let them wait; see L{SendQueue.add}.
        """
        self.queue.add(octets, count, now, kept=kept)
        if self.isFree:
            self._pump(now)
        elif self._wroteAt and now - self._wroteAt > STALL_PATIENCE:
            self.stalled()

    def goOn(self, now: float) -> None:
        """
        The system took all that it was given.
        """
        if self._wroteAt:
            took = now - self._wroteAt
            self._wroteAt = 0.0
            if took > SLOW:
                self._chunk = max(CHUNK_MINIMUM, self._chunk >> 1)
            elif took < QUICK:
                self._chunk = min(CHUNK_MAXIMUM, self._chunk << 1)
        if self.wire is not None and self.wire.isOpen:
            self._pump(now)

    def _pump(self, now: float) -> None:
        pieces = self.queue.take(self._chunk, now) if self.queue else None
        self.isFree = not pieces
        if pieces and self.wire is not None:
            self._wroteAt = now
            octets = self.wire.wrapped(pieces)
            self._counters["stream-sent-bytes"] += len(octets)
            self.transport.write(octets)

    # COLD PATH

    def answer(self, now: float, *, isOpen: bool) -> None:
        """
        Send what the wire has to say.

        @param isOpen: do datagrams go, too?  Then answers that nobody reads would pile up, and are left out.
        """
        wire = self.wire
        if wire is None or not wire.answer or self.transport is None:
            return
        octets, wire.answer = wire.answer, b""
        if isOpen:
            if self._wroteAt:
                return
            self.isFree, self._wroteAt = False, now
        self.transport.write(octets)


def makePrompt(raw: Any) -> None:
    """
    Have the kernel send at once, and keep little.
    """
    with suppress(OSError, AttributeError):  # a simulated connection has no socket
        raw.setTcpNoDelay(True)
        raw.setTcpKeepAlive(True)
        raw.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NOTSENT_LOWAT, UNSENT_MAXIMUM)
