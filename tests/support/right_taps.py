"""
A driver that keeps every rule, in a few lines that can each be broken: its host is the other end of a pair of sockets.
"""

from __future__ import annotations

import os
import socket
from collections.abc import Sequence

from twisted.internet.interfaces import IReadDescriptor
from twisted.python.failure import Failure
from zope.interface import implementer

from wand.drivers.descriptor import COUNTERS
from wand.errors import TapUnavailable
from wand.ethernet import MAC, OVERHEAD, Frame
from wand.interfaces import Context, IFrameReader, IHostTap, ITap, ITapDriver, TapRequest
from wand.plugin_settings import NoSettings, readSettings
from wand.testing.drivers import TapDriverContract

#: The ends of the pairs that are the hosts', the last one last.
HOSTS: list[socket.socket] = []


@implementer(IHostTap, IReadDescriptor)
class RightTap:
    """
    One frame a packet.
    """

    features: Sequence[str] = ()
    receiver: IFrameReader | None = None

    def __init__(self, request: TapRequest, context: Context, device: socket.socket) -> None:
        self.context = context
        self.device = device
        self.addresses = [*request.addresses]
        context.counters.declare(COUNTERS)
        self.adopt(request.interface, request.mac, request.mtu)

    def adopt(self, interface: str, mac: MAC, mtu: int) -> None:
        self.interface, self.mac, self.mtu = interface, mac, mtu

    def addAddress(self, address: str) -> None:
        self.addresses.append(address)

    def start(self, receiver: IFrameReader) -> None:
        self.receiver = receiver
        self.context.descriptors.addReader(self)

    def doRead(self) -> None:
        for _ in range(64):
            try:
                frame = self.read()
            except BlockingIOError:
                break
            except OSError as error:
                return self.lose(str(error))
            if not frame:
                return self.lose("the other side closed it")
            self.hand(frame)
            if self.receiver is None:
                return None
        if self.receiver is not None:
            self.receiver.batchRead()
        return None

    def read(self) -> bytes:
        return self.device.recv(self.mtu + OVERHEAD + 1)

    def hand(self, frame: bytes) -> None:
        if self.receiver is not None:
            self.receiver.frameRead(frame)

    def write(self, frame: Frame) -> bool:
        if len(frame) > self.mtu + OVERHEAD:
            return self.drop("drop-tap-oversize")
        try:
            self.put(frame)
        except OSError:
            return self.drop("drop-tap-error")
        return True

    def put(self, frame: Frame) -> None:
        self.device.send(frame)

    def drop(self, counter: str) -> bool:
        self.context.counters[counter] += 1
        return False

    def close(self) -> None:
        self.unwatch()
        self.device.close()

    def unwatch(self) -> IFrameReader | None:
        receiver, self.receiver = self.receiver, None
        if receiver is not None:
            self.context.descriptors.removeReader(self)
        return receiver

    def lose(self, reason: str) -> None:
        receiver = self.unwatch()
        if receiver is not None:
            receiver.tapLost(f"the tap {self.interface} is gone: {reason}")

    def connectionLost(self, reason: Failure) -> None:
        self.lose(reason.getErrorMessage())

    def fileno(self) -> int:
        return self.device.fileno()

    def logPrefix(self) -> str:
        return "right"


@implementer(ITapDriver)
class RightDriver:
    """
    @ivar tap: the class of its taps.
    """

    name = "right"
    about = "the other end of a pair of sockets"
    tap: type[RightTap] = RightTap

    def unusable(self) -> str | None:
        return None

    def open(self, request: TapRequest, context: Context) -> ITap:
        readSettings(request.settings, NoSettings)
        if request.interface == "impossible":
            raise TapUnavailable("there is no such interface")
        device, host = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        device.setblocking(False)
        host.setblocking(False)
        HOSTS.append(host)
        return self.tap(request, context, device)


class RightDriverCase(TapDriverContract):
    """
    The contract, with the test as the host.
    """

    turnsMaximum = 40

    def makeDriver(self) -> ITapDriver:
        self.addCleanup(self.forget)
        return RightDriver()

    def forget(self) -> None:
        while HOSTS:
            HOSTS.pop().close()

    def hostOpened(self, tap: ITap) -> None:
        self.tap, self.host = tap, HOSTS[-1]

    def hostSend(self, frame: bytes) -> None:
        self.host.send(frame)

    def hostReceived(self) -> list[bytes]:
        frames = []
        while True:
            try:
                frame = self.host.recv(70_000)
            except OSError:
                return frames
            if not frame:
                return frames
            frames.append(frame)

    def hostGone(self) -> None:
        self.host.close()

    def hostAddresses(self) -> list[str]:
        return self.tap.addresses  # type: ignore[attr-defined]  # it is a RightTap

    def holdings(self) -> tuple[object, ...]:
        self.forget()
        return super().holdings()

    def impossibleRequest(self) -> TapRequest:
        return self.request(interface="impossible")


def leak() -> int:
    """
    Open a descriptor that nobody closes.
    """
    return os.open("/dev/null", os.O_RDONLY | os.O_CLOEXEC)
