"""
Changes that come on one connection, brought in order with the answers that come on another.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable
from typing import Final

import attrs

#: How many changes wait for answers at most; beyond that they count as missed.
HELD_MAXIMUM: Final = 20_000


@attrs.frozen
class Change:
    """
    Records that somebody changed.

    @ivar number: the place of the change among all of the store, from 1 on.
    @ivar isOurs: did we change them?
    @ivar records: what each holds now; C{None} if it was deleted.
    """

    number: int
    kind: str
    isOurs: bool
    records: dict[bytes, bytes | None]


class ChangeOrder:
    """
    Tells of each change of others at a moment at which nothing newer is known of what it changed.

    A change waits until whatever was asked before it came is answered: a command that was carried out before it may not
    be answered yet.  What was loaded or written here later than it is then known, by the number of the last change that
    the answer came after, and is not told again as it was before.

    @ivar position: the number of the last change that came.
    """

    def __init__(
        self, tell: Callable[[str, dict[bytes, bytes | None]], object], overflown: Callable[[], object]
    ) -> None:
        """
        @param tell: called with the kind of records that others changed, and with these.
        @param overflown: called when more would have to wait than may; they are forgotten.
        """
        self.position = 0
        self._passed = 0
        self._tell = tell
        self._overflown = overflown
        self._asked = 0
        self._answered = 0
        self._held: deque[tuple[int, Change]] = deque()
        self._loaded: dict[str, int] = {}
        self._written: dict[tuple[str, bytes], int] = {}
        self._newest = 0  # the last number there

    def restart(self, position: int) -> None:
        """
        Everything is loaded anew: changes come from beyond a number on.
        """
        self.position = self._passed = position
        self._held.clear()
        self._written.clear()
        self._loaded.clear()

    # What is done here: each call of asked() is followed by one of answered().

    def asked(self) -> None:
        """
        A command is sent.
        """
        self._asked += 1

    def loaded(self, kind: str, number: int) -> None:
        """
        A kind was loaded, as it was after a change.
        """
        self._loaded[kind] = number

    def written(self, kind: str, keys: Iterable[bytes], number: int) -> None:
        """
        Records were written, by changes up to this number.
        """
        if number > self._passed:
            self._newest = number
            for key in keys:
                self._written[kind, key] = number

    def answered(self) -> None:
        """
        A command was answered, or failed; whoever asked knows.
        """
        self._answered += 1
        self._release()

    # What others do.

    def came(self, change: Change) -> None:
        """
        A change came, the next after L{position}.
        """
        self.position = change.number
        self._held.append((self._asked, change))
        if len(self._held) > HELD_MAXIMUM:
            self._held.clear()
            self._overflown()
        self._release()

    def _release(self) -> None:
        while self._held and self._held[0][0] <= self._answered:
            self._pass(self._held.popleft()[1])

    def _pass(self, change: Change) -> None:
        self._passed = change.number
        news = {}
        for key, value in change.records.items():
            written = self._written.get((change.kind, key), 0)
            if not change.isOurs and written < change.number > self._loaded.get(change.kind, 0):
                news[key] = value
        if change.number >= self._newest:
            self._written.clear()
        if news:
            self._tell(change.kind, news)
