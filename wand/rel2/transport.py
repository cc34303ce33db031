"""
The peer protocol of the original WanDaemon: two idle octets and a whole Ethernet frame in a UDP datagram.

Plain, unauthenticated, IPv4: for networks whose members and wires are trusted.  The documentation's page on REL2 has
the formats.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import inf
from typing import Final, Literal

import attrs
import msgspec
from twisted.plugin import IPlugin
from zope.interface import implementer

from wand.endpoint import NODE_PORT, Endpoint
from wand.errors import AddressInvalid
from wand.ethernet import OVERHEAD, Frame
from wand.interfaces import (
    Context,
    IFrameReceiver,
    IPeerProtocol,
    IResizableTransport,
    ISuperframeTransport,
    ITransport,
    TransportRequest,
)
from wand.plugin_settings import readSettings
from wand.rel2.train import PAD, FrameTrain
from wand.status import PeerStatus
from wand.superframes.cutting import framesOf
from wand.superframes.gathering import gathered
from wand.superframes.virtio import VirtioHeader
from wand.table import Peer
from wand.underlay.ports import DatagramPort, DatagramSender
from wand.underlay.slots import Slots

#: A datagram that is shorter can hold no Ethernet header.
DATAGRAM_MINIMUM: Final = 16

#: How often at most a peer is reported as heard, in seconds.
HEARD_INTERVAL: Final = 30.0

COUNTERS: Final = {
    "rel2-unknown-senders": "datagrams from addresses that no entry of the table has",
    "drop-rel2-runt": "datagrams dropped: too short for a frame",
    "drop-rel2-superframe": "superframes from the host dropped: of a kind that we cannot cut",
    "drop-rel2-unknown-sender": "datagrams dropped: their sender is not in the table (senders = known)",
}


class REL2Settings(msgspec.Struct, frozen=True):
    """
    What an operator may set.

    @ivar senders: C{any}, the original's way; or C{known}, to drop what comes from a host that is not in the table.
    """

    senders: Literal["any", "known"] = "any"


@implementer(IPeerProtocol, IPlugin)
class REL2:
    """
    The plugin.
    """

    name = "rel2"
    about = "the original's protocol: plain frames over UDP, for trusted networks"
    settings = REL2Settings
    defaultMTU = 1280
    directory = "rel2"

    def unusable(self) -> str | None:
        """
        See L{wand.interfaces.IWandPlugin}.
        """
        return None

    def open(self, request: TransportRequest, context: Context) -> ITransport:
        """
        See L{IPeerProtocol}.
        """
        settings = readSettings(request.settings, REL2Settings, "protocol-settings")
        return REL2Transport(request, context, knownOnly=settings.senders == "known")


@attrs.define
class REL2Account:
    """
    What passed between a peer and us; C{heard}, and C{told} to the receiver, in the clock's seconds, minus infinity for
    never.

    @ivar sender: what the port called the peer when it was heard last.
    @ivar port: sends to it, from the address of ours at which it was heard.
    """

    port: DatagramSender
    sender: object = None
    heard: float = -inf
    told: float = -inf
    framesReceived: int = 0
    bytesReceived: int = 0
    framesSent: int = 0
    bytesSent: int = 0


@implementer(ISuperframeTransport, IResizableTransport)
class REL2Transport:
    """
    REL2 at work; a peer is an L{Endpoint}.

    The wire knows no superframes: they are cut on the way out, and on the way in segments that came together make one
    again.
    """

    def __init__(self, request: TransportRequest, context: Context, *, knownOnly: bool) -> None:
        self._clock = context.clock
        self._epoch = context.epoch
        self._counters = context.counters
        self._counters.declare(COUNTERS)
        self._knownOnly = knownOnly
        self._accounts: dict[Peer, REL2Account] = {}
        self._hosts: dict[str, int] = {}
        self._receiver: IFrameReceiver | None = None
        self._train = FrameTrain()
        self._longest = request.mtu + OVERHEAD
        self._port: DatagramPort = context.underlay.bindTrains(request.host, request.port, self, mayFragment=True)
        self.listening = str(self._port.endpoint)
        self.notes = self._port.notes

    @property
    def features(self) -> tuple[str, ...]:
        """
        See L{ITransport}.
        """
        return self._port.features

    def resize(self, mtu: int) -> None:
        """
        See L{IResizableTransport}.
        """
        self._longest = mtu + OVERHEAD

    def start(self, receiver: IFrameReceiver) -> None:
        """
        See L{ITransport}.
        """
        self._receiver = receiver

    def stop(self) -> None:
        """
        See L{ITransport}.
        """
        self._receiver = None
        self._port.close()

    def peerFrom(self, text: str) -> Endpoint:
        """
        See L{ITransport}: a peer is written as C{ADDRESS:PORT}, the port 22222 where there is none.
        """
        endpoint = Endpoint.parse(text, NODE_PORT)
        if endpoint.isIPv6:
            raise AddressInvalid(f"{endpoint} is IPv6, and REL2 knows IPv4 only")
        return endpoint

    # Frames to peers.  HOT PATH

    def send(self, peer: Peer, frame: Frame) -> None:
        """
        See L{ITransport}.
        """
        if not self._train.add(peer, frame):
            self.flush()
            if not self._train.add(peer, frame):
                account = self._accounts.get(peer)
                port = self._port if account is None else account.port
                taken = port.sendParts([PAD, frame], peer)  # type: ignore[arg-type]  # our peers are endpoints
                self._sent(account, taken, len(frame))

    def sendEach(self, peers: Sequence[Peer], frame: Frame) -> None:
        """
        See L{ITransport}.
        """
        for peer in peers:
            self.send(peer, frame)

    def sendSuperframe(self, peer: Peer, frame: memoryview, virtio: VirtioHeader) -> None:
        """
        See L{ISuperframeTransport}.  All its frames but the last are of one size, and leave in one call or two.
        """
        count = 0
        for each in framesOf(virtio, frame):
            self.send(peer, each)
            count += 1
        if not count:
            self._counters["drop-rel2-superframe"] += 1

    def flush(self) -> None:
        """
        See L{ITransport}.
        """
        train = self._train
        count, size, peer = train.count, train.size, train.peer
        if count:
            datagrams = train.take()
            account = self._accounts.get(peer)
            port = self._port if account is None else account.port
            if count == 1:
                taken = port.send(datagrams, peer)  # type: ignore[arg-type]  # as above
            else:
                taken = port.sendTrain(datagrams, size, peer)  # type: ignore[arg-type]  # as above
            self._sent(account, taken * count, len(datagrams) - count * len(PAD))

    def _sent(self, account: REL2Account | None, frames: int, octets: int) -> None:
        if account is not None and frames:
            account.framesSent += frames
            account.bytesSent += octets

    # Datagrams from peers.  HOT PATH

    def trainReceived(
        self, slots: Slots, first: int, count: int, size: int, last: int, sender: tuple[str, int]
    ) -> None:
        """
        See L{wand.underlay.ports.TrainReceiver}.
        """
        pad, end = len(PAD), first + count
        while first < end and self._receiver is not None:
            left = end - first
            stretch, run = None, 1
            if left > 1 and self._receiver.wantsStretches and size - pad <= self._longest:
                stretch, run = gathered(slots, pad, first, left, size - pad, last - pad)
            if stretch is None:
                for datagram in slots.datagrams(first, run, size, last if run == left else size):
                    self.datagramReceived(datagram, sender)
            elif self._welcome(sender, run, run * len(stretch.headers.octets) + stretch.length):
                self._receiver.stretchReceived(sender, stretch)
            first += run

    def datagramReceived(self, datagram: memoryview, sender: tuple[str, int]) -> None:
        """
        See L{wand.underlay.ports.DatagramReceiver}.
        """
        if len(datagram) < DATAGRAM_MINIMUM:
            self._counters["drop-rel2-runt"] += 1
        elif self._receiver is not None and self._welcome(sender, 1, len(datagram) - len(PAD)):
            self._receiver.frameReceived(sender, datagram[len(PAD) :])

    def _welcome(self, sender: tuple[str, int], frames: int, octets: int) -> bool:
        """
        Count frames of a sender.

        @return: whether they are taken.
        """
        account = self._accounts.get(sender)
        if account is not None:
            if sender is not account.sender:
                account.sender, account.port = sender, self._port.towards(sender)
            self._heard(sender, account, frames, octets)
            return True
        self._counters["rel2-unknown-senders"] += frames
        if self._knownOnly and sender[0] not in self._hosts:
            self._counters["drop-rel2-unknown-sender"] += frames
            return False
        return True

    def batchReceived(self) -> None:
        """
        See L{wand.underlay.ports.DatagramReceiver}.
        """
        if self._receiver is not None:
            self._receiver.batchReceived()

    def _heard(self, peer: Peer, account: REL2Account, frames: int, octets: int) -> None:
        account.framesReceived += frames
        account.bytesReceived += octets
        now = self._clock.seconds()
        account.heard = now
        if now - account.told >= HEARD_INTERVAL and self._receiver is not None:
            account.told = now
            self._receiver.peerHeard(peer)

    # Accounts.

    def peerAdded(self, peer: Peer) -> None:
        """
        See L{ITransport}.
        """
        self._accounts[peer] = REL2Account(self._port)
        if isinstance(peer, Endpoint):
            self._hosts[peer.host] = self._hosts.get(peer.host, 0) + 1

    def peerRemoved(self, peer: Peer) -> None:
        """
        See L{ITransport}.
        """
        self._accounts.pop(peer, None)
        if isinstance(peer, Endpoint):
            self._hosts[peer.host] -= 1
            if not self._hosts[peer.host]:
                del self._hosts[peer.host]

    def peerStatus(self, peer: Peer) -> PeerStatus:
        """
        See L{ITransport}.
        """
        account = self._accounts.get(peer) or REL2Account(self._port)
        return PeerStatus(
            peer=str(peer),
            state="heard" if account.heard > -inf else "known",
            macs=[],
            heard=self._epoch(account.heard) if account.heard > -inf else None,
            framesReceived=account.framesReceived,
            bytesReceived=account.bytesReceived,
            framesSent=account.framesSent,
            bytesSent=account.bytesSent,
        )
