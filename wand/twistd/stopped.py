"""
A program that nobody told to end, and that ends nevertheless, because a plugin stopped the reactor or the process.
"""

from __future__ import annotations

import os
import sys
from types import FrameType
from typing import Any, Final, NoReturn

from twisted.logger import Logger

from wand.health.in_use import InUse
from wand.twistd.ending import endBecause, isToEnd
from wand.twistd.whereabouts import frameOfPlugin, whereabouts

#: What to do about it.
_ADVICE: Final = "; report that to its author, and leave it out meanwhile (disabled-plugins)"


class Stopped:
    """
    Says who did it, and has the program end with a status that a supervisor sees.
    """

    _log = Logger(namespace="wand")

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
        if not isToEnd():
            endBecause(self._reactor, self._whose(frame, "stopped", "reactor.stop", "a timer or a Deferred"))

    def watchExits(self) -> None:
        """
        From now on, say which plugin ends this process by C{os._exit}, and have a supervisor see it by the status.
        """
        process, leave = os.getpid(), os._exit

        def leaveWithReason(status: int) -> NoReturn:
            frame = sys._getframe(1)
            isOurs = str(frame.f_globals.get("__name__")).startswith("wand.")
            if os.getpid() == process and not isOurs:  # a child may
                reason = self._whose(frame, "ended", f"os._exit({status})", "a thread")
                self._log.critical("the program ends: {reason}", reason=reason)
                status = status or 1
            leave(status)

        os._exit = leaveWithReason

    def _whose(self, frame: FrameType, did: str, call: str, by: str) -> str:
        """
        Who did something, in words.

        @param did: what it did: stopped or ended the program.
        @param call: by which call.
        @param by: what may have been given the function, if no function of a plugin called it.
        """
        if frameOfPlugin(frame) is not None:
            return f"{whereabouts(frame)} {did} it ({call}){_ADVICE}"
        others = ", ".join(self._inUse.others()) or "none that is known"
        return f"a plugin {did} it, by {by} that was given {call}; plugins of others: {others}{_ADVICE}"
