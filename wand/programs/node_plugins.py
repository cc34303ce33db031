"""
The plugins that the configuration of a node names: its peer protocol, its tap driver and its frame services.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import ExitStack

from twisted.internet.defer import maybeDeferred

from wand.config import EtudConfiguration
from wand.discovery.catalogue import discover
from wand.discovery.opening import openPlugin
from wand.discovery.wanted import checkSettings, wanted
from wand.errors import PortUnavailable
from wand.ethernet import MAC, Frame
from wand.frame_services.guard import Guard
from wand.frame_services.guarded_watcher import GuardedWatcher
from wand.frame_services.neighbours import Neighbours
from wand.frame_services.storm import Storm
from wand.interfaces import (
    Context,
    IFrameService,
    IFrameWatcher,
    IPeerProtocol,
    ISessionProtocol,
    ISuperframeTransport,
    ITap,
    ITapDriver,
    ITransport,
    NodeContext,
    TapRequest,
    TransportRequest,
)
from wand.interfaces.membership import Membership
from wand.programs.candidate_sources import CandidateSources


class NodePlugins:
    """
    Chooses the plugins when the program is composed, opens them with the privileges of the start, and closes them in
    order: the port last, since goodbyes go through it.

    @ivar protocol: the peer protocol.
    @ivar driver: the tap driver.
    @ivar frameServices: the frame services by their names, in the order in which they are asked.
    @ivar candidateSources: what learns where others may reach the node.
    @ivar hasMembers: does the protocol work within a network of members only?
    """

    def __init__(self, configuration: EtudConfiguration, context: Context, protocol: IPeerProtocol) -> None:
        """
        @raise wand.errors.WandError: if one is not there, cannot be used, or is named twice, or there are settings for
            what is not there.
        """
        off = configuration.disabledPlugins
        self.protocol = protocol
        self.hasMembers = ISessionProtocol.providedBy(protocol)
        self.driver: ITapDriver = discover(ITapDriver, off).choose(configuration.driver)
        self._configuration = configuration
        self._context = context
        services = discover(IFrameService, off)
        self.frameServices: dict[str, IFrameService] = wanted(services, self._wanted())
        checkSettings(services, self.frameServices, configuration.frameServiceSettings, context.notes)
        self.candidateSources = CandidateSources(configuration, context, hasMembers=self.hasMembers)
        self._end = ExitStack()
        self._portEnd = ExitStack()

    def _wanted(self) -> Sequence[str]:
        if self._configuration.frameServices is None:
            return [Guard.name, Neighbours.name, Storm.name] if self.hasMembers else []
        return self._configuration.frameServices

    def openTransport(self, mac: MAC, mtu: int, membership: Membership | None, ports: Sequence[int]) -> ITransport:
        """
        Open the UDP port.

        @param ports: which to try, the best first.
        @raise wand.errors.WandError: if that fails.
        """
        configuration, name = self._configuration, self.protocol.name
        request = TransportRequest(
            configuration.listen,
            ports[0],
            mac,
            mtu,
            settings=configuration.protocolSettings,
            membership=membership,
        )
        try:
            transport: ITransport = openPlugin("protocol", name, self.protocol, request, self._context)
        except PortUnavailable:
            if len(ports) == 1:
                raise
            return self.openTransport(mac, mtu, membership, ports[1:])
        for number, note in enumerate(transport.notes):
            self._context.notes.say(f"transport-{number}", note, isHint=True)
        self._guard(f"protocol {name}", transport, transport.stop, self._portEnd)
        return transport

    def openTap(self, mac: MAC, mtu: int, addresses: Sequence[str], transport: ITransport, *, later: bool) -> ITap:
        """
        Open the tap.

        @param addresses: those of our certificate; those of the configuration come besides.
        @param later: see L{TapRequest}.
        @raise wand.errors.WandError: if that fails.
        """
        configuration, name = self._configuration, self.driver.name
        request = TapRequest(
            configuration.interface,
            mac,
            mtu,
            [*configuration.addresses, *addresses],
            configuration.up,
            superframes=ISuperframeTransport.providedBy(transport),
            later=later,
            settings=configuration.driverSettings,
        )
        tap: ITap = openPlugin("driver", name, self.driver, request, self._context)
        self._guard(f"driver {name}", tap, tap.close, self._end)
        return tap

    def openWatchers(self, context: NodeContext, inject: Callable[[Frame], object]) -> list[IFrameWatcher]:
        """
        Open the frame services.

        @param inject: hands a frame to the host.
        @raise wand.errors.WandError: if that fails.
        """
        watchers: list[IFrameWatcher] = []
        for name, plugin in self.frameServices.items():
            settings = self._configuration.frameServiceSettings.get(name, {})
            watcher = openPlugin("frame service", name, plugin, settings, context, inject)
            watchers.append(GuardedWatcher(name, watcher, context.failures))
            self._end.callback(watchers[-1].close)
        return watchers

    def atTheEnd(self, place: str, close: Callable[[], object]) -> None:
        """
        Have something else closed with the plugins, before those that were opened until now.

        @param place: what it is, for the count and the log if it fails.
        """
        self._guard(place, None, close, self._end)

    def close(self) -> None:
        """
        Close everything but the port, whatever does not close.
        """
        self._end.close()

    def closePort(self) -> None:
        """
        Close the port.
        """
        self._portEnd.close()

    def _guard(self, place: str, plugin: object, close: Callable[[], object], end: ExitStack) -> None:
        def closing() -> None:
            maybeDeferred(close).addErrback(lambda failure: self._context.failures.caught(place, failure, plugin))

        end.callback(closing)
