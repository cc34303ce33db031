"""
A virtual machine behind datagrams (QEMU's C{-netdev dgram}): each is a frame.
"""

from __future__ import annotations

import socket
from collections.abc import Callable
from typing import Final

from zope.interface import implementer_only

from wand.drivers.descriptor import FULL, DescriptorTap
from wand.endpoint import Endpoint
from wand.ethernet import Frame
from wand.interfaces import Context, ITap, TapRequest
from wand.underlay.prompt import IPromptReader

COUNTERS: Final = {
    "drop-tap-foreign": "datagrams at the socket of a virtual machine dropped: another program sent them",
}


@implementer_only(ITap, IPromptReader)  # no interface of this host
class DatagramTap(DescriptorTap):
    """
    A tap that exchanges datagrams with one machine.  Whether that is running is seen only by what it sends.
    """

    def __init__(
        self,
        request: TapRequest,
        context: Context,
        port: socket.socket,
        remote: Endpoint | str,
        close: Callable[[], object],
    ) -> None:
        """
        @param port: our socket.
        @param remote: where the machine's is.
        @param close: closes ours.
        """
        super().__init__(request, context, port.fileno(), release=close)
        self._counters.declare(COUNTERS)
        self._port = port
        self._remote = remote
        self._arena = memoryview(bytearray(65_536))

    # HOT PATH

    def readFrame(self) -> int:
        """
        See L{DescriptorTap.readFrame}.
        """
        size, source = self._port.recvfrom_into(self._arena)
        if source != self._remote and (type(source) is not tuple or source[:2] != self._remote):  # IPv6 has more parts
            self._counters["drop-tap-foreign"] += 1
        elif size and self._receiver is not None:
            self._receiver.frameRead(self._arena[: min(size, self._size)])
        return size

    def write(self, frame: Frame) -> bool:
        """
        See L{ITap}.
        """
        size = len(frame)
        if size > self._longest:
            self._counters["drop-tap-oversize"] += 1
            return False
        try:
            self._port.sendto(frame, self._remote)
        except OSError as error:  # no machine is there, or the socket was closed
            self._counters["drop-tap-full" if error.errno in FULL else "drop-tap-error"] += 1
            return False
        self._counters["tap-written-frames"] += 1
        self._counters["tap-written-bytes"] += size
        return True
