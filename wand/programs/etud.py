"""
The data plane as a service: the tap, the transport, the table and Etud between them.
"""

from __future__ import annotations

from collections.abc import Callable

import attrs
import msgspec
from twisted.application.service import Service
from twisted.internet.defer import Deferred, DeferredList, maybeDeferred, succeed
from twisted.logger import Logger

from wand.config import EtudConfiguration
from wand.ethernet import MAC, Frame
from wand.etud.bridging import Bridging
from wand.etud.forwarding import Etud
from wand.etud.waiting_frames import WaitingFrames
from wand.host.ipv6 import obstacleToIPv6
from wand.interfaces import (
    Context,
    IPeerProtocol,
    ISessionTransport,
    ITap,
    ITransport,
    NodeContext,
)
from wand.programs.host_following import Directories, FollowingNode, HostFollowing
from wand.programs.live_settings import LiveSettings
from wand.programs.node_captures import NodeCaptures
from wand.programs.node_groups import NodeGroups
from wand.programs.node_identity import ownEnrolment, ownMAC, wishedName
from wand.programs.node_plugins import NodePlugins
from wand.programs.node_port import NodePort
from wand.programs.node_relays import NodeRelays
from wand.programs.node_streams import streamsOf
from wand.sealed.node.enrolment import Enrolment
from wand.sealed.node.node_membership import NodeMembership
from wand.sealed.node.own_node import OwnNode
from wand.state import Owner
from wand.status import TapStatus
from wand.table import Peer, Table


class EtudService(Service):
    """
    Opens everything with the privileges of the start, and lets frames flow once they are dropped.

    @ivar table: MAC addresses and their peers.
    @ivar member: our membership, where the protocol has one.
    @ivar relays: those that it uses, and the one that it may be, where it has a membership.
    @ivar groups: sends frames to groups where there are too many members, if it has a membership.
    @ivar directories: set from outside, before the service starts.
    @ivar captures: for operators who want to see frames; there once the service is opened.
    @ivar context: what directories and frame services work with; there once the service is opened.
    """

    _log = Logger()

    directories: Directories

    def __init__(
        self,
        configuration: EtudConfiguration,
        context: Context,
        owner: Owner,
        lost: Callable[[str], object],
        protocol: IPeerProtocol,
    ) -> None:
        """
        @param lost: called with the reason when the tap is gone for good.
        """
        self.table = Table(context.clock, context.events)
        self.member: NodeMembership | None = None
        self.relays: NodeRelays | None = None
        self.groups: NodeGroups | None = None
        self._plugins = NodePlugins(configuration, context, protocol)
        self._configuration = configuration
        self._base = context
        self._owner = owner
        self._lost = lost
        self._etud: Etud | None = None
        self._following: HostFollowing | None = None
        self._had: tuple[str, ...] = ()

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
        configuration, base, plugins = self._configuration, self._base, self._plugins
        mac = ownMAC(configuration, self._owner, base.random)
        enrolment = ownEnrolment(configuration, self._owner, base) if self.hasMembers else None
        mtu = configuration.mtu or self.protocol.defaultMTU
        plugins.atTheEnd("table", self.table.stop)
        port = NodePort(configuration, self._owner, hasMembers=self.hasMembers)
        self.transport: ITransport = plugins.openTransport(mac, mtu, enrolment, port.choices())
        self._port = port.got(self.transport)
        later = enrolment is not None and self._owner.uid is not None
        own = enrolment.own.addresses if enrolment is not None and enrolment.own is not None else ()
        isPossible = not obstacleToIPv6(configuration.interface, mtu)
        usable = [each for each in own if isPossible or ":" not in each]  # the others keep no node from starting
        self.tap: ITap = plugins.openTap(mac, mtu, usable, self.transport, later=later)
        self.table.own = mac
        if enrolment is not None and ISessionTransport.providedBy(self.transport):
            self._openMember(enrolment, self.transport)
            self._had = own
        if self.member is not None:
            self.member.addLeftOut(usable)
        self.context = self._nodeContext(mac)
        self._etud = self._openEtud()
        self.captures = NodeCaptures(self._etud, self.context, self.tap.interface, self.nameOf)
        self._etud.watchers = plugins.openWatchers(self.context, lambda frame: self.tap.write(frame))
        plugins.candidateSources.open(self.context)

    def _openMember(self, enrolment: Enrolment, transport: ISessionTransport) -> None:
        configuration, base, plugins = self._configuration, self._base, self._plugins
        node = OwnNode(
            enrolment=enrolment,
            transport=transport,
            tap=self.tap,
            table=self.table,
            context=base,
            wish=wishedName(configuration),
            port=self._port,
            follower=self.directories,
            streams=streamsOf(configuration, enrolment, transport, base),
            lan=configuration.listen if configuration.lanDiscovery else None,
            addresses=lambda: self._configuration.addresses,
        )
        self.member = NodeMembership(node)
        base.networkName.ask = lambda: enrolment.descriptor.name if enrolment.descriptor else ""
        plugins.atTheEnd("membership", self.member.stop)
        self.relays = NodeRelays(configuration, self.member, transport, base)
        plugins.atTheEnd("relays", self.relays.stop)
        self.groups = NodeGroups(configuration, self.member, transport, self.table, base)
        plugins.atTheEnd("groups", self.groups.stop)

    def nameOf(self, peer: Peer) -> str:
        """
        What a peer is called, met or not.
        """
        name = "" if self.member is None else self.member.reach.inspection.nameOf(peer)
        return name or str(peer)

    def _openEtud(self) -> Etud:
        return Etud(
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
            self._etud.fromHost.frameRead(frame)
            self._etud.fromHost.batchRead()

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
            self.groups.start(self._etud.fromPeers)
        if self.member is not None:
            self.member.start()
            self._plugins.candidateSources.start(self.member.candidates.tell)
        self._following = self._follow(self._etud)
        self._following.start()
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
        if self._following is not None:
            self._following.stop()
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

    def _follow(self, etud: Etud) -> HostFollowing:
        node = FollowingNode(
            etud=etud,
            tap=self.tap,
            transport=self.transport,
            member=self.member,
            candidateSources=self._plugins.candidateSources,
            directories=self.directories,
            addresses=self._addresses,
            wantsUp=self._configuration.up,
            macAdopted=self._macAdopted,
            sendToAll=self._sendToAll,
        )
        return HostFollowing(node, self._base)

    def _macAdopted(self) -> None:
        self.table.own = self.tap.mac
        self.context = attrs.evolve(self.context, mac=self.tap.mac)

    def _sendToAll(self, frame: Frame) -> None:
        if self.groups is not None and self.groups.isTaking:
            self.groups.spread(frame)
            return
        self.transport.sendEach(self.table.peers, frame)
        self.transport.flush()

    def take(self, before: EtudConfiguration, after: EtudConfiguration) -> list[str]:
        """
        Take over what can be changed while frames flow.

        @return: what became of each change, as L{wand.control.program.Program.reload} has it.
        """
        if self._etud is None:
            return []
        live, said = LiveSettings(self.tap, self._resized), []
        mtu = after.mtu or self.protocol.defaultMTU
        if mtu != (before.mtu or self.protocol.defaultMTU):
            said.append(live.setMTU(mtu))
        said += live.setAddresses(before.addresses, after.addresses)
        self._configuration = msgspec.structs.replace(self._configuration, addresses=after.addresses)
        return said

    def _resized(self, mtu: int) -> None:
        if self._following is not None:
            self._following.resized(mtu)
        if self.member is not None:
            self.member.addLeftOut([])  # Linux takes the IPv6 addresses away if it is too small for these

    def certified(self) -> None:
        """
        Our certificate may be another one: if it has other addresses, others are to hear of that before their kernels
        forget who had these.
        """
        own = self.member.enrolment.own if self.member else None
        if own is None or own.addresses == self._had:
            return
        had, self._had = self._had, own.addresses
        if had and self._following is not None:
            self._following.announce()

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
