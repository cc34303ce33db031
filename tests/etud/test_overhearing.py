"""
Overhearing: everything that passes is told, unchanged, while somebody wants it; and nothing is in the way after.
"""

from __future__ import annotations

from collections.abc import Sequence
from random import Random

import attrs
from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase
from zope.interface import directlyProvides

from wand.ethernet import BROADCAST, MAC, Frame
from wand.etud.forwarding import Etud
from wand.interfaces import ISuperframeTap, ISuperframeTransport
from wand.superframes.cutting import superframeOf
from wand.superframes.stretch import Stretch
from wand.superframes.virtio import VirtioHeader
from wand.table import Peer, Rank, Source, Table
from wand.testing.context import simulatedContext
from wand.testing.network import Network
from wand.testing.packets import Packet

OWN, THEIRS = MAC(b"\2\0\0\0\0\7"), MAC(b"\2\0\0\0\0\2")
ALICE, BOB = "alice", "bob"


@attrs.define
class Hearer:
    """
    Remembers what it is told.
    """

    heard: list[tuple[str, Peer | None, bytes]] = attrs.field(factory=list)

    def left(self, peer: Peer | None, frame: Frame) -> None:
        self.heard.append(("left", peer, bytes(frame)))

    def arrived(self, peer: Peer | None, frame: Frame) -> None:
        self.heard.append(("arrived", peer, bytes(frame)))


class Ends:
    """
    A transport and a tap that remember what they got.
    """

    interface, mac, mtu = "wan0", OWN, 1500

    def __init__(self) -> None:
        self.got: list[object] = []

    def send(self, peer: Peer, frame: Frame) -> None:
        self.got.append((peer, bytes(frame)))

    def sendEach(self, peers: Sequence[Peer], frame: Frame) -> None:
        self.got.append((tuple(peers), bytes(frame)))

    def sendSuperframe(self, peer: Peer, frame: memoryview, virtio: VirtioHeader) -> None:
        self.got.append((peer, bytes(frame), virtio))

    def flush(self) -> None:
        self.got.append("flush")

    def write(self, frame: Frame) -> bool:
        self.got.append(bytes(frame))
        return True

    def writeStretch(self, stretch: Stretch) -> bool:
        self.got.append(stretch)
        return True

    def peerAdded(self, peer: Peer) -> None: ...

    def peerRemoved(self, peer: Peer) -> None: ...


class Spreading:
    """
    Takes all frames to groups.
    """

    isTaking = True

    def __init__(self) -> None:
        self.spreads: list[bytes] = []

    def spread(self, frame: Frame) -> None:
        self.spreads.append(bytes(frame))

    def mayArrive(self) -> bool:
        return True


class OverhearingTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.build()

    def build(self, spreading: Spreading | None = None, *, superframes: bool = False) -> None:
        clock = Clock()
        context = simulatedContext(clock, Network(clock, Random(0)), "192.0.2.1")
        self.table, self.tap, self.transport = Table(clock, context.events, OWN), Ends(), Ends()
        if superframes:
            directlyProvides(self.tap, ISuperframeTap)
            directlyProvides(self.transport, ISuperframeTransport)
        self.etud = Etud(
            self.tap,  # type: ignore[arg-type]
            self.transport,  # type: ignore[arg-type]
            self.table,
            context.counters,
            self.fail,
            context.failures,
            spreading=spreading,
        )
        self.table.put(THEIRS, ALICE, Source("claims", Rank.DIRECTORY))
        self.hearer = Hearer()

    def frame(self, to: bytes, source: bytes, content: bytes = b"content") -> bytes:
        return to + source + b"\x88\xb5" + content

    def test_bothDirections(self) -> None:
        """
        Frames to a peer, to everybody and from a peer are told with who it is, and go on as ever.
        """
        self.etud.overhear(self.hearer)
        one, all_ = self.frame(THEIRS, OWN), self.frame(BROADCAST, OWN)
        self.etud.fromHost.frameRead(one)
        self.etud.fromHost.frameRead(all_)
        self.table.put(MAC(b"\2\0\0\0\0\3"), BOB, Source("claims", Rank.DIRECTORY))
        self.etud.fromHost.frameRead(all_)
        self.etud.fromHost.batchRead()
        back, group = self.frame(OWN, THEIRS), self.frame(BROADCAST, THEIRS)
        self.etud.fromPeers.frameReceived(ALICE, back)
        self.etud.fromPeers.frameReceived(BOB, group)
        self.assertEqual(
            self.hearer.heard,
            [
                ("left", ALICE, one),
                ("left", ALICE, all_),
                ("left", None, all_),
                ("arrived", ALICE, back),
                ("arrived", BOB, group),
            ],
        )
        self.assertEqual(self.transport.got, [(ALICE, one), ((ALICE,), all_), ((ALICE, BOB), all_), "flush"])
        self.assertEqual(self.tap.got, [back, group])

    def test_theEnd(self) -> None:
        """
        After the end everything is as it was before, and nothing is told.
        """
        before = vars(self.etud.fromHost).copy(), vars(self.etud.fromPeers).copy()
        end = self.etud.overhear(self.hearer)
        self.assertNotEqual(vars(self.etud.fromHost), before[0])
        end()
        self.assertEqual((vars(self.etud.fromHost), vars(self.etud.fromPeers)), before)
        self.etud.fromHost.frameRead(self.frame(THEIRS, OWN))
        self.etud.fromPeers.frameReceived(ALICE, self.frame(OWN, THEIRS))
        self.assertEqual(self.hearer.heard, [])
        self.assertEqual((len(self.transport.got), len(self.tap.got)), (1, 1))

    def test_whatIsDropped(self) -> None:
        """
        What does not pass is not told.
        """
        self.etud.overhear(self.hearer)
        self.etud.fromHost.frameRead(self.frame(b"\2\0\0\0\0\x09", OWN))
        self.etud.fromPeers.frameReceived(ALICE, self.frame(OWN, OWN))
        self.etud.fromPeers.frameReceived(ALICE, self.frame(OWN, THEIRS, bytes(1600)))
        self.assertEqual(self.hearer.heard, [])

    def test_spreading(self) -> None:
        """
        Frames to groups that go another way in a large network are told, too.
        """
        spreading = Spreading()
        self.build(spreading)
        self.etud.overhear(self.hearer)
        sent = self.frame(BROADCAST, OWN)
        self.etud.fromHost.frameRead(sent)
        self.assertEqual((self.hearer.heard, spreading.spreads), ([("left", None, sent)], [sent]))

    def overhearSuperframe(self) -> tuple[list[bytes], VirtioHeader, bytes]:
        packet = Packet(payload=bytes(range(200)) * 20, gsoSize=1_200)
        virtio, superframe = packet.superframe()
        self.table.put(MAC(superframe[:6]), BOB, Source("claims", Rank.DIRECTORY))
        self.etud.overhear(self.hearer)
        self.etud.fromHost.superframeRead(memoryview(bytearray(superframe)), virtio)
        return packet.segments(), virtio, superframe

    def test_superframes(self) -> None:
        """
        Superframes pass in one piece, and are told in ordinary frames with whole checksums.
        """
        self.build(superframes=True)
        ordinary, virtio, superframe = self.overhearSuperframe()
        self.assertEqual(self.hearer.heard, [("left", BOB, each) for each in ordinary])
        self.assertEqual(self.transport.got, [(BOB, superframe, virtio)])
        stretch = superframeOf(virtio, memoryview(bytearray(superframe)))
        assert stretch is not None
        del self.hearer.heard[:]
        self.etud.fromPeers.stretchReceived(BOB, stretch)
        self.assertEqual(self.hearer.heard, [("arrived", BOB, each) for each in ordinary])
        self.assertEqual(self.tap.got, [stretch])

    def test_superframesInPieces(self) -> None:
        """
        Where tap and transport have no superframes, each frame is told once.
        """
        ordinary, _, _ = self.overhearSuperframe()
        self.assertEqual(self.hearer.heard, [("left", BOB, each) for each in ordinary])
        self.assertEqual(self.transport.got, [(BOB, each) for each in ordinary])
