"""
Mutation tests of the contract of frame services: each is wrong in one thing, and the test named with it says so.
"""

from __future__ import annotations

import os
import socket
import tempfile
import time
from collections.abc import Callable
from threading import Thread
from typing import Any

import pytest
from twisted.internet.defer import succeed
from twisted.internet.interfaces import IDelayedCall
from twisted.internet.task import LoopingCall
from wrong_plugins import Wrong, Wrongs, assertCaught, assertRight, nameOf
from zope.interface import implementer

from wand.ethernet import MAC, Frame
from wand.interfaces import CONSUMED, IFrameService, IFrameWatcher, NodeContext, Passage, Settings
from wand.plugin_settings import NoSettings, readSettings
from wand.table import Peer, Rank, Source
from wand.testing.frame_services import FrameServiceContract

WRONG = Wrongs()
caught = WRONG.caught


@implementer(IFrameWatcher)
class RightWatcher:
    """
    Answers questions by ARP, and lets nobody else's in.
    """

    def __init__(self, context: NodeContext, inject: Callable[[Frame], object]) -> None:
        self.context, self.inject = context, inject

    def leaving(self, frame: Frame) -> Passage:
        if bytes(frame[12:14]) != b"\x08\x06" or len(frame) < 42:
            return True
        self.answer(frame)
        return CONSUMED

    def answer(self, frame: Frame) -> None:
        self.inject(bytes(frame[6:12]) + b"\2\0\0\0\0\2" + bytes(frame[12:60]))

    def arriving(self, peer: Peer, frame: Frame) -> Passage:
        return bytes(frame[12:14]) != b"\x08\x06"

    def close(self) -> None:
        pass


@implementer(IFrameService)
class RightService:
    name = "right"
    about = "answers questions by ARP"
    watcher: type[RightWatcher] = RightWatcher

    def unusable(self) -> str | None:
        return None

    def open(self, settings: Settings, context: NodeContext, inject: Callable[[Frame], object]) -> IFrameWatcher:
        readSettings(settings, NoSettings, "frame-service-settings.right")
        return self.watcher(context, inject)


class RightServiceCase(FrameServiceContract):
    def makeService(self) -> IFrameService:
        return RightService()


def test_theRightServicePasses() -> None:
    assertRight(RightServiceCase)


@pytest.mark.parametrize("wrong", WRONG, ids=nameOf)
def test_wrongServiceIsCaught(wrong: Wrong) -> None:
    class Service(RightService):
        watcher = wrong.made if issubclass(wrong.made, RightWatcher) else RightWatcher

    made: Callable[[], IFrameService] = Service if issubclass(wrong.made, RightWatcher) else wrong.made
    assertCaught(RightServiceCase, wrong, makeService=lambda self: made())


@caught("test_whatItDoesNotKnowPasses", "(False, True)")
class DropsWhatItDoesNotKnow(RightWatcher):
    def leaving(self, frame: Frame) -> Passage:
        return False


@caught("test_whatItDoesNotKnowPasses", "Found: None.")
class ForgetsToAnswer(RightWatcher):
    def arriving(self, peer: Peer, frame: Frame) -> Passage:
        if bytes(frame[12:14]) == b"\x08\x06":
            return False
        return None  # type: ignore[return-value]


@caught("test_anyFrame", "Found: None.")
class AnswersWithNothingForItsOwn(RightWatcher):
    def leaving(self, frame: Frame) -> Passage:
        if bytes(frame[12:14]) == b"\x08\x06":
            return self.answer(frame)  # type: ignore[return-value]
        return True


@caught("test_whatItDoesNotKnowPasses", "Found: <Deferred")
class AnswersLater(RightWatcher):
    def leaving(self, frame: Frame) -> Passage:
        return succeed(True)  # type: ignore[return-value]


@caught("test_whatItDoesNotKnowPasses", "Found: 1.")
class AnswersANumber(RightWatcher):
    def leaving(self, frame: Frame) -> Passage:
        return 1  # type: ignore[return-value]


@caught("test_anyFrame", "IndexError")
class NeedsWholeFrames(RightWatcher):
    def leaving(self, frame: Frame) -> Passage:
        return frame[12] != 8 or frame[13] != 6 or frame[41] is not None


@caught("test_anyFrame", "UnicodeDecodeError")
class ReadsText(RightWatcher):
    def arriving(self, peer: Peer, frame: Frame) -> Passage:
        return bytes(frame[42:]).decode() != "blocked" or False


@caught("test_anyFrame", "IndexError")
class BelievesLengths(RightWatcher):
    def arriving(self, peer: Peer, frame: Frame) -> Passage:
        if bytes(frame[12:14]) == b"\x08\0" and len(frame) > 14:
            frame[14 + 4 * (frame[14] & 15)]
        return True


@caught("test_anyFrame", "ValueError")
class RaisesAtTags(RightWatcher):
    def arriving(self, peer: Peer, frame: Frame) -> Passage:
        if bytes(frame[12:14]) == b"\x81\0":
            raise ValueError("a tag")
        return True


@caught("test_typesOfFrames", "it says [")
class ComparesSlices(RightWatcher):
    def arriving(self, peer: Peer, frame: Frame) -> Passage:
        return hash(frame[12:14]) != hash(b"\x08\x06") if isinstance(frame, bytes) else True


@caught("test_typesOfFrames", "AttributeError")
class NeedsBytes(RightWatcher):
    def leaving(self, frame: Frame) -> Passage:
        return not frame.startswith(b"\1\0\x5e") or True  # type: ignore[union-attr]


@caught("test_framesAreLeftAsTheyAre", "became")
class ChangesFrames(RightWatcher):
    def leaving(self, frame: Frame) -> Passage:
        if isinstance(frame, memoryview) and not frame.readonly:
            frame[6:12] = bytes(6)
        return True


@caught("test_buffersAreNotHeld", "a memoryview is kept")
class KeepsTheBuffer(RightWatcher):
    def leaving(self, frame: Frame) -> Passage:
        self.last = frame
        return True


@caught("test_buffersAreNotHeld", "a memoryview is kept")
class KeepsASliceOfTheBuffer(RightWatcher):
    def leaving(self, frame: Frame) -> Passage:
        self.last = frame[6:12]
        return True


@caught("test_framesAreNotKept", "octets more are in use")
class KeepsEveryFrame(RightWatcher):
    def arriving(self, peer: Peer, frame: Frame) -> Passage:
        self.all = [*getattr(self, "all", []), bytes(frame)]
        return super().arriving(peer, frame)


@caught("test_framesAreNotKept", "octets more are in use")
class KeepsAFrameForEverySource(RightWatcher):
    def arriving(self, peer: Peer, frame: Frame) -> Passage:
        self.all = {**getattr(self, "all", {}), bytes(frame[6:12]): bytes(frame)}
        return super().arriving(peer, frame)


@caught("test_whatIsInjected", "2 frames")
class AnswersTwice(RightWatcher):
    def answer(self, frame: Frame) -> None:
        super().answer(frame)
        super().answer(frame)


@caught("test_whatIsInjected", "a whole frame of octets")
class InjectsThePayloadOnly(RightWatcher):
    def answer(self, frame: Frame) -> None:
        self.inject(b"answer")


@caught("test_whatIsInjected", "of 2000 octets")
class InjectsWhatIsTooLong(RightWatcher):
    def answer(self, frame: Frame) -> None:
        self.inject(bytes(frame).ljust(2000, b"\0"))


@caught("test_whatIsInjected", "a whole frame of octets")
class InjectsText(RightWatcher):
    def answer(self, frame: Frame) -> None:
        self.inject(bytes(frame).hex())  # type: ignore[arg-type]


@caught("test_nothingBeforeTheFirstFrame", "1 frames were injected")
class InjectsWithinOpen(RightWatcher):
    def __init__(self, context: NodeContext, inject: Callable[[Frame], object]) -> None:
        super().__init__(context, inject)
        inject(bytes(60))


@caught("test_closeLeavesNothing", "became")
class LeavesATimer(RightWatcher):
    def answer(self, frame: Frame) -> None:
        self.context.clock.callLater(3600, lambda: None)


@caught("test_nothingBeforeTheFirstFrame", "1 timers are running")
class BeginsBeforeTheStart(RightWatcher):
    def __init__(self, context: NodeContext, inject: Callable[[Frame], object]) -> None:
        super().__init__(context, inject)
        context.clock.callLater(3600, lambda: None)


@caught("test_closeLeavesNothing", "called twice, raised")
class ClosesOnce(RightWatcher):
    def close(self) -> None:
        del self.context


@caught("test_unknownSettingsAreRefused", "it was opened with the setting")
class TakesAnySetting(RightService):
    def open(self, settings: Settings, context: NodeContext, inject: Callable[[Frame], object]) -> IFrameWatcher:
        return self.watcher(context, inject)


@caught("test_plugin", "IFrameService")
class TakesNoInjection(RightService):
    open: Any = lambda self, settings, context: None


@caught("test_importsNoReactor", "imported by")
class ImportsTheReactor(RightWatcher):
    def answer(self, frame: Frame) -> None:
        from twisted.internet import reactor  # noqa: F401


@caught("test_opensWhatItsInterfacePromises", "arriving")
class LacksAMethod(RightWatcher):
    arriving = None  # type: ignore[assignment]


# Any peer, any time.


@caught("test_anyPeer", "AttributeError")
class TakesPeersApart(RightWatcher):
    def arriving(self, peer: Peer, frame: Frame) -> Passage:
        return bool(peer.split(":")) and super().arriving(peer, frame)  # type: ignore[attr-defined]


@caught("test_doesNotWait", "ms when it was quickest")
class WaitsAMoment(RightWatcher):
    def leaving(self, frame: Frame) -> Passage:
        time.sleep(0.005)
        return super().leaving(frame)


@caught("test_whatPassesPassesLater", "it says (True, False)")
class CountsWithoutForgetting(RightWatcher):
    count = 0

    def arriving(self, peer: Peer, frame: Frame) -> Passage:
        self.count += 1
        return self.count < 60 and super().arriving(peer, frame)


@caught("test_whatIsInjectedLater", "20 frames within ten seconds")
class AnswersAgainAndAgain(RightWatcher):
    def answer(self, frame: Frame) -> None:
        for number in range(20):
            self.context.clock.callLater(0.1 * number, self.inject, bytes(frame[:60]))


@caught("test_closeLeavesNothing", "1 frames were injected by it")
class SaysGoodbye(RightWatcher):
    def close(self) -> None:
        if self.inject is not None:
            self.inject(b"\xff" * 6 + bytes(54))
        self.inject = None  # type: ignore[assignment]


@caught("test_whatIsInjected", "its source is a group")
class AnswersFromAGroup(RightWatcher):
    def answer(self, frame: Frame) -> None:
        self.inject(bytes(frame[6:12]) + b"\xff" * 6 + bytes(frame[12:60]))


@caught("test_twoAtOnce", "after others were closed")
class ClosesAllTogether(RightWatcher):
    closed: list[RightWatcher] = []

    def __init__(self, context: NodeContext, inject: Callable[[Frame], object]) -> None:
        super().__init__(context, inject)
        self.closed.clear()

    def close(self) -> None:
        self.closed.append(self)

    def leaving(self, frame: Frame) -> Passage:
        return not self.closed and super().leaving(frame)


@caught("test_usesNoOtherClock", "LoopingCall")
class LoopsByAnotherClock(RightWatcher):
    def answer(self, frame: Frame) -> None:
        LoopingCall(self.close).start(60)


@caught("test_callsNothingFromOtherThreads", "inject in the thread answering")
class AnswersInAThread(RightWatcher):
    def answer(self, frame: Frame) -> None:
        Thread(target=super().answer, args=(bytes(frame),), name="answering").start()


@caught("test_waitsForNothing", "getnameinfo")
class LooksUpWhoAsks(RightWatcher):
    def answer(self, frame: Frame) -> None:
        socket.getnameinfo(("127.0.0.1", 0), socket.NI_NUMERICHOST)
        super().answer(frame)


@caught("test_waitsForNothing", "fsync")
class SynchronizesWhatItSaw(RightWatcher):
    def arriving(self, peer: Peer, frame: Frame) -> Passage:
        with tempfile.TemporaryFile() as file:
            file.write(frame)
            os.fsync(file.fileno())
        return super().arriving(peer, frame)


# What belongs to others.


@caught("test_tableIsLeftAsItIs", "there are other entries")
class LearnsIntoTheTable(RightWatcher):
    def arriving(self, peer: Peer, frame: Frame) -> Passage:
        self.context.table.put(MAC(bytes(frame[6:12])), peer, Source("learned", Rank.DIRECTORY), 300.0)
        return super().arriving(peer, frame)


@caught("test_saysLittle", "messages for 200 frames")
class LogsEveryFrame(RightWatcher):
    def arriving(self, peer: Peer, frame: Frame) -> Passage:
        self.context.log.info("a frame of {octets} octets", octets=len(frame))
        return super().arriving(peer, frame)


@caught("test_saysLittle", "events for 200 frames")
class PublishesEveryFrame(RightWatcher):
    def leaving(self, frame: Frame) -> Passage:
        self.context.events.publish("frame-seen", octets=len(frame))
        return super().leaving(frame)


@caught("test_clockIsSet", "after the clock of the host was set")
class LimitsByTheClockOfTheHost(RightWatcher):
    next = float("-inf")

    def arriving(self, peer: Peer, frame: Frame) -> Passage:
        now = self.context.wallClock()
        if now < self.next:
            return False
        self.next = now
        return super().arriving(peer, frame)


# Many who send.


@caught("test_sourcesAreNotKept", "octets more are in use")
class AnEntryForEverySource(RightWatcher):
    def __init__(self, context: NodeContext, inject: Callable[[Frame], object]) -> None:
        super().__init__(context, inject)
        self.heard: dict[bytes, float] = {}

    def arriving(self, peer: Peer, frame: Frame) -> Passage:
        self.heard[bytes(frame[6:12])] = self.context.clock.seconds()
        return super().arriving(peer, frame)


@caught("test_sourcesAreNotKept", "timers are running")
class ATimerForEveryFrame(RightWatcher):
    def __init__(self, context: NodeContext, inject: Callable[[Frame], object]) -> None:
        super().__init__(context, inject)
        self.timers: set[IDelayedCall] = set()

    def arriving(self, peer: Peer, frame: Frame) -> Passage:
        timer = self.context.clock.callLater(3600, lambda: self.timers.discard(timer))
        self.timers.add(timer)
        return super().arriving(peer, frame)

    def close(self) -> None:
        while self.timers:
            self.timers.pop().cancel()
