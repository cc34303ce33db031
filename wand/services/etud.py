"""
The data plane as a service: the tap, the transport, the table and Etud between them.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import ExitStack

import attrs
from twisted.application.service import Service
from twisted.internet.defer import Deferred, maybeDeferred, succeed
from twisted.logger import Logger

from wand.config import EtudConfiguration, NodeConfiguration
from wand.discovery.catalogue import discover
from wand.discovery.opening import openPlugin
from wand.ethernet import MAC, Frame
from wand.etud.bridging import Bridging
from wand.etud.forwarding import Etud
from wand.frame_services.guard import Guard
from wand.interfaces import (
    Context,
    IFrameService,
    IFrameWatcher,
    IHostTap,
    IPeerProtocol,
    IResizableTransport,
    ISuperframeTransport,
    ITap,
    ITapDriver,
    ITransport,
    NodeContext,
    TapRequest,
    TransportRequest,
)
from wand.membership.enrolment import Enrolment
from wand.protocols.sealed.transport import SealedTransport
from wand.services.host_watch import HostWatch
from wand.services.invited import Invited
from wand.services.member import Follower, MemberService
from wand.services.self_announcing import SelfAnnouncing, announcementsOf
from wand.services.tap_watch import TapWatch
from wand.services.watcher import SteadyWatcher
from wand.state import Owner, StateDirectory, keptMAC
from wand.status import TapStatus
from wand.table import Table


class EtudService(Service):
    """
    Opens everything with the privileges of the start, and lets frames flow once they are dropped.

    @ivar table: MAC addresses and their peers.
    @ivar member: our membership, where the protocol has one.
    @ivar follower: gives the directory that wants to know when our membership changes.
    @ivar moved: told when an address or a route of this host changed.
    @ivar macChanged: told when somebody gave the tap another address.
    @ivar context: what directories and frame services work with; there once the service is opened.
    """

    _log = Logger()

    def __init__(
        self, configuration: EtudConfiguration, context: Context, owner: Owner, lost: Callable[[str], object]
    ) -> None:
        """
        @param lost: called with the reason when the tap is gone for good.
        """
        self.table = Table(context.clock, context.events)
        self.protocol: IPeerProtocol = discover(IPeerProtocol).choose(configuration.protocol)
        self._driver: ITapDriver = discover(ITapDriver).choose(configuration.driver)
        self._watching = [(name, discover(IFrameService).choose(name)) for name in self._services(configuration)]
        self._configuration = configuration
        self._base = context
        self._owner = owner
        self._lost = lost
        self._etud: Etud | None = None
        self._closing = ExitStack()
        self._closingPort = ExitStack()  # through which goodbyes are said when the rest is closed
        self.member: MemberService | None = None
        self.follower: Callable[[], Follower | None] = lambda: None
        self.moved: Callable[[], object] = lambda: None
        self.macChanged: Callable[[], object] = lambda: None
        self._watch: HostWatch | None = None
        self._announcing = SelfAnnouncing(
            context.clock, lambda: announcementsOf(self.tap.mac, self._addresses()), self._sendToAll
        )

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
        mac, enrolment = self._mac(), self._enrolment()
        mtu = self._configuration.mtu or self.protocol.defaultMTU
        self._closing.callback(self.table.stop)
        self.transport: ITransport = self._openTransport(mac, mtu, enrolment)
        for number, note in enumerate(self.transport.notes):
            self._base.notes.say(f"transport-{number}", note, isHint=True)
        self._atTheEnd(f"protocol {self.protocol.name}", self.transport, self.transport.stop, self._closingPort)
        self.tap: ITap = self._openTap(mac, mtu, enrolment)
        self._atTheEnd(f"driver {self._driver.name}", self.tap, self.tap.close, self._closing)
        self.table.own = mac
        if enrolment is not None and isinstance(self.transport, SealedTransport):
            self.member = self._member(enrolment, self.transport)
            self._atTheEnd("membership", self.member, self.member.stop, self._closing)
        self.context = NodeContext(
            **attrs.asdict(self._base, recurse=False),
            table=self.table,
            mac=mac,
            port=self._configuration.port,
            transport=self.transport,
            sealed=self.member.sealed if self.member else None,
            host=self._configuration.listen,
        )
        self._etud = Etud(
            self.tap,
            self.transport,
            self.table,
            self._base.counters,
            self._lost,
            self._base.failures,
            self._bridging(),
            linkLocal=self._configuration.linkLocal,
        )
        watchers = []
        for name, plugin in self._watching:
            watchers.append(self._watcher(name, plugin))
            self._closing.callback(watchers[-1].close)
        self._etud.watchers = watchers

    def _bridging(self) -> Bridging | None:
        if self.member is None:
            return None
        return Bridging(self.member.claims, self._base, self.tap, self._configuration.unknownUnicast)

    def _openTransport(self, mac: MAC, mtu: int, enrolment: Enrolment | None) -> ITransport:
        configuration = self._configuration
        request = TransportRequest(
            configuration.listen,
            configuration.port,
            mac,
            mtu,
            settings=configuration.protocolSettings,
            membership=enrolment,
        )
        transport: ITransport = openPlugin("protocol", self.protocol.name, self.protocol, request, self._base)
        return transport

    def _openTap(self, mac: MAC, mtu: int, enrolment: Enrolment | None) -> ITap:
        configuration = self._configuration
        own = enrolment.own.addresses if enrolment is not None and enrolment.own is not None else ()
        request = TapRequest(
            configuration.interface,
            mac,
            mtu,
            [*configuration.addresses, *own],
            configuration.up,
            superframes=ISuperframeTransport.providedBy(self.transport),
            later=enrolment is not None and self._owner.uid is not None,
            settings=configuration.driverSettings,
        )
        tap: ITap = openPlugin("driver", self._driver.name, self._driver, request, self._base)
        return tap

    def _atTheEnd(self, place: str, plugin: object, close: Callable[[], object], end: ExitStack) -> None:
        """
        Have something closed at the end, whatever else does not close.

        @param end: which end: of everything, or of the port.
        """

        def closing() -> None:
            maybeDeferred(close).addErrback(lambda failure: self._base.failures.caught(place, failure, plugin))

        end.callback(closing)

    def startService(self) -> None:
        """
        Let frames flow.
        """
        if self._etud is None:  # python -m twisted has no privileged start
            self.privilegedStartService()
        assert self._etud is not None
        super().startService()
        self._etud.start()
        if self.member is not None:
            self.member.start()
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
        self._closing.close()
        parting = maybeDeferred(self.member.goodbyes.say) if self.member else succeed(None)
        parting.addErrback(lambda failure: self._base.failures.caught("goodbyes", failure))
        return parting.addCallback(lambda _: self._closingPort.close())

    def _close(self) -> None:
        self._closing.close()
        self._closingPort.close()
        self._etud = None

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
            self.table.own = self.tap.mac
            self.context = attrs.evolve(self.context, mac=self.tap.mac)
            if self.member is not None:
                self.member.macChanged()
            self.macChanged()
            self._announcing.begin()

    def _sendToAll(self, frame: Frame) -> None:
        self.transport.sendEach(self.table.peers, frame)
        self.transport.flush()

    def _hostMoved(self) -> None:
        if isinstance(self.transport, SealedTransport):
            self.transport.sessions.moved()
        if self.member is not None:
            self.member.moved()
        self.moved()

    def _addresses(self) -> list[str]:
        own = self.member.enrolment.own if self.member else None
        return [*self._configuration.addresses, *(own.addresses if own else ())]

    def tapStatus(self) -> TapStatus:
        """
        The port, for people.
        """
        return TapStatus(
            driver=self._driver.name,
            interface=self.tap.interface,
            mac=str(self.tap.mac),
            mtu=self.tap.mtu,
            addresses=self._addresses(),
            features=[
                f"tap: {' '.join(self.tap.features) or 'ordinary frames'}",
                f"udp: {' '.join(self.transport.features) or 'single datagrams'}",
            ],
        )

    def _mac(self) -> MAC:
        if self._configuration.mac is not None:
            return MAC.parseUnicast(self._configuration.mac)
        state = StateDirectory(self._configuration.state, self._owner)
        return keptMAC(state, self._configuration.interface, self._base.random)

    def _enrolment(self) -> Enrolment | None:
        if not self.protocol.sealed:
            return None
        state = StateDirectory(self._configuration.state, self._owner)
        enrolment = Enrolment(state, self._base.clock, notes=self._base.notes, wallClock=self._base.wallClock)
        Invited(self._configuration, self._base.notes).into(enrolment)
        return enrolment

    def _member(self, enrolment: Enrolment, transport: SealedTransport) -> MemberService:
        configuration = self._configuration
        return MemberService(
            enrolment,
            transport,
            self.tap,
            self.table,
            self._base,
            name=configuration.name if isinstance(configuration, NodeConfiguration) else "",
            host=configuration.listen,
            port=configuration.port,
            follower=lambda: self.follower(),
        )

    def _services(self, configuration: EtudConfiguration) -> Sequence[str]:
        if configuration.frameServices is None:
            return [Guard.name] if self.protocol.sealed else []
        return configuration.frameServices

    def _watcher(self, name: str, plugin: IFrameService) -> IFrameWatcher:
        def inject(frame: Frame) -> bool:
            return self.tap.write(frame)

        settings = self._configuration.frameServiceSettings.get(name, {})
        watcher = openPlugin("frame service", name, plugin, settings, self.context, inject)
        return SteadyWatcher(name, watcher, self._base.failures)
