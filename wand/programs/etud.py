"""
The data plane as a service: the tap, the transport, the table and Etud between them.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

import attrs
from twisted.application.service import Service
from twisted.internet.defer import Deferred, DeferredList, maybeDeferred, succeed
from twisted.logger import Logger

from wand.config import EtudConfiguration, NodeConfiguration
from wand.ethernet import MAC, Frame
from wand.etud.bridging import Bridging
from wand.etud.forwarding import Etud
from wand.etud.gratuitous import GratuitousAnnouncements, announcementsOf
from wand.etud.waiting_frames import WaitingFrames
from wand.interfaces import (
    Context,
    IHostTap,
    IPeerProtocol,
    IResizableTransport,
    IRovingTransport,
    ISessionTransport,
    ITap,
    ITransport,
    NodeContext,
)
from wand.programs.host_watch import HostWatch
from wand.programs.node_groups import NodeGroups
from wand.programs.node_plugins import NodePlugins
from wand.programs.node_port import NodePort
from wand.programs.node_relays import NodeRelays
from wand.programs.node_streams import streamsOf
from wand.programs.tap_watch import TapWatch
from wand.sealed.node.enrolment import Enrolment
from wand.sealed.node.followers import MembershipFollower
from wand.sealed.node.node_membership import NodeMembership
from wand.sealed.node.start_invitation import StartInvitation
from wand.state import Owner, StateDirectory, keptMAC
from wand.status import TapStatus
from wand.table import Table


class Directories(MembershipFollower, Protocol):
    """
    The directories of a node, which are told what changes at it.
    """

    def moved(self) -> None:
        """
        An address or a route of this host changed.
        """

    def macChanged(self) -> None:
        """
        The tap has another address, and no membership has said so.
        """


class EtudService(Service):
    """
    Opens everything with the privileges of the start, and lets frames flow once they are dropped.

    @ivar table: MAC addresses and their peers.
    @ivar member: our membership, where the protocol has one.
    @ivar relays: those that it uses, and the one that it may be, where it has a membership.
    @ivar groups: sends frames to groups where there are too many members, if it has a membership.
    @ivar directories: set from outside, before the service starts.
    @ivar context: what directories and frame services work with; there once the service is opened.
    """

    _log = Logger()

    directories: Directories

    def __init__(
        self, configuration: EtudConfiguration, context: Context, owner: Owner, lost: Callable[[str], object]
    ) -> None:
        """
        @param lost: called with the reason when the tap is gone for good.
        """
        self.table = Table(context.clock, context.events)
        self.member: NodeMembership | None = None
        self.relays: NodeRelays | None = None
        self.groups: NodeGroups | None = None
        self._plugins = NodePlugins(configuration, context)
        self._configuration = configuration
        self._base = context
        self._owner = owner
        self._lost = lost
        self._etud: Etud | None = None
        self._watch: HostWatch | None = None
        self._announcing = GratuitousAnnouncements(
            context.clock, lambda: announcementsOf(self.tap.mac, self._addresses()), self._sendToAll
        )

    @property
    def protocol(self) -> IPeerProtocol:
        """
        The peer protocol.
        """
        return self._plugins.protocol

    @property
    def hasMembers(self) -> bool:
        """
        Does the protocol work within a network of members only?
        """
        return self._plugins.hasMembers

    def privilegedStartService(self) -> None:
        """
        Open the UDP port and the tap.

        @raise wand.errors.WandError: if that fails; nothing is left open then.
        """
        try:
            self._open()
        except BaseException:
            self._close()
            raise

    def _open(self) -> None:
        mac, enrolment, plugins = self._mac(), self._enrolment(), self._plugins
        mtu = self._configuration.mtu or self.protocol.defaultMTU
        plugins.atTheEnd("table", self.table.stop)
        port = NodePort(self._configuration, self._owner, hasMembers=self.hasMembers)
        self.transport: ITransport = plugins.openTransport(mac, mtu, enrolment, port.choices())
        self._port = port.got(self.transport)
        later = enrolment is not None and self._owner.uid is not None
        own = enrolment.own.addresses if enrolment is not None and enrolment.own is not None else ()
        self.tap: ITap = plugins.openTap(mac, mtu, own, self.transport, later=later)
        self.table.own = mac
        if enrolment is not None and ISessionTransport.providedBy(self.transport):
            self.member = self._member(enrolment, self.transport)
            self._base.networkName.ask = self.member.networkName
            plugins.atTheEnd("membership", self.member.stop)
            self.relays = NodeRelays(self._configuration, self.member, self.transport, self._base)
            plugins.atTheEnd("relays", self.relays.stop)
            self.groups = NodeGroups(self._configuration, self.member, self.transport, self.table, self._base)
            plugins.atTheEnd("groups", self.groups.stop)
        self.context = self._nodeContext(mac)
        self._etud = Etud(
            self.tap,
            self.transport,
            self.table,
            self._base.counters,
            self._lost,
            self._base.failures,
            self._bridging(),
            WaitingFrames(self.member.search, self._base.counters) if self.member is not None else None,
            linkLocal=self._configuration.linkLocal,
            spreading=self.groups,
        )
        self._etud.watchers = plugins.openWatchers(self.context, lambda frame: self.tap.write(frame))
        plugins.candidateSources.open(self.context)

    def _nodeContext(self, mac: MAC) -> NodeContext:
        return NodeContext(
            **attrs.asdict(self._base, recurse=False),
            table=self.table,
            mac=mac,
            port=self._port,
            transport=self.transport,
            sealed=self.member.sealed if self.member else None,
            host=self._configuration.listen,
            readAgain=self._readAgain,
        )

    def _readAgain(self, frame: Frame) -> None:
        if self._etud is not None:
            self._etud.frameRead(frame)
            self._etud.batchRead()

    def _bridging(self) -> Bridging | None:
        if self.member is None:
            return None
        return Bridging(self.member.claims.sources, self._base, self.tap, self._configuration.unknownUnicast)

    def startService(self) -> None:
        """
        Let frames flow.
        """
        if self._etud is None:  # python -m twisted has no privileged start
            self.privilegedStartService()
        assert self._etud is not None
        super().startService()
        self._etud.start()
        if self.groups is not None:
            self.groups.start(self._etud)
        if self.member is not None:
            self.member.start()
            self._plugins.candidateSources.start(self.member.candidates.tell)
        self._watch = HostWatch(self._base, self._hostMoved, self._tapWatch())
        self._watch.start()
        self._log.info(
            "etud: {interface} ({mac}, MTU {mtu}) over {protocol} at {listening}",
            interface=self.tap.interface,
            mac=str(self.tap.mac),
            mtu=self.tap.mtu,
            protocol=self.protocol.name,
            listening=self.transport.listening,
        )

    def stopService(self) -> Deferred[None]:
        """
        Say goodbye to the peers, and close everything.

        @return: fires once the port is closed.
        """
        super().stopService()
        if self._etud is None:
            return succeed(None)
        if self._watch is not None:
            self._watch.stop()
        self._announcing.stop()
        self._etud = None
        self._plugins.close()
        parting = maybeDeferred(self.member.goodbyes.say) if self.member else succeed(None)
        parting.addErrback(lambda failure: self._base.failures.caught("goodbyes", failure))
        ending = DeferredList([parting, self._plugins.candidateSources.stop()])
        return ending.addCallback(lambda _: self._plugins.closePort())

    def _close(self) -> None:
        self._plugins.close()
        self._plugins.closePort()
        self._etud = None

    # What changes at the host.

    def _tapWatch(self) -> TapWatch | None:
        if not IHostTap.providedBy(self.tap):
            return None
        return TapWatch(self.tap, self._base, self._addresses, self._tapAdopted, self._configuration.up)

    def _tapAdopted(self, isMAC: bool) -> None:
        if self._etud is None:
            return
        self._etud.follow()
        if IResizableTransport.providedBy(self.transport):
            self.transport.resize(self.tap.mtu)
        if isMAC:
            self._macAdopted()

    def _macAdopted(self) -> None:
        self.table.own = self.tap.mac
        self.context = attrs.evolve(self.context, mac=self.tap.mac)
        if self.member is not None:
            self.member.macChanged()  # which tells the directories
        else:
            self.directories.macChanged()
        self._announcing.begin()

    def _sendToAll(self, frame: Frame) -> None:
        if self.groups is not None and self.groups.isTaking:
            self.groups.spread(frame)
            return
        self.transport.sendEach(self.table.peers, frame)
        self.transport.flush()

    def _hostMoved(self) -> None:
        if IRovingTransport.providedBy(self.transport):
            self.transport.moved()
        if self.member is not None:
            self.member.moved()
            self._plugins.candidateSources.moved()
        self.directories.moved()

    def _addresses(self) -> list[str]:
        own = self.member.enrolment.own if self.member else None
        return [*self._configuration.addresses, *(own.addresses if own else ())]

    def tapStatus(self) -> TapStatus:
        """
        The port, for people.
        """
        return TapStatus(
            driver=self._plugins.driver.name,
            interface=self.tap.interface,
            mac=str(self.tap.mac),
            mtu=self.tap.mtu,
            addresses=self._addresses(),
            features=[
                f"tap: {' '.join(self.tap.features) or 'ordinary frames'}",
                f"udp: {' '.join(self.transport.features) or 'single datagrams'}",
            ],
        )

    def lookAtRelay(self) -> None:
        """
        For a L{wand.programs.monitor.Monitor}.
        """
        if self.relays is not None:
            self.relays.look()

    def lookAtGroups(self) -> None:
        """
        For a L{wand.programs.monitor.Monitor}.
        """
        if self.groups is not None:
            self.groups.look()

    # Who we are.

    def _mac(self) -> MAC:
        if self._configuration.mac is not None:
            return MAC.parseUnicast(self._configuration.mac)
        state = StateDirectory(self._configuration.state, self._owner)
        return keptMAC(state, self._configuration.interface, self._base.random)

    def _enrolment(self) -> Enrolment | None:
        if not self.hasMembers:
            return None
        state = StateDirectory(self._configuration.state, self._owner)
        enrolment = Enrolment(state, self._base.clock, notes=self._base.notes, wallClock=self._base.wallClock)
        StartInvitation(self._configuration, self._base.notes).into(enrolment)
        return enrolment

    def _member(self, enrolment: Enrolment, transport: ISessionTransport) -> NodeMembership:
        configuration = self._configuration
        return NodeMembership(
            enrolment,
            transport,
            self.tap,
            self.table,
            self._base,
            name=configuration.name if isinstance(configuration, NodeConfiguration) else "",
            port=self._port,
            follower=self.directories,
            streams=streamsOf(configuration, enrolment, transport, self._base),
            lan=configuration.listen if configuration.lanDiscovery else None,
        )
