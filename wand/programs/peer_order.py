"""
The peers of a node in the order of what they are called, for lists that are shown page by page.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterable
from math import inf
from typing import Final

from twisted.internet.interfaces import IReactorTime

from wand.table import Peer

#: For how many seconds an order stands, at most: a list of thousands of peers is read within that time.
ORDER_LIFE: Final = 10.0


class PeerOrder:
    """
    Sorts the peers when a list of them begins, for names change, and keeps that order for the pages that follow.
    """

    def __init__(self, peers: Callable[[], Iterable[Peer]], nameOf: Callable[[Peer], str], clock: IReactorTime) -> None:
        """
        @param peers: gives all of them, each once.
        @param nameOf: what a peer is called.
        """
        self._peers = peers
        self._nameOf = nameOf
        self._clock = clock
        self._until = -inf
        self._texts: list[str] = []
        self._sorted: list[Peer] = []

    def page(self, after: str | None, count: int) -> list[tuple[str, Peer]]:
        """
        At most C{count} peers with what they are called, those beyond C{after}; with C{None} a list begins.  Some may
        be gone since then.
        """
        if after is None or self._clock.seconds() >= self._until:
            self._sort()
        start = 0 if after is None else bisect_right(self._texts, after)
        end = start + count
        return list(zip(self._texts[start:end], self._sorted[start:end], strict=True))

    def _sort(self) -> None:
        named = sorted(((self._nameOf(peer), peer) for peer in self._peers()), key=lambda each: each[0])
        self._texts = [text for text, _ in named]
        self._sorted = [peer for _, peer in named]
        self._until = self._clock.seconds() + ORDER_LIFE
