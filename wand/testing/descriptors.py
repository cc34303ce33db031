"""
A reactor's file descriptors without the reactor: tests turn it by hand.
"""

from __future__ import annotations

import select
import socket
from collections.abc import Callable

from twisted.internet.interfaces import IReactorFDSet, IReadDescriptor, IWriteDescriptor
from twisted.internet.main import CONNECTION_LOST
from twisted.python.failure import Failure
from zope.interface import implementer


@implementer(IReactorFDSet)
class Descriptors:
    """
    Watches real file descriptors for reading, and calls those that are ready when it is told to.
    """

    def __init__(self) -> None:
        self._readers: list[IReadDescriptor] = []
        self._writers: list[IWriteDescriptor] = []

    def turn(self, seconds: float = 0.0) -> None:
        """
        Wait until something can be read, then let every reader that is ready read once, as a reactor does.

        @param seconds: for how long to wait at most, of real time.
        """
        poll = select.poll()
        waiting = {reader.fileno(): reader for reader in self._readers}
        for descriptor in waiting:
            poll.register(descriptor, select.POLLIN)
        for descriptor, events in poll.poll(seconds * 1000):
            reader = waiting[descriptor]
            if reader not in self._readers:
                continue
            if events & select.POLLIN:
                reader.doRead()
            else:
                self._readers.remove(reader)
                reader.connectionLost(Failure(CONNECTION_LOST))

    def addReader(self, reader: IReadDescriptor) -> None:
        """
        See L{IReactorFDSet}.
        """
        if reader not in self._readers:
            self._readers.append(reader)

    def removeReader(self, reader: IReadDescriptor) -> None:
        """
        See L{IReactorFDSet}.
        """
        if reader in self._readers:
            self._readers.remove(reader)

    def addWriter(self, writer: IWriteDescriptor) -> None:
        """
        See L{IReactorFDSet}.
        """
        if writer not in self._writers:
            self._writers.append(writer)

    def removeWriter(self, writer: IWriteDescriptor) -> None:
        """
        See L{IReactorFDSet}.
        """
        if writer in self._writers:
            self._writers.remove(writer)

    def removeAll(self) -> list[IReadDescriptor | IWriteDescriptor]:
        """
        See L{IReactorFDSet}.
        """
        removed: list[IReadDescriptor | IWriteDescriptor] = [*self._readers, *self._writers]
        self._readers, self._writers = [], []
        return removed

    def getReaders(self) -> list[IReadDescriptor]:
        """
        See L{IReactorFDSet}.
        """
        return list(self._readers)

    def getWriters(self) -> list[IWriteDescriptor]:
        """
        See L{IReactorFDSet}.
        """
        return list(self._writers)


@implementer(IReadDescriptor)
class SocketReader:
    """
    Reads a datagram of a socket, and does something.

    @ivar then: called after each.
    @ivar read: the datagrams.
    @ivar lost: why it is not watched any more.
    """

    def __init__(self, port: socket.socket, then: Callable[[], object] = lambda: None) -> None:
        self.port = port
        self.then = then
        self.read: list[bytes] = []
        self.lost: list[Failure] = []

    def doRead(self) -> None:
        """
        See C{IReadDescriptor}.
        """
        self.read.append(self.port.recv(100))
        self.then()

    def fileno(self) -> int:
        """
        See C{IReadDescriptor}.
        """
        return self.port.fileno()

    def connectionLost(self, reason: Failure) -> None:
        """
        See C{IReadDescriptor}.
        """
        self.lost.append(reason)

    def logPrefix(self) -> str:
        """
        See C{IReadDescriptor}.
        """
        return "reader"
