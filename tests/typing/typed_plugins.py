"""
One plugin of each kind, as their authors write them: mypy checks this as strictly as our own code, and so pins the
types of the public API.  Nothing here is run.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import msgspec
from twisted.internet.defer import Deferred, succeed
from zope.interface import implementer

from wand.drivers.descriptor import DescriptorTap
from wand.ethernet import MAC, Frame
from wand.events import Event
from wand.interfaces import (
    CONSUMED,
    BaseCandidates,
    BaseDirectory,
    BaseHook,
    BasePlugin,
    BaseRecords,
    BaseTap,
    BaseTransport,
    BaseWatcher,
    Candidate,
    CandidateReader,
    Context,
    ICandidates,
    ICandidateSource,
    IDirectory,
    IDirectoryKind,
    IFrameReader,
    IFrameReceiver,
    IFrameService,
    IFrameWatcher,
    IHook,
    IHookListener,
    IPeerProtocol,
    IRecords,
    IStore,
    ITap,
    ITapDriver,
    ITransport,
    NodeContext,
    OwnCandidate,
    Passage,
    Settings,
    TapRequest,
    TransportRequest,
    Verdict,
)
from wand.plugin_settings import readSettings
from wand.status import PeerStatus
from wand.table import OPERATOR, Peer


class PortSettings(msgspec.Struct):
    """
    What an operator sets.
    """

    path: str


@implementer(ITapDriver)
class Driver(BasePlugin):
    name = "typed"
    about = "a driver over a descriptor"
    settings = PortSettings

    def open(self, request: TapRequest, context: Context) -> ITap:
        settings = readSettings(request.settings, PortSettings)
        return DescriptorTap(request, context, len(settings.path))


@implementer(ITap)
class Tap(BaseTap):
    def __init__(self, request: TapRequest) -> None:
        self.interface, self.mac, self.mtu = request.interface, request.mac, request.mtu

    def start(self, receiver: IFrameReader) -> None:
        receiver.frameRead(bytes(60))
        receiver.batchRead()

    def write(self, frame: Frame) -> bool:
        return len(frame) > 60

    def close(self) -> None: ...


@implementer(IPeerProtocol)
class Protocol(BasePlugin):
    name = "typed"
    about = "a protocol"
    defaultMTU = 1400
    directory = "static"

    def open(self, request: TransportRequest, context: Context) -> ITransport:
        return Transport(request.host)


@implementer(ITransport)
class Transport(BaseTransport):
    def __init__(self, listening: str) -> None:
        self.listening = listening

    def start(self, receiver: IFrameReceiver) -> None:
        receiver.frameReceived("peer", bytes(60))
        receiver.batchReceived()

    def send(self, peer: Peer, frame: Frame) -> None: ...

    def peerFrom(self, text: str) -> Peer:
        return text

    def peerStatus(self, peer: Peer) -> PeerStatus:
        raise NotImplementedError

    def stop(self) -> None: ...


@implementer(IDirectoryKind)
class DirectoryKind(BasePlugin):
    name = "typed"
    about = "a directory"

    def open(self, settings: Settings, context: NodeContext) -> IDirectory:
        return Directory(context)


class Directory(BaseDirectory):
    def __init__(self, context: NodeContext) -> None:
        self.context = context

    def start(self) -> None:
        self.context.table.put(MAC.parse("02:00:00:00:00:01"), "peer", OPERATOR)


@implementer(IStore)
class Store(BasePlugin):
    name = "typed"
    about = "a store"

    def open(self, settings: Settings, context: Context) -> IRecords:
        return Records()


@implementer(IRecords)
class Records(BaseRecords):
    def load(self, kind: str) -> Deferred[dict[bytes, bytes]]:
        return succeed({})

    def write(self, kind: str, records: Mapping[bytes, bytes | None]) -> Deferred[None]:
        return succeed(None)

    def exchange(self, kind: str, key: bytes, expected: bytes | None, value: bytes | None) -> Deferred[bool]:
        return succeed(False)


@implementer(IHook)
class Hook(BasePlugin):
    name = "typed"
    about = "a hook"

    def open(self, settings: Settings, context: Context) -> IHookListener:
        return Listener()


class Listener(BaseHook):
    def told(self, event: Event) -> None:
        print(event.kind)

    def admit(self, candidate: Candidate) -> Verdict:
        return Verdict(candidate.name != "mallory", "not that one")


@implementer(IFrameService)
class FrameService(BasePlugin):
    name = "typed"
    about = "a frame service"

    def open(self, settings: Settings, context: NodeContext, inject: Callable[[Frame], object]) -> IFrameWatcher:
        return Watcher()


class Watcher(BaseWatcher):
    def leaving(self, frame: Frame) -> Passage:
        return CONSUMED if frame[12:14] == b"\x88\xb5" else True


@implementer(ICandidateSource)
class CandidateSource(BasePlugin):
    name = "typed"
    about = "a candidate source"

    def open(self, settings: Settings, context: NodeContext) -> ICandidates:
        return Candidates()


class Candidates(BaseCandidates):
    def start(self, tell: CandidateReader) -> None:
        tell(list[OwnCandidate]())


driver: ITapDriver = Driver()
protocol: IPeerProtocol = Protocol()
directory: IDirectoryKind = DirectoryKind()
store: IStore = Store()
hook: IHook = Hook()
frameService: IFrameService = FrameService()
candidateSource: ICandidateSource = CandidateSource()
