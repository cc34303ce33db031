"""
The real underlay: non-blocking UDP sockets in the reactor (udp(7), ip(7), ipv6(7)).

Twisted's own UDP port parses the destination anew for every datagram, copies each one, and raises where a full queue is
an everyday event; so this is a reader of the socket itself.
"""

from __future__ import annotations

import errno
import socket
from typing import Final

from twisted.internet.interfaces import IReactorFDSet, IReadDescriptor
from twisted.python.failure import Failure
from zope.interface import implementer

from wand.counters import Counters
from wand.endpoint import Endpoint
from wand.errors import PortUnavailable
from wand.underlay import DatagramReceiver

COUNTERS: Final = {
    "udp-received-datagrams": "datagrams received",
    "udp-received-bytes": "octets in received datagrams",
    "udp-sent-datagrams": "datagrams sent",
    "udp-sent-bytes": "octets in sent datagrams",
    "udp-errors": "errors that the system reported on a UDP socket, such as a port unreachable",
    "drop-udp-full": "datagrams not sent: the socket's queue was full",
    "drop-udp-too-long": "datagrams not sent: longer than UDP or the path allows",
    "drop-udp-unreachable": "datagrams not sent: no route, or forbidden by a firewall",
}

#: Datagrams read in one turn of the reactor, so that timers and the control socket stay prompt.
BATCH: Final = 64

#: What the kernel may queue for us; a burst of big frames must fit.
QUEUE_BYTES: Final = 4 << 20

_FULL: Final = frozenset({errno.EAGAIN, errno.ENOBUFS, errno.ENOMEM})


class UDPUnderlay:
    """
    Binds real UDP sockets.
    """

    def __init__(self, reactor: IReactorFDSet, counters: Counters) -> None:
        self._reactor = reactor
        self._counters = counters
        counters.declare(COUNTERS)

    def bind(self, host: str, port: int, receiver: DatagramReceiver) -> UDPPort:
        """
        See L{wand.underlay.Underlay.bind}.
        """
        udp = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET, socket.SOCK_DGRAM)
        try:
            udp.setblocking(False)
            if udp.family == socket.AF_INET6:  # another socket has IPv4 at the same port, whatever the system's default
                udp.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
            _sizeQueues(udp)
            udp.bind((host, port))
        except (OSError, OverflowError) as error:
            udp.close()
            raise PortUnavailable(f"UDP port {Endpoint(host, port)} can not be bound: {_advice(error)}") from error
        return UDPPort(self._reactor, udp, receiver, self._counters)


@implementer(IReadDescriptor)
class UDPPort:
    """
    A bound socket.
    """

    def __init__(
        self, reactor: IReactorFDSet, udp: socket.socket, receiver: DatagramReceiver, counters: Counters
    ) -> None:
        self.endpoint = Endpoint(*udp.getsockname()[:2])
        self._reactor = reactor
        self._socket = udp
        self._receiver = receiver
        self._counters = counters
        self._buffer = memoryview(bytearray(65_536))
        reactor.addReader(self)

    def send(self, datagram: bytes | bytearray | memoryview, destination: tuple[str, int]) -> bool:
        """
        See L{wand.underlay.DatagramPort.send}.
        """
        try:
            size = self._socket.sendto(datagram, destination)
        except OSError as error:
            return self._unsent(error)
        self._counters["udp-sent-datagrams"] += 1
        self._counters["udp-sent-bytes"] += size
        return True

    def sendParts(self, parts: list[bytes | memoryview], destination: tuple[str, int]) -> bool:
        """
        See L{wand.underlay.DatagramPort.sendParts}.
        """
        try:
            size = self._socket.sendmsg(parts, (), 0, destination)
        except OSError as error:
            return self._unsent(error)
        self._counters["udp-sent-datagrams"] += 1
        self._counters["udp-sent-bytes"] += size
        return True

    def close(self) -> None:
        """
        See L{wand.underlay.DatagramPort.close}.
        """
        if self._socket.fileno() != -1:
            self._reactor.removeReader(self)
            self._socket.close()

    def doRead(self) -> None:
        """
        Hand over what came, a bounded number of datagrams.
        """
        receive, buffer, receiver = self._socket.recvfrom_into, self._buffer, self._receiver
        datagrams = octets = 0
        while datagrams < BATCH and self._socket.fileno() != -1:  # a receiver may close the port
            try:
                size, sender = receive(buffer)
            except BlockingIOError:
                break
            except OSError:  # an ICMP error that came back for something sent before (ip(7), IP_RECVERR)
                self._counters["udp-errors"] += 1
                break
            datagrams += 1
            octets += size
            receiver.datagramReceived(buffer[:size], sender[:2])
        self._counters["udp-received-datagrams"] += datagrams
        self._counters["udp-received-bytes"] += octets
        if datagrams:
            receiver.batchReceived()

    def fileno(self) -> int:
        """
        See L{IReadDescriptor}.
        """
        return self._socket.fileno()

    def connectionLost(self, reason: Failure) -> None:
        """
        See L{IReadDescriptor}: the reactor ends.
        """
        self.close()

    def logPrefix(self) -> str:
        """
        See L{IReadDescriptor}.
        """
        return f"UDP {self.endpoint}"

    def _unsent(self, error: OSError) -> bool:
        if error.errno in _FULL:
            self._counters["drop-udp-full"] += 1
        elif error.errno == errno.EMSGSIZE:
            self._counters["drop-udp-too-long"] += 1
        else:
            self._counters["drop-udp-unreachable"] += 1
        return False


def _sizeQueues(udp: socket.socket) -> None:
    for force, ordinary in ((33, socket.SO_RCVBUF), (32, socket.SO_SNDBUF)):  # SO_RCVBUFFORCE, SO_SNDBUFFORCE
        try:
            udp.setsockopt(socket.SOL_SOCKET, force, QUEUE_BYTES)
        except OSError:  # not privileged, or not Linux: as much as the system allows
            udp.setsockopt(socket.SOL_SOCKET, ordinary, QUEUE_BYTES)


def _advice(error: OSError | OverflowError) -> str:
    if isinstance(error, OverflowError):
        return "a port is a number between 0 and 65535"
    if error.errno == errno.EADDRINUSE:
        return "another program has it; stop that one or choose another port"
    if error.errno == errno.EADDRNOTAVAIL:
        return "this host has no such address; 0.0.0.0 listens on all"
    if error.errno == errno.EACCES:
        return "ports below 1024 need root"
    return error.strerror or str(error)
