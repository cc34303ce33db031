"""
Hurry: what is bounded while initiations come fast, so that strangers cost little in all and members still get in.

A demand for a cookie is owed to everybody, however often its address asks: the owner of a forged address did not ask.
Only an initiation that has its cookie costs much, and only its sender's own address can use up what is granted to that.
"""

from __future__ import annotations

from mmap import mmap
from typing import Final

from wand.sealed.sessions.timers import (
    DEMANDS_ALL,
    INITIATIONS_ADDRESS,
    INITIATIONS_ALL,
    INITIATIONS_ENDPOINT,
    INITIATIONS_UNHURRIED,
)
from wand.underlay.place_kinds import subscriberOf

#: How many counts there are for addresses; some addresses share one, and nobody can say which.
SLOTS: Final = 65_536


class Hurry:
    """
    Counts initiations by the second, and says when cookies are to be demanded.
    """

    def __init__(self) -> None:
        self._second = -1
        self._count = self._before = 0
        self._begin()

    def _begin(self) -> None:
        self._tried = self._demanded = 0
        # Resident only where counts are: a quiet second has few.
        self._endpoints, self._addresses, self._asked = mmap(-1, SLOTS), mmap(-1, SLOTS), mmap(-1, SLOTS)

    def countOne(self, now: float) -> bool:
        """
        An initiation with the right mac1 came.

        @return: whether they come too fast, in this second or the one before.
        """
        second = int(now)
        if second != self._second:
            self._before = self._count if second == self._second + 1 else 0
            self._second, self._count = second, 0
            self._begin()
        self._count += 1
        return self._count > INITIATIONS_UNHURRIED or self._before > INITIATIONS_UNHURRIED

    def mayTry(self, sender: tuple[str, int], *, isPeer: bool) -> bool:
        """
        May an initiation that has its cookie be looked into, in this second, as far as its sender is concerned?

        @param isPeer: is a peer at this very endpoint?  Then its neighbours cannot use up what is granted to it.
        """
        if not _mayMore(self._endpoints, sender, INITIATIONS_ENDPOINT):
            return False
        return isPeer or _mayMore(self._addresses, subscriberOf(sender[0]), INITIATIONS_ADDRESS)

    def mayTryNow(self, limit: int = INITIATIONS_ALL) -> bool:
        """
        May one more be looked into, in this second, of those whose senders are no peers?  If not, it has to wait.

        @param limit: how many are.
        """
        self._tried += 1
        return self._tried <= limit

    def mayDemand(self) -> bool:
        """
        May one more demand for a cookie be sent, in this second?
        """
        self._demanded += 1
        return self._demanded <= DEMANDS_ALL

    def isFirst(self, host: str) -> bool:
        """
        Was nothing demanded of an address yet, in this second?
        """
        return _mayMore(self._asked, host, 1)


def _mayMore(counts: mmap, key: object, limit: int) -> bool:
    slot = hash(key) % SLOTS  # salted afresh in each process (object.__hash__)
    if counts[slot] >= limit:
        return False
    counts[slot] += 1
    return True
