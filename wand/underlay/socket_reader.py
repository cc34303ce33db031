"""
What the reactor needs to know of a socket that is only read.
"""

from __future__ import annotations

import socket

from twisted.internet.interfaces import IReactorFDSet, IReadDescriptor
from twisted.python.failure import Failure
from zope.interface import implementer


@implementer(IReadDescriptor)
class SocketReader:
    """
    Reads a socket until it is closed.

    @ivar name: for the log.
    """

    name = ""

    def __init__(self, reactor: IReactorFDSet, opened: socket.socket) -> None:
        self._reactor = reactor
        self._socket = opened
        reactor.addReader(self)

    def doRead(self) -> None:
        """
        Hand over what came, so much at most that others have their turn.
        """
        raise NotImplementedError

    def close(self) -> None:
        """
        Read no more; more calls do nothing.
        """
        if self._socket.fileno() != -1:
            self._reactor.removeReader(self)
            self._socket.close()

    def fileno(self) -> int:
        """
        See L{IReadDescriptor}.
        """
        return self._socket.fileno()

    def connectionLost(self, reason: Failure) -> None:
        """
        See L{IReadDescriptor}.
        """
        self.close()

    def logPrefix(self) -> str:
        """
        See L{IReadDescriptor}.
        """
        return self.name
