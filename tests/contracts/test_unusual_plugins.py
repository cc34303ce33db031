"""
Plugins that do everything right in an unusual way: the contracts have nothing to say about them.
"""

from __future__ import annotations

import fcntl
import os
import pickle
import socket
from collections import ChainMap, OrderedDict, deque
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from threading import Thread
from typing import Any, NamedTuple

import pytest
from right_stores import RightRecords, RightStore, RightStoreCase
from right_taps import RightDriver, RightDriverCase, RightTap
from test_wrong_candidate_sources import RightCandidates, RightSource, RightSourceCase
from test_wrong_directories import RightDirectory, RightDirectoryCase, RightKind
from test_wrong_frame_services import RightService, RightServiceCase, RightWatcher
from test_wrong_hooks import Answer, RightHook, RightHookCase, RightListener
from test_wrong_protocols import RightProtocol, RightProtocolCase, RightTransport
from twisted.internet.defer import Deferred, succeed
from twisted.internet.task import LoopingCall
from wrong_plugins import assertRight

from wand.endpoint import Endpoint
from wand.errors import TapUnavailable, TemporarilyUnavailable
from wand.ethernet import OVERHEAD, Frame
from wand.events import Event
from wand.interfaces import (
    CONSUMED,
    Candidate,
    CandidateReader,
    Context,
    IFrameReceiver,
    NodeContext,
    OwnCandidate,
    Passage,
    Verdict,
)
from wand.status import DirectoryStatus
from wand.table import Peer

#: Each with its contract, what makes the plugin, and how the plugin finds it.
UNUSUAL: list[tuple[type[Any], type[Any], type[Any], str, str]] = []

_KINDS: dict[type[Any], tuple[type[Any], type[Any], str, str]] = {
    RightTap: (RightDriverCase, RightDriver, "tap", "makeDriver"),
    RightRecords: (RightStoreCase, RightStore, "records", "makeStore"),
    RightListener: (RightHookCase, RightHook, "listener", "makeHook"),
    RightWatcher: (RightServiceCase, RightService, "watcher", "makeService"),
    RightDirectory: (RightDirectoryCase, RightKind, "directory", "makeDirectory"),
    RightCandidates: (RightSourceCase, RightSource, "candidates", "makeSource"),
    RightTransport: (RightProtocolCase, RightProtocol, "transport", "makeProtocol"),
}


def unusual(made: type[Any]) -> type[Any]:
    """
    Note one.
    """
    UNUSUAL.append((made, *next(kind for right, kind in _KINDS.items() if issubclass(made, right))))
    return made


# Drivers.


@unusual
class HandsOverViewsOfOneBuffer(RightTap):
    """
    A buffer of its own for reading.
    """

    def __init__(self, *arguments: Any) -> None:
        self.buffer = bytearray(70_000)
        super().__init__(*arguments)

    def read(self) -> bytes:
        return memoryview(self.buffer)[: self.device.recv_into(self.buffer)]  # type: ignore[return-value]


@unusual
class DropsWhatIsTooLongToRead(RightTap):
    def hand(self, frame: bytes) -> None:
        if len(frame) <= self.mtu + OVERHEAD:
            super().hand(frame)


@unusual
class RefusesAddresses(RightTap):
    features = ["a list, not a tuple"]

    def addAddress(self, address: str) -> None:
        raise TapUnavailable(f"set {address} on the host yourself")


@unusual
class ReadsOneBatchLater(RightTap):
    """
    Watches a turn after the start, and hands over what it read in the turn after that.
    """

    waiting: Any = None

    def doRead(self) -> None:
        if self.waiting is None:
            self.waiting = self.context.clock.callLater(0, self.later)

    def later(self) -> None:
        self.waiting = None
        super().doRead()

    def unwatch(self) -> Any:
        if self.waiting is not None:
            self.waiting.cancel()
            self.waiting = None
        return super().unwatch()


@unusual
class PutsWhatWaitsIntoAQueue(RightTap):
    """
    Copies frames before it writes them.
    """

    def put(self, frame: Frame) -> None:
        queue = deque([bytes(frame)])
        while queue:
            self.device.send(queue.popleft(), socket.MSG_DONTWAIT)


# Stores.


@unusual
class AnswersLater(RightRecords):
    def load(self, kind: str) -> Deferred[dict[bytes, bytes]]:
        return self.soon(super().load(kind))

    def soon(self, answer: Deferred[Any]) -> Deferred[Any]:
        later: Deferred[Any] = Deferred()
        self.context.clock.callLater(0, answer.chainDeferred, later)
        return later


@unusual
class KeepsLayers(RightRecords):
    def load(self, kind: str) -> Deferred[dict[bytes, bytes]]:
        return super().load(kind).addCallback(lambda records: dict(ChainMap({}, records)))


@unusual
class SortsItsRecords(RightRecords):
    def take(self, kind: str, changes: Mapping[bytes, bytes | None]) -> None:
        super().take(kind, changes)
        self.kinds[kind] = OrderedDict(sorted(self.kinds.get(kind, {}).items()))


@unusual
class AnswersWhenItIsClosed(RightRecords):
    """
    Takes what is asked after the end, and keeps it for nobody.
    """

    def write(self, kind: str, records: Mapping[bytes, bytes | None]) -> Deferred[None]:
        return succeed(None) if self.isClosed else super().write(kind, records)


@unusual
class OpensAFileForEachLoad(RightRecords):
    def load(self, kind: str) -> Deferred[dict[bytes, bytes]]:
        with Path("/dev/null").open("rb"):
            return super().load(kind)


# Hooks.


def assertDecided(candidate: Candidate) -> None:
    """
    Fail about whom L{RightListener} cannot say now.
    """
    if candidate.name == "bob":
        raise TemporarilyUnavailable("the list of those with b is locked")


@unusual
class AnswersAtOnce(RightListener):
    def admit(self, candidate: Candidate) -> Answer:
        assertDecided(candidate)
        return candidate.name in self.hosts


@unusual
class AnswersByACoroutine(RightListener):
    def admit(self, candidate: Candidate) -> Answer:
        async def verdict() -> Verdict:
            assertDecided(candidate)
            return self.verdict(candidate)

        return Deferred.fromCoroutine(verdict())


@unusual
class RemembersAHundredVerdicts(RightListener):
    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        self.known: OrderedDict[tuple[str, bytes], Verdict] = OrderedDict()

    def admit(self, candidate: Candidate) -> Answer:
        assertDecided(candidate)
        key = candidate.name[:64], candidate.key
        if key not in self.known:
            self.known[key] = self.verdict(candidate)
            if len(self.known) > 100:
                self.known.popitem(last=False)
        return self.known[key]


@unusual
class SaysInAnotherLanguage(RightListener):
    def verdict(self, candidate: Candidate) -> Verdict:
        isListed = candidate.name in self.hosts
        return Verdict(isListed, "" if isListed else f"{candidate.name!r} не в списке, désolé")


@unusual
class PublishesOnceForSome(RightListener):
    def told(self, event: Event) -> None:
        if event.kind == "member-revoked":
            self.context.events.publish("note", note="hook", text="a member was revoked", state="raised")


# Frame services.


@unusual
class ConsumesAndAnswersLater(RightWatcher):
    timer: Any = None

    def answer(self, frame: Frame) -> None:
        octets = bytes(frame)
        if self.timer is None or not self.timer.active():
            self.timer = self.context.clock.callLater(0.5, super().answer, octets)

    def close(self) -> None:
        if self.timer is not None and self.timer.active():
            self.timer.cancel()


@unusual
class KeysByPeer(RightWatcher):
    def arriving(self, peer: Peer, frame: Frame) -> Passage:
        return {peer: super().arriving(peer, frame)}[peer]


@unusual
class LimitsARate(RightWatcher):
    """
    A hundred frames a second from each peer.
    """

    second = -1
    count = 0

    def arriving(self, peer: Peer, frame: Frame) -> Passage:
        if int(self.context.clock.seconds()) != self.second:
            self.second, self.count = int(self.context.clock.seconds()), 0
        self.count += 1
        return self.count <= 100 and super().arriving(peer, frame)


@unusual
class ConsumesBothWays(RightWatcher):
    def arriving(self, peer: Peer, frame: Frame) -> Passage:
        return super().arriving(peer, frame) or CONSUMED


@unusual
class InjectsAView(RightWatcher):
    def answer(self, frame: Frame) -> None:
        self.inject(memoryview(bytes(frame[6:12]) + b"\2\0\0\0\0\2" + bytes(frame[12:60])))


# Directories.


@unusual
class SaysNothingOfItself(RightDirectory):
    def status(self) -> Sequence[DirectoryStatus]:
        return (DirectoryStatus(name=self.source.name, state="asking", entries=0, answered=None),)


@unusual
class TakesItsEntriesAway(RightDirectory):
    lifetime = None

    def stop(self) -> None:
        super().stop()
        self.context.table.removeSource(self.source)


@unusual
class BindsWhenItIsNeeded(RightDirectory):
    def start(self) -> None:
        self.port = self.context.underlay.bind("0.0.0.0", 0, self)
        self.timer = self.context.clock.callLater(0.2, self.ask)


@unusual
class LoopsByTheClockOfItsContext(RightDirectory):
    loop: LoopingCall | None = None

    def start(self) -> None:
        super().start()
        self.loop = LoopingCall(self.status)
        self.loop.clock = self.context.clock
        self.loop.start(1.0)

    def stop(self) -> None:
        super().stop()
        if self.loop is not None and self.loop.running:
            self.loop.stop()


@unusual
class AsksSeldom(RightDirectory):
    def ask(self) -> None:
        super().ask()
        assert self.timer is not None
        self.timer.reset(100.0)


# Candidate sources.


@unusual
class TellsWithinStart(RightCandidates):
    def moved(self) -> None:
        self.look()


@unusual
class TellsATuple(RightCandidates):
    def found(self) -> Any:
        return tuple(super().found())


@unusual
class KnowsSixthVersion(RightCandidates):
    def found(self) -> list[OwnCandidate]:
        return [
            OwnCandidate(Endpoint("2001:db8::7", self.context.port), "host", "of eth0"),
            *super().found(),
        ]


@unusual
class MapsAnotherPort(RightCandidates):
    def found(self) -> list[OwnCandidate]:
        return [OwnCandidate(Endpoint("203.0.113.7", 1024), "mapped", "mapped by PCP at 192.168.1.1")]


@unusual
class TakesASecondToStop(RightCandidates):
    def stop(self) -> Deferred[None] | None:
        super().stop()
        done: Deferred[None] = Deferred()
        self.context.clock.callLater(1.0, done.callback, None)
        return done


# Peer protocols.


@unusual
class SendsAtOnce(RightTransport):
    def send(self, peer: Peer, frame: Frame) -> None:
        super().send(peer, frame)
        self.flush()


class NamedPeer(NamedTuple):
    host: str
    port: int


@unusual
class PeersAreNamed(RightTransport):
    def peerFrom(self, text: str) -> Peer:
        return NamedPeer(*Endpoint.parse(text))

    def send(self, peer: Any, frame: Frame) -> None:
        super().send(Endpoint(*peer), frame)


@unusual
class EndsEachFrameAsABatch(RightTransport):
    def take(self, peer: Peer, frame: Frame) -> None:
        super().take(peer, frame)
        self.batchReceived()


@unusual
class HandsOverCopies(RightTransport):
    def take(self, peer: Peer, frame: Frame) -> None:
        super().take(peer, bytearray(frame))


@unusual
class KeepsWaysOpenEachSecond(RightTransport):
    timer: Any = None

    def start(self, receiver: IFrameReceiver) -> None:
        super().start(receiver)
        self.beat()

    def beat(self) -> None:
        self.timer = self.context.clock.callLater(1.0, self.beat)
        for peer in self.sent:
            self.port.send(b"k", peer)  # type: ignore[arg-type]

    def stop(self) -> None:
        if self.timer is not None and self.timer.active():
            self.timer.cancel()
        super().stop()


@pytest.mark.parametrize("kind", UNUSUAL, ids=lambda kind: kind[0].__name__)
def test_theUnusualIsRight(kind: tuple[type[Any], type[Any], type[Any], str, str]) -> None:
    made, case, plugin, attribute, make = kind
    found: Callable[[], Any] = type("Plugin", (plugin,), {attribute: made})

    def makePlugin(self: Any) -> Any:
        if case is RightStoreCase:
            self.makeFolder()
        if case is RightDriverCase:
            self.addCleanup(self.forget)
        return found()

    assertRight(case, **{make: makePlugin})


# Threads.


@unusual
class SynchronizesInAWorker(RightRecords):
    """
    The disk may take its time: a worker waits for it.
    """

    def write(self, kind: str, records: Mapping[bytes, bytes | None]) -> Deferred[None]:
        written = super().write(kind, records)
        if self.isClosed:
            return written
        return self.context.deferToThread(os.fsync, self.file).addCallback(lambda _: written)


@unusual
class LooksNamesUpInAThread(RightListener):
    def admit(self, candidate: Candidate) -> Answer:
        found: Deferred[Any] = self.context.deferToThread(socket.getaddrinfo, "127.0.0.1", 0)
        return found.addCallback(lambda _: super(LooksNamesUpInAThread, self).admit(candidate))


@unusual
class ThinksInAThreadOfItsOwn(RightWatcher):
    """
    A thread may do what it likes with what is its own.
    """

    def answer(self, frame: Frame) -> None:
        thinking = Thread(target=sum, args=([1, 2, 3],))
        thinking.start()
        thinking.join()
        super().answer(frame)


# Many who ask and send, and accidents.


@unusual
class SaysOnceThatItDrops(RightTap):
    saidSo = False

    def drop(self, counter: str) -> bool:
        if not self.saidSo:
            self.context.log.warn("frames are dropped; see the counter {counter}", counter=counter)
            self.saidSo = True
        return super().drop(counter)


@unusual
class RefusesIPv6(RightTap):
    def addAddress(self, address: str) -> None:
        if ":" in address:
            raise TapUnavailable(f"this device knows IPv4 only, and not {address}")
        super().addAddress(address)


@unusual
class ReplacesItsFile(RightRecords):
    """
    Another file each time, under the name of the old one.
    """

    def __init__(self, path: Path, context: Context) -> None:
        super().__init__(path, context)
        self.path = path

    def append(self, kind: str, changes: Mapping[bytes, bytes | None]) -> None:
        kinds = [*self.kinds.items(), (kind, {**self.kinds.get(kind, {}), **changes})]
        new = self.path.with_suffix(".new")
        new.write_bytes(b"".join(pickle.dumps((kind, records)) for kind, records in kinds))
        new.replace(self.path)


@unusual
class LocksItsFile(RightRecords):
    """
    The lock ends with the process.
    """

    def append(self, kind: str, changes: Mapping[bytes, bytes | None]) -> None:
        fcntl.flock(self.file, fcntl.LOCK_EX)
        try:
            super().append(kind, changes)
        finally:
            fcntl.flock(self.file, fcntl.LOCK_UN)


@unusual
class RemembersTheLastKeys(RightListener):
    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        self.last: deque[bytes] = deque(maxlen=500)

    def admit(self, candidate: Candidate) -> Answer:
        self.last.append(candidate.key)
        return super().admit(candidate)


@unusual
class IsBusyNowAndThen(RightListener):
    """
    Whoever asks too often is asked to come back.
    """

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        self.times = 0

    def admit(self, candidate: Candidate) -> Answer:
        self.times += 1
        if self.times % 7 == 0:
            raise TemporarilyUnavailable("too many ask at once")
        return super().admit(candidate)


@unusual
class RemembersTheLastSources(RightWatcher):
    """
    Some thousands of them.
    """

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        self.last: OrderedDict[bytes, float] = OrderedDict()

    def arriving(self, peer: Peer, frame: Frame) -> Passage:
        self.last[bytes(frame[6:12])] = self.context.clock.seconds()
        if len(self.last) > 4096:
            self.last.popitem(last=False)
        return super().arriving(peer, frame)


@unusual
class RemembersTheLastStrangers(RightDirectory):
    def __init__(self, context: NodeContext) -> None:
        super().__init__(context)
        self.last: OrderedDict[tuple[str, int], float] = OrderedDict()

    def datagramReceived(self, datagram: memoryview, sender: tuple[str, int]) -> None:
        self.last[sender] = self.context.clock.seconds()
        if len(self.last) > 500:
            self.last.popitem(last=False)


@unusual
class AsksAfterEachMove(RightCandidates):
    """
    Three times, and then no more.
    """

    port: Any = None

    def start(self, tell: CandidateReader) -> None:
        self.port = self.context.underlay.bind("0.0.0.0", 0, self)
        super().start(tell)

    def look(self) -> None:
        for _ in range(3):
            self.port.send(b"where am I?", Endpoint("203.0.113.1", 3478))
        super().look()

    def datagramReceived(self, datagram: memoryview, sender: tuple[str, int]) -> None:
        pass

    def batchReceived(self) -> None:
        pass

    def stop(self) -> Deferred[None] | None:
        if self.port is not None:
            self.port.close()
        return super().stop()
