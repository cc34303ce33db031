"""
Sending through a UDP socket: from the address that the system chooses, or from one that a peer sent to.
"""

from __future__ import annotations

import errno
import socket
from collections.abc import Callable, Sequence
from typing import Final

from wand.counters import Counters
from wand.ethernet import Frame
from wand.underlay.offload import TrainSender
from wand.underlay.source import SOURCE_GONE, fromAddress

#: How the system fails when it has no room for a datagram now.
FULL: Final = frozenset({errno.EAGAIN, errno.ENOBUFS, errno.ENOMEM})

#: How it fails when the descriptor is no longer our socket: other code closed it, or replaced it.
SOCKET_GONE: Final = frozenset({errno.EBADF, errno.ENOTSOCK, errno.EDESTADDRREQ})


class Sending:
    """
    Sends datagrams, and counts those that the system refuses.
    """

    def __init__(
        self, udp: socket.socket, counters: Counters, trains: TrainSender, broken: Callable[[str], object]
    ) -> None:
        """
        @param broken: called with the reason when the socket is gone for good.
        """
        self._broken = broken
        self.wasTooLong = self.wasRefused = False
        self._socket = udp
        self._counters = counters
        self._trains = trains

    # HOT PATH

    def send(self, datagram: bytes | bytearray | memoryview, destination: tuple[str, int]) -> bool:
        """
        See L{wand.underlay.ports.DatagramSender.send}.
        """
        try:
            size = self._socket.sendto(datagram, destination)
        except OSError as error:
            return self._unsent(error, 1)
        self._counters["udp-sent-datagrams"] += 1
        self._counters["udp-sent-bytes"] += size
        return True

    def sendParts(self, parts: Sequence[Frame], destination: tuple[str, int]) -> bool:
        """
        See L{wand.underlay.ports.DatagramSender.sendParts}.
        """
        try:
            size = self._socket.sendmsg(parts, (), 0, destination)
        except OSError as error:
            return self._unsent(error, 1)
        self._counters["udp-sent-datagrams"] += 1
        self._counters["udp-sent-bytes"] += size
        return True

    def sendTrain(self, datagrams: memoryview, size: int, destination: tuple[str, int]) -> bool:
        """
        See L{wand.underlay.ports.DatagramSender.sendTrain}.
        """
        try:
            sent = self._trains.send(datagrams, size, destination)
        except OSError as error:
            return self._unsent(error, -(-len(datagrams) // size))
        return self._sent(sent, len(datagrams), size)

    def _sent(self, sent: int, total: int, size: int) -> bool:
        """
        Count the datagrams of a train.

        @param sent: how many were sent.
        @param total: octets of all.
        @param size: octets of each but the last.
        @return: were all sent?
        """
        self._counters["udp-sent-datagrams"] += sent
        if sent * size >= total:
            self._counters["udp-sent-bytes"] += total
            return True
        self._counters["udp-sent-bytes"] += sent * size
        self.wasTooLong = self.wasRefused = False
        self._counters["drop-udp-full"] += -(-total // size) - sent
        return False

    def _unsent(self, error: OSError, count: int) -> bool:
        self.wasTooLong, isFull = error.errno == errno.EMSGSIZE, error.errno in FULL
        self.wasRefused = not (self.wasTooLong or isFull)
        if error.errno in SOCKET_GONE:
            self._broken(error.strerror or str(error))
        if isFull:
            self._counters["drop-udp-full"] += count
        elif self.wasTooLong:
            self._counters["drop-udp-too-long"] += count
        else:
            self._counters["drop-udp-unreachable"] += count
        return False


class AnsweringPort(Sending):
    """
    Sends from one of our addresses; while the host lacks that, from the one that the system chooses.
    """

    def __init__(
        self,
        port: Sending,
        udp: socket.socket,
        counters: Counters,
        trains: TrainSender,
        local: str,
        broken: Callable[[str], object],
    ) -> None:
        """
        @param port: sends when the address is gone.
        @param local: the address.
        """
        self._source = fromAddress(local)
        super().__init__(udp, counters, trains.sendingFrom(self._source), broken)
        self._port = port

    # HOT PATH

    def send(self, datagram: bytes | bytearray | memoryview, destination: tuple[str, int]) -> bool:
        """
        See L{wand.underlay.ports.DatagramSender.send}.
        """
        return self.sendParts((datagram,), destination)

    def sendParts(self, parts: Sequence[Frame], destination: tuple[str, int]) -> bool:
        """
        See L{wand.underlay.ports.DatagramSender.sendParts}.
        """
        try:
            size = self._socket.sendmsg(parts, self._source, 0, destination)
        except OSError as error:
            if error.errno not in SOURCE_GONE:
                return self._unsent(error, 1)
            return self._otherwise(self._port.sendParts(parts, destination))
        self._counters["udp-sent-datagrams"] += 1
        self._counters["udp-sent-bytes"] += size
        return True

    def sendTrain(self, datagrams: memoryview, size: int, destination: tuple[str, int]) -> bool:
        """
        See L{wand.underlay.ports.DatagramSender.sendTrain}.
        """
        try:
            sent = self._trains.send(datagrams, size, destination)
        except OSError as error:
            if error.errno not in SOURCE_GONE:
                return self._unsent(error, -(-len(datagrams) // size))
            return self._otherwise(self._port.sendTrain(datagrams, size, destination))
        return self._sent(sent, len(datagrams), size)

    def _otherwise(self, taken: bool) -> bool:
        self._counters["udp-source-gone"] += 1
        self.wasTooLong, self.wasRefused = self._port.wasTooLong, self._port.wasRefused
        return taken
