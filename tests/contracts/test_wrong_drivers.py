"""
Mutation tests of the contract of tap drivers: each driver is wrong in one thing, and the test named with it says so.
"""

from __future__ import annotations

import gc
import locale
import logging
import os
import random
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from ipaddress import IPv4Interface
from threading import Thread
from typing import Any

import attrs
import msgspec
import pytest
from right_taps import RightDriver, RightDriverCase, RightTap, leak
from twisted.internet.defer import succeed
from twisted.internet.task import LoopingCall
from twisted.internet.threads import deferToThread
from twisted.logger import globalLogPublisher
from twisted.python.failure import Failure
from wrong_plugins import Wrong, Wrongs, assertCaught, assertRight, nameOf

from wand.errors import ConfigurationInvalid, TapUnavailable
from wand.ethernet import MAC, Frame
from wand.interfaces import Context, IFrameReader, ITap, TapRequest

WRONG = Wrongs()
caught = WRONG.caught

#: Processes that wrong drivers left behind.
WAITING: list[subprocess.Popen[bytes]] = []


@pytest.fixture(autouse=True)
def process(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """
    Put back what wrong drivers change.
    """
    umask, handler = os.umask(0o022), signal.getsignal(signal.SIGUSR2)
    os.umask(umask)
    observers, numbers = [*globalLogPublisher._observers], locale.setlocale(locale.LC_NUMERIC)
    monkeypatch.setattr(sys, "excepthook", sys.excepthook)
    monkeypatch.setattr(MAC, "parse", vars(MAC)["parse"])
    monkeypatch.setenv("WAND_TEST_DRIVER", "")
    yield
    gc.enable()
    socket.setdefaulttimeout(None)
    locale.setlocale(locale.LC_NUMERIC, numbers)
    logging.getLogger().handlers[:] = [
        each for each in logging.getLogger().handlers if not isinstance(each, logging.NullHandler)
    ]
    for observer in set(globalLogPublisher._observers) - set(observers):
        globalLogPublisher.removeObserver(observer)
    os.umask(umask)
    signal.signal(signal.SIGUSR2, handler)
    while WAITING:
        WAITING.pop().wait()


def test_theRightDriverPasses() -> None:
    assertRight(RightDriverCase)


@pytest.mark.parametrize("wrong", WRONG, ids=nameOf)
def test_wrongDriverIsCaught(wrong: Wrong) -> None:
    class Driver(RightDriver):
        tap = wrong.made if issubclass(wrong.made, RightTap) else RightTap

    made = Driver if issubclass(wrong.made, RightTap) else wrong.made

    def makeDriver(self: RightDriverCase) -> RightDriver:
        self.addCleanup(self.forget)
        driver: RightDriver = made()
        return driver

    assertCaught(RightDriverCase, wrong, makeDriver=makeDriver)


# Sizes and contents.


@caught("test_largeFramesToHostArriveWhole", "1400]")
class CutsWrittenFramesAt1400(RightTap):
    def put(self, frame: Frame) -> None:
        super().put(frame[:1400])


@caught("test_largeFramesFromHostAreReadWhole", "1400]")
class CutsReadFramesAt1400(RightTap):
    def read(self) -> bytes:
        return super().read()[:1400]


@caught("test_longerFramesAreNotCut", "never cut to fit")
class CutsOverLongFrames(RightTap):
    def read(self) -> bytes:
        return self.device.recv(self.mtu + 18)


@caught("test_longerFramesAreNotCut", "after such a frame no other came")
class StopsAtOverLongFrames(RightTap):
    def hand(self, frame: bytes) -> None:
        self.unwatch() if len(frame) > self.mtu + 18 else super().hand(frame)


@caught("test_longerFramesAreNotWritten", "write returned True")
class WritesAboveTheMTU(RightTap):
    def write(self, frame: Frame) -> bool:
        self.device.send(frame)
        return True


@caught("test_longerFramesAreNotWritten", "ValueError")
class RaisesAboveTheMTU(RightTap):
    def write(self, frame: Frame) -> bool:
        if len(frame) > self.mtu + 18:
            raise ValueError("too long")
        return super().write(frame)


@caught("test_theMTUInForce", "the MTU is 1280, not 9000")
class AdoptsNothing(RightTap):
    def adopt(self, interface: str, mac: MAC, mtu: int) -> None:
        if not hasattr(self, "mtu"):
            super().adopt(interface, mac, mtu)


@caught("test_theMTUInForce", "the new ones, also for the sizes of frames")
class ReadsByTheFirstMTU(RightTap):
    def start(self, receiver: IFrameReader) -> None:
        self.size = self.mtu + 19
        super().start(receiver)

    def read(self) -> bytes:
        return self.device.recv(self.size)


@caught("test_framesFromHostAreReadWhole", "whole and unchanged")
class PadsShortFrames(RightTap):
    def read(self) -> bytes:
        frame = super().read()
        return frame.ljust(60, b"\0") if frame else frame


@caught("test_framesFromHostAreReadWhole", "[14, 15, 60, 1280, 1294, 1298]")
class DropsShortFrames(RightTap):
    def hand(self, frame: bytes) -> None:
        if len(frame) >= 60:
            super().hand(frame)


@caught("test_framesToHostArriveWhole", "whole and unchanged")
class WritesFramesTwice(RightTap):
    def put(self, frame: Frame) -> None:
        super().put(frame)
        super().put(frame)


@caught("test_framesFromHostAreReadWhole", "whole and unchanged")
class HandsFramesOverTwice(RightTap):
    def hand(self, frame: bytes) -> None:
        super().hand(frame)
        super().hand(frame)


@caught("test_framesToHostArriveWhole", "came as []")
class LosesWhatIsWritten(RightTap):
    def put(self, frame: Frame) -> None:
        pass


@caught("test_framesToHostArriveWhole", "whole and unchanged")
class LeavesAHeaderInFront(RightTap):
    def put(self, frame: Frame) -> None:
        super().put(bytes(10) + frame)


@caught("test_framesOfAnyAddressPass", "every protocol")
class TakesTagsOut(RightTap):
    def hand(self, frame: bytes) -> None:
        super().hand(frame[:12] + frame[16:] if frame[12:14] == b"\x81\0" else frame)


@caught("test_framesOfAnyAddressPass", "every protocol")
class PassesBroadcastsOnly(RightTap):
    def hand(self, frame: bytes) -> None:
        if frame[:6] == b"\xff" * 6:
            super().hand(frame)


@caught("test_framesAreOctets", "a tuple")
class HandsOverATuple(RightTap):
    def hand(self, frame: bytes) -> None:
        if self.receiver is not None:
            self.receiver.frameRead((frame, None))  # type: ignore[arg-type]  # that is what is wrong


@caught("test_framesAreOctets", "a str")
class HandsOverText(RightTap):
    def hand(self, frame: bytes) -> None:
        if self.receiver is not None:
            self.receiver.frameRead(frame.hex())  # type: ignore[arg-type]  # that is what is wrong


# Order, echoes, memory.


@caught("test_framesFromHostComeInOrder", "in the order in which the host sent them")
class ReadsOutOfOrder(RightTap):
    def doRead(self) -> None:
        frames = []
        with suppress(BlockingIOError):
            while True:
                frames.append(self.read())
        for frame in reversed(frames):
            self.hand(frame)


@caught("test_framesToHostArriveInOrder", "in the order in which they were written")
class WritesOutOfOrder(RightTap):
    held: bytes | None = None

    def put(self, frame: Frame) -> None:
        held, self.held = self.held, None
        if held is None:
            self.held = bytes(frame)
        else:
            super().put(frame)
            super().put(held)


@caught("test_nothingComesBack", "10 came back")
class LoopsItsOwnWritesBack(RightTap):
    def put(self, frame: Frame) -> None:
        super().put(frame)
        self.hand(bytes(frame))


@caught("test_framesAreNotKept", "octets more are in use")
class KeepsEveryFrameRead(RightTap):
    def hand(self, frame: bytes) -> None:
        self.all = [*getattr(self, "all", []), frame]
        super().hand(frame)


@caught("test_framesAreNotKept", "octets more are in use")
class KeepsEveryFrameWritten(RightTap):
    def put(self, frame: Frame) -> None:
        self.all = [*getattr(self, "all", []), bytes(frame)]
        super().put(frame)


@caught("test_memoryviewsAreWritten", "the frame came as")
class WritesLater(RightTap):
    def put(self, frame: Frame) -> None:
        self.context.clock.callLater(0, super().put, frame)


@caught("test_memoryviewsAreWritten", "TypeError")
class WritesOnlyBytes(RightTap):
    def put(self, frame: Frame) -> None:
        super().put(b"" + frame if isinstance(frame, bytes) else frame + b"")  # type: ignore[operator]


@caught("test_memoryviewsAreWritten", "write changed the buffer")
class ChangesTheBuffer(RightTap):
    def put(self, frame: Frame) -> None:
        super().put(frame)
        if isinstance(frame, memoryview):
            frame[:6] = bytes(6)


# Batches and queues.


@caught("test_batchesAreNotSingleFrames", "it was called 33 times")
class EndsTheBatchAfterEveryFrame(RightTap):
    def hand(self, frame: bytes) -> None:
        super().hand(frame)
        if self.receiver is not None:
            self.receiver.batchRead()


@caught("test_framesComeInBatches", "no batchRead after them")
class NeverEndsABatch(RightTap):
    def doRead(self) -> None:
        self.hand(self.read())


@caught("test_batchesAreBounded", "one turn brought")
class ReadsWithoutABound(RightTap):
    def doRead(self) -> None:
        for _ in range(3):
            super().doRead()


@caught("test_startHandsNothingOverAtOnce", "1 frames came within it")
class ReadsWithinStart(RightTap):
    def start(self, receiver: IFrameReader) -> None:
        super().start(receiver)
        self.doRead()


@caught("test_writeAnswers", "returned None.")
class WriteAnswersNothing(RightTap):
    def write(self, frame: Frame) -> bool:
        super().write(frame)
        return None  # type: ignore[return-value]  # that is what is wrong


@caught("test_writeAnswers", "returned 60")
class WriteAnswersANumber(RightTap):
    def write(self, frame: Frame) -> bool:
        return len(frame) if super().write(frame) else False


@caught("test_whatIsNotTakenIsCounted", "BlockingIOError")
class RaisesWhenTheQueueIsFull(RightTap):
    def write(self, frame: Frame) -> bool:
        self.put(frame)
        return True


@caught("test_whatIsNotTakenIsCounted", "0 drops were counted")
class CountsNoDrops(RightTap):
    def drop(self, counter: str) -> bool:
        return False


@caught("test_whatIsNotTakenIsCounted", "taken, or counted once")
class CountsDropsTwice(RightTap):
    def drop(self, counter: str) -> bool:
        super().drop(counter)
        return super().drop(counter)


@caught("test_whatIsTakenArrives", "200 were taken")
class SaysThatItTookWhatItLost(RightTap):
    def put(self, frame: Frame) -> None:
        if frame[17] % 3:
            super().put(frame)


@caught("test_fullQueueRecovers", "a full queue that stays full")
class NeverRecovers(RightTap):
    isFull = False

    def put(self, frame: Frame) -> None:
        if self.isFull:
            raise BlockingIOError
        self.isFull = True
        super().put(frame)
        self.isFull = False


# What blocks.


@caught("test_readingIsNonBlocking", "is blocking")
class OpensABlockingDescriptor(RightTap):
    def start(self, receiver: IFrameReader) -> None:
        self.device.setblocking(True)
        super().start(receiver)


@caught("test_framesFromHostAreReadWhole", "BlockingRead.doRead has not returned", timeLimit=0.2)
class BlockingRead(RightTap):
    def read(self) -> bytes:
        self.device.setblocking(True)
        return super().read()


@caught("test_fullQueueRecovers", "BlockingWrite.write has not returned", timeLimit=0.2)
class BlockingWrite(RightTap):
    def put(self, frame: Frame) -> None:
        self.device.setblocking(True)
        super().put(frame)


@caught("test_closeLeavesNothing", "BlockingClose.close has not returned", timeLimit=0.2)
class BlockingClose(RightTap):
    def close(self) -> None:
        super().close()
        time.sleep(100)


@caught("test_opensQuickly", "the quickest of 3 took", openLimit=0.02)
class SlowOpen(RightDriver):
    def open(self, request: TapRequest, context: Context) -> ITap:
        time.sleep(0.05)
        return super().open(request, context)


# Endings.


class _Raising(RightTap):
    def lose(self, reason: str) -> None:
        self.unwatch()
        raise OSError(reason)


@caught("test_deviceGone", "OSError: the other side closed it")
class ErrorEscapesWhenTheDeviceIsGone(_Raising):
    pass


@caught("test_deviceGone", "it was called 0 times")
class NeverTellsThatTheDeviceIsGone(RightTap):
    def lose(self, reason: str) -> None:
        self.unwatch()


@caught("test_deviceGone", "is still watched")
class WatchesADeviceThatIsGone(RightTap):
    def lose(self, reason: str) -> None:
        receiver = self.receiver
        super().lose(reason)
        if receiver is not None:
            self.context.descriptors.addReader(self)


@caught("test_deviceGone", "it was called 4 times")
class TellsAgainThatTheDeviceIsGone(RightTap):
    def lose(self, reason: str) -> None:
        if self.receiver is not None:
            self.receiver.tapLost("gone")


@caught("test_deviceGone", "close() called it again")
class TellsOfItsOwnClosing(RightTap):
    def lose(self, reason: str) -> None:
        self.lost = self.receiver
        super().lose(reason)

    def close(self) -> None:
        super().close()
        if getattr(self, "lost", None) is not None:
            self.lost.tapLost("closed")  # type: ignore[union-attr]  # just seen


@caught("test_deviceGone", "['']")
class DoesNotSayWhyItIsGone(RightTap):
    def lose(self, reason: str) -> None:
        receiver = self.unwatch()
        if receiver is not None:
            receiver.tapLost("")


@caught("test_deviceGone", "write() to a device that is gone")
class WriteRaisesWhenTheDeviceIsGone(RightTap):
    def write(self, frame: Frame) -> bool:
        self.put(frame)
        return True


@caught("test_connectionLost", "it was called 0 times")
class IgnoresConnectionLost(RightTap):
    def connectionLost(self, reason: Failure) -> None:
        pass


@caught("test_closeFromWithin", "closed at the first frame")
class EndsTheBatchAfterClose(RightTap):
    def doRead(self) -> None:
        receiver = self.receiver
        super().doRead()
        if receiver is not None and self.receiver is None:
            receiver.batchRead()


@caught("test_closeFromWithin", "closed at the first frame")
class HandsTheRestOverAfterClose(RightTap):
    def doRead(self) -> None:
        receiver, frames = self.receiver, [self.read() for _ in range(3)]
        for frame in frames:
            receiver.frameRead(frame)  # type: ignore[union-attr]


@caught("test_nothingIsReadAfterClose", "closed")
class TellsThatItWasClosed(RightTap):
    def close(self) -> None:
        receiver = self.receiver
        super().close()
        if receiver is not None:
            receiver.tapLost("closed")


@caught("test_writeAfterClose", "it returned True")
class WritesAfterClose(RightTap):
    def write(self, frame: Frame) -> bool:
        return super().write(frame) or True


@caught("test_writeAfterClose", "AttributeError")
class RaisesAfterClose(RightTap):
    def close(self) -> None:
        super().close()
        self.device = None  # type: ignore[assignment]


@caught("test_closeLeavesNothing", "called twice, raised")
class ClosesOnce(RightTap):
    def close(self) -> None:
        os.fstat(self.fileno())
        super().close()


@caught("test_closeLeavesNothing", "became")
class LeavesTheDescriptorOpen(RightTap):
    def close(self) -> None:
        self.unwatch()


@caught("test_closeLeavesNothing", "became")
class LeavesATimer(RightTap):
    def start(self, receiver: IFrameReader) -> None:
        super().start(receiver)
        self.context.clock.callLater(60, lambda: None)


@caught("test_closeLeavesNothing", "became")
class StaysWatched(RightTap):
    def unwatch(self) -> IFrameReader | None:
        receiver, self.receiver = self.receiver, None
        return receiver


# What it says of itself.


@caught("test_featuresAreTrue", "Found: None.")
class FeaturesAreNone(RightTap):
    features = None  # type: ignore[assignment]


@caught("test_featuresAreTrue", "'TSO4'")
class FeaturesAreOneWord(RightTap):
    features = "TSO4"


@caught("test_featuresAreTrue", "and takes no superframes")
class FeaturesLie(RightTap):
    features = ("TSO4", "TSO6")


@caught("test_tapReportsItself", "it says (MAC(02:00:00:00:00:01), 1500)")
class SaysAnotherMTU(RightTap):
    def adopt(self, interface: str, mac: MAC, mtu: int) -> None:
        super().adopt(interface, mac, 1500)


@caught("test_tapReportsItself", "the interface is ''")
class HasNoName(RightTap):
    def adopt(self, interface: str, mac: MAC, mtu: int) -> None:
        super().adopt("", mac, mtu)


@caught("test_addAddress", "the host has []")
class AddAddressDoesNothing(RightTap):
    def addAddress(self, address: str) -> None:
        pass


@caught("test_addAddress", "RuntimeError")
class AddAddressRaisesSomething(RightTap):
    def addAddress(self, address: str) -> None:
        raise RuntimeError("no")


@caught("test_addAddress", "called again, raised")
class AddAddressWorksOnce(RightTap):
    def addAddress(self, address: str) -> None:
        if address in self.addresses:
            raise TapUnavailable("File exists")
        super().addAddress(address)


@caught("test_addressesThatAreAskedFor", "10.78.0.5/16 and 10.79.0.5/16 were")
class IgnoresTheAddressesOfTheRequest(RightTap):
    def __init__(self, request: TapRequest, context: Context, device: socket.socket) -> None:
        super().__init__(request, context, device)
        self.addresses = []


@caught("test_addressesThatAreAskedFor", "10.78.0.5/16 and 10.79.0.5/16 were")
class SetsTheFirstAddressOnly(RightTap):
    def __init__(self, request: TapRequest, context: Context, device: socket.socket) -> None:
        super().__init__(request, context, device)
        self.addresses = self.addresses[:1]


# The plugin.


@caught("test_importsNoReactor", "imported by")
class ImportsTheReactor(RightTap):
    def start(self, receiver: IFrameReader) -> None:
        from twisted.internet import reactor  # noqa: F401

        super().start(receiver)


@caught("test_importsNoReactor", "imported by")
class ImportsTheReactorOtherwise(RightTap):
    def write(self, frame: Frame) -> bool:
        import twisted.internet.reactor  # noqa: F401

        return super().write(frame)


@caught("test_descriptorsAreNotInherited", "1 inheritable descriptors")
class InheritableDescriptor(RightTap):
    def __init__(self, request: TapRequest, context: Context, device: socket.socket) -> None:
        super().__init__(request, context, device)
        device.set_inheritable(True)


@caught("test_opensAgain", "the second open() raised")
class OpensOnce(RightDriver):
    isOpen = False

    def open(self, request: TapRequest, context: Context) -> ITap:
        if self.isOpen:
            raise TapUnavailable("it is open already")
        self.isOpen = True
        return super().open(request, context)


@caught("test_opensWhatItsInterfacePromises", "Deferred")
class OpensLater(RightDriver):
    def open(self, request: TapRequest, context: Context) -> ITap:
        return succeed(super().open(request, context))  # type: ignore[return-value]


@caught("test_opensWhatItsInterfacePromises", "ITap")
class OpensSomethingElse(RightDriver):
    def open(self, request: TapRequest, context: Context) -> ITap:
        return object()  # type: ignore[return-value]


@caught("test_opensWhatItsInterfacePromises", "addAddress")
class LacksAMethod(RightTap):
    addAddress = None  # type: ignore[assignment]


@caught("test_unknownSettingsAreRefused", "it was opened with the setting no-such-setting")
class TakesAnySetting(RightDriver):
    def open(self, request: TapRequest, context: Context) -> ITap:
        return super().open(TapRequest(request.interface, request.mac, request.mtu), context)


@caught("test_unknownSettingsAreRefused", "the error names ''")
class DoesNotNameTheSetting(RightDriver):
    def open(self, request: TapRequest, context: Context) -> ITap:
        try:
            return super().open(request, context)
        except ConfigurationInvalid as error:
            raise ConfigurationInvalid("driver-settings", "", error.reason) from None


@caught("test_unknownSettingsAreRefused", "KeyError")
class RaisesSomethingForASetting(RightDriver):
    def open(self, request: TapRequest, context: Context) -> ITap:
        for key in request.settings:
            raise KeyError(key)
        return super().open(request, context)


@caught("test_unknownSettingsAreRefused", "nothing is left behind")
class LeaksWhenItRefuses(RightDriver):
    def open(self, request: TapRequest, context: Context) -> ITap:
        if request.settings:
            self.leaked = leak()
        return super().open(request, context)


@caught("test_settingsAreLeftAsTheyAre", "'seen'")
class ChangesItsSettings(RightDriver):
    def open(self, request: TapRequest, context: Context) -> ITap:
        tap = super().open(request, context)
        request.settings["seen"] = True  # type: ignore[index]  # that is what is wrong
        return tap


@caught("test_failedOpenLeavesNothing", "OSError")
class RaisesAnyError(RightDriver):
    def open(self, request: TapRequest, context: Context) -> ITap:
        try:
            return super().open(request, context)
        except TapUnavailable as error:
            raise OSError(str(error)) from None


@caught("test_failedOpenLeavesNothing", "the error says nothing")
class FailsWithoutAWord(RightDriver):
    def open(self, request: TapRequest, context: Context) -> ITap:
        try:
            return super().open(request, context)
        except TapUnavailable:
            raise TapUnavailable from None


@caught("test_failedOpenLeavesNothing", "nothing is left behind")
class LeaksWhenItFails(RightDriver):
    def open(self, request: TapRequest, context: Context) -> ITap:
        if request.interface == "impossible":
            context.clock.callLater(1, lambda: None)
        return super().open(request, context)


@caught("test_canBeUsedHere", "it says 'use another'")
class SaysThatItIsUnusable(RightDriver):
    def unusable(self) -> str | None:
        return "use another"


@caught("test_canBeUsedHere", "it returned True")
class AnswersABool(RightDriver):
    def unusable(self) -> str | None:
        return True  # type: ignore[return-value]


@caught("test_canBeUsedHere", "changes nothing")
class LooksAndLeaks(RightDriver):
    def unusable(self) -> str | None:
        leak()
        return None


@caught("test_canBeUsedHere", "it is quick", openLimit=0.02)
class LooksForLong(RightDriver):
    def unusable(self) -> str | None:
        time.sleep(0.05)
        return None


@caught("test_nameAndAbout", "'two words'")
class NameOfTwoWords(RightDriver):
    name = "two words"


@caught("test_nameAndAbout", "one line")
class SaysNothingAboutItself(RightDriver):
    about = ""


@caught("test_plugin", "ITapDriver")
class ProvidesNothing(RightDriver):
    __provides__: Any = None

    def __getattribute__(self, name: str) -> Any:
        if name in ("__provides__", "__providedBy__"):
            raise AttributeError(name)
        if name == "unusable":
            raise AttributeError(name)
        return super().__getattribute__(name)


@caught("test_printsNothing", "it printed 'opened")
class Prints(RightDriver):
    def open(self, request: TapRequest, context: Context) -> ITap:
        print("opened", request.interface)
        return super().open(request, context)


# What else is easily overlooked.


@caught("test_oneThread", "it was called in reading")
class ReadsInAThread(RightTap):
    def hand(self, frame: bytes) -> None:
        thread = Thread(target=super().hand, args=(frame,), name="reading")
        thread.start()
        thread.join()


@caught("test_writeHandsNothingOver", "1 frames came within it")
class ReadsWithinWrite(RightTap):
    def put(self, frame: Frame) -> None:
        super().put(frame)
        self.doRead()


@caught("test_loneFramesEndABatch", "times without a frame")
class EndsBatchesWhenIdle(RightTap):
    def start(self, receiver: IFrameReader) -> None:
        super().start(receiver)
        self.context.clock.callLater(0.001, receiver.batchRead)


@caught("test_loneFramesEndABatch", "no batchRead after them")
class ForgetsTheBatchOfALoneFrame(RightTap):
    def doRead(self) -> None:
        self.hand(self.read())


@caught("test_tapReportsItself", "mac and mtu are a bytes and int")
class MacIsBytes(RightTap):
    def adopt(self, interface: str, mac: MAC, mtu: int) -> None:
        super().adopt(interface, bytes(mac), mtu)  # type: ignore[arg-type]


@caught("test_writeDoesNotWait", "the quickest of 20 took")
class WaitsAMomentInWrite(RightTap):
    def put(self, frame: Frame) -> None:
        time.sleep(0.002)
        super().put(frame)


@caught("test_opensQuickly", "closing it raised")
class ClosesOnlyWhatWasStarted(RightTap):
    def close(self) -> None:
        self.context.descriptors.getReaders().remove(self)
        super().close()


@caught("test_leavesTheProcessAsItIs", "changed: the umask")
class ChangesTheUmask(RightDriver):
    def open(self, request: TapRequest, context: Context) -> ITap:
        os.umask(os.umask(0o077) | 0o022)
        os.umask(0o077)
        return super().open(request, context)


@caught("test_leavesTheProcessAsItIs", "changed: the environment")
class ChangesTheEnvironment(RightDriver):
    def open(self, request: TapRequest, context: Context) -> ITap:
        os.environ["WAND_TEST_DRIVER"] = str(time.monotonic())
        return super().open(request, context)


@caught("test_leavesTheProcessAsItIs", "changed: signal handlers")
class HandlesASignal(RightDriver):
    def open(self, request: TapRequest, context: Context) -> ITap:
        signal.signal(signal.SIGUSR2, lambda *_: None)
        return super().open(request, context)


@caught("test_leavesTheProcessAsItIs", "left: thread forever", openLimit=0.05)
class LeavesAThread(RightTap):
    def start(self, receiver: IFrameReader) -> None:
        super().start(receiver)
        Thread(target=time.sleep, args=(0.5,), name="forever", daemon=True).start()


@caught("test_leavesTheProcessAsItIs", "left: process", openLimit=0.05)
class LeavesAProcess(RightTap):
    def start(self, receiver: IFrameReader) -> None:
        super().start(receiver)
        self.child = subprocess.Popen(["sleep", "0.3"])
        WAITING.append(self.child)


# In the middle of something else, and beside another tap.


@caught("test_writeWithinARead", "it became another")
class ReadsAndWritesWithOneBuffer(RightTap):
    def __init__(self, *arguments: Any) -> None:
        self.buffer = bytearray(70_000)
        super().__init__(*arguments)

    def read(self) -> bytes:
        return memoryview(self.buffer)[: self.device.recv_into(self.buffer)]  # type: ignore[return-value]

    def put(self, frame: Frame) -> None:
        self.buffer[: len(frame)] = frame
        self.device.send(memoryview(self.buffer)[: len(frame)])


@caught("test_writeLosesNothing", "of 3 frames 3 did not come")
class WriteDiscardsWhatWaits(RightTap):
    def put(self, frame: Frame) -> None:
        with suppress(BlockingIOError):
            self.device.recv(70_000)
        super().put(frame)


@caught("test_wakeUpWithoutAFrame", "tapLost was called")
class TakesAWakeUpForTheEnd(RightTap):
    def doRead(self) -> None:
        try:
            self.device.recv(1, socket.MSG_PEEK)
        except BlockingIOError:
            return self.lose("nothing there")
        return super().doRead()


@caught("test_shortFramesDoNoHarm", "IndexError")
class LooksAtTheEtherType(RightTap):
    def write(self, frame: Frame) -> bool:
        return frame[12] >= 0 and super().write(frame)


@caught("test_writeBeforeStart", "AssertionError: not started")
class WritesOnlyWhenStarted(RightTap):
    def write(self, frame: Frame) -> bool:
        assert self.receiver is not None or self.device.fileno() < 0, "not started"
        return super().write(frame)


@caught("test_worksAgain", "it has the addresses of the one before")
class OneListOfAddressesForAll(RightTap):
    all: list[str] = []

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        self.all.extend(self.addresses)
        self.addresses = self.all


@caught("test_worksAgain", "it took no frame")
class WorksOnlyTheFirstTime(RightDriver):
    def open(self, request: TapRequest, context: Context) -> ITap:
        class Tap(RightTap):
            def write(self, frame: Frame) -> bool:
                return self.drop("drop-tap-error") if driver.isClosed else super().write(frame)

            def close(self) -> None:
                super().close()
                driver.isClosed = True

        driver, self.tap = self, Tap
        return super().open(request, context)

    isClosed = False


@caught("test_twoAtOnce", "was watched no more")
class ClosesAllTogether(RightTap):
    all: list[RightTap] = []

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        self.all.append(self)

    def close(self) -> None:
        while self.all:
            RightTap.close(self.all.pop())


@caught("test_twoAtOnce", "was watched no more")
class ASecondClosesTheFirst(RightDriver):
    last: ITap | None = None

    def open(self, request: TapRequest, context: Context) -> ITap:
        if self.last is not None:
            self.last.close()
        self.last = super().open(request, context)
        return self.last


# What belongs to the whole program.


@caught("test_printsNothing", "'opened")
class PrintsToStandardError(RightTap):
    def start(self, receiver: IFrameReader) -> None:
        super().start(receiver)
        print("opened", file=sys.stderr)


@caught("test_printsNothing", "'opened")
class PrintsByTheDescriptor(RightTap):
    def start(self, receiver: IFrameReader) -> None:
        super().start(receiver)
        os.write(1, b"opened\n")


@caught("test_leavesTheProcessAsItIs", "changed: logging")
class ConfiguresLogging(RightTap):
    def start(self, receiver: IFrameReader) -> None:
        super().start(receiver)
        logging.getLogger().addHandler(logging.NullHandler())


@caught("test_leavesTheProcessAsItIs", "the time-out of all sockets")
class SetsTheTimeOutOfAllSockets(RightTap):
    def start(self, receiver: IFrameReader) -> None:
        super().start(receiver)
        socket.setdefaulttimeout(5 + (socket.getdefaulttimeout() or 0))


@caught("test_leavesTheProcessAsItIs", "the locale")
class SetsTheLocale(RightTap):
    def start(self, receiver: IFrameReader) -> None:
        super().start(receiver)
        locale.setlocale(locale.LC_NUMERIC, "C.UTF-8")


@caught("test_leavesTheProcessAsItIs", "random.seed() was called")
class SeedsTheRandomnessOfAll(RightTap):
    def start(self, receiver: IFrameReader) -> None:
        super().start(receiver)
        random.seed(self.interface)


@caught("test_leavesTheProcessAsItIs", "garbage collection")
class SwitchesGarbageCollectionOff(RightTap):
    def start(self, receiver: IFrameReader) -> None:
        super().start(receiver)
        gc.disable()


@caught("test_leavesTheProcessAsItIs", "who hears of exceptions")
class HearsOfExceptions(RightTap):
    def start(self, receiver: IFrameReader) -> None:
        super().start(receiver)
        sys.excepthook = lambda *error: None


@caught("test_leavesTheProcessAsItIs", "what Twisted's log tells")
class ListensToTheLog(RightTap):
    def start(self, receiver: IFrameReader) -> None:
        super().start(receiver)
        globalLogPublisher.addObserver(self.hear)

    def hear(self, event: Any) -> None:
        pass


@caught("test_leavesTheProcessAsItIs", "replaced: wand.ethernet.MAC.parse")
class ReplacesAMethodOfOurs(RightTap):
    def start(self, receiver: IFrameReader) -> None:
        super().start(receiver)
        MAC.parse = classmethod(lambda made, text: made(bytes(6)))  # type: ignore[assignment]


@caught("test_leavesNothingThatItUsed", "it held")
class LeaksADescriptorForEachFrame(RightTap):
    def hand(self, frame: bytes) -> None:
        leak()
        super().hand(frame)


@caught("test_usesNoOtherClock", "LoopingCall")
class LoopsByAnotherClock(RightTap):
    def start(self, receiver: IFrameReader) -> None:
        super().start(receiver)
        LoopingCall(self.fileno).start(1.0)


@caught("test_importsNoReactor", "imported by")
class DefersToAnotherThread(RightTap):
    def start(self, receiver: IFrameReader) -> None:
        super().start(receiver)
        deferToThread(self.fileno)


class PathSettings(msgspec.Struct):
    path: str = ""


@caught("test_settingsAreThoseThatItShows", "the test opens it with ['device']", settings={"device": "x"})
class ShowsOtherSettings(RightDriver):
    settings = PathSettings


@caught("test_settingsOfAWrongTypeAreRefused", "it raised TypeError")
class TakesAnyTypeOfASetting(RightDriver):
    settings = PathSettings

    def open(self, request: TapRequest, context: Context) -> ITap:
        self.path = "/dev/" + request.settings.get("path", "")
        return super().open(attrs.evolve(request, settings={}), context)


@caught("test_waitsForNothing", "sleep")
class SleepsUntilTheDeviceIsReady(RightTap):
    def start(self, receiver: IFrameReader) -> None:
        time.sleep(0.001)
        super().start(receiver)


@caught("test_waitsForNothing", "waitpid")
class ConfiguresAtTheStart(RightTap):
    def start(self, receiver: IFrameReader) -> None:
        subprocess.run(["true"], check=False)
        super().start(receiver)


@caught("test_callsNothingFromOtherThreads", "Notes.say in the thread watching")
class WatchesItsDeviceInAThread(RightTap):
    def start(self, receiver: IFrameReader) -> None:
        super().start(receiver)
        Thread(target=self.context.notes.say, args=("device", "it is warm"), name="watching").start()


# On a bridge, in a flood, and idle.


@caught("test_framesOfAnyAddressPass", "came as [60, 60, 60, 64]")
class WritesToItsOwnAddressOnly(RightTap):
    def put(self, frame: Frame) -> None:
        if bytes(frame[:6]) == bytes(self.mac) or (frame and frame[0] & 1):
            super().put(frame)


@caught("test_addAddress", "AddressValueError")
class KnowsIPv4Only(RightTap):
    def addAddress(self, address: str) -> None:
        super().addAddress(str(IPv4Interface(address)))


@caught("test_saysLittle", "100 messages for 100 frames")
class LogsEveryDrop(RightTap):
    def drop(self, counter: str) -> bool:
        self.context.log.warn("a frame is lost: {counter}", counter=counter)
        return super().drop(counter)


@caught("test_fullQueueRecovers", "tapLost was called")
class TakesAFullQueueForTheEnd(RightTap):
    def put(self, frame: Frame) -> None:
        try:
            super().put(frame)
        except OSError as error:
            self.lose(str(error))
            raise


@caught("test_idleTapsSleep", "101 timers were set within a second")
class LooksAgainAndAgain(RightTap):
    looking: Any = None

    def start(self, receiver: IFrameReader) -> None:
        self.receiver = receiver
        self.look()

    def look(self) -> None:
        self.looking = self.context.clock.callLater(0.001, self.look)
        self.doRead()

    def close(self) -> None:
        if self.looking is not None:
            self.looking.cancel()
        super().close()
