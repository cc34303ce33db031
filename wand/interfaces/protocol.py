"""
Peer protocols: how frames travel between two nodes.
"""

from __future__ import annotations

from collections.abc import Sequence

import attrs
from zope.interface import Attribute, Interface

from wand.ethernet import MAC, Frame
from wand.interfaces.context import Context
from wand.interfaces.membership import Membership
from wand.interfaces.plugin import IWandPlugin, Settings
from wand.status import PeerStatus
from wand.superframes.stretch import Stretch
from wand.superframes.virtio import VirtioHeader
from wand.table import Peer


@attrs.frozen
class TransportRequest:
    """
    What a node asks of its peer protocol.

    @ivar host: the numeric local address to bind.
    @ivar port: the UDP port to bind.
    @ivar mac: the address of the node's own tap.
    @ivar mtu: the largest payload of an inner frame, in octets.
    @ivar settings: the protocol's own settings, not yet checked.
    @ivar membership: who we are in which network, and whom we admit; C{None} unless the protocol is an
        L{ISessionProtocol <wand.interfaces.session_transport.ISessionProtocol>}.
    """

    host: str
    port: int
    mac: MAC
    mtu: int
    settings: Settings = attrs.field(factory=dict)
    membership: Membership | None = None


class IPeerProtocol(IWandPlugin):
    """
    A way for frames to travel between nodes.
    """

    defaultMTU: int = Attribute("The MTU of the tap where the configuration names none, in octets.")

    directory: str = Attribute("The name of the directory plugin that asks the servers.")

    def open(request: TransportRequest, context: Context) -> ITransport:
        """
        Bind the ports.  Called with the privileges of the start.

        @raise wand.errors.PortUnavailable: if the UDP port cannot be bound.
        @raise wand.errors.ConfigurationInvalid: if C{request.settings} has a key or a value that is refused.
        """


class ITransport(Interface):
    """
    A peer protocol at work: it carries frames to peers and from them.
    """

    listening: str = Attribute("The local UDP endpoint, for people.")

    features: Sequence[str] = Attribute("What was agreed with the kernel, for people, such as GSO; empty if nothing.")

    notes: Sequence[str] = Attribute("What an operator could do to make it faster; usually empty.")

    def start(receiver: IFrameReceiver) -> None:
        """
        Hand the frames of the peers to C{receiver} from now on.
        """

    def send(peer: Peer, frame: Frame) -> None:
        """
        Send a frame to a peer: now, or at the next L{flush}.  Never raises and never waits; what cannot be sent is
        dropped and counted.

        @param frame: a C{memoryview} is good until this call returns.
        """

    def sendEach(peers: Sequence[Peer], frame: Frame) -> None:
        """
        Send a frame to a group to several peers, each as L{send} does.
        """

    def flush() -> None:
        """
        The batch is over: send what was put off.
        """

    def peerFrom(text: str) -> Peer:
        """
        Read what an operator writes for a peer.

        @raise wand.errors.AddressInvalid: if this protocol knows no such peer.
        """

    def peerAdded(peer: Peer) -> None:
        """
        The table has its first entry for a peer: keep an account of it.
        """

    def peerRemoved(peer: Peer) -> None:
        """
        The table no longer has an entry for a peer: drop what is kept about it.
        """

    def peerStatus(peer: Peer) -> PeerStatus:
        """
        What passed between a peer of the table and us; its C{macs} are left empty.
        """

    def stop() -> None:
        """
        Send and receive nothing more; free the port.  More calls do nothing, and neither do others after it.
        """


class IResizableTransport(ITransport):
    """
    A transport that can follow a tap whose MTU was changed.
    """

    def resize(mtu: int) -> None:
        """
        From now on the largest payload of an inner frame has C{mtu} octets.
        """


class IRovingTransport(ITransport):
    """
    A transport that wants to know when this host moves.
    """

    def moved() -> None:
        """
        An address or a route of this host changed: find the peers again.
        """


class ISuperframeTransport(ITransport):
    """
    A transport that carries superframes.
    """

    def sendSuperframe(peer: Peer, frame: memoryview, virtio: VirtioHeader) -> None:
        """
        Send what L{IFrameReader.superframeRead} got, as L{ITransport.send} does with a frame.
        """


class IFrameReceiver(Interface):
    """
    Takes the frames that arrive from peers.  Etud provides it; transports call it.
    """

    wantsStretches: bool = Attribute(
        "Does the host take stretches in one piece?  If not, a transport whose datagrams are frames need not join them."
    )

    def frameReceived(peer: Peer, frame: Frame) -> None:
        """
        A frame came.

        @param peer: who sent it, as surely as the protocol knows.
        @param frame: whole, from the destination address on, and not yet checked in any way; a C{memoryview} is good
            until this call returns.
        """

    def stretchReceived(peer: Peer, stretch: Stretch) -> None:
        """
        A stretch of a superframe came.  Only an L{ISuperframeTransport} calls it.

        @param stretch: of reasonable sizes, and otherwise not yet checked; good until this call returns.
        """

    def batchReceived() -> None:
        """
        There are no more frames for now.
        """

    def peerHeard(peer: Peer) -> None:
        """
        A peer showed that it is alive; called at most once every few seconds for each peer.
        """
