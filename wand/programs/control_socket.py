"""
The control socket as a service.
"""

from __future__ import annotations

from typing import Any, Final

from twisted.application.service import Service
from twisted.internet.defer import Deferred

from wand.control.listen import ControlSocket
from wand.control.program import Program
from wand.errors import PortUnavailable
from wand.interfaces import Context
from wand.state import Owner
from wand.timing.repeating import Repeating

#: Seconds between two looks whether somebody removed its file.
LOOK_INTERVAL: Final = 30.0

#: The key of the note that it is gone.
_NOTE: Final = "control-socket"


class ControlService(Service):
    """
    Opens the control socket of a program with the privileges of the start, and again if its file is removed.
    """

    def __init__(self, reactor: Any, path: str, group: str, owner: Owner, program: Program, context: Context) -> None:
        self._socket = ControlSocket(reactor, path, program, group, owner.uid, owner.gid)
        self._opened = False
        self._notes = context.notes
        self._looking = Repeating("the control socket", self._look, context.clock, context.failures)

    def privilegedStartService(self) -> None:
        """
        Open the socket.

        @raise wand.errors.PortUnavailable: if another program answers there, or it cannot be made.
        """
        self._socket.start()
        self._opened = True

    def startService(self) -> None:
        """
        Open the socket, unless it is open.
        """
        super().startService()
        if not self._opened:  # python -m twisted has no privileged start
            self.privilegedStartService()
        self._looking.start(LOOK_INTERVAL, now=False)

    def _look(self) -> None:
        try:
            self._socket.renew()
        except PortUnavailable as error:
            self._notes.say(_NOTE, f"somebody removed the control socket, and it cannot be made again yet: {error}")
        else:
            self._notes.clear(_NOTE)

    def stopService(self) -> Deferred[None]:
        """
        Close the socket and take its path away.
        """
        super().stopService()
        self._looking.stop()
        self._opened = False
        return self._socket.stop()
