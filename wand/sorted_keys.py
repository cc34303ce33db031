"""
Keys in their order, for lists that are shown page by page.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right, insort
from collections.abc import Iterable
from typing import Final

#: Up to how many new keys are put in their places one by one.  One takes some microseconds among ten thousand, for the
#: others are moved in one piece of memory; for more it is quicker to sort everything.
FEW: Final = 64


class SortedKeys:
    """
    A set of keys that knows their order.  Nothing is done for a new key until somebody wants to see the order.
    """

    def __init__(self, keys: Iterable[bytes] = ()) -> None:
        """
        @param keys: those that there are, each once.  If they come in their order, as out of a store, that takes a
            tenth of the time.
        """
        self._keys = sorted(keys)
        self._new: set[bytes] = set()

    def __len__(self) -> int:
        return len(self._keys) + len(self._new)

    def clear(self) -> None:
        """
        Forget all.
        """
        self._keys.clear()
        self._new.clear()

    def add(self, key: bytes) -> None:
        """
        There is a key that there was not before.
        """
        self._new.add(key)

    def discard(self, key: bytes) -> None:
        """
        A key is gone.
        """
        if key in self._new:
            self._new.discard(key)
            return
        at = bisect_left(self._keys, key)
        if at < len(self._keys) and self._keys[at] == key:
            del self._keys[at]

    def page(self, after: bytes, count: int) -> list[bytes]:
        """
        At most C{count} keys, in their order, those beyond C{after}.
        """
        self._settle()
        start = bisect_right(self._keys, after)
        return self._keys[start : start + count]

    def before(self, key: bytes) -> bytes | None:
        """
        The last one before a key, before the first the last of all; C{None} if there is none.
        """
        self._settle()
        return self._keys[bisect_left(self._keys, key) - 1] if self._keys else None

    def _settle(self) -> None:
        new, self._new = self._new, set()
        if len(new) > FEW:
            self._keys.extend(new)
            self._keys.sort()
        else:
            for key in new:
                insort(self._keys, key)
