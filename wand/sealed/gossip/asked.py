"""
Whom we asked for which item.  What several members have is not asked of all of them; but anybody can say that he has
something, so nobody's word alone keeps us from asking others.
"""

from __future__ import annotations

from typing import Final

from twisted.internet.interfaces import IReactorTime

#: Seconds for which what we asked for may be on its way, and how many members are asked for it meanwhile.
PATIENCE: Final = 1.5
AT_ONCE: Final = 3

#: Seconds after which one member may be asked again for what it did not give.
AGAIN: Final = 4 * PATIENCE

#: For how many items that is remembered.
ASKED_MAXIMUM: Final = 4096


class Asked:
    """
    Remembers whom we asked.
    """

    def __init__(self, clock: IReactorTime) -> None:
        self._clock = clock
        self._asked: dict[int, tuple[tuple[bytes, float], ...]] = {}

    def may(self, peer: bytes, digest: int, *, isWatched: bool) -> bool:
        """
        May we ask a member for an item?  If so, it counts as asked.

        @param isWatched: whether we watch it: it did not choose that, so it is asked even if others were.
        """
        now = self._clock.seconds()
        asked = [(who, when) for who, when in self._asked.pop(digest, ()) if now - when < AGAIN]
        isFirst = all(who != peer for who, _ in asked)
        mayAsk = isFirst and (isWatched or sum(now - when < PATIENCE for _, when in asked) < AT_ONCE)
        if len(self._asked) >= ASKED_MAXIMUM:
            del self._asked[next(iter(self._asked))]
        self._asked[digest] = (*asked, (peer, now)) if mayAsk else tuple(asked)
        return mayAsk
