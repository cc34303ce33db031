"""
A program that nobody told to end, and that ends nevertheless, because a plugin stopped the reactor.
"""

from __future__ import annotations

from types import FrameType
from typing import Any, Final

from wand.health.in_use import InUse
from wand.twistd.ending import endBecause, isToEnd
from wand.twistd.whereabouts import frameOfPlugin, whereabouts

#: What to do about it.
_ADVICE: Final = "; report that to its author, and leave it out meanwhile (disabled-plugins)"


class Stopped:
    """
    Says who did it, and has the program end with a status that a supervisor sees.
    """

    def __init__(self, reactor: Any, inUse: InUse) -> None:
        """
        @param inUse: whom to suspect where there is no trace.
        """
        self._reactor = reactor
        self._inUse = inUse

    def by(self, frame: FrameType) -> None:
        """
        The reactor was stopped, and not by a signal.

        @param frame: the call that did.
        """
        if isToEnd():
            return
        if frameOfPlugin(frame) is not None:
            endBecause(self._reactor, f"{whereabouts(frame)} stopped it (reactor.stop){_ADVICE}")
            return
        others = ", ".join(self._inUse.others()) or "none that is known"
        text = f"a plugin stopped it, by a timer or a Deferred that was given reactor.stop; plugins of others: {others}"
        endBecause(self._reactor, text + _ADVICE)
