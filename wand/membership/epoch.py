"""
The epoch of a node's claims: it only ever grows, whatever happens to the node.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from wand.keeping import Keeping
from wand.membership.kept import keptSecret

#: The file in the state directory.
EPOCH: Final = "epoch"


#: Epochs in a second, and the latest time that makes one: a clock that is wrong by centuries leaves room for more.
PRECISION: Final = 1_000_000
LATEST: Final = 2**52


class Epoch:
    """
    A number that is higher at every start.  It is kept before it is used, unless the disk does not take it, and is
    never below the time, so that neither a crash nor a restored state directory brings an old one back.  It is the time
    so precisely that no two hosts with one key, which are started at the same time, have the same.

    @ivar current: the epoch of the last claim.
    """

    def __init__(self, keeping: Keeping, wallClock: Callable[[], float]) -> None:
        """
        @param wallClock: gives the seconds since the epoch.
        @raise StateUnavailable: if it cannot be read.
        """
        self._keeping = keeping
        self._wallClock = wallClock
        text = (keptSecret(keeping.state, EPOCH) or b"").decode("ascii", "replace").strip()
        kept = int(text) if text.isascii() and text.isdigit() and len(text) <= 16 else 0
        self.current = kept if kept < 2 * LATEST - PRECISION else 0  # else it is damaged: nobody takes higher ones
        self.next()

    def next(self, above: int = 0) -> int:
        """
        A new epoch.

        @param above: another that it must exceed.
        """
        now = min(int(self._wallClock() * PRECISION), LATEST)
        new = max(self.current + 1, above + 1, now)
        self._keeping.write(EPOCH, f"{new}\n".encode())
        self.current = new
        return new
