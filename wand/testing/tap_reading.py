"""
A part of the contract of tap drivers: how frames are handed over, and what becomes of those that are not taken.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from itertools import pairwise
from threading import current_thread
from time import perf_counter
from typing import Any, Final

import attrs
from twisted.internet.interfaces import IDelayedCall
from twisted.internet.task import Clock

from wand.ethernet import OVERHEAD
from wand.testing import plugin_rules
from wand.testing import tap_rules as rules
from wand.testing.frames import FrameRecorder, makeFrame
from wand.testing.saying import saying
from wand.testing.tap_bench import TapBench

#: How many frames pass, and are dropped, to hear what is said of them.
_MANY: Final = 100

#: How many timers an idle tap may set in a second.
_TIMERS: Final = 100


class _CountingClock(Clock):
    """
    Counts the timers that are set.

    @ivar count: how many were.
    """

    count = 0

    def __init__(self, counted: Callable[[int], object]) -> None:
        """
        @param counted: called at each, with how many there were; may raise.
        """
        super().__init__()
        self._counted = counted

    def callLater(self, delay: float, callable: Callable[..., object], *args: Any, **kw: Any) -> IDelayedCall:
        """
        See L{Clock}.
        """
        self.count += 1
        self._counted(self.count)
        return super().callLater(delay, callable, *args, **kw)


class ReadingAndWriting(TapBench):
    """
    Batches and queues.
    """

    def test_startHandsNothingOverAtOnce(self) -> None:
        """
        Frames come from the next turn of the reactor on, never from within C{start}.
        """
        tap, recorder = self.openTap(), FrameRecorder()
        self.hostSend(makeFrame(60))
        tap.start(recorder)
        self.expect(recorder.batches == [[]], rules.NOT_WITHIN_START, f"{len(recorder.frames)} frames came within it")

    def test_readingIsNonBlocking(self) -> None:
        """
        What is watched never blocks.
        """
        self.started()
        for reader in self.context.descriptors.getReaders():
            isBlocking = os.get_blocking(reader.fileno())
            self.expect(not isBlocking, rules.NON_BLOCKING, f"descriptor {reader.fileno()} is blocking")

    def test_framesComeInBatches(self) -> None:
        """
        After the frames that were there comes the end of the batch.
        """
        _, recorder = self.started()
        frames = [makeFrame(60, number) for number in range(5)]
        for frame in frames:
            self.hostSend(frame)
        self.turnUntil(lambda: set(frames) <= set(recorder.frames))
        self.expect(recorder.batches[-1] == [], rules.BATCH_ENDS, "frames came, and no batchRead after them")

    def test_loneFramesEndABatch(self) -> None:
        """
        A single frame is a batch, too; without a frame there is none.
        """
        _, recorder = self.started()
        for _ in range(5):
            self.turn()
        isQuiet = not recorder.frames and not recorder.superframes  # a real host may have sent something
        calls = len(recorder.batches) - 1 if isQuiet else 0
        self.expect(not calls, rules.BATCH_NOT_EMPTY, f"it was called {calls} times without a frame")
        self.hostSend(makeFrame(60))
        self.turnUntil(lambda: bool(recorder.frames) and not recorder.batches[-1])
        isEnded = bool(recorder.frames) and not recorder.batches[-1]
        self.expect(isEnded, rules.BATCH_ENDS, f"{len(recorder.frames)} frames came, and no batchRead after them")

    def test_oneThread(self) -> None:
        """
        Frames are handed over in the thread that turns the reactor.
        """
        _, recorder = self.started()
        self.hostSend(makeFrame(60))
        self.turnUntil(lambda: bool(recorder.frames))
        others = recorder.threads - {current_thread().name}
        self.expect(not others, rules.ONE_THREAD, f"it was called in {', '.join(others)}")

    def test_writeHandsNothingOver(self) -> None:
        """
        What the host sent meanwhile waits for the next turn.
        """
        tap, recorder = self.started()
        self.hostSend(makeFrame(60))
        tap.write(makeFrame(61))
        came = len(recorder.frames)
        self.expect(not came, rules.NOT_WITHIN_WRITE, f"{came} frames came within it")

    def test_writeDoesNotWait(self) -> None:
        """
        Writing takes no time.
        """
        tap, _ = self.started()
        taken = []
        for number in range(20):
            began = perf_counter()
            tap.write(makeFrame(60, number))
            taken.append(perf_counter() - began)
        quickest = 1000 * min(taken)
        self.expect(quickest < 1, rules.WRITES_AT_ONCE, f"the quickest of 20 took {quickest:.1f} ms")

    def test_batchesAreNotSingleFrames(self) -> None:
        """
        Frames that wait together come together.
        """
        _, recorder = self.started()
        self.hostSend(makeFrame(60))
        self.turnUntil(lambda: bool(recorder.frames))
        frames = [makeFrame(60, number) for number in range(1, 33)]
        before = len(recorder.batches)
        for frame in frames:
            self.hostSend(frame)
        self.turnUntil(lambda: set(frames) <= set(recorder.frames))
        ended = len(recorder.batches) - before
        found = f"for {len(frames)} frames that were there at once it was called {ended} times"
        self.expect(ended <= len(frames) // 2, rules.BATCH_JOINS, found)

    def test_batchesAreBounded(self) -> None:
        """
        However many frames wait, one wake-up hands over a bounded number; all of them come in the end.
        """
        _, recorder = self.started()
        frames = [makeFrame(60, number) for number in range(3 * self.batchLimit)]
        for frame in frames:
            self.hostSend(frame)
        most = [len(recorder.frames)]

        def all_() -> bool:
            most.append(len(recorder.frames))
            return set(frames) <= set(recorder.frames)

        self.turnUntil(all_)
        came = [each for each in recorder.frames if each in frames]
        self.expect(sorted(frames) == sorted(came), rules.READ_WHOLE, f"of {len(frames)} frames {len(came)} came")
        longest = max(map(len, recorder.batches))
        if self.context.descriptors.getReaders():  # a simulated clock has several wake-ups in one turn
            longest = max(longest, *(after - before for before, after in pairwise(most)))
        self.expect(longest <= self.batchLimit, rules.BATCH_BOUND, f"one turn brought {longest} of {len(frames)}")

    def test_writeAnswers(self) -> None:
        """
        Writing says whether the host took the frame.
        """
        tap, _ = self.started()
        answer = tap.write(makeFrame(60))
        self.expect(answer is True, rules.WRITE_ANSWERS, f"for a frame that an idle host takes it returned {answer!r}")

    def test_whatIsNotTakenIsCounted(self) -> None:
        """
        With a full queue, writing neither raises nor waits; every frame is either taken or counted as dropped.
        """
        tap, _ = self.started()
        with self.keeping(rules.WRITE_NEVER_RAISES, "write() with a full queue"):
            answers = [tap.write(makeFrame(200, number)) for number in range(self.floodSize)]
        taken, lost = sum(map(bool, answers)), self.drops()
        found = f"of {self.floodSize} frames {taken} were said to be taken, and {lost} drops were counted"
        self.expect(self.floodSize - taken == lost and taken > 0, rules.COUNTED, found)
        strange = {repr(each) for each in answers if each is not True and each is not False}
        self.expect(not strange, rules.WRITE_ANSWERS, f"it returned {', '.join(strange)}")

    def test_whatIsTakenArrives(self) -> None:
        """
        Of many frames those that were said to be taken arrive, and no others.
        """
        tap, _ = self.started()
        taken = [frame for number in range(200) if tap.write(frame := makeFrame(200, number))]
        came = self.arrivals(len(taken))
        self.expect(sorted(taken) == sorted(came), rules.COUNTED, f"{len(taken)} were taken, and {len(came)} arrived")

    def test_saysLittle(self) -> None:
        """
        It does not talk of every frame, of those that it drops neither.
        """
        tap, _ = self.started()
        with saying(self.context) as said:
            for number in range(_MANY):
                self.hostSend(makeFrame(60, number))
                tap.write(makeFrame(60, number))
                tap.write(makeFrame(self.mtu + OVERHEAD + 1, number))
                self.turn()
                self.hostReceived()
        for what, count in (("messages", said.messages), ("events", said.events)):
            found = f"{count} {what} for {_MANY} frames there, as many back, and as many that are too long"
            self.expect(count < _MANY // 4, plugin_rules.SAYS_LITTLE, found)

    def test_idleTapsSleep(self) -> None:
        """
        Without frames it does next to nothing.
        """
        clock = _CountingClock(self._seldom)
        self.context = attrs.evolve(self.context, clock=clock)
        self.started()
        clock.count = 0
        for _ in range(1000):
            self.turn()

    def _seldom(self, count: int) -> None:
        found = f"{count} timers were set within a second, without a frame"
        self.expect(count <= _TIMERS, rules.SLEEPS, found)

    def test_fullQueueRecovers(self) -> None:
        """
        When the host has caught up, frames are taken again.
        """
        tap, recorder = self.started()
        for number in range(self.floodSize):
            tap.write(makeFrame(200, number))
        self.expect(not recorder.lost, rules.RECOVERS, f"tapLost was called: {recorder.lost}")

        def written() -> bool:
            self.hostReceived()
            return tap.write(makeFrame(99))

        self.expect(self.turnUntil(written), rules.RECOVERS, f"none after {self.turnsMaximum} turns")
        self.expect(makeFrame(99) in self.arrivals(1), rules.RECOVERS, "the frame was taken, and did not arrive")
