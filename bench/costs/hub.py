"""
The node that is measured, and its peers.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Final

from simulated.sealed import MTU, Papers, SealedNetwork, SealedNode
from twisted.internet.epollreactor import EPollReactor
from zope.interface import implementer

from wand.endpoint import NODE_PORT
from wand.errors import WandError
from wand.ethernet import MAC, Frame
from wand.etud.forwarding import Etud
from wand.events import Events
from wand.interfaces import IFrameReader, ISuperframeTap
from wand.lab import execute
from wand.programs.real_context import realContext
from wand.sealed.credentials.identity import NodeKey
from wand.sealed.node.member_entries import CLAIMED
from wand.sealed.sessions.transport import SealedTransport
from wand.superframes.stretch import Stretch
from wand.superframes.virtio import VirtioHeader
from wand.table import Table
from wand.testing.kernel import PrivateNetwork
from wand.testing.packets import Packet

#: Of the tap of the node that is measured.
OWN: Final = MAC.parse("02:ff:00:00:00:01")

#: Seconds until all sessions are up.
SESSIONS_PATIENCE: Final = 60.0

#: What a kernel hands over in one piece: 45 segments of TCP.
_VIRTIO, _SUPERFRAME = Packet(payload=bytes(45 * 1448), gsoSize=1448).superframe()
SUPERFRAME_OCTETS: Final = 45 * 1448


@contextmanager
def privateLoopback() -> Iterator[None]:
    """
    A loopback interface of our own that carries what an Ethernet does, no more.
    """
    with PrivateNetwork():
        execute("ip", "link", "set", "lo", "up", "mtu", "1500")
        yield


def superframe(destination: bytes, source: bytes) -> tuple[memoryview, VirtioHeader]:
    """
    A superframe, as a tap hands it over.
    """
    return memoryview(bytearray(destination + source + _SUPERFRAME[12:])), _VIRTIO


class Loopback(SealedNetwork):
    """
    A network of the sealed protocol on loopback, in real time.

    @ivar reactor: of the peers, and of the nodes that are made while it is another one's.
    """

    def __init__(self) -> None:
        super().__init__()
        self.reactor = EPollReactor()
        self._hosts = 0

    def member(self, reactor: EPollReactor | None = None) -> SealedNode:
        """
        A new member, with an address of its own.

        @param reactor: its own; else that of the peers.
        """
        ordinary, self.reactor = self.reactor, reactor or self.reactor
        self._hosts += 1
        host = f"127.77.{self._hosts >> 8}.{self._hosts & 255}"
        try:
            return self.node(f"node-{self._hosts}", host)
        finally:
            self.reactor = ordinary

    def _node(
        self, host: str, key: NodeKey, papers: Papers, *more: str, wallClock: Callable[[], float] | None = None
    ) -> SealedNode:
        context = realContext(self.reactor)
        return SealedNode(host, key, papers, SealedTransport(host, NODE_PORT, context, papers, os.urandom, MTU))


@implementer(ISuperframeTap)
class Sink:
    """
    A tap whose host takes everything and sends nothing.

    @ivar octets: how many it took: of frames all, of superframes the payload.
    """

    interface = "sink"
    mac = OWN
    mtu = MTU
    features: Sequence[str] = ()

    def __init__(self) -> None:
        self.octets = 0

    def addAddress(self, address: str) -> None:
        """
        See L{wand.interfaces.ITap}.
        """

    def start(self, receiver: IFrameReader) -> None:
        """
        See L{wand.interfaces.ITap}.
        """

    def close(self) -> None:
        """
        See L{wand.interfaces.ITap}.
        """

    def write(self, frame: Frame) -> bool:
        """
        See L{wand.interfaces.ITap}.
        """
        self.octets += len(frame)
        return True

    def writeStretch(self, stretch: Stretch) -> bool:
        """
        See L{ISuperframeTap}.
        """
        stretch.offloaded()
        self.octets += stretch.length
        return True


class Hub:
    """
    The node that is measured: etud between a sink and the real transport, with sessions with all its peers.

    @ivar macs: for each peer the addresses that the table has for it.
    """

    def __init__(self, network: Loopback, peers: Sequence[SealedNode], entries: int) -> None:
        """
        @param entries: how many the table has, of all peers in turn.
        @raise WandError: if the sessions do not come up.
        """
        self.reactor = EPollReactor()
        self.peers = peers
        self.node = network.member(self.reactor)
        self.tap = Sink()
        self.table = Table(self.reactor, Events(self.reactor.seconds), OWN)
        context = realContext(self.reactor)
        self.etud = Etud(self.tap, self.node.transport, self.table, context.counters, _lost, context.failures)
        self.etud.start()
        self.node.transport.admitSources(lambda identity, mac, toGroup: self.table.peerOf.get(mac) == identity)
        self.macs: list[list[MAC]] = [[] for _ in peers]
        self._reactors = (network.reactor, self.reactor)
        for number in range(entries):
            mac, index = MAC(b"\x02\x01" + number.to_bytes(4, "big")), number % len(peers)
            self.table.put(mac, peers[index].peer, CLAIMED)
            self.macs[index].append(mac)
        self._meet()

    def settle(self) -> None:
        """
        Let the node and its peers read what has arrived.
        """
        for _ in range(3):
            for reactor in self._reactors:
                reactor.iterate(0)

    def receive(self, octets: int) -> None:
        """
        Take what has arrived, until the host has received so many octets in all.

        @raise WandError: if it does not come.
        """
        for _ in range(1000):
            if self.tap.octets >= octets:
                return
            self.reactor.iterate(0)
        raise WandError(f"{octets - self.tap.octets} octets were lost on loopback")

    def close(self) -> None:
        """
        End all sessions, and free the port.
        """
        self.node.transport.stop()
        for peer in self.peers:
            peer.transport.sessions.end(self.node.peer)

    def _meet(self) -> None:
        for peer in self.peers:
            peer.meet(self.node)
            peer.send(self.node.peer, peer.frameTo(self.node))
            self.settle()
        self._waitFor(lambda: all(self.node.transport.isUp(peer.peer) for peer in self.peers))
        for peer, macs in zip(self.peers, self.macs, strict=True):  # so that the paths are known
            if macs:
                self.etud.fromHost.superframeRead(*superframe(macs[0], OWN))
                self.etud.fromHost.batchRead()
                peer.transport.sendSuperframe(self.node.peer, *superframe(OWN, macs[0]))
                peer.transport.flush()
                self.settle()
        for _ in range(10):
            self.settle()

    def _waitFor(self, condition: Callable[[], bool]) -> None:
        deadline = time.monotonic() + SESSIONS_PATIENCE
        while not condition():
            if time.monotonic() > deadline:
                raise WandError("the sessions did not come up")
            self.settle()


def _lost(reason: str) -> None:
    raise AssertionError(reason)
