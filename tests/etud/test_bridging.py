"""
LANs behind taps: silent hosts, control frames of links, and loops.
"""

from __future__ import annotations

from collections.abc import Sequence
from random import Random

import attrs
from hypothesis import given
from hypothesis import strategies as st
from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase

from wand.ethernet import MAC
from wand.etud.bridging import LOOP, Bridging
from wand.etud.echoes import ECHO_SPAN, FRAMES_REMEMBERED, HOST, Echoes
from wand.etud.forwarding import Etud
from wand.sealed.credentials.identity import Identity
from wand.table import Rank, Source, Table
from wand.testing.context import simulatedContext
from wand.testing.network import Network

OWN, PEER_MAC, GUEST = (bytes([2, 0, 0, 0, 0, octet]) for octet in (1, 2, 3))
TO_ALL = b"\xff" * 6
ALICE, BOB, CAROL = (Identity(octet * 32) for octet in (b"a", b"b", b"c"))


def frame(to: bytes, source: bytes = OWN, content: bytes = b"content") -> bytes:
    return to + source + b"\x88\xb5" + content + bytes(46)


@attrs.define
class Members:
    """
    Who may have what, as the data plane asks.
    """

    isBridge: bool = True
    bridges: Sequence[Identity] = (BOB,)
    others: frozenset[bytes] = frozenset({PEER_MAC})
    seen: list[bytes] = attrs.field(factory=list)

    def mayLeave(self, mac: bytes) -> bool:
        self.seen.append(mac)
        return mac not in self.others


@attrs.define
class Transport:
    """
    Keeps what is sent.
    """

    sent: list[tuple[object, bytes]] = attrs.field(factory=list)

    def send(self, peer: object, frame: bytes) -> None:
        self.sent.append((peer, bytes(frame)))

    def sendEach(self, peers: Sequence[object], frame: bytes) -> None:
        self.sent += [(peer, bytes(frame)) for peer in peers]

    def peerAdded(self, peer: object) -> None: ...

    def peerRemoved(self, peer: object) -> None: ...


class BridgingCase(SynchronousTestCase):
    def setUp(self) -> None:
        self.build()

    def build(self, rate: int = 100, *, linkLocal: bool = False) -> None:
        self.clock = Clock()
        self.clock.advance(1000)
        self.context = simulatedContext(self.clock, Network(self.clock, Random(0)), "192.0.2.1")
        self.counters = self.context.counters
        self.taken: list[bytes] = []
        self.tap = attrs.make_class("Tap", ["interface", "mac", "mtu", "write"])("wan0", MAC(OWN), 1500, self.write)
        self.table = Table(self.clock, self.context.events, MAC(OWN))
        self.members, self.transport = Members(), Transport()
        bridging = Bridging(self.members, self.context, self.tap, rate)
        self.etud = Etud(
            self.tap,
            self.transport,
            self.table,
            self.counters,
            self.fail,
            self.context.failures,
            bridging,
            linkLocal=linkLocal,  # type: ignore[arg-type]
        )
        for peer, mac in ((ALICE, PEER_MAC), (BOB, b"\x02\0\0\0\0\x09"), (CAROL, b"\x02\0\0\0\0\x0a")):
            self.table.put(MAC(mac), peer, Source("claims", Rank.DIRECTORY))

    def write(self, frame: bytes) -> bool:
        self.taken.append(bytes(frame))
        return True


class UnknownTests(BridgingCase):
    """
    Frames to an address that nobody owns.
    """

    def test_aSilentHostBehindABridge(self) -> None:
        """
        They go to the members with the bridge right, behind which a silent host may be, and to no others (Wake-on-LAN).
        """
        self.etud.fromHost.frameRead(frame(GUEST))
        self.assertEqual(self.transport.sent, [(BOB, frame(GUEST))])
        self.assertEqual(self.counters["sent-unknown-frames"], 1)
        self.assertEqual(self.counters["drop-unknown-unicast"], 0)

    def test_onlySoMany(self) -> None:
        """
        They are few; beyond, they are dropped and counted, and others go on.
        """
        for _ in range(1000):
            self.etud.fromHost.frameRead(frame(GUEST))
        self.etud.fromHost.frameRead(frame(PEER_MAC))
        self.assertEqual([peer for peer, _ in self.transport.sent], [BOB] * 100 + [ALICE])
        self.assertEqual(self.counters["drop-unknown-unicast"], 900)
        self.clock.advance(0.5)
        for _ in range(1000):
            self.etud.fromHost.frameRead(frame(GUEST))
        self.assertEqual(len(self.transport.sent), 151)

    def test_whereNobodyBridges(self) -> None:
        """
        Without members with the bridge right, or where the operator wants none, they are dropped.
        """
        self.members.bridges = ()
        self.etud.fromHost.frameRead(frame(GUEST))
        self.assertEqual(self.transport.sent, [])
        self.build(rate=0)
        self.etud.fromHost.frameRead(frame(GUEST))
        self.assertEqual((self.transport.sent, self.counters["drop-unknown-unicast"]), ([], 1))

    def test_whenItAnswers(self) -> None:
        """
        Once the host is known its frames go there and nowhere else.
        """
        self.etud.fromHost.frameRead(frame(GUEST))
        self.table.put(MAC(GUEST), CAROL, Source("learned", Rank.LEARNED))
        self.etud.fromHost.frameRead(frame(GUEST))
        self.assertEqual([peer for peer, _ in self.transport.sent], [BOB, CAROL])


class WayTests(BridgingCase):
    """
    The way of frames between two addresses.
    """

    def test_lookedAtOnce(self) -> None:
        """
        The source of a flow is looked at when it begins and whenever the table changed, not for each frame.
        """
        for _ in range(100):
            self.etud.fromHost.frameRead(frame(PEER_MAC, GUEST))
        self.assertEqual(self.members.seen, [GUEST])
        self.table.put(MAC(b"\x02\0\0\0\0\x0b"), CAROL, Source("learned", Rank.LEARNED))
        self.etud.fromHost.frameRead(frame(PEER_MAC, GUEST))
        self.etud.fromPeers.peerHeard(ALICE)
        self.etud.fromHost.frameRead(frame(PEER_MAC, GUEST))
        self.assertEqual(self.members.seen, [GUEST] * 3)

    def test_theTableChanges(self) -> None:
        """
        A flow follows the table at once.
        """
        self.etud.fromHost.frameRead(frame(PEER_MAC))
        self.table.put(MAC(PEER_MAC), BOB, Source("operator", Rank.OPERATOR))
        self.etud.fromHost.frameRead(frame(PEER_MAC))
        self.table.removeEverywhere(MAC(PEER_MAC))
        self.etud.fromHost.frameRead(frame(PEER_MAC))
        self.assertEqual([peer for peer, _ in self.transport.sent], [ALICE, BOB, BOB])
        self.assertEqual(self.counters["sent-unknown-frames"], 1)

    def test_notWithoutEnd(self) -> None:
        """
        A host that invents source addresses does not fill the memory.
        """
        for number in range(10_000):
            self.etud.fromHost.frameRead(frame(PEER_MAC, b"\x06\0\0\0" + number.to_bytes(2, "big")))
        self.assertLessEqual(len(self.table.ways), 4096)

    @given(st.lists(st.tuples(st.sampled_from("prs"), st.integers(0, 3), st.sampled_from([ALICE, BOB, CAROL]))))
    def test_asTheTableSays(self, steps: list[tuple[str, int, Identity]]) -> None:
        """
        Whatever changes in between, a frame goes where the table says.
        """
        self.build(rate=0)
        for what, number, peer in steps:
            mac = MAC(bytes([2, 1, 0, 0, 0, number]))
            if what == "p":
                self.table.put(mac, peer, Source("learned", Rank.LEARNED))
            elif what == "r" and self.table.sources(mac):
                self.table.removeEverywhere(mac)
            self.transport.sent.clear()
            self.etud.fromHost.frameRead(frame(mac))
            wanted = [self.table.peerOf[mac]] if mac in self.table.peerOf else []
            self.assertEqual([each for each, _ in self.transport.sent], wanted)


class LinkLocalTests(BridgingCase):
    """
    Control frames of a link: spanning tree, pause, LACP, EAPOL, LLDP.
    """

    def test_theyDoNotCross(self) -> None:
        """
        They go neither out nor in, all 16 of them, and are counted; other groups do.
        """
        for last in range(16):
            address = bytes.fromhex("0180c20000") + bytes([last])
            self.etud.fromHost.frameRead(memoryview(frame(address)))
            self.etud.fromPeers.frameReceived(ALICE, memoryview(frame(address, PEER_MAC)))
        self.assertEqual((self.transport.sent, self.taken), ([], []))
        self.assertEqual(self.counters["drop-sent-link-local"], 16)
        self.assertEqual(self.counters["drop-received-link-local"], 16)
        for address in (bytes.fromhex("0180c2000010"), bytes.fromhex("0180c2000100"), bytes.fromhex("01005e000001")):
            self.etud.fromHost.frameRead(frame(address))
            self.etud.fromPeers.frameReceived(ALICE, frame(address, PEER_MAC))
        self.assertEqual((len(self.transport.sent), len(self.taken)), (9, 3))

    def test_whoAsksForThem(self) -> None:
        """
        Who wants a spanning tree over the network has it.
        """
        self.build(linkLocal=True)
        self.etud.fromHost.frameRead(frame(bytes.fromhex("0180c2000000")))
        self.etud.fromPeers.frameReceived(ALICE, frame(bytes.fromhex("0180c2000000"), PEER_MAC))
        self.assertEqual((len(self.transport.sent), len(self.taken)), (3, 1))


class LoopTests(BridgingCase):
    """
    Two nodes that bridge one LAN.
    """

    def said(self) -> str:
        return "\n".join(self.context.notes.texts)

    def test_whatAPeerSentComesBack(self) -> None:
        """
        A broadcast of a peer that another node put into our LAN as well does not go round.
        """
        self.etud.fromPeers.frameReceived(ALICE, frame(TO_ALL, GUEST))
        self.etud.fromHost.frameRead(frame(TO_ALL, GUEST))
        self.assertEqual((len(self.taken), self.transport.sent), (1, []))
        self.assertEqual(self.counters["drop-sent-looped"], 1)
        self.etud.fromPeers.frameReceived(BOB, frame(TO_ALL, GUEST))
        self.assertEqual((len(self.taken), self.counters["drop-received-looped"]), (1, 1))

    def test_whatTheHostSentComesBack(self) -> None:
        """
        A broadcast of a host in our LAN that comes back by the other node is not put there once more, and the other
        node is named, with what to do.
        """
        for number in range(LOOP):
            said = frame(TO_ALL, GUEST, bytes([number]))
            self.etud.fromHost.frameRead(said)
            self.etud.fromPeers.frameReceived(BOB, said)
        self.assertEqual(self.taken, [])
        self.assertEqual(len(self.transport.sent), 3 * LOOP)
        self.assertIn("wan0", self.said())
        self.assertIn(str(BOB), self.said())
        self.clock.advance(61)
        self.assertEqual(self.said(), "")

    def test_theTapIsCalledWhatItIsCalledNow(self) -> None:
        """
        After somebody renamed the tap a loop is told of with its new name.
        """
        self.tap.interface = "lan7"
        for number in range(LOOP):
            said = frame(TO_ALL, GUEST, bytes([number]))
            self.etud.fromHost.frameRead(said)
            self.etud.fromPeers.frameReceived(BOB, said)
        self.assertIn("lan7", self.said())
        self.assertNotIn("wan0", self.said())

    def test_aLoopDoesNotMelt(self) -> None:
        """
        However fast a loop turns, a frame passes about once a second.
        """
        for _ in range(1000):
            self.etud.fromHost.frameRead(frame(TO_ALL, GUEST))
            self.etud.fromPeers.frameReceived(BOB, frame(TO_ALL, GUEST))
            self.clock.advance(0.002)
        self.assertLessEqual(len(self.transport.sent) // 3 + len(self.taken), 8)

    def test_ofAnotherMember(self) -> None:
        """
        What has the source of another member does not leave: every receiver would refuse it.
        """
        for _ in range(LOOP):
            self.etud.fromHost.frameRead(frame(TO_ALL, PEER_MAC))
            self.etud.fromHost.frameRead(frame(b"\x02\0\0\0\0\x09", PEER_MAC))
            self.clock.advance(1)
        self.assertEqual(self.transport.sent, [])
        self.assertEqual(self.counters["drop-sent-foreign"], 2 * LOOP)
        self.assertIn("a loop", self.said())

    def test_noLoop(self) -> None:
        """
        Who says the same again and again, or what two have said in the same words, is not a loop; nor is one frame.
        """
        for _ in range(20):
            self.etud.fromHost.frameRead(frame(TO_ALL))
            self.etud.fromPeers.frameReceived(ALICE, frame(TO_ALL, PEER_MAC))
            self.etud.fromPeers.frameReceived(BOB, frame(TO_ALL, GUEST))
            self.clock.advance(0.1)
        self.assertEqual((len(self.transport.sent), len(self.taken)), (60, 40))
        self.etud.fromHost.frameRead(frame(TO_ALL, GUEST))
        self.assertEqual((self.counters["drop-sent-looped"], self.said()), (1, ""))

    def test_aHostThatMoved(self) -> None:
        """
        A host that comes to our LAN a second after it spoke elsewhere in the same words is heard.
        """
        self.etud.fromPeers.frameReceived(ALICE, frame(TO_ALL, GUEST))
        self.clock.advance(2 * ECHO_SPAN)
        self.etud.fromHost.frameRead(frame(TO_ALL, GUEST))
        self.assertEqual(len(self.transport.sent), 3)

    def test_whoDoesNotBridge(self) -> None:
        """
        A node without the right compares nothing: nothing comes back to it.
        """
        self.members.isBridge = False
        self.etud.fromPeers.frameReceived(ALICE, frame(TO_ALL, GUEST))
        self.etud.fromHost.frameRead(frame(TO_ALL, GUEST))
        self.assertEqual((len(self.taken), len(self.transport.sent)), (1, 3))

    def test_notWithoutEnd(self) -> None:
        """
        So many frames are remembered and no more.
        """
        echoes = Echoes(self.clock)
        for number in range(3 * FRAMES_REMEMBERED):
            echoes.isEcho(number.to_bytes(4, "big"), HOST)
        self.assertLessEqual(len(echoes._recent) + len(echoes._older), 2 * FRAMES_REMEMBERED)
