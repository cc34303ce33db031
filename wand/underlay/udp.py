"""
The real underlay: non-blocking UDP sockets in the reactor (udp(7), ip(7), ipv6(7)).

Twisted's own UDP port parses the destination of every datagram, copies each one, and raises when a queue is full, which
is an everyday event; so this reads the socket itself.
"""

from __future__ import annotations

import errno
import fcntl
import socket
import sys
import termios
from collections.abc import Callable
from typing import Final

from twisted.internet.interfaces import IReactorFDSet
from twisted.python.failure import Failure
from zope.interface import implementer

from wand.counters import Counters
from wand.endpoint import Endpoint, Heard
from wand.errors import PortUnavailable
from wand.health.failures import Failures
from wand.underlay.batch import BATCH, makeInbox
from wand.underlay.offload import TrainSender, joinTrains
from wand.underlay.ports import DatagramReceiver, TrainReceiver
from wand.underlay.prompt import IPromptReader
from wand.underlay.sending import FULL, SOCKET_GONE, AnsweringPort, Sending
from wand.underlay.slots import Slots
from wand.underlay.source import chosenSource, tellAddresses

COUNTERS: Final = {
    "udp-received-datagrams": "datagrams received",
    "udp-received-bytes": "octets in received datagrams",
    "udp-sent-datagrams": "datagrams sent",
    "udp-sent-bytes": "octets in sent datagrams",
    "udp-errors": "errors that the system reported on a UDP socket, such as a port unreachable",
    "drop-udp-full": "datagrams not sent: the socket's queue was full",
    "drop-udp-crowded": "answers to strangers not sent: too much of the socket's queue was taken",
    "drop-udp-too-long": "datagrams not sent: longer than UDP or the path allows",
    "udp-source-gone": "datagrams and trains that could not be sent from the address the peer used: the host lost it",
    "drop-udp-unreachable": "datagrams not sent: no route, or forbidden by a firewall",
}

#: The most trains, of up to 64 datagrams, that one turn of the reactor reads; of single datagrams it is L{BATCH}.  So
#: timers and the control socket stay prompt: either takes about a millisecond.
TRAINS: Final = 4

#: How many rows of datagrams have their slices kept: a train of one size in one slot of the inbox makes one.
ROWS_MAXIMUM: Final = 4 * TRAINS

#: How many of this host's addresses are remembered to answer from.
ANSWERERS_MAXIMUM: Final = 256

#: What the kernel may queue for us (it takes twice as much, for its own structures).  A burst of big frames must fit,
#: or some are lost; but a long queue delays everything behind it.  Beside TCP a ping took 1.3 ms (median) with 384 KiB,
#: 1.0 with 256 and 0.9 with 192, and TCP got 3.0, 3.1 and 2.7 Gbit/s.
QUEUE_BYTES: Final = 256 << 10

#: The same for a directory server.  Hundreds of members may come back in the same moment, each with a datagram that the
#: kernel counts as 2 KiB, and no frame of a user waits behind them.  It is read within a moment: what takes long waits
#: elsewhere (L{wand.sealed.sessions.waiting_initiations}).
SERVER_QUEUE_BYTES: Final = 4 << 20

# Linux (in.h, in6.h): set "do not fragment", and neither trust nor wait for what ICMP says about the path's MTU.
_IP_MTU_DISCOVER: Final = 10
_IPV6_MTU_DISCOVER: Final = 23
_PMTUDISC_PROBE: Final = 3

#: Errors that the system passes on from the network, where anybody may have caused them (icmp(7)), and those that pass.
_PASSING: Final = frozenset(
    {
        errno.ECONNREFUSED,
        errno.EHOSTUNREACH,
        errno.ENETUNREACH,
        errno.EHOSTDOWN,
        errno.ENETDOWN,
        errno.EPROTO,
        errno.ENOPROTOOPT,
        errno.EMSGSIZE,
        errno.EACCES,
        errno.EPERM,
        errno.EOPNOTSUPP,
        errno.ETIMEDOUT,
        errno.EINTR,
        *FULL,
    }
)

#: This many errors of another kind, with nothing read in between, mean that the socket is broken.
ERRORS_MAXIMUM: Final = 16


class UDPUnderlay:
    """
    Binds real UDP sockets.
    """

    def __init__(
        self,
        reactor: IReactorFDSet,
        counters: Counters,
        failures: Failures,
        lost: Callable[[str], object],
        queue: int = QUEUE_BYTES,
    ) -> None:
        """
        @param failures: counts and logs receivers that raise.
        @param lost: called with the reason when a socket is gone for good, and nothing can be sent or received.
        @param queue: what the kernel may queue for each socket, in octets.
        """
        self._queue = queue
        self._reactor = reactor
        self._counters = counters
        self._failures = failures
        self._lost = lost
        counters.declare(COUNTERS)

    def bind(self, host: str, port: int, receiver: DatagramReceiver) -> UDPPort:
        """
        See L{wand.underlay.ports.Underlay.bind}.
        """
        takenApart = OneByOne(receiver, self._failures)
        bound = self._port(_bound(host, port), takenApart)
        takenApart.isOpen = lambda: bound.fileno() != -1
        return bound

    def bindTrains(self, host: str, port: int, receiver: TrainReceiver, *, mayFragment: bool = False) -> UDPPort:
        """
        See L{wand.underlay.ports.Underlay.bindTrains}.
        """
        udp = _bound(host, port)
        if not mayFragment:
            _neverFragment(udp)
        return self._port(udp, receiver)

    def _port(self, udp: socket.socket, receiver: TrainReceiver) -> UDPPort:
        return UDPPort(self._reactor, udp, receiver, self._counters, self._failures, self._lost, self._queue)


class OneByOne:
    """
    Takes trains apart.

    @ivar isOpen: is the port still open?  The receiver may close it at any datagram.
    """

    def __init__(self, receiver: DatagramReceiver, failures: Failures) -> None:
        self.isOpen: Callable[[], bool] = lambda: True
        self._receiver = receiver
        self._failures = failures
        self.datagramReceived = receiver.datagramReceived
        self.batchReceived = receiver.batchReceived

    def trainReceived(
        self, slots: Slots, first: int, count: int, size: int, last: int, sender: tuple[str, int]
    ) -> None:
        """
        See L{TrainReceiver.trainReceived}.
        """
        for datagram in slots.datagrams(first, count, size, last):
            if not self.isOpen():
                break
            try:
                self._receiver.datagramReceived(datagram, sender)
            except Exception:
                self._failures.caught("datagram", plugin=self._receiver)


@implementer(IPromptReader)
class UDPPort(Sending):
    """
    A bound socket.  Whatever its receiver does, it goes on; when the socket itself is gone, it calls C{lost}.
    """

    isLocal = False

    def __init__(
        self,
        reactor: IReactorFDSet,
        udp: socket.socket,
        receiver: TrainReceiver,
        counters: Counters,
        failures: Failures,
        lost: Callable[[str], object],
        queue: int = QUEUE_BYTES,
    ) -> None:
        """
        @param failures: counts and logs a receiver that raises.
        @param lost: called with the reason when the socket is gone for good.
        @param queue: what the kernel may queue, in octets.
        """
        super().__init__(udp, counters, TrainSender(udp), self._break)
        self.endpoint = Endpoint(*udp.getsockname()[:2])
        self._reactor = reactor
        self._receiver = receiver
        self._failures = failures
        self._lost = lost
        self._errors = 0
        self._inbox = makeInbox(udp)
        self._joins = joinTrains(udp) is None
        self._tells = tellAddresses(udp)
        self._answerers: dict[str, AnsweringPort] = {}
        self._limit = BATCH
        self._rows: dict[tuple[int, int], Slots] = {}
        self.notes = _sizeQueues(udp, queue)
        self._queue = udp.getsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF)
        reactor.addReader(self)

    @property
    def features(self) -> tuple[str, ...]:
        """
        See L{wand.underlay.ports.DatagramPort}.
        """
        return (
            "GSO" if self._trains.refusal is None else f"no GSO ({self._trains.refusal})",
            "GRO" if self._joins else "no GRO",
        )

    # HOT PATH

    def answerStranger(self, datagram: bytes, destination: tuple[str, int], taken: float) -> bool:
        """
        See L{wand.underlay.ports.DatagramPort.answerStranger}.
        """
        if _queued(self._socket) > taken * self._queue:
            self._counters["drop-udp-crowded"] += 1
            return False
        return self.answering(destination).send(datagram, destination)

    def answering(self, sender: tuple[str, int]) -> Sending:
        """
        See L{wand.underlay.ports.DatagramPort.answering}.
        """
        if not self._tells or not isinstance(sender, Heard):
            return self
        answerer = self._answerers.get(sender.local)
        if answerer is None:
            if len(self._answerers) >= ANSWERERS_MAXIMUM:  # a whole prefix may be ours
                self._answerers.clear()
            answerer = AnsweringPort(self, self._socket, self._counters, self._trains, sender.local, self._break)
            self._answerers[sender.local] = answerer
        return answerer

    def towards(self, sender: tuple[str, int]) -> Sending:
        """
        See L{wand.underlay.ports.DatagramPort.towards}.
        """
        if not self._tells or not isinstance(sender, Heard) or chosenSource(sender) == sender.local:
            return self
        return self.answering(sender)

    def doRead(self) -> None:
        """
        Hand over received datagrams, a bounded number of them.
        """
        inbox, receiver = self._inbox, self._receiver
        try:
            count = inbox.receive(self._limit)
        except OSError as error:
            self._unread(error)
            return
        self._errors = 0
        try:
            if count == 1:
                size, segment = inbox.size, inbox.segment
                self._counters["udp-received-bytes"] += size
                if 0 < segment < size:
                    self._limit = TRAINS
                    self._counters["udp-received-datagrams"] += self._handLoneTrain(size, segment)
                else:
                    self._counters["udp-received-datagrams"] += 1
                    receiver.datagramReceived(inbox.view[:size], inbox.sender(0))
            elif count:
                self._handTrains(count)
        except Exception:
            self._failures.caught("datagram", plugin=receiver)
        if count and self._socket.fileno() != -1:
            try:
                receiver.batchReceived()
            except Exception:
                self._failures.caught("batch of datagrams", plugin=receiver)

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
                number, end, last = full + (rest > 0), at + 1, rest or segment
                slots, first, size = self._row(at, segment), 0, segment
            else:
                end = inbox.rowEnd(at, count, sizes, segments)
                slots, first, number, last = inbox.slots, at, end - at, sizes[end - 1]
            try:
                if number > 1:
                    receiver.trainReceived(slots, first, number, size, last, inbox.sender(at))
                else:
                    receiver.datagramReceived(slots.view[first * slots.stride :][:last], inbox.sender(at))
            except Exception:
                self._failures.caught("datagram", plugin=receiver)
            datagrams += number
            at = end
        self._limit = TRAINS if isTrain else BATCH
        self._counters["udp-received-datagrams"] += datagrams
        self._counters["udp-received-bytes"] += sum(sizes[:at])

    def _handLoneTrain(self, size: int, segment: int) -> int:
        full, rest = divmod(size, segment)
        number = full + (rest > 0)
        row, sender = self._row(0, segment), self._inbox.sender(0)
        self._receiver.trainReceived(row, 0, number, segment, rest or segment, sender)
        return number

    def _row(self, index: int, size: int) -> Slots:
        slots = self._rows.get((index, size))
        if slots is None:
            if len(self._rows) >= ROWS_MAXIMUM:  # sizes come from peers: bounded
                self._rows.clear()
            start = index * self._inbox.stride
            row = self._inbox.view[start : start + self._inbox.stride]
            slots = self._rows[index, size] = Slots(size, row)
        return slots

    # COLD PATH

    def close(self) -> None:
        """
        See L{wand.underlay.ports.DatagramPort.close}.
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
        See L{IPromptReader}: the reactor does not watch the socket any more, because it broke; or it ends.
        """
        self._break(reason.getErrorMessage())

    def logPrefix(self) -> str:
        """
        See L{IPromptReader}.
        """
        return f"UDP {self.endpoint}"

    def _unread(self, error: OSError) -> None:
        """
        Reading failed: mostly because of an ICMP error for a datagram sent before (ip(7), IP_RECVERR).
        """
        self._counters["udp-errors"] += 1
        if error.errno not in _PASSING:
            self._errors += 1
            if error.errno in SOCKET_GONE or self._errors >= ERRORS_MAXIMUM:
                self._break(error.strerror or str(error))

    def _break(self, reason: str) -> None:
        if self._socket.fileno() != -1:
            self.close()
            self._lost(f"the UDP port {self.endpoint} is gone: {reason}")


def _bound(host: str, port: int) -> socket.socket:
    udp = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET, socket.SOCK_DGRAM)
    try:
        udp.setblocking(False)
        if udp.family == socket.AF_INET6:  # another socket has IPv4 on the same port, whatever the system's default
            udp.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        udp.bind((host, port))
    except (OSError, OverflowError) as error:
        udp.close()
        raise PortUnavailable(f"UDP port {Endpoint(host, port)} cannot be bound: {_advice(error)}") from error
    return udp


def _sizeQueues(udp: socket.socket, queue: int) -> tuple[str, ...]:
    """
    Ask for queues that hold a burst.

    @param queue: how many octets they are to hold.
    @return: what an operator could do if they are too small.
    """
    capped = []
    for force, ordinary, limit in ((33, socket.SO_RCVBUF, "rmem"), (32, socket.SO_SNDBUF, "wmem")):  # SO_...BUFFORCE
        try:
            udp.setsockopt(socket.SOL_SOCKET, force, queue)
        except OSError:  # not privileged, or not Linux: as much as the system allows
            udp.setsockopt(socket.SOL_SOCKET, ordinary, queue)
        if udp.getsockopt(socket.SOL_SOCKET, ordinary) < queue:
            capped.append(f"net.core.{limit}_max={queue}")
    if not capped:
        return ()
    return (f"the system's limits make the UDP queues small, and bursts are lost: sysctl -w {' '.join(capped)}",)


def _queued(udp: socket.socket) -> int:
    """
    Octets that wait to be sent, counted like the queue's limit (udp(7), C{SIOCOUTQ}); 0 if the system does not say.
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
