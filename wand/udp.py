"""
The real underlay: non-blocking UDP sockets in the reactor (udp(7), ip(7), ipv6(7)).

Twisted's own UDP port parses the destination anew for every datagram, copies each one, and raises where a full queue is
an everyday event; so this is a reader of the socket itself.
"""

from __future__ import annotations

import errno
import fcntl
import socket
import sys
import termios
from collections.abc import Callable, Sequence
from typing import Final

from twisted.internet.interfaces import IReactorFDSet
from twisted.python.failure import Failure
from zope.interface import implementer

from wand.counters import Counters
from wand.endpoint import Endpoint
from wand.errors import PortUnavailable
from wand.ethernet import Frame
from wand.prompt import IPromptReader
from wand.slots import Slots
from wand.udp_batch import BATCH, makeInbox
from wand.udp_offload import TrainSender, joinTrains
from wand.underlay import DatagramReceiver, TrainReceiver

COUNTERS: Final = {
    "udp-received-datagrams": "datagrams received",
    "udp-received-bytes": "octets in received datagrams",
    "udp-sent-datagrams": "datagrams sent",
    "udp-sent-bytes": "octets in sent datagrams",
    "udp-errors": "errors that the system reported on a UDP socket, such as a port unreachable",
    "drop-udp-full": "datagrams not sent: the socket's queue was full",
    "drop-udp-crowded": "answers to strangers not sent: too much of the socket's queue was taken",
    "drop-udp-too-long": "datagrams not sent: longer than UDP or the path allows",
    "drop-udp-unreachable": "datagrams not sent: no route, or forbidden by a firewall",
}

#: Trains, of up to 64 datagrams, read in one turn of the reactor; of single datagrams it is L{BATCH}.  So timers and
#: the control socket stay prompt: either takes about a millisecond.
TRAINS: Final = 4

#: Rows of datagrams whose slices are kept: a train of one size in one slot of the inbox makes one.
ROWS: Final = 4 * TRAINS

#: What the kernel may queue for us (it takes twice as much, for its own structures).  A burst of big frames must fit,
#: and what does not fit is lost; but what waits here waits in front of everything.  With TCP under way a ping took
#: 1.3 ms (median) with 384 KiB, 1.0 with 256 and 0.9 with 192, and TCP got 3.0, 3.1 and 2.7 Gbit/s.
QUEUE_BYTES: Final = 256 << 10

# Linux (in.h, in6.h): set "do not fragment", and neither trust nor wait for what ICMP says about the path's MTU.
_IP_MTU_DISCOVER: Final = 10
_IPV6_MTU_DISCOVER: Final = 23
_PMTUDISC_PROBE: Final = 3

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
        takenApart = OneByOne(receiver)
        bound = UDPPort(self._reactor, _bound(host, port), takenApart, self._counters)
        takenApart.isOpen = lambda: bound.fileno() != -1
        return bound

    def bindTrains(self, host: str, port: int, receiver: TrainReceiver, *, mayFragment: bool = False) -> UDPPort:
        """
        See L{wand.underlay.Underlay.bindTrains}.
        """
        udp = _bound(host, port)
        if not mayFragment:
            _neverFragment(udp)
        return UDPPort(self._reactor, udp, receiver, self._counters)


class OneByOne:
    """
    Takes trains apart.

    @ivar isOpen: is the port still open?  The receiver may close it at any datagram.
    """

    def __init__(self, receiver: DatagramReceiver) -> None:
        self.isOpen: Callable[[], bool] = lambda: True
        self._receiver = receiver
        self.datagramReceived = receiver.datagramReceived
        self.batchReceived = receiver.batchReceived

    def trainReceived(
        self, slots: Slots, first: int, count: int, size: int, last: int, sender: tuple[str, int]
    ) -> None:
        """
        See L{TrainReceiver.trainReceived}.
        """
        for index in range(first, first + count):
            if not self.isOpen():
                break
            start = index * slots.stride
            octets = size if index < first + count - 1 else last
            self._receiver.datagramReceived(slots.view[start : start + octets], sender)


@implementer(IPromptReader)
class UDPPort:
    """
    A bound socket.
    """

    isLocal = False

    def __init__(self, reactor: IReactorFDSet, udp: socket.socket, receiver: TrainReceiver, counters: Counters) -> None:
        self.endpoint = Endpoint(*udp.getsockname()[:2])
        self._reactor = reactor
        self._socket = udp
        self._receiver = receiver
        self._counters = counters
        self.wasTooLong = False
        self._trains = TrainSender(udp)
        self._inbox = makeInbox(udp)
        self._joins = joinTrains(udp) is None
        self._limit = BATCH
        self._rows: dict[tuple[int, int], Slots] = {}
        self.notes = _sizeQueues(udp)
        self._queue = udp.getsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF)
        reactor.addReader(self)

    @property
    def features(self) -> tuple[str, ...]:
        """
        See L{wand.underlay.DatagramPort}.
        """
        return (
            "GSO" if self._trains.refusal is None else f"no GSO ({self._trains.refusal})",
            "GRO" if self._joins else "no GRO",
        )

    # HOT PATH

    def send(self, datagram: bytes | bytearray | memoryview, destination: tuple[str, int]) -> bool:
        """
        See L{wand.underlay.DatagramPort.send}.
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
        See L{wand.underlay.DatagramPort.sendParts}.
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
        See L{wand.underlay.DatagramPort.sendTrain}.
        """
        total = len(datagrams)
        count = -(-total // size)
        try:
            sent = self._trains.send(datagrams, size, destination)
        except OSError as error:
            return self._unsent(error, count)
        self._counters["udp-sent-datagrams"] += sent
        self._counters["udp-sent-bytes"] += min(sent * size, total)
        if sent < count:
            self.wasTooLong = False
            self._counters["drop-udp-full"] += count - sent
        return sent == count

    def answerStranger(self, datagram: bytes, destination: tuple[str, int], taken: float) -> bool:
        """
        See L{wand.underlay.DatagramPort.answerStranger}.
        """
        if _queued(self._socket) > taken * self._queue:
            self._counters["drop-udp-crowded"] += 1
            return False
        return self.send(datagram, destination)

    def doRead(self) -> None:
        """
        Hand over what came, a bounded number of datagrams.
        """
        inbox, receiver = self._inbox, self._receiver
        try:
            count = inbox.receive(self._limit)
        except OSError:  # an ICMP error that came back for something sent before (ip(7), IP_RECVERR)
            self._counters["udp-errors"] += 1
            return
        if count == 1 and not self._inbox.isTrain:
            size = self._inbox.size
            self._counters["udp-received-datagrams"] += 1
            self._counters["udp-received-bytes"] += size
            receiver.datagramReceived(inbox.view[:size], inbox.sender(0))
        elif count:
            self._handTrains(count)
        if count and self._socket.fileno() != -1:
            receiver.batchReceived()

    def _handTrains(self, count: int) -> None:
        inbox, receiver = self._inbox, self._receiver
        sizes, segments = inbox.sizes(count), inbox.segments(count)
        datagrams = at = 0
        isTrain = False
        while at < count and self._socket.fileno() != -1:  # a receiver may close the port
            size, segment = sizes[at], segments[at]
            if 0 < segment < size:
                isTrain = True
                full, rest = divmod(size, segment)
                number = full + (rest > 0)
                receiver.trainReceived(self._row(at, segment), 0, number, segment, rest or segment, inbox.sender(at))
                datagrams += number
                at += 1
            else:
                end = inbox.rowEnd(at, count, sizes, segments)
                receiver.trainReceived(inbox.slots, at, end - at, size, sizes[end - 1], inbox.sender(at))
                datagrams += end - at
                at = end
        self._limit = TRAINS if isTrain else BATCH
        self._counters["udp-received-datagrams"] += datagrams
        self._counters["udp-received-bytes"] += sum(sizes[:at])

    def _row(self, index: int, size: int) -> Slots:
        slots = self._rows.get((index, size))
        if slots is None:
            if len(self._rows) >= ROWS:  # sizes come from peers: bounded
                self._rows.clear()
            start = index * self._inbox.stride
            row = self._inbox.view[start : start + self._inbox.stride]
            slots = self._rows[index, size] = Slots(size, row)
        return slots

    # COLD PATH

    def close(self) -> None:
        """
        See L{wand.underlay.DatagramPort.close}.
        """
        if self._socket.fileno() != -1:
            self._reactor.removeReader(self)
            self._socket.close()

    def fileno(self) -> int:
        """
        See L{IPromptReader}.
        """
        return self._socket.fileno()

    def connectionLost(self, reason: Failure) -> None:
        """
        See L{IPromptReader}: the reactor ends.
        """
        self.close()

    def logPrefix(self) -> str:
        """
        See L{IPromptReader}.
        """
        return f"UDP {self.endpoint}"

    def _unsent(self, error: OSError, count: int) -> bool:
        self.wasTooLong = error.errno == errno.EMSGSIZE
        if error.errno in _FULL:
            self._counters["drop-udp-full"] += count
        elif self.wasTooLong:
            self._counters["drop-udp-too-long"] += count
        else:
            self._counters["drop-udp-unreachable"] += count
        return False


def _bound(host: str, port: int) -> socket.socket:
    udp = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET, socket.SOCK_DGRAM)
    try:
        udp.setblocking(False)
        if udp.family == socket.AF_INET6:  # another socket has IPv4 at the same port, whatever the system's default
            udp.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        udp.bind((host, port))
    except (OSError, OverflowError) as error:
        udp.close()
        raise PortUnavailable(f"UDP port {Endpoint(host, port)} can not be bound: {_advice(error)}") from error
    return udp


def _sizeQueues(udp: socket.socket) -> tuple[str, ...]:
    """
    Ask for queues that hold a burst.

    @return: what an operator could do if they are too small.
    """
    capped = []
    for force, ordinary, limit in ((33, socket.SO_RCVBUF, "rmem"), (32, socket.SO_SNDBUF, "wmem")):  # SO_...BUFFORCE
        try:
            udp.setsockopt(socket.SOL_SOCKET, force, QUEUE_BYTES)
        except OSError:  # not privileged, or not Linux: as much as the system allows
            udp.setsockopt(socket.SOL_SOCKET, ordinary, QUEUE_BYTES)
        if udp.getsockopt(socket.SOL_SOCKET, ordinary) < QUEUE_BYTES:
            capped.append(f"net.core.{limit}_max={QUEUE_BYTES}")
    if not capped:
        return ()
    return (f"the system's limits make the UDP queues small, and bursts are lost: sysctl -w {' '.join(capped)}",)


def _queued(udp: socket.socket) -> int:
    """
    Octets that wait to be sent, counted as the limit of the queue is (udp(7), C{SIOCOUTQ}); 0 where nobody can tell.
    """
    try:
        return int.from_bytes(fcntl.ioctl(udp, termios.TIOCOUTQ, bytes(4)), sys.byteorder)
    except OSError:  # not Linux, or closed
        return 0


def _neverFragment(udp: socket.socket) -> None:
    level, option = (socket.IPPROTO_IP, _IP_MTU_DISCOVER)
    if udp.family == socket.AF_INET6:
        level, option = (socket.IPPROTO_IPV6, _IPV6_MTU_DISCOVER)
    try:
        udp.setsockopt(level, option, _PMTUDISC_PROBE)
    except OSError:  # not Linux
        return


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
