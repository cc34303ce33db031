"""
The control socket as a service.
"""

from __future__ import annotations

from typing import Any

from twisted.application.service import Service
from twisted.internet.defer import Deferred

from wand.control.listen import ControlSocket
from wand.control.program import Program
from wand.state import Owner


class ControlService(Service):
    """
    Opens the control socket of a program with the privileges of the start.
    """

    def __init__(self, reactor: Any, path: str, group: str, owner: Owner, program: Program) -> None:
        self._socket = ControlSocket(reactor, path, program, group, owner.uid, owner.gid)
        self._opened = False

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

    def stopService(self) -> Deferred[None]:
        """
        Close the socket and take its path away.
        """
        super().stopService()
        self._opened = False
        return self._socket.stop()
