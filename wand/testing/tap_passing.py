"""
A part of the contract of tap drivers: frames pass whole, in both directions.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from typing import Final

from wand.ethernet import OVERHEAD, Frame
from wand.interfaces import IHostTap, ITap
from wand.testing import tap_rules as rules
from wand.testing.contract import Rule
from wand.testing.frames import FrameRecorder, difference, makeFrame, makeTaggedFrame
from wand.testing.kernel import EXPERIMENTAL, VLAN
from wand.testing.memory import grownBy
from wand.testing.tap_bench import TapBench

#: How many frames pass each way to see whether they are kept, and how long they are.
_MANY: Final = 400
_LENGTH: Final = 1000


class PassingFrames(TapBench):
    """
    What becomes of frames.
    """

    # Tools.

    def sizes(self) -> list[bytes]:
        """
        Frames of all sizes that the MTU allows.
        """
        sizes = [size for size in (14, 15, 60, 1500, 4000) if size < self.mtu]
        frames = [makeFrame(size) for size in (*sizes, self.mtu, self.mtu + 14)]
        return [*frames, makeTaggedFrame(self.mtu + OVERHEAD)]

    def readWhole(self, recorder: FrameRecorder, frames: Sequence[bytes], rule: Rule) -> None:
        """
        Let the host send frames, and see them handed over, each once.
        """
        with self.keeping(rule, "reading"):
            for frame in frames:
                self.hostSend(frame)
            self.turnUntil(lambda: set(frames) <= set(recorder.frames))
        came = [each for each in recorder.frames if _isOurs(each)]
        self.expect(sorted(frames) == sorted(came), rule, difference(frames, came))

    def writtenWhole(self, tap: ITap, frames: Sequence[bytes], rule: Rule) -> None:
        """
        Write frames, and see them arrive, each once.
        """
        with self.keeping(rule, "writing"):
            refused = [len(frame) for frame in frames if not tap.write(frame)]
        self.expect(not refused, rule, f"of an idle host, frames of {refused} octets were not taken")
        came = self.arrivals(len(frames))
        self.expect(sorted(frames) == sorted(came), rule, difference(frames, came))

    # The contract.

    def test_framesFromHostAreReadWhole(self) -> None:
        """
        Frames of all sizes that the host may send are read as they were sent.
        """
        _, recorder = self.started()
        self.readWhole(recorder, self.sizes(), rules.READ_WHOLE)

    def test_framesToHostArriveWhole(self) -> None:
        """
        Frames of all sizes that are written arrive at the host as they were written.
        """
        tap, _ = self.started()
        self.writtenWhole(tap, self.sizes(), rules.WRITTEN_WHOLE)

    def test_largeFramesFromHostAreReadWhole(self) -> None:
        """
        The same with the largest MTU.
        """
        self.mtu = self.largestMTU
        _, recorder = self.started()
        self.readWhole(recorder, self.sizes(), rules.READ_WHOLE)

    def test_largeFramesToHostArriveWhole(self) -> None:
        """
        The same with the largest MTU.
        """
        self.mtu = self.largestMTU
        tap, _ = self.started()
        self.writtenWhole(tap, self.sizes(), rules.WRITTEN_WHOLE)

    def test_framesOfAnyAddressPass(self) -> None:
        """
        Frames to one host and to groups, with and without a tag, pass in both directions.
        """
        tap, recorder = self.started()
        tap_ = bytes(tap.mac)
        rest = b"\2\0\0\0\0\xaa" + makeFrame(60)[12:]
        groups = [b"\1\0\x5e\0\0\xfb", b"\x33\x33\0\0\0\1"]
        other = b"\2\0\0\0\0\xbb" if self.hearsAll else tap_
        fromHost = [to + rest for to in (other, *groups)]
        self.readWhole(recorder, [*fromHost, makeTaggedFrame(64)], rules.ANY_ADDRESS)
        toHost = [to + rest for to in (tap_, b"\2\0\0\0\0\xbb", *groups)]  # a bridge may be behind it
        self.writtenWhole(tap, [*toHost, makeTaggedFrame(64)], rules.ANY_ADDRESS)

    def test_framesFromHostComeInOrder(self) -> None:
        """
        What the host sends comes in its order.
        """
        _, recorder = self.started()
        frames = [makeFrame(60 + number * 7 % 50, number) for number in range(40)]
        self.readWhole(recorder, frames, rules.READ_WHOLE)
        came = [each for each in recorder.frames if each in frames]
        self.expect(came == frames, rules.READ_IN_ORDER, f"frame 0, 1, 2 … came as {_order(frames, came)}")

    def test_framesToHostArriveInOrder(self) -> None:
        """
        What is written arrives in its order.
        """
        tap, _ = self.started()
        frames = [makeFrame(60 + number * 7 % 50, number) for number in range(40)]
        taken = [frame for frame in frames if tap.write(frame)]
        came = self.arrivals(len(taken))
        self.expect(came == taken, rules.WRITTEN_IN_ORDER, f"frame 0, 1, 2 … came as {_order(frames, came)}")

    def test_framesAreOctets(self) -> None:
        """
        What is handed over is octets.
        """
        _, recorder = self.started()
        self.hostSend(makeFrame(60))
        with self.keeping(rules.OCTETS, "reading"):
            self.turnUntil(lambda: bool(recorder.frames or recorder.strange))
        self.expect(not recorder.strange, rules.OCTETS, f"a {', a '.join(recorder.strange)}")

    def test_longerFramesAreNotCut(self) -> None:
        """
        A frame that is longer than the MTU allows is not cut to fit.
        """
        _, recorder = self.started()
        frame, last = makeFrame(self.mtu + OVERHEAD + 200, 77), makeFrame(61)
        with suppress(OSError):
            self.hostSend(frame)
        self.hostSend(last)
        with self.keeping(rules.TOO_LONG_READ, "reading"):
            self.turnUntil(lambda: last in recorder.frames)
        cut = [len(each) for each in recorder.frames if len(each) <= self.mtu + OVERHEAD and frame.startswith(each)]
        self.expect(not cut, rules.TOO_LONG_READ, f"of a frame of {len(frame)} octets came the first {cut}")
        self.expect(last in recorder.frames, rules.TOO_LONG_READ, "after such a frame no other came")

    def test_longerFramesAreNotWritten(self) -> None:
        """
        A frame that is longer than the MTU allows is not handed to the host.
        """
        tap, _ = self.started()
        frame = makeFrame(self.mtu + OVERHEAD + 1)
        with self.keeping(rules.TOO_LONG_WRITTEN, "write()"):
            taken = tap.write(frame)
        self.turn()
        came = [len(each) for each in self.hostReceived()]
        found = f"write returned {taken!r}, {self.drops()} drops were counted, frames of {came} octets came"
        self.expect(not taken and self.drops() == 1 and not came, rules.TOO_LONG_WRITTEN, found)

    def test_theMTUInForce(self) -> None:
        """
        When somebody else changed the MTU, the new one counts.
        """
        tap, recorder = self.started()
        if not IHostTap.providedBy(tap):
            return
        self.mtu = self.largestMTU
        self.hostResized(self.mtu)
        tap.adopt(tap.interface, tap.mac, self.mtu)
        self.expect(tap.mtu == self.mtu, rules.MTU_IN_FORCE, f"the MTU is {tap.mtu}, not {self.mtu}")
        self.readWhole(recorder, self.sizes(), rules.MTU_IN_FORCE)
        self.writtenWhole(tap, self.sizes(), rules.MTU_IN_FORCE)

    def test_nothingComesBack(self) -> None:
        """
        What was written is not read.
        """
        tap, recorder = self.started()
        frames = [makeFrame(60 + number, number) for number in range(10)]
        for frame in frames:
            tap.write(frame)
            self.turn()
        self.arrivals(len(frames))
        back = [each for each in recorder.frames if each in frames]
        self.expect(not back, rules.NO_ECHO, f"of {len(frames)} frames {len(back)} came back")

    def test_memoryviewsAreWritten(self) -> None:
        """
        A frame may be a slice of somebody's buffer, which is used again at once.
        """
        tap, _ = self.started()
        frame = makeFrame(100)
        buffer = bytearray(b"xx" + frame + b"yy")
        with self.keeping(rules.BUFFERS, "write() of a memoryview"):
            tap.write(memoryview(buffer)[2:-2])
        self.expect(bytes(buffer) == b"xx" + frame + b"yy", rules.BUFFERS, "write changed the buffer")
        buffer[:] = bytes(len(buffer))
        came = self.arrivals(1)
        self.expect(came == [frame], rules.BUFFERS, f"the frame came as {[each.hex() for each in came]}")

    def test_framesAreNotKept(self) -> None:
        """
        Frames that passed are not kept.
        """
        tap = self.openTap()
        tap.start(_Taker())
        self._pass(tap, 100)
        with grownBy() as grown:
            self._pass(tap, _MANY)
        found = f"{grown[0]} octets more are in use after {_MANY} frames of {_LENGTH} octets each way"
        self.expect(grown[0] < _MANY * _LENGTH // 2, rules.KEEPS_NOTHING, found)

    def _pass(self, tap: ITap, count: int) -> None:
        for number in range(count):
            self.hostSend(makeFrame(_LENGTH, number))
            tap.write(makeFrame(_LENGTH, number))
            if number % 16 == 15:
                self.turn()
                self.hostReceived()


class _Taker(FrameRecorder):
    """
    Takes what a tap hands over, and keeps nothing.
    """

    def frameRead(self, frame: Frame) -> None:
        """
        See L{wand.interfaces.IFrameReader}.
        """

    def batchRead(self) -> None:
        """
        See L{wand.interfaces.IFrameReader}.
        """


def _isOurs(frame: bytes) -> bool:
    kinds = EXPERIMENTAL.to_bytes(2, "big"), VLAN.to_bytes(2, "big") + b"\0\5" + EXPERIMENTAL.to_bytes(2, "big")
    return frame[12:].startswith(kinds)


def _order(sent: Sequence[bytes], came: Sequence[bytes]) -> list[int]:
    return [sent.index(each) if each in sent else -1 for each in came][:10]
