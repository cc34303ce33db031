"""
The peer protocol of the original WanDaemon: two idle octets and a whole Ethernet frame in a UDP datagram.

Plain, unauthenticated, IPv4: for networks whose members and wires are trusted.  The documentation's page on REL2 has
the formats.
"""

from __future__ import annotations

from typing import Final

import attrs
from twisted.plugin import IPlugin
from zope.interface import implementer

from wand.endpoint import NODE_PORT, Endpoint
from wand.errors import AddressInvalid, ConfigurationInvalid
from wand.ethernet import Frame
from wand.interfaces import Context, IFrameReceiver, IPeerProtocol, ITransport, Settings, TransportRequest
from wand.status import PeerStatus
from wand.table import Peer
from wand.underlay import DatagramPort

#: What stands before the frame, a leftover of the ethertap driver: sent as zeros, ignored on arrival.
PAD: Final = b"\0\0"

#: A datagram that is shorter can hold no Ethernet header.
DATAGRAM_MINIMUM: Final = 16

#: How often at the most a peer is reported as heard, in seconds.
HEARD_INTERVAL: Final = 30.0

COUNTERS: Final = {
    "rel2-unknown-senders": "datagrams from addresses that no entry of the table has",
    "drop-rel2-runt": "datagrams dropped: too short for a frame",
    "drop-rel2-unknown-sender": "datagrams dropped: their sender is not in the table (senders = known)",
}


@implementer(IPeerProtocol, IPlugin)
class REL2:
    """
    The plugin.  Its settings: C{senders}, C{any} (the original's way, the default) or C{known}, to drop what comes from
    a host that is not in the table.
    """

    name = "rel2"
    about = "the original's protocol: plain frames over UDP, for trusted networks"
    defaultMTU = 1280
    directory = "rel2"
    sealed = False

    def unusable(self) -> str | None:
        """
        See L{wand.interfaces.IWandPlugin}.
        """
        return None

    def open(self, request: TransportRequest, context: Context) -> ITransport:
        """
        See L{IPeerProtocol}.
        """
        return REL2Transport(request, context, knownOnly=_knownOnly(request.settings))


@attrs.define
class Account:
    """
    What passed between a peer and us; C{heard} in the clock's seconds, C{0.0} for never.
    """

    heard: float = 0.0
    framesReceived: int = 0
    bytesReceived: int = 0
    framesSent: int = 0
    bytesSent: int = 0


@implementer(ITransport)
class REL2Transport:
    """
    REL2 at work; a peer is an L{Endpoint}.
    """

    features: tuple[str, ...] = ()

    def __init__(self, request: TransportRequest, context: Context, *, knownOnly: bool) -> None:
        self._clock = context.clock
        self._counters = context.counters
        self._counters.declare(COUNTERS)
        self._knownOnly = knownOnly
        self._accounts: dict[Peer, Account] = {}
        self._hosts: dict[str, int] = {}
        self._receiver: IFrameReceiver | None = None
        self._port: DatagramPort = context.underlay.bind(request.host, request.port, self)
        self.listening = str(self._port.endpoint)

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

    # The hot path.

    def send(self, peer: Peer, frame: Frame) -> None:
        """
        See L{ITransport}.
        """
        if self._port.sendParts([PAD, frame], peer):  # type: ignore[arg-type]  # our peers are endpoints
            account = self._accounts.get(peer)
            if account is not None:
                account.framesSent += 1
                account.bytesSent += len(frame)

    def flush(self) -> None:
        """
        See L{ITransport}: nothing is put off.
        """

    def datagramReceived(self, datagram: memoryview, sender: tuple[str, int]) -> None:
        """
        See L{wand.underlay.DatagramReceiver}.
        """
        if len(datagram) < DATAGRAM_MINIMUM:
            self._counters["drop-rel2-runt"] += 1
            return
        if self._receiver is None:
            return
        account = self._accounts.get(sender)
        if account is None:
            self._counters["rel2-unknown-senders"] += 1
            if self._knownOnly and sender[0] not in self._hosts:
                self._counters["drop-rel2-unknown-sender"] += 1
                return
        else:
            self._heard(sender, account, len(datagram) - len(PAD))
        self._receiver.frameReceived(sender, datagram[len(PAD) :])

    def batchReceived(self) -> None:
        """
        See L{wand.underlay.DatagramReceiver}.
        """
        if self._receiver is not None:
            self._receiver.batchReceived()

    def _heard(self, peer: Peer, account: Account, size: int) -> None:
        account.framesReceived += 1
        account.bytesReceived += size
        now = self._clock.seconds()
        if now - account.heard >= HEARD_INTERVAL and self._receiver is not None:
            self._receiver.peerHeard(peer)
        account.heard = now

    # Accounts.

    def peerAdded(self, peer: Peer) -> None:
        """
        See L{ITransport}.
        """
        self._accounts[peer] = Account()
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
        account = self._accounts.get(peer) or Account()
        return PeerStatus(
            peer=str(peer),
            state="heard" if account.heard else "known",
            macs=[],
            heard=account.heard or None,
            framesReceived=account.framesReceived,
            bytesReceived=account.bytesReceived,
            framesSent=account.framesSent,
            bytesSent=account.bytesSent,
        )


def _knownOnly(settings: Settings) -> bool:
    for key in settings:
        if key != "senders":
            raise ConfigurationInvalid("protocol-settings", key, "rel2 has only the setting senders")
    senders = settings.get("senders", "any")
    if senders not in ("any", "known"):
        raise ConfigurationInvalid("protocol-settings", "senders", f"expected any or known, not {senders!r}")
    return bool(senders == "known")
