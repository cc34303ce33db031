"""
A part of the contract of tap drivers: what happens in the middle of something else, and beside another tap.
"""

from __future__ import annotations

from contextlib import suppress

from wand.errors import WandError
from wand.ethernet import MAC, Frame
from wand.interfaces import ITap
from wand.testing import tap_rules as rules
from wand.testing.frames import FrameRecorder, makeFrame
from wand.testing.tap_bench import TapBench


class _Answering(FrameRecorder):
    """
    Writes a frame when it gets one, as forwarding does.

    @ivar changed: what frames were before and after that, where it is not the same.
    """

    tap: ITap | None = None
    changed: tuple[bytes, bytes] | None = None

    def frameRead(self, frame: Frame) -> None:
        """
        See L{wand.interfaces.IFrameReader}.
        """
        before = bytes(frame)
        if self.tap is not None:
            self.tap.write(makeFrame(200, 0xAAAAAAAA))
        if bytes(frame) != before:
            self.changed = before, bytes(frame)
        super().frameRead(before)


class TapsMeanwhile(TapBench):
    """
    Reading, writing, opening and closing in any order.
    """

    def test_writeWithinARead(self) -> None:
        """
        The receiver may write while it has a frame, which stays as it is.
        """
        tap, recorder = self.openTap(), _Answering()
        recorder.tap = tap
        tap.start(recorder)
        frames = [makeFrame(100 + number, number) for number in range(3)]
        with self.keeping(rules.GOOD_UNTIL_RETURN, "reading, with a write() from within frameRead,"):
            for frame in frames:
                self.hostSend(frame)
            self.turnUntil(lambda: set(frames) <= set(recorder.frames))
        self.expect(recorder.changed is None, rules.GOOD_UNTIL_RETURN, f"it became another: {recorder.changed}")
        missing = len(set(frames) - set(recorder.frames))
        self.expect(not missing, rules.GOOD_UNTIL_RETURN, f"of {len(frames)} frames {missing} did not come")

    def test_writeLosesNothing(self) -> None:
        """
        What the host sent before something is written comes afterwards.
        """
        tap, recorder = self.started()
        frames = [makeFrame(60, number) for number in range(3)]
        for frame in frames:
            self.hostSend(frame)
            tap.write(makeFrame(61))
        self.turnUntil(lambda: set(frames) <= set(recorder.frames))
        missing = len(set(frames) - set(recorder.frames))
        self.expect(not missing, rules.WRITE_TAKES_NOTHING, f"of {len(frames)} frames {missing} did not come")

    def test_wakeUpWithoutAFrame(self) -> None:
        """
        A reader that is called though there is nothing does nothing.
        """
        _, recorder = self.started()
        self.turn()
        for reader in self.context.descriptors.getReaders():
            with self.keeping(rules.WAKES_FOR_NOTHING, "doRead(), with nothing to read,"):
                reader.doRead()
            self.expect(not recorder.lost, rules.WAKES_FOR_NOTHING, f"tapLost was called: {recorder.lost}")
        self.hostSend(makeFrame(60))
        came = self.turnUntil(lambda: makeFrame(60) in recorder.frames)
        self.expect(came, rules.WAKES_FOR_NOTHING, "after that no frame came")

    def test_shortFramesDoNoHarm(self) -> None:
        """
        What is too short to be a frame raises nothing when it is written.
        """
        tap, _ = self.started()
        for size in (0, 1, 12, 13):
            with self.keeping(rules.WRITE_NEVER_RAISES, f"write() of {size} octets"):
                answer = tap.write(makeFrame(size))
            self.expect(answer is True or answer is False, rules.WRITE_ANSWERS, f"of {size} octets: {answer!r}")
        self.hostReceived()
        self.expect(tap.write(makeFrame(60)) is True, rules.WRITE_NEVER_RAISES, "the next frame was not taken")

    def test_writeBeforeStart(self) -> None:
        """
        What is written before the start raises nothing.
        """
        tap = self.openTap()
        with self.keeping(rules.WRITE_NEVER_RAISES, "write(), before start(),"):
            answer = tap.write(makeFrame(60))
        self.expect(answer is True or answer is False, rules.WRITE_ANSWERS, f"before start() it returned {answer!r}")

    def test_worksAgain(self) -> None:
        """
        A tap that is opened after another was closed works as the first one did, with its own addresses.
        """
        first = self.openTap(addresses=["10.78.0.5/16"])
        first.start(FrameRecorder())
        first.write(makeFrame(60))
        first.close()
        tap, recorder = self.openTap(addresses=["10.79.0.5/16"]), FrameRecorder()
        tap.start(recorder)
        self._passesBothWays(tap, recorder, "after another was closed")
        left = "10.78.0.5/16" in self.hostAddresses()
        self.expect(not left, rules.APART, f"it has the addresses of the one before: {self.hostAddresses()}")

    def test_twoAtOnce(self) -> None:
        """
        Another tap that is opened and closed meanwhile, or cannot be, does not disturb one.
        """
        if not self.severalAtOnce:
            return
        tap, recorder = self.started()
        watched = self.context.descriptors.getReaders()
        another = self.request(interface="wandtest1", mac=MAC(b"\2\0\0\0\0\2"))
        with suppress(WandError):  # it may be a thing of which there is only one
            other = self.driver.open(another, self.context)
            other.start(FrameRecorder())
            other.close()
        left = [each for each in watched if each not in self.context.descriptors.getReaders()]
        found = f"when another was opened, {left} was watched no more, and {len(recorder.lost)} times it was lost"
        self.expect(not left and not recorder.lost, rules.APART, found)
        self._passesBothWays(tap, recorder, "after another was closed")

    def _passesBothWays(self, tap: ITap, recorder: FrameRecorder, when: str) -> None:
        frame = makeFrame(80, 80)
        with self.keeping(rules.APART, f"reading, {when},"):
            self.hostSend(frame)
            came = self.turnUntil(lambda: frame in recorder.frames)
        self.expect(came, rules.APART, f"{when} no frame came from its host")
        self.hostReceived()
        self.expect(tap.write(frame) is True, rules.APART, f"{when} it took no frame")
        self.expect(frame in self.arrivals(1), rules.APART, f"{when} no frame arrived at its host")
