"""
Frames that wait while their destination is looked for.
"""

from __future__ import annotations

from collections.abc import Sequence
from random import Random

import attrs
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule
from twisted.internet.defer import Deferred, succeed
from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase

from wand.ethernet import MAC
from wand.etud.bridging import Bridging
from wand.etud.forwarding import Etud
from wand.etud.waiting_frames import (
    FRAMES_MAXIMUM,
    FRAMES_OF_ONE,
    OCTETS_MAXIMUM,
    OCTETS_OF_ONE,
    WaitingFrames,
)
from wand.interfaces.search import Sought
from wand.superframes.virtio import VirtioHeader
from wand.table import Rank, Source, Table
from wand.testing.context import simulatedContext
from wand.testing.network import Network

OWN = b"\x02\0\0\0\0\x01"
CLAIMS = Source("claims", Rank.DIRECTORY)


def macOf(number: int) -> MAC:
    return MAC(b"\x02\0\0\1" + number.to_bytes(2, "big"))


def frame(to: bytes, content: bytes = b"", size: int = 60) -> bytes:
    return (to + OWN + b"\x88\xb5" + content).ljust(size, b"\0")


class Search:
    """
    A search that a test answers.

    @ivar absent: whom nobody has, as is known already.
    """

    isPartial = True

    def __init__(self) -> None:
        self.open: dict[Sought, list[Deferred[bool]]] = {}
        self.absent: set[Sought] = set()
        self.asked: list[tuple[str, Sought]] = []

    def find(self, kind: str, what: Sought) -> Deferred[bool]:
        self.asked.append((kind, what))
        if what in self.absent:
            return succeed(False)
        answer: Deferred[bool] = Deferred()
        self.open.setdefault(what, []).append(answer)
        return answer

    def after(self, identity: bytes) -> Deferred[bytes | None]:
        return succeed(None)

    def answer(self, what: Sought, isThere: bool) -> None:
        for each in self.open.pop(what, []):
            each.callback(isThere)


@attrs.define
class Transport:
    """
    Keeps what is sent.
    """

    sent: list[tuple[object, bytes]] = attrs.field(factory=list)
    flushed: int = 0

    def send(self, peer: object, frame: bytes) -> None:
        self.sent.append((peer, bytes(frame)))

    def sendEach(self, peers: Sequence[object], frame: bytes) -> None:
        self.sent += [(peer, bytes(frame)) for peer in peers]

    def flush(self) -> None:
        self.flushed = len(self.sent)

    def peerAdded(self, peer: object) -> None: ...

    def peerRemoved(self, peer: object) -> None: ...


@attrs.define
class Members:
    """
    Who may have what, and who joins LANs.
    """

    bridges: Sequence[str] = ()
    isBridge = False

    def mayLeave(self, mac: bytes) -> bool:
        return True


class Setting:
    """
    A data plane whose search a test answers.
    """

    def __init__(self) -> None:
        clock = Clock()
        clock.advance(1000)
        context = simulatedContext(clock, Network(clock, Random(0)), "192.0.2.1")
        self.counters = context.counters
        tap = attrs.make_class("Tap", ["interface", "mac", "mtu"])("wan0", MAC(OWN), 1500)
        self.table = Table(clock, context.events, MAC(OWN))
        self.transport, self.search, self.members = Transport(), Search(), Members()
        self.waiting = WaitingFrames(self.search, self.counters)
        self.etud = Etud(
            tap,
            self.transport,  # type: ignore[arg-type]  # as much as is used
            self.table,
            self.counters,
            lambda reason: None,
            context.failures,
            Bridging(self.members, context, tap, 1000),
            self.waiting,
        )

    def found(self, number: int) -> None:
        """
        The table has an address.
        """
        self.table.put(macOf(number), f"peer-{number}", CLAIMS)

    @property
    def sent(self) -> list[bytes]:
        return [each for _, each in self.transport.sent]


class WaitingTests(SynchronousTestCase):
    """
    L{WaitingFrames} at work.
    """

    def setUp(self) -> None:
        self.at = Setting()
        self.frames = [frame(macOf(1), bytes([number])) for number in range(5)]

    def test_found(self) -> None:
        """
        Frames to an address that is looked for are sent once it is found, in their order, and at once.
        """
        for each in self.frames:
            self.at.etud.fromHost.frameRead(memoryview(bytearray(each)))
        self.assertEqual(self.at.sent, [])
        self.assertEqual(self.at.search.asked, [("mac", macOf(1))])
        self.at.found(1)
        self.at.search.answer(macOf(1), True)
        self.assertEqual(self.at.transport.sent, [("peer-1", each) for each in self.frames])
        self.assertEqual((self.at.transport.flushed, len(self.at.waiting)), (5, 0))
        self.assertEqual(self.at.counters["held-frames-sent"], 5)
        self.assertEqual(self.at.counters["sent-frames"], 5)

    def test_nobody(self) -> None:
        """
        If nobody has it they are dropped and counted, as ever; those that come next as well.
        """
        self.at.etud.fromHost.frameRead(self.frames[0])
        self.at.search.answer(macOf(1), False)
        self.at.search.absent.add(macOf(1))
        self.at.etud.fromHost.frameRead(self.frames[1])
        self.assertEqual((self.at.sent, len(self.at.waiting)), ([], 0))
        self.assertEqual(self.at.counters["drop-unknown-unicast"], 2)
        self.assertEqual(self.at.counters["held-frames"], 1)  # nothing is waited for if that is known already

    def test_behindABridge(self) -> None:
        """
        If there are members with the bridge right, these get what nobody else has, as ever.
        """
        self.at.members.bridges = ("bridge",)
        self.at.etud.fromHost.frameRead(self.frames[0])
        self.assertEqual(self.at.sent, [])
        self.at.search.answer(macOf(1), False)
        self.assertEqual(self.at.transport.sent, [("bridge", self.frames[0])])

    def test_whatWaitedGoesFirst(self) -> None:
        """
        A frame that comes when the table has the address overtakes none that waited, whatever made the entry.
        """
        for each in self.frames[:3]:
            self.at.etud.fromHost.frameRead(each)
        self.at.found(1)
        self.at.etud.fromHost.frameRead(self.frames[3])
        self.at.search.answer(macOf(1), True)
        self.at.etud.fromHost.frameRead(self.frames[4])
        self.assertEqual(self.at.sent, self.frames)

    def test_superframes(self) -> None:
        """
        The same is so for one that is not cut.
        """
        self.at.etud.fromHost.frameRead(self.frames[0])
        self.at.found(1)
        self.at.etud.fromHost.superframeRead(memoryview(self.frames[1]), VirtioHeader(0, 0, 0, 0, 0, 0))
        self.assertEqual(self.at.sent[0], self.frames[0])

    def test_whereEverybodyIsKnown(self) -> None:
        """
        There nothing waits.
        """
        self.at.search.isPartial = False
        self.at.etud.fromHost.frameRead(self.frames[0])
        self.assertEqual((self.at.search.asked, self.at.counters["drop-unknown-unicast"]), ([], 1))

    def test_tooMany(self) -> None:
        """
        Of one destination only so many wait, and so many octets; and only so many of all.
        """
        self.at.members.bridges = ("bridge",)
        for _ in range(FRAMES_OF_ONE + 5):
            self.at.etud.fromHost.frameRead(self.frames[0])
        self.assertEqual((len(self.at.waiting), self.at.counters["drop-held-full"]), (FRAMES_OF_ONE, 5))
        self.assertEqual(self.at.sent, [])  # the bridge member gets nothing that overtakes what waits
        for number in range(2, FRAMES_MAXIMUM + 100):
            self.at.etud.fromHost.frameRead(frame(macOf(number)))
        self.assertEqual(len(self.at.waiting), FRAMES_MAXIMUM)
        self.assertEqual(len(self.at.sent), self.at.counters["held-frames-full"])

    def test_aSearchThatFails(self) -> None:
        """
        Whatever becomes of the search, nothing waits for ever.
        """
        self.at.etud.fromHost.frameRead(self.frames[0])
        [answer] = self.at.search.open.pop(macOf(1))
        answer.cancel()
        self.assertEqual((len(self.at.waiting), self.at.counters["drop-unknown-unicast"]), (0, 1))

    def test_thePreviousAnswer(self) -> None:
        """
        The answer to a search whose frames went on already is not taken for that of the next.
        """
        self.at.etud.fromHost.frameRead(self.frames[0])
        self.at.found(1)
        self.at.etud.fromHost.frameRead(self.frames[1])
        self.at.table.removeEverywhere(macOf(1))
        first = self.at.search.open.pop(macOf(1))
        self.at.etud.fromHost.frameRead(self.frames[2])
        first[0].callback(True)
        self.assertEqual(len(self.at.waiting), 1)
        self.at.search.answer(macOf(1), False)
        self.assertEqual(len(self.at.waiting), 0)


class WaitingMachine(RuleBasedStateMachine):
    """
    Frames, answers and entries in any order: to each destination frames are sent in the order in which they came, none
    twice, all are accounted for, and no more wait than may.
    """

    numbers = st.integers(1, 4)

    def __init__(self) -> None:
        super().__init__()
        self.at = Setting()
        self.came: dict[int, list[bytes]] = {}
        self.count = 0

    @rule(number=numbers, size=st.sampled_from([60, 1514]), burst=st.integers(1, 40))
    def frames(self, number: int, size: int, burst: int) -> None:
        for _ in range(burst):
            self.count += 1
            content = frame(macOf(number), self.count.to_bytes(4, "big"), size)
            self.came.setdefault(number, []).append(content)
            self.at.etud.fromHost.frameRead(content)

    @rule(number=numbers, isThere=st.booleans())
    def answer(self, number: int, isThere: bool) -> None:
        if isThere:
            self.at.found(number)
        self.at.search.answer(macOf(number), isThere)

    @rule(number=numbers)
    def appear(self, number: int) -> None:
        self.at.found(number)

    @rule(number=numbers)
    def vanish(self, number: int) -> None:
        if macOf(number) in self.at.table.peerOf:
            self.at.table.removeEverywhere(macOf(number))

    @rule()
    def becomeFull(self) -> None:
        self.at.search.isPartial = not self.at.search.isPartial

    @invariant()
    def inOrder(self) -> None:
        for number, came in self.came.items():
            sent = [each for each in self.at.sent if each[:6] == macOf(number)]
            places = [came.index(each) for each in sent]
            assert places == sorted(set(places))

    @invariant()
    def accounted(self) -> None:
        dropped = self.at.counters["drop-unknown-unicast"] + self.at.counters["drop-held-full"]
        assert len(self.at.sent) + dropped + len(self.at.waiting) == self.count

    @invariant()
    def bounded(self) -> None:
        waiting = self.at.waiting
        assert len(waiting) <= FRAMES_MAXIMUM
        assert waiting._size <= OCTETS_MAXIMUM
        for number in self.came:
            held = waiting._frames.get(macOf(number), [])
            assert len(held) <= FRAMES_OF_ONE
            assert sum(map(len, held)) <= OCTETS_OF_ONE

    def teardown(self) -> None:
        for number in tuple(self.came):
            self.at.search.answer(macOf(number), False)
        assert len(self.at.waiting) == self.at.waiting._size == 0
        assert not self.at.waiting._frames
        assert not self.at.waiting._octets


WaitingMachine.TestCase.settings = settings(max_examples=60, stateful_step_count=30, deadline=None)
WaitingFramesTests = WaitingMachine.TestCase
