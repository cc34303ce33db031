"""
Reading from a UDP socket: a bounded number of datagrams a turn of the reactor, handed over in trains (udp(7)).
"""

from __future__ import annotations

import errno
import socket
from collections.abc import Callable
from typing import Final

from twisted.python.failure import Failure
from zope.interface import implementer

from wand.counters import Counters
from wand.endpoint import Endpoint
from wand.health.failures import Failures
from wand.underlay.batch import BATCH, makeInbox
from wand.underlay.ports import TrainReceiver
from wand.underlay.prompt import IPromptReader
from wand.underlay.sending import FULL, SOCKET_GONE
from wand.underlay.slots import Slots

#: The most trains, of up to 64 datagrams, that one turn of the reactor reads; of single datagrams it is L{BATCH}.  So
#: timers and the control socket stay prompt: either takes about a millisecond.
TRAINS: Final = 4

#: How many rows of datagrams have their slices kept: a train of one size in one slot of the inbox makes one.
ROWS_MAXIMUM: Final = 4 * TRAINS

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


@implementer(IPromptReader)
class Receiving:
    """
    Reads a socket.  Whatever its receiver does, it goes on; when the socket itself is gone, it says so.
    """

    isLocal = False

    def __init__(
        self,
        udp: socket.socket,
        receiver: TrainReceiver,
        counters: Counters,
        failures: Failures,
        broken: Callable[[str], object],
    ) -> None:
        """
        @param failures: counts and logs a receiver that raises.
        @param broken: called with the reason when the socket is gone for good.
        """
        self._socket = udp
        self._receiver = receiver
        self._counters = counters
        self._failures = failures
        self._broken = broken
        self._errors = 0
        self._inbox = makeInbox(udp)
        self._limit = BATCH
        self._rows: dict[tuple[int, int], Slots] = {}
        self._name = f"UDP {Endpoint(*udp.getsockname()[:2])}"

    # HOT PATH

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

    def fileno(self) -> int:
        """
        See L{IPromptReader}.
        """
        return self._socket.fileno()

    def connectionLost(self, reason: Failure) -> None:
        """
        See L{IPromptReader}: the reactor does not watch the socket any more, because it broke; or it ends.
        """
        self._broken(reason.getErrorMessage())

    def logPrefix(self) -> str:
        """
        See L{IPromptReader}.
        """
        return self._name

    def _unread(self, error: OSError) -> None:
        """
        Reading failed: mostly because of an ICMP error for a datagram sent before (ip(7), IP_RECVERR).
        """
        self._counters["udp-errors"] += 1
        if error.errno not in _PASSING:
            self._errors += 1
            if error.errno in SOCKET_GONE or self._errors >= ERRORS_MAXIMUM:
                self._broken(error.strerror or str(error))
