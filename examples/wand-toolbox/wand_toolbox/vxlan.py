"""
The protocol: VXLAN (RFC 7348), so that nodes talk with the kernel of Linux and with switches.  Nothing is encrypted.
"""

from math import inf
from typing import Annotated

import attrs
import msgspec
from zope.interface import implementer

from wand.endpoint import Endpoint
from wand.ethernet import Frame
from wand.interfaces import (
    BasePlugin,
    BaseTransport,
    Context,
    IFrameReceiver,
    IPeerProtocol,
    ITransport,
    TransportRequest,
)
from wand.plugin_settings import readSettings
from wand.status import PeerStatus
from wand.table import Peer

#: Seconds between two times that a peer is said to be alive.
HEARD_INTERVAL = 5.0

#: The octets before a frame: that there is a number of a network, and the number.
HEADER = 8


class VXLANSettings(msgspec.Struct):
    """
    What an operator may set.

    @ivar network: the number of the network (VNI).
    """

    network: Annotated[int, msgspec.Meta(ge=0, lt=1 << 24)] = 1


@attrs.define
class Account:
    """
    What passed between a peer and us.
    """

    heard: float = -inf
    framesReceived: int = 0
    bytesReceived: int = 0
    framesSent: int = 0
    bytesSent: int = 0


@implementer(ITransport)
class VXLANTransport(BaseTransport):
    """
    The protocol at work.  All have the same port: that from which a datagram comes says nothing (RFC 7348, section 5).
    """

    def __init__(self, request: TransportRequest, network: int, context: Context) -> None:
        self.context = context
        self.receiver: IFrameReceiver | None = None
        self.accounts: dict[Peer, Account] = {}
        self.header = b"\x08\0\0\0" + network.to_bytes(3, "big") + b"\0"
        self.port = context.underlay.bind(request.host, request.port, self)
        self.listening = str(self.port.endpoint)

    def start(self, receiver: IFrameReceiver) -> None:
        self.receiver = receiver

    def stop(self) -> None:
        self.receiver = None
        self.port.close()

    def send(self, peer: Peer, frame: Frame) -> None:
        account = self.accounts.get(peer)
        if isinstance(peer, Endpoint) and self.port.sendParts([self.header, frame], peer) and account:
            account.framesSent += 1
            account.bytesSent += len(frame)

    def datagramReceived(self, datagram: memoryview, sender: tuple[str, int]) -> None:
        if self.receiver is None or datagram[:HEADER] != self.header:
            return
        peer, frame = Endpoint(sender[0], self.port.endpoint.port), datagram[HEADER:]
        account = self.accounts.get(peer)
        if account is not None:
            account.framesReceived += 1
            account.bytesReceived += len(frame)
            if self.context.clock.seconds() - account.heard >= HEARD_INTERVAL:
                account.heard = self.context.clock.seconds()
                self.receiver.peerHeard(peer)
        self.receiver.frameReceived(peer, frame)

    def batchReceived(self) -> None:
        if self.receiver is not None:
            self.receiver.batchReceived()

    def peerFrom(self, text: str) -> Peer:
        return Endpoint.parse(text, self.port.endpoint.port)

    def peerAdded(self, peer: Peer) -> None:
        self.accounts[peer] = Account()

    def peerRemoved(self, peer: Peer) -> None:
        self.accounts.pop(peer, None)

    def peerStatus(self, peer: Peer) -> PeerStatus:
        account = self.accounts.get(peer, Account())
        return PeerStatus(
            peer=str(peer),
            state="heard" if account.heard > -inf else "known",
            macs=[],
            heard=self.context.epoch(account.heard) if account.heard > -inf else None,
            framesReceived=account.framesReceived,
            bytesReceived=account.bytesReceived,
            framesSent=account.framesSent,
            bytesSent=account.bytesSent,
        )


@implementer(IPeerProtocol)
class VXLANProtocol(BasePlugin):
    """
    Binds the port.
    """

    name = "vxlan"
    about = "VXLAN over UDP, as the kernel of Linux has it, for trusted networks"
    settings = VXLANSettings
    defaultMTU = 1450
    directory = "static"

    def open(self, request: TransportRequest, context: Context) -> ITransport:
        known = readSettings(request.settings, VXLANSettings, "protocol-settings")
        return VXLANTransport(request, known.network, context)


plugin = VXLANProtocol()
