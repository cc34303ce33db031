"""
Mutation tests of the contract of peer protocols: each is wrong in one thing, and the test named with it says so.
"""

from __future__ import annotations

import socket
from collections.abc import Callable, Sequence
from typing import Any

import pytest
from twisted.internet.defer import succeed
from twisted.internet.task import LoopingCall
from wrong_plugins import Wrong, Wrongs, assertCaught, assertRight, nameOf
from zope.interface import implementer

from wand.endpoint import Endpoint
from wand.errors import PortUnavailable
from wand.ethernet import OVERHEAD, Frame
from wand.interfaces import (
    Context,
    IFrameReceiver,
    IPeerProtocol,
    IResizableTransport,
    IRovingTransport,
    ITransport,
    TransportRequest,
)
from wand.plugin_settings import NoSettings, readSettings
from wand.status import PeerStatus
from wand.table import Peer
from wand.testing.protocols import ProtocolContract

WRONG = Wrongs()
caught = WRONG.caught


@implementer(IResizableTransport, IRovingTransport)
class RightTransport:
    """
    A letter, and the frame.
    """

    features: Sequence[str] = ()
    notes: Sequence[str] = ()
    receiver: IFrameReceiver | None = None

    def __init__(self, request: TransportRequest, context: Context) -> None:
        self.context, self.mtu = context, request.mtu
        context.counters.declare({"drop-right-oversize": "frames dropped: too long"})
        self.port = context.underlay.bind(request.host, request.port, self)
        self.listening = str(self.port.endpoint)
        self.waiting: list[tuple[bytes, Any]] = []
        self.sent, self.received = {}, {}  # type: dict[Peer, int], dict[Peer, int]
        self.heard: dict[Peer, float] = {}
        self.stopped = False

    def start(self, receiver: IFrameReceiver) -> None:
        self.receiver = receiver

    def resize(self, mtu: int) -> None:
        self.mtu = mtu

    def moved(self) -> None:
        pass

    def send(self, peer: Peer, frame: Frame) -> None:
        if self.stopped:
            return
        if len(frame) > self.mtu + OVERHEAD:
            self.context.counters["drop-right-oversize"] += 1
            return
        self.sent[peer] = self.sent.get(peer, 0) + 1
        self.waiting.append((self.wire(frame), peer))

    def wire(self, frame: Frame) -> bytes:
        return b"r" + bytes(frame)

    def sendEach(self, peers: Sequence[Peer], frame: Frame) -> None:
        for peer in peers:
            self.send(peer, frame)

    def flush(self) -> None:
        waiting, self.waiting = self.waiting, []
        for datagram, peer in waiting:
            self.port.send(datagram, peer)

    def peerFrom(self, text: str) -> Peer:
        return Endpoint.parse(text)

    def peerAdded(self, peer: Peer) -> None:
        pass

    def peerRemoved(self, peer: Peer) -> None:
        self.sent.pop(peer, None)
        self.received.pop(peer, None)

    def peerStatus(self, peer: Peer) -> PeerStatus:
        sent, received = self.sent.get(peer, 0), self.received.get(peer, 0)
        return PeerStatus(str(peer), "known", [], None, received, 0, sent, 0)

    def datagramReceived(self, datagram: memoryview, sender: tuple[str, int]) -> None:
        if datagram[:1] == b"r" and len(datagram) > 14 and self.receiver is not None:
            self.take(Endpoint(*sender), datagram[1:])

    def take(self, peer: Peer, frame: Frame) -> None:
        self.received[peer] = self.received.get(peer, 0) + 1
        now = self.context.clock.seconds()
        if self.receiver is not None:
            if now - self.heard.get(peer, -100.0) > 5.0:
                self.heard[peer] = now
                self.receiver.peerHeard(peer)
            self.receiver.frameReceived(peer, frame)

    def batchReceived(self) -> None:
        if self.receiver is not None:
            self.receiver.batchReceived()

    def stop(self) -> None:
        self.receiver = None
        self.stopped = True
        self.port.close()


@implementer(IPeerProtocol)
class RightProtocol:
    name = "right"
    about = "a letter, and the frame"
    defaultMTU = 1400
    directory = "static"
    transport: type[RightTransport] = RightTransport

    def unusable(self) -> str | None:
        return None

    def open(self, request: TransportRequest, context: Context) -> ITransport:
        readSettings(request.settings, NoSettings, "protocol-settings")
        return self.transport(request, context)


class RightProtocolCase(ProtocolContract):
    def makeProtocol(self) -> IPeerProtocol:
        return RightProtocol()


def test_theRightProtocolPasses() -> None:
    assertRight(RightProtocolCase)


@pytest.mark.parametrize("wrong", WRONG, ids=nameOf)
def test_wrongProtocolIsCaught(wrong: Wrong, loggedFailures: Any) -> None:
    class Protocol(RightProtocol):
        transport = wrong.made if issubclass(wrong.made, RightTransport) else RightTransport

    made: Callable[[], IPeerProtocol] = Protocol if issubclass(wrong.made, RightTransport) else wrong.made
    assertCaught(RightProtocolCase, wrong, makeProtocol=lambda self: made())
    loggedFailures.flush(IndexError, AttributeError)  # of those that raise them


# Frames.


@caught("test_largeFramesArrive", "1400")
class CutsAt1400(RightTransport):
    def wire(self, frame: Frame) -> bytes:
        return super().wire(frame[:1400])


@caught("test_framesArrive", "came as []")
class LosesShortFrames(RightTransport):
    def send(self, peer: Peer, frame: Frame) -> None:
        if len(frame) > 1_000_000:
            super().send(peer, frame)


@caught("test_framesArrive", "[14, 15, 60, 500, 1280, 1294, 1298]")
class SendsTwice(RightTransport):
    def wire(self, frame: Frame) -> bytes:
        self.waiting.append((b"r" + bytes(frame), Endpoint("192.0.2.2", 22222)))
        return super().wire(frame)


@caught("test_framesArrive", "changed")
class LeavesItsLetter(RightTransport):
    def take(self, peer: Peer, frame: Frame) -> None:
        super().take(peer, b"r" + bytes(frame))


@caught("test_framesArrive", "a tuple")
class HandsOverATuple(RightTransport):
    def take(self, peer: Peer, frame: Frame) -> None:
        super().take(peer, (frame, 1))  # type: ignore[arg-type]


@caught("test_framesArrive", "by what peerFrom calls it")
class CallsPeersOtherwise(RightTransport):
    def take(self, peer: Peer, frame: Frame) -> None:
        super().take(str(peer), frame)


@caught("test_framesArrive", "came as []")
class NeverFlushes(RightTransport):
    def flush(self) -> None:
        pass


@caught("test_manyFramesArriveInOrder", "came as [59")
class FlushesBackwards(RightTransport):
    def flush(self) -> None:
        self.waiting.reverse()
        super().flush()


@caught("test_manyFramesArriveInOrder", "of 60 frames 32 came")
class FlushesSomeOnly(RightTransport):
    def flush(self) -> None:
        del self.waiting[32:]
        super().flush()


@caught("test_batchesEnd", "no batchReceived after them")
class NeverEndsABatch(RightTransport):
    def batchReceived(self) -> None:
        pass


@caught("test_buffersAreUsedAgain", "came as")
class KeepsTheBuffer(RightTransport):
    def send(self, peer: Peer, frame: Frame) -> None:
        self.waiting.append((frame, peer))  # type: ignore[arg-type]

    def flush(self) -> None:
        self.waiting = [(b"r" + bytes(frame), peer) for frame, peer in self.waiting]
        super().flush()


@caught("test_buffersAreUsedAgain", "send changed the buffer")
class ChangesTheBuffer(RightTransport):
    def wire(self, frame: Frame) -> bytes:
        wire = super().wire(frame)
        if isinstance(frame, memoryview):
            frame[:6] = bytes(6)
        return wire


@caught("test_sendEach", "it came 0 times")
class SendsToNobody(RightTransport):
    def sendEach(self, peers: Sequence[Peer], frame: Frame) -> None:
        pass


@caught("test_sendEach", "sendEach() raised IndexError")
class NeedsSomebody(RightTransport):
    def sendEach(self, peers: Sequence[Peer], frame: Frame) -> None:
        self.send(peers[0], frame)


@caught("test_framesThatAreTooLong", "of a frame of 70000 octets")
class CutsWhatIsTooLong(RightTransport):
    def send(self, peer: Peer, frame: Frame) -> None:
        super().send(peer, frame[: self.mtu + OVERHEAD])


@caught("test_framesThatAreTooLong", "sending raised ValueError")
class RaisesWhenItIsTooLong(RightTransport):
    def send(self, peer: Peer, frame: Frame) -> None:
        if len(frame) > self.mtu + OVERHEAD:
            raise ValueError("too long")
        super().send(peer, frame)


@caught("test_resized", "then frames of the new MTU pass")
class IsNotResized(RightTransport):
    def resize(self, mtu: int) -> None:
        pass


@caught("test_moved", "moved() raised RuntimeError")
class RaisesWhenItMoves(RightTransport):
    def moved(self) -> None:
        raise RuntimeError("where are we?")


@caught("test_moved", "came as []")
class IsLostWhenItMoves(RightTransport):
    def moved(self) -> None:
        self.stopped = True


# What it says of peers.


@caught("test_accounts", "it has (0, 2)")
class CountsNothingSent(RightTransport):
    def peerStatus(self, peer: Peer) -> PeerStatus:
        self.sent.clear()
        return super().peerStatus(peer)


@caught("test_accounts", "Found: {")
class StatusIsADictionary(RightTransport):
    def peerStatus(self, peer: Peer) -> PeerStatus:
        return {"peer": str(peer)}  # type: ignore[return-value]


@caught("test_accounts", "peerRemoved() raised KeyError")
class RemovesOnlyWhoWasAdded(RightTransport):
    def peerRemoved(self, peer: Peer) -> None:
        raise KeyError(peer)


@caught("test_peersAreHeard", "it was called 20 times")
class HearsEveryFrame(RightTransport):
    def take(self, peer: Peer, frame: Frame) -> None:
        self.heard.clear()
        super().take(peer, frame)


@caught("test_peersAreHeard", "it was called 0 times")
class HearsNobody(RightTransport):
    def take(self, peer: Peer, frame: Frame) -> None:
        self.heard[peer] = self.context.clock.seconds()
        super().take(peer, frame)


@caught("test_whatOperatorsWrite", "raised ValueError")
class PeerFromRaisesAnything(RightTransport):
    def peerFrom(self, text: str) -> Peer:
        host, port = text.split(":")
        return Endpoint(host, int(port))


@caught("test_whatOperatorsWrite", "'' is ''")
class PeerFromTakesAnything(RightTransport):
    def peerFrom(self, text: str) -> Peer:
        return Endpoint.parse(text) if text.count(".") == 3 and text.endswith(":22222") else text


@caught("test_protocolDescribesItself", "features None")
class FeaturesAreNone(RightTransport):
    features = None  # type: ignore[assignment]


@caught("test_protocolDescribesItself", "notes 'buy a faster computer'")
class NotesAreOneText(RightTransport):
    notes = "buy a faster computer"


@caught("test_protocolDescribesItself", "defaultMTU '1400'")
class MTUIsText(RightProtocol):
    defaultMTU = "1400"  # type: ignore[assignment]


@caught("test_protocolDescribesItself", "directory ''")
class HasNoDirectory(RightProtocol):
    directory = ""


# Strangers and endings.


@caught("test_strangers", "IndexError")
class RaisesAtShortDatagrams(RightTransport):
    def datagramReceived(self, datagram: memoryview, sender: tuple[str, int]) -> None:
        try:
            _ = datagram[40]
        except IndexError:
            if sender[0] == "198.51.100.66":
                raise
        super().datagramReceived(datagram, sender)


@caught("test_strangers", "were answered with")
class AnswersStrangersWithMore(RightTransport):
    def datagramReceived(self, datagram: memoryview, sender: tuple[str, int]) -> None:
        super().datagramReceived(datagram, sender)
        if datagram[:1] != b"r":
            self.port.send(bytes(1200), sender)


@caught("test_strangers", "were taken for a peer's")
class TakesStrangersForPeers(RightTransport):
    def take(self, peer: Peer, frame: Frame) -> None:
        super().take(Endpoint("192.0.2.1", 22222), frame)


@caught("test_strangers", "disturbs no peer")
class GivesUpAtStrangers(RightTransport):
    def datagramReceived(self, datagram: memoryview, sender: tuple[str, int]) -> None:
        if datagram[:1] != b"r":
            self.receiver = None
        super().datagramReceived(datagram, sender)


@caught("test_nothingBeforeTheStart", "drop-raised")
class NeedsAReceiver(RightTransport):
    def datagramReceived(self, datagram: memoryview, sender: tuple[str, int]) -> None:
        self.receiver.frameReceived(Endpoint(*sender), datagram[1:])  # type: ignore[union-attr]


@caught("test_stopLeavesNothing", "became")
class LeavesATimer(RightTransport):
    def start(self, receiver: IFrameReceiver) -> None:
        super().start(receiver)
        self.context.clock.callLater(3600, lambda: None)


@caught("test_stopLeavesNothing", "binding the port again")
class KeepsThePort(RightTransport):
    def stop(self) -> None:
        self.receiver = None
        self.stopped = True


@caught("test_stopLeavesNothing", "called twice, raised")
class StopsOnce(RightTransport):
    def stop(self) -> None:
        super().stop()
        del self.context


@caught("test_sendAfterStop", "AttributeError")
class RaisesAfterTheEnd(RightTransport):
    def stop(self) -> None:
        super().stop()
        self.stopped = False
        self.waiting = None  # type: ignore[assignment]


@caught("test_aPortThatIsTaken", "OSError")
class RaisesAnyErrorForAPort(RightProtocol):
    def open(self, request: TransportRequest, context: Context) -> ITransport:
        try:
            return super().open(request, context)
        except PortUnavailable as error:
            raise OSError(str(error)) from None


@caught("test_aPortThatIsTaken", "it was opened twice")
class TakesAnotherPort(RightProtocol):
    def open(self, request: TransportRequest, context: Context) -> ITransport:
        try:
            return super().open(request, context)
        except PortUnavailable:
            return super().open(TransportRequest("0.0.0.0", 0, request.mac, request.mtu), context)


@caught("test_unknownSettingsAreRefused", "it was opened with the setting")
class TakesAnySetting(RightProtocol):
    def open(self, request: TransportRequest, context: Context) -> ITransport:
        return self.transport(request, context)


@caught("test_opensAgain", "the second open() raised PortUnavailable")
class OpensOnce(RightTransport):
    def stop(self) -> None:
        pass


@caught("test_opensWhatItsInterfacePromises", "Deferred")
class OpensLater(RightProtocol):
    def open(self, request: TransportRequest, context: Context) -> ITransport:
        return succeed(super().open(request, context))  # type: ignore[return-value]


@caught("test_importsNoReactor", "imported by")
class ImportsTheReactor(RightTransport):
    def start(self, receiver: IFrameReceiver) -> None:
        from twisted.internet import reactor  # noqa: F401


@caught("test_opensWhatItsInterfacePromises", "sendEach")
class LacksAMethod(RightTransport):
    sendEach = None  # type: ignore[assignment]


# Many frames, many peers, and the middle of something else.


@caught("test_groupsOfSeveral", "it came 0 times")
class SendsToTheFirstOnly(RightTransport):
    def sendEach(self, peers: Sequence[Peer], frame: Frame) -> None:
        super().sendEach(peers[:1], frame)


@caught("test_peersAreKeys", "unhashable")
class PeersAreLists(RightTransport):
    def peerFrom(self, text: str) -> Peer:
        return [*Endpoint.parse(text)]  # type: ignore[return-value]

    def send(self, peer: Any, frame: Frame) -> None:
        super().send(Endpoint(*peer), frame)

    def take(self, peer: Any, frame: Frame) -> None:
        if self.receiver is not None:
            self.receiver.frameReceived([*peer], frame)  # type: ignore[arg-type]


@caught("test_peersAreHeardAgain", "it was called 1 times")
class IsHeardOnlyAfterAPause(RightTransport):
    def take(self, peer: Peer, frame: Frame) -> None:
        super().take(peer, frame)
        self.heard[peer] = self.context.clock.seconds()


@caught("test_manyFramesPass", "of the last 20 of")
class CountsInOneOctet(RightTransport):
    number = 0

    def wire(self, frame: Frame) -> bytes:
        self.number += 1
        return b"r" + bytes([self.number % 256]) + bytes(frame)

    def take(self, peer: Peer, frame: Frame) -> None:
        seen: set[int] = self.heardOf.setdefault(peer, set())
        if frame[0] not in seen:
            seen.add(frame[0])
            super().take(peer, frame[1:])

    def start(self, receiver: IFrameReceiver) -> None:
        self.heardOf: dict[Peer, set[int]] = {}
        super().start(receiver)


@caught("test_silentPeersHaveAccounts", "KeyError")
class AccountsNeedFrames(RightTransport):
    def peerStatus(self, peer: Peer) -> PeerStatus:
        return PeerStatus(str(peer), "known", [], None, self.received[peer], 0, self.sent[peer], 0)


@caught("test_silentPeersHaveAccounts", "peerRemoved() raised KeyError")
class RemovesOnlyWhatSent(RightTransport):
    def peerRemoved(self, peer: Peer) -> None:
        del self.sent[peer]


@caught("test_framesAreNotKept", "octets more are in use")
class KeepsWhatItSent(RightTransport):
    def wire(self, frame: Frame) -> bytes:
        self.kept: list[bytes] = getattr(self, "kept", [])
        self.kept.append(bytes(frame))
        return super().wire(frame)


@caught("test_strangersAreNotKept", "octets more are in use")
class AnAccountForEachStranger(RightTransport):
    def datagramReceived(self, datagram: memoryview, sender: tuple[str, int]) -> None:
        self.strangers: dict[Any, bytearray] = getattr(self, "strangers", {})
        self.strangers.setdefault(sender, bytearray(1000))
        super().datagramReceived(datagram, sender)


@caught("test_sendWithinAFrame", "it became another")
class ReceivesAndSendsWithOneBuffer(RightTransport):
    buffer = bytearray(70_000)

    def datagramReceived(self, datagram: memoryview, sender: tuple[str, int]) -> None:
        self.buffer[: len(datagram)] = datagram
        super().datagramReceived(memoryview(self.buffer)[: len(datagram)], sender)

    def wire(self, frame: Frame) -> bytes:
        self.buffer[: len(frame) + 1] = b"r" + bytes(frame)
        return bytes(self.buffer[: len(frame) + 1])


@caught("test_stopWithinAFrame", "it handed over 5")
class HandsTheBatchOverAfterTheEnd(RightTransport):
    batch: list[tuple[Peer, bytes]]

    def start(self, receiver: IFrameReceiver) -> None:
        self.batch = []
        super().start(receiver)

    def take(self, peer: Peer, frame: Frame) -> None:
        self.batch.append((peer, bytes(frame)))

    def batchReceived(self) -> None:
        receiver, batch = self.receiver, self.batch
        self.batch = []
        for peer, frame in batch if receiver is not None else []:
            receiver.frameReceived(peer, frame)  # type: ignore[union-attr]
        super().batchReceived()


@caught("test_idlePeersAreLeftAlone", "two idle nodes sent")
class KeepsWaysOpenAllTheTime(RightTransport):
    timer: Any = None

    def start(self, receiver: IFrameReceiver) -> None:
        super().start(receiver)
        self.beat()

    def beat(self) -> None:
        self.timer = self.context.clock.callLater(0.02, self.beat)
        for peer in self.sent:
            self.port.send(b"k", peer)  # type: ignore[arg-type]

    def stop(self) -> None:
        if self.timer is not None and self.timer.active():
            self.timer.cancel()
        super().stop()


@caught("test_usesNoOtherClock", "LoopingCall")
class LoopsByAnotherClock(RightTransport):
    def start(self, receiver: IFrameReceiver) -> None:
        super().start(receiver)
        LoopingCall(self.flush).start(60)


# What counts up to 65,535.


@caught("test_numbersBeginAgain", "of the 250 frames after the first")
class CountsInTwoOctets(RightTransport):
    """
    Takes a number that it has seen for a repetition.
    """

    number = 0

    def start(self, receiver: IFrameReceiver) -> None:
        self.seen: dict[Peer, set[bytes]] = {}
        super().start(receiver)

    def wire(self, frame: Frame) -> bytes:
        self.number = (self.number + 1) % 65_536
        return b"r" + self.number.to_bytes(2, "big") + bytes(frame)

    def take(self, peer: Peer, frame: Frame) -> None:
        number, seen = bytes(frame[:2]), self.seen.setdefault(peer, set())
        if number not in seen:
            seen.add(number)
            super().take(peer, frame[2:])


@caught("test_numbersBeginAgain", "raised OverflowError")
class CountsUntilItIsFull(RightTransport):
    number = 0

    def wire(self, frame: Frame) -> bytes:
        self.number += 1
        return b"r" + self.number.to_bytes(2, "big") + bytes(frame)

    def take(self, peer: Peer, frame: Frame) -> None:
        super().take(peer, frame[2:])


@caught("test_numbersBeginAgain", "of the 250 frames after the first")
class TakesOnlyHigherNumbers(CountsInTwoOctets):
    def start(self, receiver: IFrameReceiver) -> None:
        self.last: dict[Peer, int] = {}
        super().start(receiver)

    def take(self, peer: Peer, frame: Frame) -> None:
        number = int.from_bytes(frame[:2], "big")
        if number > self.last.get(peer, -1):
            self.last[peer] = number
            RightTransport.take(self, peer, frame[2:])


@caught("test_waitsForNothing", "getaddrinfo")
class FindsItsOwnAddressAtEachFlush(RightTransport):
    def flush(self) -> None:
        socket.getaddrinfo("127.0.0.1", 22222)
        super().flush()


# Octets, accounts, and peers that come back.


@caught("test_anyOctets", "octets that end with 00")
class TakesZerosForPadding(RightTransport):
    def take(self, peer: Peer, frame: Frame) -> None:
        super().take(peer, bytes(frame).rstrip(b"\0").ljust(14, b"\0"))


@caught("test_anyOctets", "octets that end with ff")
class EscapesOneOctet(RightTransport):
    def wire(self, frame: Frame) -> bytes:
        return super().wire(frame).replace(b"\xff\xff\xff\xff\xff\xff\xff\xff", b"\xff\xff\xff\xff")


@caught("test_accountsApart", "of a peer with which nothing passed")
class OneAccountForAll(RightTransport):
    def peerStatus(self, peer: Peer) -> PeerStatus:
        received, sent = sum(self.received.values()), sum(self.sent.values())
        return PeerStatus(str(peer), "known", [], None, received, 0, sent, 0)


@caught("test_peersComeBack", "came as []")
class ForgetsForGood(RightTransport):
    def peerRemoved(self, peer: Peer) -> None:
        self.gone: set[Peer] = {*getattr(self, "gone", ()), peer}

    def send(self, peer: Peer, frame: Frame) -> None:
        if peer not in getattr(self, "gone", ()):
            super().send(peer, frame)


@caught("test_clockIsSet", "came as []")
class SendsByTheClockOfTheHost(RightTransport):
    last = float("-inf")

    def flush(self) -> None:
        now = self.context.wallClock()
        if now >= self.last:
            self.last = now
            super().flush()
        self.waiting.clear()


@caught("test_saysLittle", "messages for 200 datagrams")
class LogsEveryDatagram(RightTransport):
    def datagramReceived(self, datagram: memoryview, sender: tuple[str, int]) -> None:
        self.context.log.warn("what is this from {sender}?", sender=sender)
        super().datagramReceived(datagram, sender)


@caught("test_strangersAreNotKept", "octets more are in use")
class RemembersEveryStranger(RightTransport):
    def __init__(self, request: TransportRequest, context: Context) -> None:
        super().__init__(request, context)
        self.last: dict[tuple[str, int], float] = {}

    def datagramReceived(self, datagram: memoryview, sender: tuple[str, int]) -> None:
        self.last[sender] = self.context.clock.seconds()
        super().datagramReceived(datagram, sender)
