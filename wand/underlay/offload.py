"""
Trains: datagrams of one size to or from one peer, which pass to and from the kernel in one call (udp(7):
C{UDP_SEGMENT}, since Linux 4.18, and C{UDP_GRO}, since 5.0).

On loopback a datagram of 1,400 octets costs 0.17 us to send in a train and 0.08 us to receive, where C{sendto} takes
3.4 and C{recvfrom_into} 1.3.
"""

from __future__ import annotations

import errno
import socket
from copy import copy
from struct import Struct
from typing import Final, TypeAlias

from twisted.logger import Logger

SOL_UDP: Final = 17
UDP_SEGMENT: Final = 103
UDP_GRO: Final = 104

#: What accompanies a datagram or a train, as C{socket.sendmsg} takes it.
Ancillary: TypeAlias = tuple[tuple[int, int, bytes], ...]

#: The most datagrams in a train that every kernel takes (C{UDP_MAX_SEGMENTS} was 64 before Linux 6.8, then 128).
TRAIN_MAXIMUM: Final = 64

#: The most octets of a train: what IPv6 leaves of 64 KiB; IPv4 would leave a little more.
TRAIN_OCTETS: Final = 65_535 - 40 - 8

_SIZE: Final = Struct("=H")

#: How a kernel fails whose network card cannot cut the train (EIO), or if the train is too long for the path or has too
#: many datagrams (EINVAL, EMSGSIZE); sent one by one, the datagrams may pass.
_REFUSED: Final = frozenset({errno.EIO, errno.EINVAL, errno.EMSGSIZE, errno.EOPNOTSUPP})


class TrainSender:
    """
    Sends trains, or their datagrams one by one where the kernel or the card refuses.

    @ivar refusal: why datagrams are sent one by one; C{None} if trains work.
    """

    _log = Logger()

    def __init__(self, udp: socket.socket) -> None:
        self._socket = udp
        self._source: Ancillary = ()
        self._controls: dict[int, Ancillary] = {}
        self.refusal: str | None = None
        try:
            udp.setsockopt(SOL_UDP, UDP_SEGMENT, 0)
        except OSError as error:
            self._refuse(error)

    def sendingFrom(self, source: Ancillary) -> TrainSender:
        """
        The same with another source address.

        @param source: the ancillary data that names it.
        """
        other = copy(self)
        other._source, other._controls = source, {}
        return other

    # HOT PATH
    def send(self, datagrams: memoryview, size: int, destination: tuple[str, int]) -> int:
        """
        Send contiguous datagrams.

        @param size: octets of each; the last may be shorter.
        @return: how many were sent.
        @raise OSError: if the kernel refused the first that was not; C{BlockingIOError} if its queue is full.
        """
        total = len(datagrams)
        if total <= size:
            if self._source:
                self._socket.sendmsg([datagrams], self._source, 0, destination)
            else:
                self._socket.sendto(datagrams, destination)
            return 1
        # What fits is one train, also where a full datagram would find no room in the place of a short last one.
        if total > TRAIN_OCTETS or total > TRAIN_MAXIMUM * size:
            step = max(1, min(TRAIN_MAXIMUM, TRAIN_OCTETS // size)) * size
            return self._sendInSteps(datagrams, size, step, destination)
        if self.refusal is None:
            try:
                self._socket.sendmsg([datagrams], self._controls.get(size) or self._control(size), 0, destination)
            except OSError as error:
                if error.errno not in _REFUSED:
                    raise
                if error.errno == errno.EIO:  # the card cannot, and never will
                    self._refuse(error)
            else:
                return -(-total // size)
        return self._sendInSteps(datagrams, size, size, destination)

    def _sendInSteps(self, datagrams: memoryview, size: int, step: int, destination: tuple[str, int]) -> int:
        sent = 0
        for first in range(0, len(datagrams), step):
            try:
                sent += self.send(datagrams[first : first + step], size, destination)
            except OSError:
                if not sent:
                    raise
                break
        return sent

    def _control(self, size: int) -> Ancillary:
        control = self._controls[size] = (*self._source, (SOL_UDP, UDP_SEGMENT, _SIZE.pack(size)))
        return control

    def _refuse(self, error: OSError) -> None:
        self.refusal = error.strerror or str(error)
        self._log.info("datagrams are sent one by one: no UDP segmentation here ({reason})", reason=self.refusal)


def joinTrains(udp: socket.socket) -> str | None:
    """
    Let the kernel join arriving datagrams to trains.

    @return: why it does not; C{None} if it does.
    """
    try:
        udp.setsockopt(SOL_UDP, UDP_GRO, 1)
    except OSError as error:
        reason = error.strerror or str(error)
        TrainSender._log.info("datagrams are received one by one: no UDP GRO here ({reason})", reason=reason)
        return reason
    return None
