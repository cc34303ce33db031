"""
Tests for L{wand.sealed.sessions.waiting}: chunks wait in slots until their superframe, or their batch, is complete.
"""

from __future__ import annotations

from typing import cast

from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase

from wand.counters import Counters
from wand.sealed.sessions.session import SessionOwner
from wand.sealed.sessions.waiting import OPENED_COUNT, OPENED_SIZE, PARITY_PATIENCE, Waiting
from wand.superframes.cutting import Cutter, superframeOf
from wand.superframes.parity import paritiesOf
from wand.superframes.stretch import Stretch
from wand.testing.packets import Packet

#: Octets of the longest plaintext that the path carries.
ROOM = 1_400

PAYLOAD = bytes(range(251)) * 80


class WaitingTestCase(SynchronousTestCase):
    """
    What two peers sent, cut and opened.
    """

    def setUp(self) -> None:
        self.clock = Clock()
        self.counters = Counters()
        self.joined: list[tuple[str, int, bytes]] = []
        self.late = 0
        self.waiting = Waiting(self.clock, 1_518, self.counters, self.take, self.wasLate)
        virtio, frame = Packet(payload=PAYLOAD).superframe()
        superframe = superframeOf(virtio, memoryview(frame))
        assert superframe is not None
        chunks = Cutter().cut(superframe, ROOM)
        self.parities = [bytes(each) for each in paritiesOf(superframe, chunks)]
        self.chunks = [bytes(each) for each in chunks]

    def take(self, owner: SessionOwner, stretch: Stretch) -> None:
        self.joined.append((cast(str, owner), stretch.offset, b"".join(stretch.pieces)))

    def wasLate(self) -> None:
        self.late += 1

    def arrive(self, plaintexts: list[bytes], peer: str = "peer") -> None:
        """
        Plaintexts are opened where they may wait, one by one.
        """
        owner = cast(SessionOwner, peer)
        for each in plaintexts:
            at = self.waiting.place(owner, 1)
            slot = self.waiting.slots.view[at * OPENED_SIZE : at * OPENED_SIZE + len(each)]
            slot[:] = each
            self.waiting.add(owner, at, slot)


class ChunksTests(WaitingTestCase):
    """
    Chunks without parity wait for the end of the batch, and no longer.
    """

    def test_aBatchIsJoined(self) -> None:
        """
        All chunks of a superframe make one stretch with the whole payload.
        """
        self.arrive(self.chunks)
        self.assertEqual(self.joined, [])
        self.waiting.joinFinished()
        self.assertEqual(self.joined, [("peer", 0, PAYLOAD)])
        self.assertEqual(self.waiting.taken, 0)

    def test_aTrainIsAddedAtOnce(self) -> None:
        """
        Chunks that were opened side by side need not be added one by one.
        """
        owner = cast(SessionOwner, "peer")
        first = self.waiting.place(owner, len(self.chunks))
        for index, each in enumerate(self.chunks, first):
            self.waiting.slots.view[index * OPENED_SIZE : index * OPENED_SIZE + len(each)] = each
        size, last = len(self.chunks[0]), len(self.chunks[-1])
        self.waiting.addTrain(owner, first, len(self.chunks), 0, size, last)
        self.waiting.joinFinished()
        self.assertEqual(self.joined, [("peer", 0, PAYLOAD)])

    def test_aHoleEndsAStretch(self) -> None:
        """
        What is missing at the end of the batch is not waited for: the rest makes two stretches.
        """
        self.arrive(self.chunks[:3] + self.chunks[4:])
        self.waiting.joinFinished()
        (_, _, before), (_, offset, behind) = self.joined
        self.assertTrue(PAYLOAD.startswith(before) and PAYLOAD.endswith(behind))
        self.assertEqual(PAYLOAD[offset:], behind)
        self.assertTrue(0 < offset - len(before) < ROOM)

    def test_onePeerAtATime(self) -> None:
        """
        When another peer's come, those that wait are joined first.
        """
        self.arrive(self.chunks, "one")
        self.arrive(self.chunks, "other")
        self.assertEqual(self.joined, [("one", 0, PAYLOAD)])
        self.waiting.joinFinished()
        self.assertEqual([peer for peer, _, _ in self.joined], ["one", "other"])

    def test_fullSlots(self) -> None:
        """
        Where there is no room for more, those that wait are joined first.
        """
        self.arrive(self.chunks)
        self.assertEqual(self.waiting.place(cast(SessionOwner, "peer"), OPENED_COUNT), 0)
        self.assertEqual(len(self.joined), 1)

    def test_tooLong(self) -> None:
        """
        A chunk that is longer than a slot was opened elsewhere, and is dropped.
        """
        self.waiting.add(cast(SessionOwner, "peer"), 0, memoryview(bytes([2]) * (OPENED_SIZE + 1)))
        self.assertEqual(self.counters["drop-chunk-oversize"], 1)
        self.assertEqual(self.waiting.taken, 0)

    def test_discarded(self) -> None:
        """
        When joining failed, what waits is dropped, so that it does not fail again.
        """
        self.arrive(self.chunks)
        self.waiting.discard()
        self.waiting.joinFinished()
        self.assertEqual(self.joined, [])


class ParityTests(WaitingTestCase):
    """
    With parity a lost chunk can be made again from the others, so they are waited for beyond a batch, for a moment.
    """

    def test_nothingToWaitFor(self) -> None:
        """
        When the last chunk is there, a lost one is made again at once.
        """
        self.arrive(self.parities + self.chunks[:3] + self.chunks[4:])
        self.waiting.joinFinished()
        self.assertEqual(self.joined, [("peer", 0, PAYLOAD)])
        self.assertEqual(self.counters["chunks-rebuilt"], 1)
        self.assertEqual(self.clock.getDelayedCalls(), [])

    def test_theRestComesWithTheNextBatch(self) -> None:
        """
        A superframe that is cut in two by the end of a batch is joined when the rest is there.
        """
        self.arrive(self.parities + self.chunks[:5])
        self.waiting.joinFinished()
        self.assertEqual(self.joined, [])
        self.arrive(self.chunks[5:])
        self.waiting.joinFinished()
        self.assertEqual(self.joined, [("peer", 0, PAYLOAD)])
        self.assertEqual((self.late, self.clock.getDelayedCalls()), (0, []))

    def test_theRestDoesNotCome(self) -> None:
        """
        After a moment what there is is joined, and whoever writes to the tap is told, for no batch ends then.
        """
        self.arrive(self.parities + self.chunks[:5])
        self.waiting.joinFinished()
        self.clock.advance(PARITY_PATIENCE)
        ((_, offset, payload),) = self.joined
        self.assertEqual((offset, payload), (0, PAYLOAD[: len(payload)]))
        self.assertEqual(self.late, 1)

    def test_whatIsCompleteIsNotHeldUp(self) -> None:
        """
        Only the last superframe is waited for: one before it is joined at the end of its batch.
        """
        self.arrive(self.chunks)
        virtio, frame = Packet(payload=PAYLOAD, sequence=90_000).superframe()
        superframe = superframeOf(virtio, memoryview(frame))
        assert superframe is not None
        cutter = Cutter()
        cutter.cut(superframe, ROOM)
        chunks = cutter.cut(superframe, ROOM)  # numbered otherwise than those before
        self.arrive([bytes(each) for each in (*paritiesOf(superframe, chunks), *chunks[:2])])
        self.waiting.joinFinished()
        self.assertEqual(self.joined, [("peer", 0, PAYLOAD)])
