"""
Frames that travel as VXLAN, past the network: a UDP socket sends them, and a packet socket hears messages that the
kernel took out of their datagrams (RFC 7348, packet(7)).
"""

from __future__ import annotations

import os
import socket
import struct
from collections.abc import Callable
from typing import Final

from twisted.internet.interfaces import IReactorFDSet, IReadDescriptor
from twisted.python.failure import Failure
from zope.interface import implementer

from wand.drivers.vxlan_messages import KIND, Place
from wand.errors import TapUnavailable
from wand.ethernet import Frame

#: The flag that says that there is a number.
_VALID: Final = 0x08

#: An option (ip(7)), and its value: never cut what is sent, and do not ask for what the path is known to carry.
_IP_MTU_DISCOVER: Final = 10
_IP_PMTUDISC_PROBE: Final = 3

#: How many frames one wake-up reads, and octets of the longest.
_BATCH: Final = 64
_SIZE: Final = 1 << 16


class DirectSender:
    """
    Sends frames as VXLAN, each in one piece or not at all.
    """

    def __init__(self) -> None:
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK)
        self._socket.setsockopt(socket.IPPROTO_IP, _IP_MTU_DISCOVER, _IP_PMTUDISC_PROBE)
        self.close = self._socket.close

    def send(self, frame: Frame, place: Place) -> bool:
        """
        Send one.

        @return: whether the system took it.
        """
        header = struct.pack(">B3xI", _VALID, place.number << 8)
        try:
            self._socket.sendmsg([header, frame], (), 0, (place.host, place.port))
        except OSError:
            return False
        return True


@implementer(IReadDescriptor)
class DirectListener:
    """
    Hears messages that an interface received.
    """

    def __init__(self, interface: str, descriptors: IReactorFDSet) -> None:
        """
        @raise TapUnavailable: if there can be no such socket.
        """
        self._descriptors = descriptors
        kind = int.from_bytes(KIND, "big")
        try:
            self._socket = socket.socket(socket.AF_PACKET, socket.SOCK_RAW | socket.SOCK_NONBLOCK, 0)
            self._socket.bind((interface, kind))
        except OSError as error:
            raise TapUnavailable(
                f"no packet socket can be opened on {interface}: {os.strerror(error.errno or 0)}"
            ) from error
        self._receiver: Callable[[Frame], object] | None = None

    def start(self, receiver: Callable[[Frame], object]) -> None:
        """
        Hand over what comes from now on.
        """
        self._receiver = receiver
        self._descriptors.addReader(self)

    def close(self) -> None:
        """
        Hear nothing more.
        """
        if self._receiver is not None:
            self._receiver = None
            self._descriptors.removeReader(self)
        self._socket.close()

    def doRead(self) -> None:
        """
        See L{IReadDescriptor}.
        """
        for _ in range(_BATCH):
            if self._receiver is None:
                return
            try:
                frame, address = self._socket.recvfrom(_SIZE)
            except OSError:  # no more, or the link went down
                return
            if address[2] != socket.PACKET_OUTGOING:
                self._receiver(frame)

    def fileno(self) -> int:
        """
        See L{IReadDescriptor}.
        """
        return self._socket.fileno()

    def connectionLost(self, reason: Failure) -> None:
        """
        See L{IReadDescriptor}.  An interface that is gone is noticed elsewhere; one that is down is up again some time.
        """
        self.doRead()
        if self._receiver is not None:
            self._descriptors.addReader(self)

    def logPrefix(self) -> str:
        """
        See L{IReadDescriptor}.
        """
        return "vxlan"
