"""
The epoch of a node's claims: it only ever grows, whatever happens to the node.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from wand.membership.kept import keptSecret
from wand.state import StateDirectory

#: The file in the state directory.
EPOCH: Final = "epoch"


class Epoch:
    """
    A number that is higher at every start.  It is kept before it is used, and is never below the time, so that neither
    a crash nor a restored state directory brings an old one back.

    @ivar current: the epoch of the last claim.
    """

    def __init__(self, state: StateDirectory, wallClock: Callable[[], float]) -> None:
        """
        @param wallClock: gives the seconds since the epoch.
        @raise StateUnavailable: if it can not be read or written.
        """
        self._state = state
        self._wallClock = wallClock
        text = (keptSecret(state, EPOCH) or b"").decode("ascii", "replace").strip()
        self.current = int(text) if text.isascii() and text.isdigit() and len(text) < 16 else 0
        self.next()

    def next(self) -> int:
        """
        A new epoch.

        @raise StateUnavailable: if it can not be kept.
        """
        new = max(self.current + 1, int(self._wallClock()))
        self._state.write(EPOCH, f"{new}\n".encode())
        self.current = new
        return new
