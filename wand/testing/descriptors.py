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
    Watches real file descriptors, and calls those that are ready when it is told to.
    """

    def __init__(self) -> None:
        self._readers: list[IReadDescriptor] = []
        self._writers: list[IWriteDescriptor] = []

    def turn(self, seconds: float = 0.0) -> None:
        """
        Wait until something can be read or written, then let everything that is ready read or write once, as a reactor
        does.

        @param seconds: for how long to wait at most, of real time.
        """
        poll = select.poll()
        readers = {reader.fileno(): reader for reader in self._readers}
        writers = {writer.fileno(): writer for writer in self._writers}
        for descriptor in {**readers, **writers}:
            wanted = (select.POLLIN if descriptor in readers else 0) | (select.POLLOUT if descriptor in writers else 0)
            poll.register(descriptor, wanted)
        for descriptor, events in poll.poll(seconds * 1000):
            writer = writers.get(descriptor)
            if writer in self._writers and writer is not None and events & select.POLLOUT:
                writer.doWrite()
            reader = readers.get(descriptor)
            if reader is not None and reader in self._readers and reader.fileno() == descriptor:
                self._read(reader, events)

    def _read(self, reader: IReadDescriptor, events: int) -> None:
        if events & select.POLLIN:
            reader.doRead()
        elif events & ~select.POLLOUT:
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
