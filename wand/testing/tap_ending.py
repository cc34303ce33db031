"""
A part of the contract of tap drivers: how a tap ends.
"""

from __future__ import annotations

from twisted.internet.main import CONNECTION_LOST
from twisted.python.failure import Failure

from wand.errors import TapUnavailable
from wand.ethernet import Frame
from wand.interfaces import ITap
from wand.testing import tap_rules as rules
from wand.testing.frames import FrameRecorder, makeFrame
from wand.testing.tap_bench import TapBench


class _Closing(FrameRecorder):
    """
    Closes the tap in the middle of something.
    """

    tap: ITap | None = None
    atFrame = True

    def frameRead(self, frame: Frame) -> None:
        """
        See L{wand.interfaces.IFrameReader}.
        """
        super().frameRead(frame)
        self._close(self.atFrame)

    def batchRead(self) -> None:
        """
        See L{wand.interfaces.IFrameReader}.
        """
        super().batchRead()
        self._close(not self.atFrame)

    def _close(self, isTime: bool) -> None:
        if isTime and self.tap is not None:
            self.tap.close()


class EndingTaps(TapBench):
    """
    Closing, and devices that are gone.
    """

    def test_closeLeavesNothing(self) -> None:
        """
        A closed tap is not watched any more, its descriptors are closed, its interface is gone; closing again does
        nothing.
        """
        before = self.holdings()
        tap = self.driver.open(self.request(), self.context)
        tap.start(FrameRecorder())
        with self.keeping(rules.CLOSE_FREES, "close(), called twice,"):
            tap.close()
            tap.close()
        after = self.holdings()
        self.expect(before == after, rules.CLOSE_FREES, f"(descriptors, timers, readers, rest) {before} became {after}")

    def test_nothingIsReadAfterClose(self) -> None:
        """
        Frames that the host sent before are not handed over after the tap was closed.
        """
        tap, recorder = self.started()
        self.hostSend(makeFrame(60))
        tap.close()
        self.turn()
        self.turn()
        found = f"frames {recorder.frames}, {len(recorder.batches) - 1} calls of batchRead, lost {recorder.lost}"
        self.expect((recorder.batches, recorder.lost) == ([[]], []), rules.SILENT_AFTER_CLOSE, found)

    def test_closeFromWithin(self) -> None:
        """
        The receiver may close the tap when it gets a frame; it gets nothing more.
        """
        recorder, came = self._closedWithin(atFrame=True)
        found = f"closed at the first frame, then came {recorder.batches}"
        isQuiet = [len(each) for each in came] == [1] and came == recorder.batches and not recorder.lost
        self.expect(isQuiet, rules.SILENT_AFTER_CLOSE, found)

    def test_closeAtTheEndOfABatch(self) -> None:
        """
        The same at the end of a batch.
        """
        recorder, came = self._closedWithin(atFrame=False)
        found = f"closed at the first batchRead, then came {recorder.batches}"
        isQuiet = len(came) == 2 and came == recorder.batches and not recorder.lost
        self.expect(isQuiet, rules.SILENT_AFTER_CLOSE, found)

    def _closedWithin(self, *, atFrame: bool) -> tuple[FrameRecorder, list[list[bytes]]]:
        """
        Close the tap from within.

        @return: who got what came, and what that was when the tap was closed.
        """
        recorder = _Closing()
        recorder.atFrame = atFrame
        recorder.tap = tap = self.openTap()
        tap.start(recorder)
        for number in range(3):
            self.hostSend(makeFrame(60, number))
        self.turnUntil(lambda: len(recorder.batches) > 1 or bool(atFrame and recorder.frames))
        came = [list(each) for each in recorder.batches]
        self.turn()
        return recorder, came

    def test_writeAfterClose(self) -> None:
        """
        Writing to a closed tap does not raise; the frame is counted as dropped.
        """
        tap, _ = self.started()
        tap.close()
        with self.keeping(rules.WRITE_AFTER_CLOSE, "write()"):
            answer = tap.write(makeFrame(60))
        found = f"it returned {answer!r}, and {self.drops()} drops were counted"
        self.expect(answer is False and self.drops() == 1, rules.WRITE_AFTER_CLOSE, found)

    def test_deviceGone(self) -> None:
        """
        When the device vanishes the receiver is told once, and the tap is watched no more.
        """
        tap, recorder = self.started()
        if self.hostGone() is False:
            return
        with self.keeping(rules.LOST_RAISES, "reading from a device that is gone"):
            self.turnUntil(lambda: bool(recorder.lost))
            for _ in range(3):
                self.turn()
        told = recorder.lost
        isSentence = len(told) == 1 and isinstance(told[0], str) and bool(told[0].strip())
        self.expect(isSentence, rules.LOST_IS_TOLD, f"it was called {len(told)} times: {told!r}")
        readers = self.context.descriptors.getReaders()
        self.expect(not readers, rules.LOST_IS_UNWATCHED, f"{readers!r} is still watched")
        with self.keeping(rules.WRITE_NEVER_RAISES, "write() to a device that is gone"):
            answer = tap.write(makeFrame(60))
        self.expect(answer is False, rules.WRITE_ANSWERS, f"for a device that is gone it returned {answer!r}")
        with self.keeping(rules.CLOSE_FREES, "close() of a device that is gone"):
            tap.close()
        self.expect(len(told) == 1, rules.LOST_IS_TOLD, "close() called it again")

    def test_connectionLost(self) -> None:
        """
        When the reactor finds the descriptor broken, the receiver is told.
        """
        _, recorder = self.started()
        readers = self.context.descriptors.getReaders()
        if not readers or self.hostGone() is False:
            return
        for reader in readers:
            self.context.descriptors.removeReader(reader)
            with self.keeping(rules.CONNECTION_LOST, "connectionLost()"):
                reader.connectionLost(Failure(CONNECTION_LOST))
        self.expect(len(recorder.lost) == 1, rules.CONNECTION_LOST, f"it was called {len(recorder.lost)} times")

    def test_failedOpenLeavesNothing(self) -> None:
        """
        When the tap cannot be opened or configured, the error says why and nothing is left behind.
        """
        request = self.impossibleRequest()
        if request is None:
            return
        before = self.holdings()
        try:
            self.driver.open(request, self.context).close()
        except TapUnavailable as error:
            self.expect(bool(str(error).strip()), rules.OPEN_FAILS, "the error says nothing")
        except Exception as error:
            self.fail(rules.OPEN_FAILS.broken(f"{type(error).__name__}: {error}"))
        else:
            self.fail(rules.OPEN_FAILS.broken("it was opened, though impossibleRequest() says that it cannot"))
        self.expect(before == self.holdings(), rules.NOTHING_LEFT, f"{before} became {self.holdings()}")
