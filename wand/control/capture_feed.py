# mypy: allow-untyped-calls
# (AMP's own methods have no types.)
"""
The frames of a capture on their way to a client that may be slow.
"""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, Final, Protocol

from twisted.internet.interfaces import IDelayedCall, IReactorTime

from wand.control.program import Program, RunningCapture
from wand.control.values import VALUE_MAXIMUM
from wand.errors import NotPermitted

if TYPE_CHECKING:
    from wand.capture.recording import Wanted

COUNTERS: Final = {"captured-lost": "frames that are missing in a capture because its client did not read fast enough"}

#: Seconds for which frames are gathered.
GATHERING: Final = 0.02

#: The most octets that wait for a client.
WAITING_MAXIMUM: Final = 8_000_000


class Client(Protocol):
    """
    A connection that is told of frames.
    """

    paused: bool

    def captured(self, blocks: bytes, frames: int, lost: int) -> None:
        """
        Tell of frames.
        """


class CaptureFeed:
    """
    The capture of one connection, if it has one.
    """

    def __init__(self, program: Program, clock: IReactorTime, client: Client) -> None:
        program.counters.declare(COUNTERS)
        self._program = program
        self._clock = clock
        self._client = client
        self._running: RunningCapture | None = None
        self._timer: IDelayedCall | None = None
        self._waiting: deque[bytes] = deque()
        self._octets = 0
        self._lost = 0

    @property
    def isRunning(self) -> bool:
        """
        Is there a capture?
        """
        return self._running is not None

    def begin(self, wanted: Wanted) -> bytes:
        """
        Begin it.

        @return: the beginning of the file.
        @raise wand.errors.WandError: if it cannot be so.
        """
        if self._running is not None:
            raise NotPermitted("a capture runs on this connection already: end it first")
        self._lost = 0
        self._running = self._program.capture(wanted, self._take)
        return self._running.head

    def end(self) -> int:
        """
        End it, and send what waits.  Without a capture nothing happens.

        @return: how many frames were lost.
        """
        self.drop(hasClient=True)
        return self._lost

    def drop(self, *, hasClient: bool = False) -> None:
        """
        End it because the client is gone.
        """
        if self._running is not None:
            running, self._running = self._running, None
            running.stop()
        if self._timer is not None:
            timer, self._timer = self._timer, None
            timer.cancel()
        while hasClient and self._waiting:
            self._sendSome()
        self._waiting.clear()
        self._octets = 0

    def resume(self) -> None:
        """
        The client reads again.
        """
        while self._waiting and not self._client.paused:
            self._sendSome()

    def _take(self, block: bytes) -> None:
        if self._octets + len(block) > WAITING_MAXIMUM:
            self._lost += 1
            self._program.counters["captured-lost"] += 1
            return
        self._waiting.append(block)
        self._octets += len(block)
        if self._timer is None:
            self._timer = self._clock.callLater(GATHERING, self._gathered)

    def _gathered(self) -> None:
        self._timer = None
        self.resume()

    def _sendSome(self) -> None:
        blocks: list[bytes] = []
        size = 0
        while self._waiting and size + len(self._waiting[0]) <= VALUE_MAXIMUM:
            blocks.append(self._waiting.popleft())
            size += len(blocks[-1])
        self._octets -= size
        self._client.captured(b"".join(blocks), len(blocks), self._lost)
