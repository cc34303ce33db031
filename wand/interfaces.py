"""
The plugin kinds: everything that users may want to swap.

A plugin is an object that provides one of the interfaces that extend L{IWandPlugin}; L{wand.discovery.catalogue} finds
it when the program runs (the guide for plugin authors says how to publish one).  The object itself is light: it has a
name, says whether it can be used here, and its C{open} makes the real thing, whose interface stands next to it.

Rules for everything that is opened:

  - The clock, the randomness and the underlay come in the L{Context}; nothing imports the reactor.
  - Nothing that arrives from a network raises, grows without a bound, or is answered with more than it brought.
  - What is dropped is counted, by the reason (L{wand.counters}).
  - An error that stops the start is a L{wand.errors.WandError} whose text says what to do.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from random import Random
from typing import Any

import attrs
from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IReactorFDSet, IReactorTime
from twisted.plugin import IPlugin
from zope.interface import Attribute, Interface

from wand.counters import Counters
from wand.ethernet import MAC, Frame
from wand.events import Event, Events
from wand.failures import Failures
from wand.host.changes import HostChanges, Unwatched
from wand.membership.member import Membership
from wand.notes import Notes
from wand.sealed.node.participant import Sealed
from wand.status import DirectoryStatus, PeerStatus
from wand.superframes.stretch import Stretch
from wand.superframes.virtio import VirtioHeader
from wand.table import Peer, Table
from wand.underlay.ports import Underlay
from wand.worker import SameThread, Worker

#: What a configuration says to one plugin: its own keys and values, which the plugin itself checks.
Settings = Mapping[str, Any]


@attrs.frozen
class Context:
    """
    What every opened plugin works with.

    @ivar clock: elapsed time, which no change of the wall clock touches, and calls later; in tests a simulated one.
    @ivar descriptors: the reactor that watches file descriptors.
    @ivar random: randomness for jitter and the like, never for keys.
    @ivar counters: where drops are counted.
    @ivar events: where events are published.
    @ivar underlay: where UDP ports are bound.
    @ivar wallClock: gives the seconds since the epoch: for certificates and what people read, never for what elapses.
    @ivar notes: what the operator should know, with what to do.
    @ivar failures: what counts and logs an exception at a boundary.
    @ivar makeWorker: makes a worker, of a name for people, for what may block.
    @ivar hostChanges: what changes on this host: interfaces, addresses, routes.
    """

    clock: IReactorTime
    descriptors: IReactorFDSet
    random: Random
    counters: Counters
    events: Events
    underlay: Underlay
    wallClock: Callable[[], float] = attrs.field(
        kw_only=True, default=attrs.Factory(lambda self: self.clock.seconds, takes_self=True)
    )
    notes: Notes = attrs.field(
        kw_only=True, default=attrs.Factory(lambda self: Notes(self.clock, self.events), takes_self=True)
    )
    failures: Failures = attrs.field(
        kw_only=True,
        default=attrs.Factory(lambda self: Failures(self.clock, self.counters, self.notes), takes_self=True),
    )
    makeWorker: Callable[[str], Worker] = attrs.field(kw_only=True, default=SameThread)
    hostChanges: HostChanges = attrs.field(kw_only=True, factory=Unwatched)

    def __attrs_post_init__(self) -> None:
        self.events.caught = self.failures.caught

    def epoch(self, moment: float) -> float:
        """
        Convert a moment of the monotonic clock to seconds since the epoch, for people.
        """
        return self.wallClock() - (self.clock.seconds() - moment)


@attrs.frozen
class NodeContext(Context):
    """
    What the plugins of a node work with.

    @ivar table: MAC addresses and their peers.
    @ivar mac: the address of the node's own tap.
    @ivar port: the UDP port of the node's data.
    @ivar transport: how frames travel to the peers; a directory may speak through it.  C{None} in a C{wand} that keeps
        the table of a separate C{etud}.
    @ivar host: the local address of the node's data; a server that takes a node's endpoint from its request is asked
        from there.
    @ivar sealed: what directories of a sealed network work with; C{None} where there is none.
    """

    table: Table
    mac: MAC
    port: int
    transport: ITransport | None
    host: str = "0.0.0.0"
    sealed: Sealed | None = None


class IWandPlugin(IPlugin):
    """
    What all plugins have in common.
    """

    name: str = Attribute("The name by which a configuration asks for it, unique among plugins of its kind.")

    about: str = Attribute("One line for people: what it is.")

    def unusable() -> str | None:
        """
        Why it cannot be used here and now (the wrong system, a missing library, a missing privilege), as a sentence
        that says what to do; C{None} if it can.  Changes nothing and is quick.
        """


# Tap drivers: an Ethernet port of this host.


@attrs.frozen
class TapRequest:
    """
    The Ethernet port that a node wants.

    @ivar interface: the name of the network interface, or of whatever the driver has instead.
    @ivar mac: the MAC address that the host shall have on it.
    @ivar mtu: the largest payload of a frame, in octets.
    @ivar addresses: IP addresses with their prefix lengths, C{10.1.0.1/16}, for the host.
    @ivar up: whether to set the link up.
    @ivar superframes: whether superframes are welcome; a driver that has them then opens an L{ISuperframeTap}.
    @ivar later: whether more addresses may come once the privileges of the start are dropped.
    @ivar settings: the driver's own settings, not yet checked.
    """

    interface: str
    mac: MAC
    mtu: int
    addresses: Sequence[str] = ()
    up: bool = True
    later: bool = False
    superframes: bool = False
    settings: Settings = attrs.field(factory=dict)


class ITapDriver(IWandPlugin):
    """
    A way to have an Ethernet port on this host.
    """

    def open(request: TapRequest, context: Context) -> ITap:
        """
        Open the port and configure it: MAC, MTU, addresses, link.  Called with the privileges of the start, before they
        are dropped; what is opened must work without them.  If it fails it leaves nothing behind.

        @raise wand.errors.TapUnavailable: if the port cannot be opened or configured.
        @raise wand.errors.ConfigurationInvalid: if C{request.settings} has a key or a value that the driver refuses.
        """


class ITap(Interface):
    """
    An open Ethernet port.
    """

    interface: str = Attribute("The name under which the host knows the port.")

    mac: MAC = Attribute("The MAC address that the host has on it.")

    mtu: int = Attribute("The largest payload of a frame, in octets.")

    features: Sequence[str] = Attribute("What was agreed with the kernel, for people, such as TSO4; empty if nothing.")

    def addAddress(address: str) -> None:
        """
        Give the host one more IP address on the port, C{10.77.0.5/16}; one that it has already is fine.

        @raise wand.errors.TapUnavailable: if it cannot be set, with what to do.
        """

    def start(receiver: IFrameReader) -> None:
        """
        Hand the frames that the host sends to C{receiver}, from the next turn of the reactor on.
        """

    def write(frame: Frame) -> bool:
        """
        Hand a frame to the host.  Never raises and never waits: a frame that cannot be taken is dropped and counted.

        @return: whether the host took it.
        """

    def close() -> None:
        """
        Stop reading and give the port back; what was opened is gone.  More calls do nothing.
        """


class IHostTap(ITap):
    """
    A port that is an interface of this host, which others can configure, too.
    """

    def adopt(interface: str, mac: MAC, mtu: int) -> None:
        """
        Somebody else changed the port: it has this name, this address and this MTU now.
        """


class ISuperframeTap(ITap):
    """
    A port whose kernel hands over L{superframes <wand.superframes>} and takes them.
    """

    def writeStretch(stretch: Stretch) -> bool:
        """
        Hand a stretch of a superframe to the host, in one piece.  Never raises and never waits.

        @return: whether the host took it.
        """


class IFrameReader(Interface):
    """
    Takes the frames that the host sends through a tap.  Etud provides it; drivers call it.
    """

    def frameRead(frame: Frame) -> None:
        """
        The host sent a frame.

        @param frame: whole, from the destination address on; a C{memoryview} is good until this call returns.
        """

    def superframeRead(frame: memoryview, virtio: VirtioHeader) -> None:
        """
        The host sent a frame that it left to others to finish: a superframe, or a frame without its checksum.  Only an
        L{ISuperframeTap} calls it.

        @param frame: good until this call returns; it may be changed.
        @param virtio: what the kernel says of it.
        """

    def batchRead() -> None:
        """
        For now there are no more frames: what was put off for a batch can be done.
        """

    def tapLost(reason: str) -> None:
        """
        The port is gone: the device was deleted or broke.  It hands over nothing more.
        """


# Peer protocols: how frames travel between two nodes.


@attrs.frozen
class TransportRequest:
    """
    What a node wants of its peer protocol.

    @ivar host: the numeric local address to bind.
    @ivar port: the UDP port to bind.
    @ivar mac: the address of the node's own tap.
    @ivar mtu: the largest payload of an inner frame, in octets.
    @ivar settings: the protocol's own settings, not yet checked.
    @ivar membership: who we are in which network, and whom we admit; C{None} where there is no network.
    """

    host: str
    port: int
    mac: MAC
    mtu: int
    settings: Settings = attrs.field(factory=dict)
    membership: Membership | None = None


class IPeerProtocol(IWandPlugin):
    """
    A way for frames to travel between nodes.
    """

    defaultMTU: int = Attribute("The MTU of the tap where the configuration names none, in octets.")

    directory: str = Attribute("The name of the directory plugin that asks the servers.")

    sealed: bool = Attribute("Does it need a membership?  Then what it opens has sessions, as the built-in one has.")

    def open(request: TransportRequest, context: Context) -> ITransport:
        """
        Bind what there is to bind.  Called with the privileges of the start.

        @raise wand.errors.PortUnavailable: if the UDP port cannot be bound.
        @raise wand.errors.ConfigurationInvalid: if C{request.settings} has a key or a value that is refused.
        """


class ITransport(Interface):
    """
    A peer protocol at work: it carries frames to peers and from them.
    """

    listening: str = Attribute("The local UDP endpoint, for people.")

    features: Sequence[str] = Attribute("What was agreed with the kernel, for people, such as GSO; empty if nothing.")

    notes: Sequence[str] = Attribute("What an operator could do to make it faster; usually empty.")

    def start(receiver: IFrameReceiver) -> None:
        """
        Hand the frames of the peers to C{receiver} from now on.
        """

    def send(peer: Peer, frame: Frame) -> None:
        """
        Send a frame to a peer: now, or at the next L{flush}.  Never raises and never waits; what cannot be sent is
        dropped and counted.
        """

    def sendEach(peers: Sequence[Peer], frame: Frame) -> None:
        """
        Send a frame to a group to several peers, each as L{send} does.
        """

    def flush() -> None:
        """
        The batch is over: send what was put off.
        """

    def peerFrom(text: str) -> Peer:
        """
        Read what an operator writes for a peer.

        @raise wand.errors.AddressInvalid: if this protocol knows no such peer.
        """

    def peerAdded(peer: Peer) -> None:
        """
        The table has its first entry for a peer: keep an account of it.
        """

    def peerRemoved(peer: Peer) -> None:
        """
        The table has no entry for a peer any more: drop what is kept about it.
        """

    def peerStatus(peer: Peer) -> PeerStatus:
        """
        What passed between a peer of the table and us; its C{macs} are left empty.
        """

    def stop() -> None:
        """
        Send and receive nothing more; free the port.
        """


class IResizableTransport(ITransport):
    """
    A transport that can follow a tap whose MTU was changed.
    """

    def resize(mtu: int) -> None:
        """
        From now on the largest payload of an inner frame has so many octets.
        """


class ISuperframeTransport(ITransport):
    """
    A transport that carries superframes.
    """

    def sendSuperframe(peer: Peer, frame: memoryview, virtio: VirtioHeader) -> None:
        """
        Send what L{IFrameReader.superframeRead} got, as L{ITransport.send} does with a frame.
        """


class IFrameReceiver(Interface):
    """
    Takes the frames that arrive from peers.  Etud provides it; transports call it.
    """

    wantsStretches: bool = Attribute(
        "Does the host take stretches in one piece?  If not, a transport whose datagrams are frames need not join them."
    )

    def frameReceived(peer: Peer, frame: Frame) -> None:
        """
        A frame came.

        @param peer: who sent it, as surely as the protocol knows.
        @param frame: whole, from the destination address on, and not yet checked in any way; a C{memoryview} is good
            until this call returns.
        """

    def stretchReceived(peer: Peer, stretch: Stretch) -> None:
        """
        A stretch of a superframe came.  Only an L{ISuperframeTransport} calls it.

        @param stretch: of reasonable sizes, and otherwise not yet checked; good until this call returns.
        """

    def batchReceived() -> None:
        """
        For now there are no more frames.
        """

    def peerHeard(peer: Peer) -> None:
        """
        A peer showed that it lives; called at most once in some seconds for a peer.
        """


# Directories: where the table comes from.


class IDirectoryKind(IWandPlugin):
    """
    A place where the table comes from.
    """

    def open(settings: Settings, context: NodeContext) -> IDirectory:
        """
        Prepare to keep the table up to date; nothing is sent yet.

        @raise wand.errors.ConfigurationInvalid: if a key or a value is refused.
        """


class IDirectory(Interface):
    """
    A directory at work: it puts entries into the table, under sources of its own.
    """

    def start() -> None:
        """
        Begin.
        """

    def stop() -> None:
        """
        Send nothing more and leave no timer behind.  The entries stay in the table until their lifetime ends.
        """

    def status() -> Sequence[DirectoryStatus]:
        """
        How it stands with every server that is asked.
        """


class IRovingDirectory(IDirectory):
    """
    A directory that wants to know when this host moves.
    """

    def moved() -> None:
        """
        An address or a route of this host changed: say at once where we are now.
        """


# Stores: where wansd keeps its state.


class IStore(IWandPlugin):
    """
    A place where the directory server keeps its state.
    """

    def open(settings: Settings, context: Context) -> IRecords:
        """
        Open it, or create it empty.  What may take long is done later, beside the reactor (C{context.makeWorker}); if
        it fails then, so does whatever is asked of the records.

        @raise wand.errors.StoreUnavailable: if that fails.
        @raise wand.errors.ConfigurationInvalid: if a key or a value is refused.
        """


class IRecords(Interface):
    """
    An open store: records of bytes, each with a kind and a key.  Each call is atomic and, once its Deferred fired,
    survives a crash of the program; calls are done in their order, and none blocks the reactor.  A Deferred fails with
    L{wand.errors.StoreUnavailable}, after a bounded time.
    """

    def load(kind: str) -> Deferred[dict[bytes, bytes]]:
        """
        Everything of a kind, by key.
        """

    def write(kind: str, records: Mapping[bytes, bytes | None]) -> Deferred[None]:
        """
        Set records of a kind, all or none; C{None} deletes.
        """

    def exchange(kind: str, key: bytes, expected: bytes | None, value: bytes | None) -> Deferred[bool]:
        """
        Set one record if it holds what is expected; C{None} stands for no record.  Of several that expect the same,
        exactly one succeeds.

        @return: whether it was set.
        """

    def close() -> Deferred[None]:
        """
        Finish what is under way and let go.
        """


# Hooks: code that is told of events, or asked.


@attrs.frozen
class Candidate:
    """
    A node that asks to be admitted by a directory server.

    @ivar mac: the address that it wants to have.
    @ivar endpoint: where its request came from, as text.
    @ivar name: its name, where the protocol has names.
    @ivar key: its whole public key, where the protocol has keys.
    """

    mac: MAC
    endpoint: str
    name: str = ""
    key: bytes = b""


@attrs.frozen
class Verdict:
    """
    What a hook says about a candidate; true if it admits it.

    @ivar admit: may the node join?
    @ivar reason: why not, a short sentence that its operator sees.
    """

    admit: bool
    reason: str = ""

    def __bool__(self) -> bool:
        return self.admit


class IHook(IWandPlugin):
    """
    Code of an operator's that is told of events, or asked before a node is admitted.
    """

    def open(settings: Settings, context: Context) -> IHookListener:
        """
        Begin to listen.  Called when the program runs in the background, without the privileges of its start; a hook
        that raises stops it.

        @raise wand.errors.ConfigurationInvalid: if a key or a value is refused.
        """


class IHookListener(Interface):
    """
    A hook at work.
    """

    def told(event: Event) -> None:
        """
        Something happened.
        """

    def admit(candidate: Candidate) -> Deferred[Verdict] | Deferred[bool] | Verdict | bool:
        """
        May this node join?  Every hook must say C{True}, or give a L{Verdict} that does.  An error, or no answer within
        five seconds, is a refusal for now: the node asks again.
        """

    def close() -> None:
        """
        Listen no more.
        """


# Frame services: code that looks at broadcast and control frames.


class IFrameService(IWandPlugin):
    """
    Code that looks at frames to group addresses, the few that are worth a look: ARP, neighbour discovery, DHCP.  Frames
    from host to host never come by, unless what it opens is a L{IFrameInspector}.
    """

    def open(settings: Settings, context: NodeContext, inject: Callable[[Frame], object]) -> IFrameWatcher:
        """
        Begin to watch.

        @param inject: hands a frame of the service's own to the host, as if a peer had sent it.
        @raise wand.errors.ConfigurationInvalid: if a key or a value is refused.
        """


class IFrameWatcher(Interface):
    """
    A frame service at work.
    """

    def leaving(frame: Frame) -> bool:
        """
        The host sends a frame to a group.

        @return: whether it may go on to the peers; if not it is dropped and counted.
        """

    def arriving(peer: Peer, frame: Frame) -> bool:
        """
        A peer sends a frame to a group.

        @return: whether it may go on to the host; if not it is dropped and counted.
        """

    def close() -> None:
        """
        Watch no more.
        """


class IFrameInspector(IFrameWatcher):
    """
    A frame service at work whose C{arriving} is asked about every frame of every peer, those to one host included.  It
    is in the way of all data, so it has to be quick.  Of a stretch of a superframe it is asked once, with its headers
    and the beginning of its payload: that is TCP or UDP, all of one flow.
    """
