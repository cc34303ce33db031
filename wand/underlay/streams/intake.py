"""
Intake: how much a stream may bring at once.

Tiny pieces cost far more than their octets: a read, a record of TLS, what is in it and a datagram are one I{event}
each, a frame of a WebSocket is four, and each takes some 8 us of a processor.  Every stream has credit for many more
events than real use has.  When it is spent nothing more is read for a while: TCP holds the other end back, and an
honest one puts more into each piece.  Streams that are held back share what there is for all of them, so that UDP stays
quick whatever comes in streams.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from twisted.internet.interfaces import IDelayedCall, IReactorTime

#: Events a second that a stream may bring in the long run, and at once: before a conversation uses it, and then.  One
#: datagram, alone in its record and read alone, makes four; in a frame of a WebSocket seven.
STRANGER_RATE: Final = 250.0
STRANGER_BURST: Final = 500.0
RATE: Final = 25_000.0
BURST: Final = 2_500.0

#: Events a second that all streams may bring that are held back, together.
RATE_ALL: Final = 50_000.0

#: Events of one turn; then other sockets and timers have theirs.
TURN: Final = 128.0


class Load:
    """
    What all streams of a program bring.

    @ivar held: how many are held back.
    """

    def __init__(self) -> None:
        self.held = 0


class Intake:
    """
    Reads one stream as fast as it may.

    @ivar transport: what is read; set when there is a connection.
    @ivar layers: called in their order when it goes on; each takes what it has kept.
    """

    def __init__(self, load: Load, clock: IReactorTime, *, isKnown: bool) -> None:
        """
        @param isKnown: is it no stranger's?
        """
        self.transport: Any = None
        self.layers: list[Callable[[], object]] = []
        self._load = load
        self._clock = clock
        self._at = clock.seconds()
        self._turn = TURN
        self._timer: IDelayedCall | None = None
        self._isOver = False
        self._rate, self._burst = (RATE, BURST) if isKnown else (STRANGER_RATE, STRANGER_BURST)
        self._left = self._burst

    def know(self, isKnown: bool) -> None:
        """
        A conversation begins to use it, or does not use it any more.
        """
        self._refill()
        self._rate, self._burst = (RATE, BURST) if isKnown else (STRANGER_RATE, STRANGER_BURST)
        self._left = self._burst if isKnown else min(self._left, self._burst)

    # HOT PATH

    def begin(self) -> None:
        """
        Something was read.
        """
        self._refill()
        self._turn = TURN
        self.spend(1)

    def spend(self, events: float) -> None:
        """
        So much of it was taken.
        """
        self._left -= events
        self._turn -= events

    @property
    def mayGoOn(self) -> bool:
        """
        May more be taken now?  If not, L{layers} are called later.
        """
        if self._left > 0 and self._turn > 0:
            return True
        self._holdBack()
        return False

    # COLD PATH

    def stop(self) -> None:
        """
        The stream is over.
        """
        self._isOver = True
        if self._timer is not None:
            self._timer.cancel()
            self._release()

    def _refill(self) -> None:
        now = self._clock.seconds()
        self._left = min(self._burst, self._left + (now - self._at) * self._rate)
        self._at = now

    def _holdBack(self) -> None:
        if self._timer is not None:
            return
        self.transport.pauseProducing()
        if self._isOver:
            return
        self._load.held += 1
        self._timer = self._clock.callLater(self._wait(), self._goOn)

    def _wait(self) -> float:
        if self._left > 0 and self._load.held == 1:
            return 0.0
        return (TURN - min(0.0, self._left)) / min(self._rate, RATE_ALL / self._load.held)

    def _release(self) -> None:
        self._timer = None
        self._load.held -= 1

    def _goOn(self) -> None:
        self._release()
        self._refill()
        self._turn = TURN
        for each in self.layers:
            each()
        if self._timer is None and not self._isOver:
            self.transport.resumeProducing()
