"""
Relays: the members with the relay right that every node has to know, the same ones everywhere.
"""

from __future__ import annotations

from bisect import bisect_right

from wand.sealed.reach.home_relays import RELAYS_MAXIMUM
from wand.sorted_keys import SortedKeys


class Relays:
    """
    The members with the relay right, and who of them gained or lost it since that was told.  Only those with the lowest
    identities are told, as many as nodes look at.
    """

    def __init__(self) -> None:
        self._all = SortedKeys()
        self._turned: set[bytes] = set()

    def clear(self) -> None:
        """
        Forget everything.
        """
        self._all.clear()
        self._turned.clear()

    def load(self, identity: bytes) -> None:
        """
        A member had the right before anybody was told anything.
        """
        self._all.add(identity)

    def add(self, identity: bytes) -> None:
        """
        A member has the right that it did not have before.
        """
        self._all.add(identity)
        self._turned ^= {identity}

    def discard(self, identity: bytes) -> None:
        """
        A member does not have the right any more.
        """
        self._all.discard(identity)
        self._turned ^= {identity}

    def forget(self, identity: bytes) -> None:
        """
        Somebody is no longer a member, which every node sees for itself.
        """
        self._all.discard(identity)
        self._turned.discard(identity)

    def page(self, after: bytes, count: int) -> list[bytes]:
        """
        At most C{count} of those that are told, in the order of their identities, those beyond C{after}.
        """
        told = self._told
        start = bisect_right(told, after)
        return told[start : start + count]

    def takeNews(self, identity: bytes) -> bool:
        """
        Did a member gain or lose the right since this was asked last, and have nodes to know that?
        """
        if identity not in self._turned:
            return False
        self._turned.discard(identity)
        told = self._told
        return len(told) < RELAYS_MAXIMUM or identity <= told[-1]

    @property
    def _told(self) -> list[bytes]:
        return self._all.page(b"", RELAYS_MAXIMUM)
