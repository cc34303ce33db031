"""
Intake: how much a stream may bring at once.

Tiny pieces cost far more than their octets: a read, a record of TLS, what is in it and a datagram are one I{event}
each, a frame of a WebSocket is four, and each takes some 8 us of a processor.  Every stream has credit for many more
events than real use has.  When it is spent nothing more is read for a while: TCP holds the other end back, and an
honest one puts more into each piece.  Streams that are held back share what there is for all of them, so that UDP stays
quick whatever comes in streams; strangers have a share of their own, so that members are as quick however many
strangers there are.
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

#: Events a second that all streams may bring that are held back, together: those of members, and those of strangers.
RATE_MEMBERS: Final = 40_000.0
RATE_STRANGERS: Final = 10_000.0

#: Events of one turn; then other sockets and timers have theirs.
TURN: Final = 128.0


class Share:
    """
    What all members bring, or all strangers.

    @ivar rate: events a second of those that are held back, together.
    @ivar held: how many are.
    """

    def __init__(self, rate: float) -> None:
        self.rate = rate
        self.held = 0


class Load:
    """
    What all streams of a program bring.
    """

    def __init__(self) -> None:
        self.members = Share(RATE_MEMBERS)
        self.strangers = Share(RATE_STRANGERS)


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
        self._isOver = self._isHeld = False
        self._become(isKnown)
        self._left = self._burst

    def know(self, isKnown: bool) -> None:
        """
        A conversation begins to use it, or does not use it any more.
        """
        self._refill()
        self._release()
        self._become(isKnown)
        self._left = self._burst if isKnown else min(self._left, self._burst)
        if isKnown and self._timer is not None:
            self._timer.reset(0)

    def _become(self, isKnown: bool) -> None:
        self._isKnown = isKnown
        self._share = self._load.members if isKnown else self._load.strangers
        self._rate, self._burst = (RATE, BURST) if isKnown else (STRANGER_RATE, STRANGER_BURST)
        self._pace = self._rate

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
        self._release()
        timer, self._timer = self._timer, None
        if timer is not None:
            timer.cancel()

    def _refill(self) -> None:
        now = self._clock.seconds()
        self._left = min(self._burst, self._left + (now - self._at) * self._pace)
        self._at = now

    def _holdBack(self) -> None:
        if self._timer is not None:
            return
        self.transport.pauseProducing()
        if not self._isOver:
            self._refill()
            self._timer = self._clock.callLater(self._wait(), self._goOn)

    def _wait(self) -> float:
        if self._left > 0 and (self._isKnown or not self._share.held):
            return 0.0  # only its turn is over
        self._isHeld = True
        self._share.held += 1
        self._pace = min(self._rate, self._share.rate / self._share.held)
        return (TURN - min(0.0, self._left)) / self._pace

    def _release(self) -> None:
        if self._isHeld:
            self._isHeld = False
            self._share.held -= 1
            self._pace = self._rate

    def _goOn(self) -> None:
        self._timer = None
        self._refill()
        self._release()
        self._turn = TURN
        for each in self.layers:
            each()
        if self._timer is None and not self._isOver:
            self.transport.resumeProducing()
