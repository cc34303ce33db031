"""
Where peers are: tells strangers from those who are where a peer was heard.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import TypeVar

_Key = TypeVar("_Key")


class Places:
    """
    The endpoints of all conversations, by how many peers are there: several may be behind one NAT.

    @ivar changed: called with an endpoint to which a peer came, or that it left.
    """

    def __init__(self) -> None:
        self._endpoints: Counter[tuple[str, int]] = Counter()
        self._hosts: Counter[str] = Counter()
        self.changed: Callable[[tuple[str, int]], object] = lambda endpoint: None

    def moved(self, before: tuple[str, int] | None, after: tuple[str, int] | None) -> None:
        """
        A peer was heard elsewhere than before.

        @param before: C{None} if it is new.
        @param after: C{None} if it is forgotten.
        """
        if before is not None:
            _takeOne(self._endpoints, before)
            _takeOne(self._hosts, before[0])
        if after is not None:
            self._endpoints[after] += 1
            self._hosts[after[0]] += 1
        for each in (before, after):
            if each is not None:
                self.changed(each)

    def hasPeer(self, endpoint: tuple[str, int]) -> bool:
        """
        Is a peer at this endpoint?
        """
        return endpoint in self._endpoints

    def isPeers(self, host: str) -> bool:
        """
        Is a peer at this address?
        """
        return host in self._hosts


def _takeOne(counts: Counter[_Key], key: _Key) -> None:
    if counts[key] > 1:
        counts[key] -= 1
    else:
        del counts[key]
