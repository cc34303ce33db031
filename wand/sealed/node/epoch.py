"""
The epoch of a node's claims: it only ever grows, whatever happens to the node.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from wand.sealed.credentials.secret_files import readSecretFile
from wand.state_writer import StateWriter

#: The file in the state directory.
EPOCH: Final = "epoch"

#: The highest that is exceeded because somebody says that it was used: a server that lies must not use up the numbers
#: that there are, which end at 2^53.
BELIEVED: Final = 1 << 52


#: Epochs in a second.  A clock that is wrong by centuries makes none above L{BELIEVED}, either.
PRECISION: Final = 1_000_000


class Epoch:
    """
    A number that is higher at every start.  It is kept before it is used, unless the disk does not take it, and is
    never below the time, so that neither a crash nor a restored state directory brings an old one back.  It is the time
    so precisely that no two hosts with one key, which are started at the same time, have the same.

    @ivar current: the epoch of the last claim.
    """

    def __init__(self, writer: StateWriter, wallClock: Callable[[], float]) -> None:
        """
        @param wallClock: gives the seconds since the epoch.
        @raise StateUnavailable: if it cannot be read.
        """
        self._writer = writer
        self._wallClock = wallClock
        text = (readSecretFile(writer.state, EPOCH) or b"").decode("ascii", "replace").strip()
        kept = int(text) if text.isascii() and text.isdigit() and len(text) <= 16 else 0
        self.current = kept if kept < 2 * BELIEVED - PRECISION else 0  # else it is damaged: nobody takes higher ones
        self.next()

    def next(self, above: int = 0) -> int:
        """
        A new epoch.

        @param above: another that it must exceed, if that is no higher than L{BELIEVED}.
        """
        now = min(int(self._wallClock() * PRECISION), BELIEVED)
        believed = above if above <= BELIEVED else 0
        new = max(self.current + 1, believed + 1, now)
        self._writer.write(EPOCH, f"{new}\n".encode())
        self.current = new
        return new
