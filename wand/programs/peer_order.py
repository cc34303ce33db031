"""
The order of the peers, for whoever looks at them page by page.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterable
from typing import Final

from twisted.internet.interfaces import IReactorTime

from wand.table import Peer

#: Seconds for which an order is good: about as long as it takes to ask for all pages.
LIFETIME: Final = 5.0


class PeerOrder:
    """
    Sorts the peers once for all pages of a listing, and not for each of them.
    """

    def __init__(self, clock: IReactorTime, named: Callable[[], Iterable[tuple[str, Peer]]]) -> None:
        """
        @param named: gives the peers, each with what it is called.
        """
        self._clock = clock
        self._named = named
        self._sorted: list[tuple[str, Peer]] = []
        self._since: float | None = None

    def page(self, after: str | None, count: int) -> list[tuple[str, Peer]]:
        """
        At most C{count} peers in the order of their names, those beyond C{after}.  Beyond the first page they are those
        that there were when somebody asked for it, shortly before.
        """
        now = self._clock.seconds()
        if after is None or self._since is None or now - self._since > LIFETIME:
            self._sorted, self._since = sorted(self._named(), key=_name), now
        start = 0 if after is None else bisect_right(self._sorted, after, key=_name)
        found = self._sorted[start : start + count]
        if len(found) < count:  # the last page: nothing is kept for nobody
            self._sorted, self._since = [], None
        return found


def _name(named: tuple[str, Peer]) -> str:
    return named[0]
