"""
Search: the way to a peer may be another than before, because an address or a route of this host changed, or because the
peer is said to be elsewhere.

The peer is asked for a sign of life in the session that there is, at once; so it learns of our new address, and the
mappings of NATs on both sides open.  Half a second later it is asked again, wherever it may be if it is silent; and a
second after that there is a new handshake.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, Protocol

from twisted.internet.interfaces import IDelayedCall, IReactorTime

#: Seconds from the first question to the second, and from that to the handshake.
AGAIN: Final = 0.5
PATIENCE: Final = 1.0


class Searched(Protocol):
    """
    The conversation whose peer is searched.
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

    def renew(self) -> None:
        """
        Begin a new handshake.
        """


class Search:
    """
    A search at work.
    """

    def __init__(self, clock: IReactorTime, searched: Searched, everywhere: bool) -> None:
        self._clock = clock
        self._searched = searched
        self.began = clock.seconds()
        self._timer: IDelayedCall | None = None
        self._after(AGAIN, self._again)
        searched.ask(everywhere)

    def stop(self) -> None:
        """
        Search no more.
        """
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _again(self) -> None:
        self._after(PATIENCE, self._giveUp)
        self._searched.ask(self._searched.isAwaiting)

    def _giveUp(self) -> None:
        self._timer = None
        if self._searched.isAwaiting:
            self._searched.renew()

    def _after(self, seconds: float, call: Callable[[], None]) -> None:
        self._timer = self._clock.callLater(seconds, call)
