"""
Tests for L{wand.sealed.sessions.reception}: a datagram finds its session, and what is in it those who understand it.
"""

from __future__ import annotations

from random import Random
from typing import cast

from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase
from zope.interface import implementer

from wand.ethernet import Frame
from wand.interfaces import IFrameReceiver
from wand.interfaces.membership import Member, Membership
from wand.sealed.sessions.noise import TransportKeys
from wand.sealed.sessions.packets import CONTROL, DATA, DATA_OVERHEAD, FRAME
from wand.sealed.sessions.path import LOSSY, Path
from wand.sealed.sessions.peers import Account, Correspondent, JoinKey, PeerKey
from wand.sealed.sessions.presence import SIGN_OF_LIFE
from wand.sealed.sessions.recent import Recent
from wand.sealed.sessions.reception import HEARD_INTERVAL, Reception
from wand.sealed.sessions.session import Session, SessionOwner
from wand.sealed.sessions.shared import ConversationListener, Shared
from wand.sealed.sessions.time_of_day import TimeOfDay
from wand.sealed.sessions.waiting import OPENED_COUNT
from wand.superframes.cutting import Cutter, superframeOf
from wand.superframes.stretch import Stretch
from wand.table import Peer
from wand.testing.context import simulatedContext
from wand.testing.network import Network
from wand.testing.packets import Packet
from wand.underlay.slots import Slots

SENDER = ("192.0.2.2", 22222)
MTU = 1_500

SOURCE = b"\x02\0\0\0\0\2"
UNICAST = b"\x02\0\0\0\0\1" + SOURCE + b"\x08\0payload"
BROADCAST = b"\xff" * 6 + SOURCE + b"\x08\0payload"


class Whose:
    """
    Whose a session is: somebody who keeps what it was told.
    """

    def __init__(self, clock: Clock, peer: Correspondent) -> None:
        self.peer = peer
        self.member: Member | None = None
        self.account = Account()
        self.path = Path(clock, lambda plaintext: None)
        self.recent = Recent()
        self.counters: list[int] = []
        self.presences: list[bytes] = []

    def woke(self, session: Session) -> bool:
        return True

    def rest(self, session: Session) -> None:
        session.rest()

    def renew(self) -> None:
        raise AssertionError("no session here is old")

    def heard(self, session: Session, counter: int, sender: tuple[str, int], size: int) -> None:
        self.counters.append(counter)

    def presenceReceived(self, plaintext: memoryview, sender: tuple[str, int]) -> None:
        self.presences.append(bytes(plaintext))


@implementer(IFrameReceiver)
class Host:
    """
    Keeps what reaches the host.
    """

    wantsStretches = True

    def __init__(self) -> None:
        self.frames: list[tuple[Peer, bytes]] = []
        self.stretches: list[tuple[Peer, bytes]] = []
        self.heard: list[Peer] = []
        self.batches = 0
        self.fails = False

    def frameReceived(self, peer: Peer, frame: Frame) -> None:
        if self.fails:
            raise RuntimeError("the tap is broken")
        self.frames.append((peer, bytes(frame)))

    def stretchReceived(self, peer: Peer, stretch: Stretch) -> None:
        self.stretches.append((peer, b"".join(stretch.pieces)))

    def batchReceived(self) -> None:
        self.batches += 1

    def peerHeard(self, peer: Peer) -> None:
        self.heard.append(peer)


class Others:
    """
    Takes what carries no data.
    """

    def __init__(self) -> None:
        self.datagrams: list[bytes] = []

    def received(self, datagram: memoryview, sender: tuple[str, int]) -> None:
        self.datagrams.append(bytes(datagram))


class ReceptionTestCase(SynchronousTestCase):
    """
    A reception with one session, and the other end of it.
    """

    def setUp(self) -> None:
        self.clock = Clock()
        context = simulatedContext(self.clock, Network(self.clock, Random(0)), "192.0.2.1")
        self.counters = context.counters
        self.shared = Shared(
            clock=self.clock,
            random=context.random,
            entropy=Random(0).randbytes,
            counters=context.counters,
            membership=cast(Membership, None),
            listener=cast(ConversationListener, None),
            portFor=lambda place: None,
            failures=context.failures,
            timeOfDay=TimeOfDay(context.wallClock),
        )
        self.others = Others()
        self.host = Host()
        self.messages: list[tuple[Correspondent, bytes]] = []
        self.reception = Reception(self.shared, self.others, self.control, MTU)
        self.reception.receiver = self.host
        self.reception.mayUse = lambda peer, mac, toGroup: mac == SOURCE
        self.peer = PeerKey(b"p" * 32)
        self.whose, self.far = self.session(self.peer, 7)

    def control(self, owner: SessionOwner, message: bytes) -> None:
        self.messages.append((owner.peer, message))

    def session(self, peer: Correspondent, index: int) -> tuple[Whose, Session]:
        """
        A session that datagrams find by a number.

        @return: whose it is, and the end that seals.
        """
        whose, one, two = (
            Whose(self.clock, peer),
            TransportKeys(b"a" * 32, b"b" * 32),
            TransportKeys(b"b" * 32, b"a" * 32),
        )
        near = Session(whose, "aes-256-gcm", one, index, 0, 0.0, initiator=False, version=1)
        self.shared.indices.sessions[index] = near
        return whose, Session(whose, "aes-256-gcm", two, 0, index, 0.0, initiator=True, version=1)

    def sealed(self, plaintext: bytes, far: Session | None = None) -> bytes:
        out = memoryview(bytearray(len(plaintext) + DATA_OVERHEAD))
        return bytes(out[: (far or self.far).seal(memoryview(plaintext), out)])

    def arrive(self, *datagrams: bytes) -> None:
        """
        Datagrams come one by one, in one batch.
        """
        for each in datagrams:
            self.reception.datagramReceived(memoryview(each), SENDER)
        self.reception.batchReceived()

    def arriveAsTrain(self, *datagrams: bytes) -> None:
        """
        Datagrams come as a train: all but the last of one size.
        """
        size, last = len(datagrams[0]), len(datagrams[-1])
        slots = Slots(size, memoryview(b"".join(datagrams)))
        self.reception.trainReceived(slots, 0, len(datagrams), size, last, SENDER)
        self.reception.batchReceived()


class LoneDatagramTests(ReceptionTestCase):
    """
    Each datagram goes to those whom it concerns.
    """

    def test_aFrame(self) -> None:
        """
        A frame reaches the host, from the peer whose session it came in; whose that is hears of it.
        """
        self.arrive(self.sealed(bytes([FRAME]) + UNICAST))
        self.assertEqual(self.host.frames, [(self.peer, UNICAST)])
        self.assertEqual(self.whose.counters, [0])
        self.assertEqual(self.host.batches, 1)

    def test_aMessage(self) -> None:
        """
        A control message goes to its readers.
        """
        self.arrive(self.sealed(bytes([CONTROL]) + b"hello"))
        self.assertEqual(self.messages, [(self.peer, b"hello")])
        self.assertEqual(self.whose.account.controls, 1)

    def test_presencesAndReports(self) -> None:
        """
        A sign of life goes to whose session it is, and what the peer says of the way to the path.
        """
        self.arrive(self.sealed(SIGN_OF_LIFE), self.sealed(bytes([LOSSY])))
        self.assertEqual(self.whose.presences, [SIGN_OF_LIFE])
        self.assertTrue(self.whose.path.isLossy)

    def test_noData(self) -> None:
        """
        Handshakes, cookies and what nobody understands go where they are looked into.
        """
        self.arrive(b"", bytes([1]) * 832, bytes([DATA]))
        self.assertEqual(self.others.datagrams, [b"", bytes([1]) * 832, bytes([DATA])])

    def test_unknownKind(self) -> None:
        """
        What a later version may say is counted and ignored.
        """
        self.arrive(self.sealed(bytes([99]) + b"from the future"))
        self.assertEqual(self.counters["drop-sealed-unknown-kind"], 1)

    def test_unknownSession(self) -> None:
        """
        A datagram of a session that is gone is counted.
        """
        self.shared.indices.sessions.clear()
        self.arrive(self.sealed(bytes([FRAME]) + UNICAST))
        self.assertEqual(self.counters["drop-sealed-unknown-index"], 1)

    def test_forgedAndReplayed(self) -> None:
        """
        What does not open, or came before, is the peer's account's, and nobody hears of it.
        """
        datagram = self.sealed(bytes([FRAME]) + UNICAST)
        self.arrive(datagram, datagram, self.sealed(b"")[:-1] + b"?")
        self.assertEqual(len(self.host.frames), 1)
        self.assertEqual(self.whose.counters, [0])
        self.assertEqual((self.whose.account.replayed, self.whose.account.forged), (1, 1))


class TrainTests(ReceptionTestCase):
    """
    Datagrams of one session that come side by side are opened side by side.
    """

    def test_frames(self) -> None:
        """
        All frames of a train reach the host, in order; the last may be shorter.
        """
        frames = [UNICAST + b"1", UNICAST + b"2", UNICAST]
        self.arriveAsTrain(*(self.sealed(bytes([FRAME]) + each) for each in frames))
        self.assertEqual([frame for _, frame in self.host.frames], frames)
        self.assertEqual(self.whose.counters, [2])  # the highest, once

    def test_chunks(self) -> None:
        """
        The chunks of a superframe become one stretch.
        """
        payload = bytes(range(250)) * 40
        virtio, frame = Packet(payload=payload).superframe()
        superframe = superframeOf(virtio, memoryview(UNICAST[:12] + frame[12:]))
        assert superframe is not None
        self.arriveAsTrain(*(self.sealed(bytes(each)) for each in Cutter().cut(superframe, 1_200)))
        self.assertEqual(self.host.stretches, [(self.peer, payload)])

    def test_severalSessions(self) -> None:
        """
        Where the datagrams are not of one session, each is looked at alone.
        """
        other = PeerKey(b"q" * 32)
        _, far = self.session(other, 8)
        self.arriveAsTrain(self.sealed(bytes([FRAME]) + UNICAST), self.sealed(bytes([FRAME]) + UNICAST, far))
        self.assertEqual([peer for peer, _ in self.host.frames], [self.peer, other])

    def test_oneIsForged(self) -> None:
        """
        One that does not open takes nothing from its neighbours.
        """
        datagrams = [self.sealed(bytes([FRAME]) + UNICAST) for _ in range(3)]
        datagrams[1] = datagrams[1][:-1] + bytes([datagrams[1][-1] ^ 1])
        self.arriveAsTrain(*datagrams)
        self.assertEqual(len(self.host.frames), 2)
        self.assertEqual(self.whose.account.forged, 1)

    def test_long(self) -> None:
        """
        A train of more datagrams than are opened side by side is looked at one by one.
        """
        self.arriveAsTrain(*(self.sealed(bytes([FRAME]) + UNICAST) for _ in range(OPENED_COUNT + 1)))
        self.assertEqual(len(self.host.frames), OPENED_COUNT + 1)

    def test_aFailureIsOneDatagrams(self) -> None:
        """
        When a frame makes the host fail, the next is handed over all the same.
        """
        self.host.fails = True
        self.arriveAsTrain(*(self.sealed(bytes([FRAME]) + UNICAST) for _ in range(3)))
        self.assertEqual(self.counters["drop-raised-datagram"], 3)
        self.assertEqual(len(self.flushLoggedErrors(RuntimeError)), 1)
        self.assertEqual(self.host.batches, 1)


class AdmissionTests(ReceptionTestCase):
    """
    Not everything that a member sends is taken.
    """

    def test_nobodyListens(self) -> None:
        """
        Before the data plane is started, and after it is stopped, frames are dropped; messages are not.
        """
        self.reception.stop()
        self.arrive(self.sealed(bytes([FRAME]) + UNICAST), self.sealed(bytes([CONTROL]) + b"hello"))
        self.assertEqual(self.counters["drop-sealed-unready"], 1)
        self.assertEqual(len(self.messages), 1)

    def test_spoofed(self) -> None:
        """
        A source address that is not the peer's is not let in.
        """
        self.arrive(self.sealed(bytes([FRAME]) + UNICAST[:6] + b"\x02\0\0\0\0\3" + UNICAST[12:]))
        self.assertEqual(self.host.frames, [])
        self.assertEqual(self.whose.account.spoofed, 1)

    def test_joining(self) -> None:
        """
        Who only redeems an invitation sends no frames.
        """
        _, far = self.session(JoinKey(b"j" * 32), 9)
        self.arrive(self.sealed(bytes([FRAME]) + UNICAST, far))
        self.assertEqual(self.counters["drop-sealed-joining"], 1)

    def test_runts(self) -> None:
        """
        What is shorter than an Ethernet header is not a frame.
        """
        self.arrive(self.sealed(bytes([FRAME]) + UNICAST[:13]))
        self.assertEqual(self.whose.account.blamed, {"runt": 1})

    def test_floods(self) -> None:
        """
        Frames to groups are counted by the second; frames to us are not.
        """
        flooders: list[bytes] = []
        self.reception.broadcastsOf = lambda peer: 1.0
        self.reception.flooded = flooders.append
        self.arrive(*(self.sealed(bytes([FRAME]) + each) for each in [BROADCAST] * 3 + [UNICAST] * 3))
        self.assertEqual([frame for _, frame in self.host.frames], [BROADCAST] * 2 + [UNICAST] * 3)
        self.assertEqual(flooders, [self.peer])

    def test_heard(self) -> None:
        """
        The table is told that a peer lives, but not with every frame.
        """
        for _ in range(2):
            self.arrive(*(self.sealed(bytes([FRAME]) + UNICAST) for _ in range(5)))
            self.clock.advance(HEARD_INTERVAL)
        self.assertEqual(self.host.heard, [self.peer] * 2)
