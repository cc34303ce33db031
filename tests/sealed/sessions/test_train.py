"""
Tests for L{wand.sealed.sessions.train}: what is sealed leaves in as few calls as can be.
"""

from __future__ import annotations

from collections.abc import Sequence

from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase

from wand.ethernet import Frame
from wand.interfaces.membership import Member
from wand.sealed.sessions.noise import TransportKeys
from wand.sealed.sessions.packets import DATA_OVERHEAD, INDEX_AND_COUNTER
from wand.sealed.sessions.path import SIZES, START, Path
from wand.sealed.sessions.peers import Account, PeerKey
from wand.sealed.sessions.recent import Recent
from wand.sealed.sessions.session import Session
from wand.sealed.sessions.timers import SESSION_MESSAGES
from wand.sealed.sessions.train import Train
from wand.underlay.offload import TRAIN_MAXIMUM

HERE = ("192.0.2.1", 22222)
THERE = ("192.0.2.2", 22222)


class Wire:
    """
    A port that keeps what it was given, one list of datagrams a call.
    """

    def __init__(self) -> None:
        self.calls: list[list[bytes]] = []
        self.takes = True
        self.wasTooLong = self.wasRefused = False

    def send(self, datagram: bytes | bytearray | memoryview, destination: tuple[str, int]) -> bool:
        self.calls.append([bytes(datagram)])
        return self.takes

    def sendParts(self, parts: Sequence[Frame], destination: tuple[str, int]) -> bool:
        raise AssertionError("datagrams are sealed in one piece")

    def sendTrain(self, datagrams: memoryview, size: int, destination: tuple[str, int]) -> bool:
        self.calls.append([bytes(datagrams[at : at + size]) for at in range(0, len(datagrams), size)])
        return self.takes

    @property
    def sizes(self) -> list[list[int]]:
        """
        The sizes of the plaintexts in each call.
        """
        return [[len(each) - DATA_OVERHEAD for each in call] for call in self.calls]


class Peer:
    """
    Whose the sessions are: somebody whose path is known.
    """

    def __init__(self) -> None:
        self.peer = PeerKey(b"p" * 32)
        self.member: Member | None = None
        self.account = Account()
        self.path = Path(Clock(), lambda plaintext: None)
        self.recent = Recent()

        self.refusals: list[tuple[str, int]] = []

    def woke(self, session: Session) -> bool:
        return True

    def rest(self, session: Session) -> None:
        session.rest()

    def renew(self) -> None:
        pass

    def refused(self, place: tuple[str, int]) -> None:
        self.refusals.append(place)

    def heard(self, session: Session, counter: int, sender: tuple[str, int], size: int) -> None:
        raise AssertionError("nothing arrives here")

    def presenceReceived(self, plaintext: memoryview, sender: tuple[str, int]) -> None:
        raise AssertionError("nothing arrives here")


class TrainTests(SynchronousTestCase):
    """
    Datagrams of one size to one peer leave together.
    """

    def setUp(self) -> None:
        self.train = Train()
        self.wire = Wire()
        self.peer = Peer()
        self.session = self.begun()

    def begun(self) -> Session:
        keys = TransportKeys(b"a" * 32, b"b" * 32)
        return Session(self.peer, "aes-256-gcm", keys, 1, 2, 0.0, initiator=True, version=1)

    def add(self, *sizes: int, wire: Wire | None = None, to: tuple[str, int] = THERE) -> bool:
        """
        Seal plaintexts of these sizes.
        """
        return self.train.add(self.session, [memoryview(bytes(size)) for size in sizes], wire or self.wire, to)

    def test_nothingLeavesBeforeItIsSent(self) -> None:
        """
        What is added waits for the end of the batch, and leaves in one call.
        """
        for _ in range(3):
            self.assertTrue(self.add(100))
        self.assertEqual(self.wire.calls, [])
        self.assertTrue(self.train.send())
        self.assertEqual(self.wire.sizes, [[100, 100, 100]])

    def test_sentOnce(self) -> None:
        """
        What was sent is gone, and there may be nothing to send.
        """
        self.add(100)
        self.assertTrue(self.train.send())
        self.assertTrue(self.train.send())
        self.assertEqual(self.wire.sizes, [[100]])

    def test_aShorterOneIsTheLast(self) -> None:
        """
        The kernel tells datagrams apart by their size, so only the last may be shorter; with it the train leaves.
        """
        self.add(100)
        self.add(60)
        self.assertEqual(self.wire.sizes, [[100, 60]])

    def test_aLongerOneBeginsAnother(self) -> None:
        """
        A longer one does not fit in: those before it leave first.
        """
        self.add(100)
        self.add(200)
        self.train.send()
        self.assertEqual(self.wire.sizes, [[100], [200]])

    def test_whatIsAddedAtOnceStaysTogether(self) -> None:
        """
        The chunks of one superframe are sealed by one call, and join datagrams of their size.
        """
        self.add(100)
        self.add(100, 100, 40)
        self.assertEqual(self.wire.sizes, [[100, 100, 100, 40]])

    def test_oneTrainForOnePeer(self) -> None:
        """
        What goes elsewhere, or from another port, sends what goes before it.
        """
        other = Wire()
        self.add(100)
        self.add(100, to=HERE)
        self.add(100, to=HERE, wire=other)
        self.train.send()
        self.assertEqual(self.wire.sizes, [[100], [100]])
        self.assertEqual(other.sizes, [[100]])

    def test_bounded(self) -> None:
        """
        The kernel takes no train of any length.
        """
        for _ in range(TRAIN_MAXIMUM + 1):
            self.add(10)
        self.train.send()
        self.assertEqual([len(call) for call in self.wire.calls], [TRAIN_MAXIMUM, 1])

    def test_countersRunOn(self) -> None:
        """
        However they are added, each datagram has the next counter.
        """
        self.add(100)
        self.add(100, 100)
        self.add(100)
        self.train.send()
        counters = [INDEX_AND_COUNTER.unpack_from(each)[1] for each in self.wire.calls[0]]
        self.assertEqual(counters, [0, 1, 2, 3])

    def test_aSessionThatCarriesNothingMore(self) -> None:
        """
        When a session is used up, that is said, and what was sealed before leaves all the same.
        """
        self.add(100)
        self.session.sent = self.session.renewAt = SESSION_MESSAGES
        self.assertFalse(self.add(100))
        self.assertFalse(self.add(100, 100))
        self.train.send()
        self.assertEqual(self.wire.sizes, [[100]])

    def test_whatIsTooLongForTheInterface(self) -> None:
        """
        When the system does not take a datagram for its size, the path learns of it and starts over.
        """
        self.wire.takes, self.wire.wasTooLong = False, True
        self.assertEqual(self.peer.path.size, SIZES[START])
        self.add(self.peer.path.room)
        self.assertFalse(self.train.send())
        self.assertEqual(self.peer.path.size, SIZES[0])

    def test_aFullQueueIsNoFaultOfThePath(self) -> None:
        """
        What the system does not take for another reason changes nothing.
        """
        self.wire.takes = False
        self.add(self.peer.path.room)
        self.assertFalse(self.train.send())
        self.assertEqual(self.peer.path.size, SIZES[START])
        self.assertEqual(self.peer.refusals, [])

    def test_whatIsRefused(self) -> None:
        """
        Where the system lets nothing out, whose session it is learns of it.
        """
        self.wire.takes, self.wire.wasRefused = False, True
        self.add(100)
        self.assertFalse(self.train.send())
        self.assertEqual(self.peer.refusals, [THERE])
