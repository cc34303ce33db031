"""
The data plane as a service: the tap, the transport, the table and Etud between them.
"""

from __future__ import annotations

from collections.abc import Callable

import attrs
from twisted.application.service import Service
from twisted.logger import Logger

from wand.config import EtudConfiguration
from wand.discovery import discover
from wand.ethernet import MAC, Frame
from wand.etud.forwarding import Etud
from wand.interfaces import (
    Context,
    IFrameService,
    IFrameWatcher,
    IPeerProtocol,
    ITap,
    ITapDriver,
    ITransport,
    NodeContext,
    TapRequest,
    TransportRequest,
)
from wand.services.watcher import SteadyWatcher
from wand.state import Owner, StateDirectory, keptMAC
from wand.status import TapStatus
from wand.table import Table


class EtudService(Service):
    """
    Opens everything with the privileges of the start, and lets frames flow once they are dropped.

    @ivar table: MAC addresses and their peers.
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
        self._watching = [(name, discover(IFrameService).choose(name)) for name in configuration.frameServices]
        self._configuration = configuration
        self._base = context
        self._owner = owner
        self._lost = lost
        self._etud: Etud | None = None

    def privilegedStartService(self) -> None:
        """
        Open the UDP port and the tap.

        @raise wand.errors.WandError: if that fails; nothing is left open then.
        """
        configuration = self._configuration
        mac = self._mac()
        mtu = configuration.mtu or self.protocol.defaultMTU
        self.transport: ITransport = self.protocol.open(
            TransportRequest(configuration.listen, configuration.port, mac, mtu, configuration.protocolSettings),
            self._base,
        )
        try:
            self.tap: ITap = self._driver.open(
                TapRequest(
                    configuration.interface,
                    mac,
                    mtu,
                    configuration.addresses,
                    configuration.up,
                    configuration.driverSettings,
                ),
                self._base,
            )
        except BaseException:
            self.transport.stop()
            raise
        self.table.own = mac
        self.context = NodeContext(
            **attrs.asdict(self._base, recurse=False),
            table=self.table,
            mac=mac,
            port=configuration.port,
            transport=self.transport,
            host=configuration.listen,
        )
        self._etud = Etud(self.tap, self.transport, self.table, self._base.counters, self._lost)
        self._etud.watchers = [self._watcher(name, plugin) for name, plugin in self._watching]

    def startService(self) -> None:
        """
        Let frames flow.
        """
        if self._etud is None:  # python -m twisted has no privileged start
            self.privilegedStartService()
        assert self._etud is not None
        super().startService()
        self._etud.start()
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
        if self._etud is not None:
            for watcher in self._etud.watchers:
                watcher.close()
            self.tap.close()
            self.transport.stop()
            self.table.stop()
            self._etud = None

    def tapStatus(self) -> TapStatus:
        """
        The port, for people.
        """
        return TapStatus(
            driver=self._driver.name,
            interface=self.tap.interface,
            mac=str(self.tap.mac),
            mtu=self.tap.mtu,
            addresses=list(self._configuration.addresses),
            features=list(self.tap.features),
        )

    def _mac(self) -> MAC:
        if self._configuration.mac is not None:
            return MAC.parseUnicast(self._configuration.mac)
        state = StateDirectory(self._configuration.state, self._owner)
        return keptMAC(state, self._configuration.interface, self._base.random)

    def _watcher(self, name: str, plugin: IFrameService) -> IFrameWatcher:
        def inject(frame: Frame) -> bool:
            return self.tap.write(frame)

        settings = self._configuration.frameServiceSettings.get(name, {})
        return SteadyWatcher(name, plugin.open(settings, self.context, inject))
