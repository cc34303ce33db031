"""
Whom we asked for which item.  What several members have is asked of few of them; but anybody can say that he has
something, so nobody's word alone keeps us from asking others.
"""

from __future__ import annotations

from typing import Final

import attrs
from twisted.internet.interfaces import IReactorTime

from wand.timing.token_buckets import TokenBuckets

#: Seconds for which what we asked for may be on its way.
PATIENCE: Final = 1.5

#: Seconds after which one member may be asked again for what it did not give.
AGAIN: Final = 4 * PATIENCE

#: For how many items that is remembered.
ASKED_MAXIMUM: Final = 4096

#: For how many items one member is asked: at once, and per second in the long run.  It sends about so many; what it is
#: asked for beyond that waits there, and would be asked of others, too.
ITEMS_BURST: Final = 200.0
ITEMS_RATE: Final = 100.0

#: With how many members that is counted.
REMEMBERED: Final = 256

#: How many of the items that we asked for are told like news: at once, and per second in the long run.  Who lacks more
#: than that was away, or is new, and the others have them.
TOLD_BURST: Final = 64.0
TOLD_RATE: Final = 16.0


@attrs.frozen
class _Question:
    peer: bytes
    when: float
    isWatched: bool


class Asked:
    """
    Remembers whom we asked.
    """

    def __init__(self, clock: IReactorTime) -> None:
        self._clock = clock
        self._asked: dict[int, tuple[_Question, ...]] = {}
        self._items = TokenBuckets(clock, ITEMS_RATE, ITEMS_BURST, REMEMBERED)
        self._told = TokenBuckets(clock, TOLD_RATE, TOLD_BURST)

    def may(self, peer: bytes, digest: int, *, isWatched: bool) -> bool:
        """
        May we ask a member for an item?  If so, it counts as asked.  At a time one that we watch is asked, and one
        other.

        @param isWatched: whether we watch it: it did not choose that, so it is asked even if another was.
        """
        now = self._clock.seconds()
        asked = [each for each in self._asked.get(digest, ()) if now - each.when < AGAIN]
        isOpen = any(
            each.peer == peer or (each.isWatched == isWatched and now - each.when < PATIENCE) for each in asked
        )
        if isOpen or not self._items.take(peer):
            return False
        self._asked.pop(digest, None)  # so that those that were asked for first are forgotten first
        if len(self._asked) >= ASKED_MAXIMUM:
            del self._asked[next(iter(self._asked))]
        self._asked[digest] = (*asked, _Question(peer, now, isWatched))
        return True

    def isToBeTold(self, digest: int) -> bool:
        """
        Is something that came to be told to others, too?  All is that we did not ask for, and some of the rest.
        """
        return digest not in self._asked or self._told.take(b"")
