"""
The data plane as a service: the tap, the transport, the table and Etud between them.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Final

import attrs
from twisted.application.service import Service
from twisted.internet.defer import maybeDeferred
from twisted.logger import Logger

from wand.config import EtudConfiguration, NodeConfiguration
from wand.discovery import discover
from wand.errors import ConfigurationInvalid
from wand.ethernet import MAC, Frame
from wand.etud.forwarding import Etud
from wand.frame_services.guard import Guard
from wand.interfaces import (
    Context,
    IFrameService,
    IFrameWatcher,
    IPeerProtocol,
    ISuperframeTransport,
    ITap,
    ITapDriver,
    ITransport,
    NodeContext,
    TapRequest,
    TransportRequest,
)
from wand.membership.enrolment import Enrolment
from wand.membership.token import Token
from wand.opening import openPlugin
from wand.protocols.sealed.transport import SealedTransport
from wand.services.member import Follower, MemberService
from wand.services.watcher import SteadyWatcher
from wand.state import Owner, StateDirectory, keptMAC
from wand.status import TapStatus
from wand.table import Table

#: The environment variable that may hold an invitation.
TOKEN_VARIABLE: Final = "WAND_TOKEN"


class EtudService(Service):
    """
    Opens everything with the privileges of the start, and lets frames flow once they are dropped.

    @ivar table: MAC addresses and their peers.
    @ivar member: our membership, where the protocol has one.
    @ivar follower: gives the directory that wants to know when our membership changes.
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
        self.member: MemberService | None = None
        self.follower: Callable[[], Follower | None] = lambda: None

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
        self._atTheEnd(f"protocol {self.protocol.name}", self.transport, self.transport.stop)
        self.tap: ITap = self._openTap(mac, mtu, enrolment)
        self._atTheEnd(f"driver {self._driver.name}", self.tap, self.tap.close)
        self.table.own = mac
        if enrolment is not None and isinstance(self.transport, SealedTransport):
            self.member = self._member(enrolment, self.transport)
            self._atTheEnd("membership", self.member, self.member.stop)
        self.context = NodeContext(
            **attrs.asdict(self._base, recurse=False),
            table=self.table,
            mac=mac,
            port=self._configuration.port,
            transport=self.transport,
            sealed=self.member.sealed if self.member else None,
            host=self._configuration.listen,
        )
        self._etud = Etud(self.tap, self.transport, self.table, self._base.counters, self._lost, self._base.failures)
        watchers = []
        for name, plugin in self._watching:
            watchers.append(self._watcher(name, plugin))
            self._closing.callback(watchers[-1].close)
        self._etud.watchers = watchers

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

    def _atTheEnd(self, place: str, plugin: object, close: Callable[[], object]) -> None:
        """
        Have something closed at the end, whatever else does not close.
        """

        def closing() -> None:
            maybeDeferred(close).addErrback(lambda failure: self._base.failures.caught(place, failure, plugin))

        self._closing.callback(closing)

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
        self._log.info(
            "etud: {interface} ({mac}, MTU {mtu}) over {protocol} at {listening}",
            interface=self.tap.interface,
            mac=str(self.tap.mac),
            mtu=self.tap.mtu,
            protocol=self.protocol.name,
            listening=self.transport.listening,
        )

    def stopService(self) -> None:
        """
        Close everything.
        """
        super().stopService()
        self._close()

    def _close(self) -> None:
        self._closing.close()
        self._etud = None

    def tapStatus(self) -> TapStatus:
        """
        The port, for people.
        """
        own = self.member.enrolment.own if self.member else None
        return TapStatus(
            driver=self._driver.name,
            interface=self.tap.interface,
            mac=str(self.tap.mac),
            mtu=self.tap.mtu,
            addresses=[*self._configuration.addresses, *(own.addresses if own else ())],
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
        enrolment = Enrolment(
            StateDirectory(self._configuration.state, self._owner), self._base.clock, wallClock=self._base.wallClock
        )
        token = self._invitation()
        if token is not None and enrolment.stage != "member":
            enrolment.begin(Token.parse(token))
        return enrolment

    def _invitation(self) -> str | None:
        path = self._configuration.joinFile if isinstance(self._configuration, NodeConfiguration) else ""
        if not path:
            return os.environ.get(TOKEN_VARIABLE)
        try:
            return Path(path).read_text(encoding="ascii", errors="replace")
        except FileNotFoundError:
            return None  # it was redeemed and removed
        except OSError as error:
            raise ConfigurationInvalid("--join-file", "", f"{path} can not be read: {error.strerror}") from error

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
