"""
The contract that every frame service fulfils, as tests that a service's author runs against it.
"""

from __future__ import annotations

import sys
from random import Random
from typing import Final

from wand.ethernet import OVERHEAD
from wand.testing import frame_service_rules as rules
from wand.testing.frame_service_manners import FrameServiceManners
from wand.testing.memory import grownBy, tracing
from wand.testing.plugin_contract import PluginContract

#: How many frames are shown to see whether they are kept, and how long they are.
_MANY: Final = 400
_LENGTH: Final = 1000

#: From how many addresses frames come to see whether these are kept, in all, in a second and at once, and how many
#: octets may be in use for each afterwards.
_SOURCES: Final = 5000
_SOURCES_RATE: Final = 1000
_AT_ONCE: Final = 100
_OF_EACH: Final = 40


class FrameServiceContract(FrameServiceManners, PluginContract):
    """
    What every frame service must do.  Mix it into a test case and say how to make one::

        class MyServiceTests(FrameServiceContract, SynchronousTestCase):
            def makeService(self):
                return MyService()
    """

    # The contract.

    def test_nothingBeforeTheFirstFrame(self) -> None:
        """
        Opened, it does nothing yet.
        """
        before = len(self.clock.getDelayedCalls())
        self.opened()
        timers = len(self.clock.getDelayedCalls()) - before
        found = f"{len(self.injected)} frames were injected, {timers} timers are running"
        self.expect(not self.injected and not timers, rules.NOT_WITHIN_OPEN, found)

    def test_whatItDoesNotKnowPasses(self) -> None:
        """
        Frames that are not its business pass.
        """
        watcher = self.opened()
        for frame in self.passing():
            answers = self.ask(watcher, memoryview(frame))
            self.expect(answers == (True, True), rules.LETS_PASS, f"of {frame[:40].hex()} it says {answers}")

    def test_anyFrame(self) -> None:
        """
        Frames may be cut anywhere, and have anything in them.
        """
        watcher, random = self.opened(), Random(1)
        for frame in self.typical():
            for length in range(14, len(frame) + 1):
                self.ask(watcher, memoryview(frame)[:length])
            for _ in range(20):
                changed = bytearray(frame)
                for _ in range(3):
                    changed[random.randrange(12, len(changed))] = random.randrange(256)
                self.ask(watcher, memoryview(changed))
        for size in (14, 18, 60, 1414):
            self.ask(watcher, random.randbytes(size))

    def test_typesOfFrames(self) -> None:
        """
        It says the same of octets of every type.
        """
        for frame in (*self.typical(), *self.passing()):
            answers = []
            for kind in (bytes, bytearray, memoryview):
                watcher = self.openWith(self.settings)
                with self.keeping(rules.SAME_TYPES, f"a frame that is a {kind.__name__}"):
                    answers.append((watcher.leaving(kind(frame)), watcher.arriving(self.peer, kind(frame))))
                watcher.close()
            isSame = answers[0] == answers[1] == answers[2]
            self.expect(isSame, rules.SAME_TYPES, f"of {frame[:40].hex()} it says {answers}")

    def test_framesAreLeftAsTheyAre(self) -> None:
        """
        It does not change frames.
        """
        watcher = self.opened()
        for frame in self.typical():
            buffer = bytearray(frame)
            self.ask(watcher, memoryview(buffer))
            self.expect(buffer == frame, rules.FRAME_KEPT, f"{frame.hex()} became {buffer.hex()}")

    def test_buffersAreNotHeld(self) -> None:
        """
        It keeps nothing of a buffer that is used again.
        """
        watcher = self.opened()
        for frame in self.typical():
            buffer = bytearray(frame)
            view = memoryview(buffer)
            before = sys.getrefcount(view)
            self.ask(watcher, view)
            held = sys.getrefcount(view) - before
            view.release()
            try:
                buffer.clear()
            except BufferError:  # somebody has another view of it
                held += 1
            self.expect(not held, rules.NOT_HELD, f"of {frame[:40].hex()} a memoryview is kept")

    def test_framesAreNotKept(self) -> None:
        """
        However many frames come, it does not need more and more memory.
        """
        watcher = self.opened()
        frames = [frame.ljust(_LENGTH, b"\0") for frame in (*self.typical(), *self.passing())]
        for frame in frames:
            self.ask(watcher, bytearray(frame))
        with grownBy() as grown:
            for number in range(_MANY):
                frame = frames[number % len(frames)]
                self.ask(watcher, bytes(frame[:6]) + b"\2" + number.to_bytes(5, "big") + frame[12:])
                self.injected.clear()
        found = f"{grown[0]} octets more are in use after {_MANY} frames of {_LENGTH} octets"
        self.expect(grown[0] < _MANY * _LENGTH // 2, rules.KEEPS_NOTHING, found)

    def test_sourcesAreNotKept(self) -> None:
        """
        Nor does it remember everybody who ever sent one.
        """
        watcher, typical = self.opened(), self.typical()

        def show(first: int, count: int) -> None:
            for number in range(first, first + count):
                frame = typical[number % len(typical)]
                self.ask(watcher, frame[:6] + b"\2\xcd" + number.to_bytes(4, "big") + frame[12:])
                self.injected.clear()
                if number % _AT_ONCE == 0:
                    self.clock.advance(_AT_ONCE / _SOURCES_RATE)
                    timers = len(self.clock.getDelayedCalls())
                    self.expect(timers < 10 * _AT_ONCE, rules.KEEPS_NOTHING, f"{timers} timers are running")

        with tracing():
            show(0, 2 * _SOURCES)
            with grownBy() as grown:
                show(2 * _SOURCES, _SOURCES)
        found = f"{grown[0]} octets more are in use after frames from {_SOURCES} addresses more"
        self.expect(grown[0] < _SOURCES * _OF_EACH, rules.KEEPS_NOTHING, found)

    def test_whatIsInjected(self) -> None:
        """
        What it injects are frames, and not more than one for each that it sees.
        """
        watcher = self.opened()
        for frame in self.typical():
            for way in (watcher.leaving, lambda frame: watcher.arriving(self.peer, frame)):
                self.injected.clear()
                way(memoryview(frame))
                self.expect(len(self.injected) <= 1, rules.INJECTS_LITTLE, f"{len(self.injected)} frames")
                for each in self.injected:
                    isFrame = isinstance(each, bytes | bytearray | memoryview) and len(each) >= 14
                    found = f"{each[:60]!r} of {len(each)} octets"
                    self.expect(isFrame and len(each) <= self.mtu + OVERHEAD, rules.INJECTS_FRAMES, found)
                    isOfOne = not each[6] & 1
                    self.expect(isOfOne, rules.INJECTS_FRAMES, f"its source is a group, {bytes(each[6:12]).hex()}")

    def test_closeLeavesNothing(self) -> None:
        """
        Closed, it leaves nothing behind, and injects nothing.
        """
        before = self.holdings()
        watcher = self.openWith(self.settings)
        self.exercise(watcher)
        self.injected.clear()
        with self.keeping(rules.CLOSE, "close(), called twice,"):
            watcher.close()
            watcher.close()
        after = self.holdings()
        self.expect(before == after, rules.CLOSE, f"(descriptors, timers, readers) {before} became {after}")
        self.pass_(10)
        self.expect(not self.injected, rules.CLOSE, f"{len(self.injected)} frames were injected by it or after it")
