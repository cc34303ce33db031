"""
Search: the way to a peer may be another than before, because an address or a route of this host changed, or because the
peer is said to be elsewhere.

The peer is asked for a sign of life in the session that there is, at once; so it learns of our new address, and the
mappings of NATs on both sides open.  Half a second later it is asked again, wherever it may be if it is silent; and a
second after that a new handshake begins.
"""

from __future__ import annotations

from collections.abc import Callable
from math import inf
from typing import Final, Protocol

from twisted.internet.interfaces import IDelayedCall, IReactorTime

#: Seconds from the first question to the second, and from that to the handshake.
QUESTION_INTERVAL: Final = 0.5
HANDSHAKE_PATIENCE: Final = 1.0


class Searched(Protocol):
    """
    The link to the peer that is searched.
    """

    @property
    def isAwaiting(self) -> bool:
        """
        Was nothing heard since the last question?
        """

    def ask(self, everywhere: bool) -> None:
        """
        Ask the peer for a sign of life.

        @param everywhere: not only where it was heard, but wherever it may be.
        """


class Search:
    """
    Searches for one peer, whenever it is begun.
    """

    def __init__(self, clock: IReactorTime, searched: Searched, renew: Callable[[], object]) -> None:
        """
        @param renew: begins a new handshake.
        """
        self._clock = clock
        self._searched = searched
        self._renew = renew
        self._began = -inf
        self._timer: IDelayedCall | None = None

    @property
    def hasJustBegun(self) -> bool:
        """
        Was the peer asked so recently that it need not be asked again?
        """
        return self._clock.seconds() < self._began + QUESTION_INTERVAL

    def begin(self, everywhere: bool) -> None:
        """
        Search, in place of a search before.

        @param everywhere: see L{Searched.ask}.
        """
        self.stop()
        self._began = self._clock.seconds()
        self._after(QUESTION_INTERVAL, self._again)
        self._searched.ask(everywhere)

    def stop(self) -> None:
        """
        Stop searching.
        """
        self._began = -inf
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _again(self) -> None:
        self._after(HANDSHAKE_PATIENCE, self._giveUp)
        self._searched.ask(self._searched.isAwaiting)

    def _giveUp(self) -> None:
        self._timer = None
        if self._searched.isAwaiting:
            self._renew()

    def _after(self, seconds: float, call: Callable[[], None]) -> None:
        self._timer = self._clock.callLater(seconds, call)
