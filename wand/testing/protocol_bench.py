"""
Two nodes that a peer protocol connects, on a simulated network.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from random import Random
from typing import Any

import attrs
from twisted.internet.task import Clock
from zope.interface import implementer

from wand.endpoint import NODE_PORT
from wand.ethernet import MAC, Frame
from wand.interfaces import Context, IFrameReceiver, IPeerProtocol, ITransport, IWandPlugin, TransportRequest
from wand.superframes.stretch import Stretch
from wand.table import Peer
from wand.testing.context import simulatedContext
from wand.testing.network import Network
from wand.testing.plugin_bench import PluginBench


@implementer(IFrameReceiver)
@attrs.define(eq=False)
class ProtocolNode:
    """
    A node: a transport, and what it handed over.

    @ivar number: its address is C{192.0.2.NUMBER}, its MAC address ends with the number.
    @ivar frames: the frames that arrived, each with its peer.
    @ivar batches: how many frames had arrived at each C{batchReceived}.
    @ivar heard: the peers that were heard.
    @ivar strange: the types of what was handed over and is no frame.
    """

    number: int
    context: Context
    transport: ITransport
    wantsStretches: bool = False
    frames: list[tuple[Peer, bytes]] = attrs.field(factory=list)
    batches: list[int] = attrs.field(factory=list)
    heard: list[Peer] = attrs.field(factory=list)
    strange: list[str] = attrs.field(factory=list)

    @property
    def mac(self) -> MAC:
        """
        The address of its tap.
        """
        return macOf(self.number)

    def frameTo(self, other: ProtocolNode, size: int, number: int = 0) -> bytes:
        """
        A frame from our tap to another's.

        @param size: its octets, header included.
        @param number: stands in its payload, where that has room.
        """
        payload = number.to_bytes(4, "big") + bytes(range(251)) * (size // 251 + 1)
        return (bytes(other.mac) + bytes(self.mac) + b"\x88\xb5" + payload)[:size]

    def frameReceived(self, peer: Peer, frame: Frame) -> None:
        """
        See L{IFrameReceiver}.
        """
        if isinstance(frame, bytes | bytearray | memoryview):
            self.frames.append((peer, bytes(frame)))
        else:
            self.strange.append(type(frame).__name__)

    def stretchReceived(self, peer: Peer, stretch: Stretch) -> None:
        """
        See L{IFrameReceiver}.
        """
        self.frames.extend((peer, bytes(frame)) for frame in stretch.frames())

    def batchReceived(self) -> None:
        """
        See L{IFrameReceiver}.
        """
        self.batches.append(len(self.frames))

    def peerHeard(self, peer: Peer) -> None:
        """
        See L{IFrameReceiver}.
        """
        self.heard.append(peer)


def macOf(number: int) -> MAC:
    """
    The MAC address of a node.
    """
    return MAC(b"\2\0\0\0\0" + bytes([number]))


class ProtocolBench(PluginBench):
    """
    Opens transports.  A test of the protocol says how to make it, how nodes meet, and what they call each other.

    @ivar clock: the time of all.
    @ivar network: on which all hosts are.
    @ivar mtu: the largest payload of a frame.
    @ivar largestMTU: the largest that is tried.
    @ivar patience: seconds within which something arrives.
    @ivar nodes: how many nodes there may be, for a frame to several.
    """

    mtu: int = 1280
    largestMTU: int = 9000
    patience: float = 2.0
    nodes: int = 4
    clock: Clock
    network: Network

    # What a protocol's test supplies.

    def makeProtocol(self) -> IPeerProtocol:
        """
        Make the protocol.
        """
        raise NotImplementedError

    def request(self, number: int, **changes: Any) -> TransportRequest:
        """
        What node C{number} asks for.
        """
        request = TransportRequest("0.0.0.0", NODE_PORT, macOf(number), self.mtu, self.settings)
        return attrs.evolve(request, **changes)

    def meet(self, one: ProtocolNode, other: ProtocolNode) -> None:
        """
        Let two nodes know each other, where a protocol needs that before it sends.
        """

    def peerOf(self, node: ProtocolNode, other: ProtocolNode) -> Peer:
        """
        What a node calls another one.
        """
        return node.transport.peerFrom(f"192.0.2.{other.number}:{NODE_PORT}")

    # Tools.

    def makeContext(self) -> Context:
        """
        See L{PluginBench}.
        """
        self.clock = Clock()
        self.network = Network(self.clock, Random(1))
        return self.contextOf(1)

    def contextOf(self, number: int) -> Context:
        """
        What a node works with.
        """
        return simulatedContext(self.clock, self.network, f"192.0.2.{number}", number)

    def makePlugin(self) -> IWandPlugin:
        """
        See L{PluginBench}.
        """
        return self.makeProtocol()

    def openWith(self, settings: Mapping[str, Any]) -> ITransport:
        """
        See L{PluginBench}.
        """
        transport: ITransport = self.plugin.open(self.request(1, settings=settings), self.context)
        return transport

    def closeOpened(self, opened: ITransport) -> None:
        """
        See L{PluginBench}.
        """
        opened.stop()

    def exercise(self, opened: ITransport) -> None:
        """
        See L{PluginBench}: start it, and let time pass.
        """
        opened.start(ProtocolNode(1, self.context, opened))
        opened.flush()
        self.pass_(1)

    def node(self, number: int) -> ProtocolNode:
        """
        Open a node's transport, and stop it at the end.
        """
        context = self.context if number == 1 else self.contextOf(number)
        transport = self.plugin.open(self.request(number), context)
        self.addCleanup(transport.stop)
        return ProtocolNode(number, context, transport)

    def pair(self) -> tuple[ProtocolNode, ProtocolNode]:
        """
        Two nodes at work that know each other.
        """
        one, other = self.node(1), self.node(2)
        for each in (one, other):
            each.transport.start(each)
        self.meet(one, other)
        self.pass_(0.1)
        return one, other

    def pass_(self, seconds: float) -> None:
        """
        Let time pass.
        """
        self.clock.pump([0.0] * 4)
        for _ in range(round(seconds * 20)):
            self.clock.advance(0.05)
            self.clock.pump([0.0] * 4)

    def until(self, wanted: Callable[[], bool]) -> bool:
        """
        Let time pass until something is so.

        @return: whether it became so.
        """
        for _ in range(round(self.patience * 20)):
            self.clock.pump([0.0] * 4)
            if wanted():
                return True
            self.clock.advance(0.05)
        return wanted()
