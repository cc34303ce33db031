"""
The candidate source C{upnp}: asks the router to map our UDP port, by UPnP (Internet Gateway Device).
"""

from __future__ import annotations

from collections.abc import Callable
from importlib.util import find_spec
from typing import Any, Final

from twisted.internet.defer import Deferred
from twisted.plugin import IPlugin
from twisted.python.failure import Failure
from zope.interface import implementer

from wand.candidate_sources.gateway_device import GatewayDevice, MappingRefused, NoDevice
from wand.candidate_sources.outside import mapped, onlyNews
from wand.candidate_sources.port_mapping import COUNTERS, LIFETIME
from wand.candidate_sources.router import REFUSED, Router, findRouter, interfaceOf
from wand.endpoint import Endpoint
from wand.interfaces import CandidateReader, ICandidates, ICandidateSource, NodeContext, Settings
from wand.plugin_settings import NoSettings, readSettings
from wand.timing.timer import Timer

#: Seconds until the router is looked for, in which it may have answered otherwise; then nobody has to shout on the LAN.
FIRST_WAIT: Final = 3.0

#: Seconds to the next look if a mapping is not needed or not to be had; the second wait doubles up to the third.
UNNEEDED_WAIT: Final = 60.0
FAILED_WAIT: Final = 60.0
FAILED_WAIT_MAXIMUM: Final = 1800.0

#: How many ports are asked for in turn, if others have them.
PORTS_TRIED: Final = 4

#: The ports that are asked for besides our own one (RFC 6335, section 6).
_PORTS: Final = (49_152, 65_535)


@implementer(ICandidates)
class DeviceMapping:
    """
    Keeps a mapping, in a thread, where there is no other.
    """

    def __init__(self, context: NodeContext, router: Callable[[], Router | None], make: Callable[..., Any]) -> None:
        """
        @param router: gives the router that others come through.
        @param make: makes the library's own C{UPnP} object.
        """
        context.counters.declare(COUNTERS)
        self._context = context
        self._findRouter = router
        self._make = make
        self._worker = context.makeWorker("upnp")
        self._device: GatewayDevice | None = None
        self._external: Endpoint | None = None
        self._isBusy = self._isStopped = False
        self._wait = FAILED_WAIT
        self._timer = Timer(context.clock, self._look)
        self._tell: CandidateReader = lambda candidates: None

    def start(self, tell: CandidateReader) -> None:
        """
        See L{ICandidates}.
        """
        self._tell = onlyNews(tell)
        self._timer.set(FIRST_WAIT)

    def moved(self) -> None:
        """
        See L{ICandidates}.
        """
        self._wait = FAILED_WAIT
        if not self._isBusy and not self._isStopped:
            self._timer.set(FIRST_WAIT)

    def stop(self) -> Deferred[None] | None:
        """
        See L{ICandidates}.
        """
        self._isStopped = True
        self._timer.stop()
        device, external = self._device, self._external
        if device is None or external is None:
            self._worker.stop()
            return None
        ending = self._worker.do(lambda: device.unmap(external.port))
        self._worker.stop()
        return ending.addErrback(lambda failure: None)  # the mapping ends by itself

    # Looking.

    def _look(self) -> None:
        router = self._findRouter()
        if router is None or (self._external is None and self._isMapped()):
            self._lose()
            self._timer.set(UNNEEDED_WAIT)
            return
        own, random = self._context.port, self._context.random
        first = own if self._external is None else self._external.port
        ports = [first, *(random.randint(*_PORTS) for _ in range(PORTS_TRIED - 1))]
        if self._device is None or (self._device.client, self._device.router) != (router.client, router.host):
            self._device = GatewayDevice(self._make, router.client, router.host)
        device = self._device
        self._isBusy = True
        self._context.counters["mapping-asks"] += 1
        asked = self._worker.do(lambda: device.mapPort(own, ports, LIFETIME))
        asked.addCallbacks(self._granted, self._failed, callbackArgs=(router,), errbackArgs=(router,))
        asked.addErrback(self._broken)

    def _isMapped(self) -> bool:
        sealed = self._context.sealed
        return sealed is not None and any(each.kind == "mapped" for each in sealed.participant.candidates())

    def _granted(self, external: Endpoint, router: Router) -> None:
        self._isBusy = False
        self._external, self._wait = external, FAILED_WAIT
        if self._isStopped:
            return
        self._context.notes.clear("mapping-upnp")
        self._timer.set(LIFETIME * self._context.random.uniform(1 / 2, 5 / 8))
        self._tell(mapped(external, self._context.port, router.host, "UPnP", self._context.notes))

    def _failed(self, failure: Failure, router: Router) -> None:
        failure.trap(NoDevice, MappingRefused)
        if failure.check(MappingRefused) and not self._isStopped:
            text = REFUSED.format(router.host, self._context.port, failure.getErrorMessage())
            self._context.notes.say("mapping-upnp", text, isHint=True)
        self._again()

    def _broken(self, failure: Failure) -> None:
        self._context.failures.caught("candidate source upnp", failure)
        self._again()

    def _again(self) -> None:
        self._isBusy = False
        self._lose()
        if not self._isStopped:
            self._timer.set(self._wait)
            self._wait = min(2 * self._wait, FAILED_WAIT_MAXIMUM)

    def _lose(self) -> None:
        if self._external is not None:
            self._external = None
            self._tell([])


@implementer(IPlugin, ICandidateSource)
class DeviceSource:
    """
    The plugin.
    """

    name = "upnp"
    about = "asks the router to map the UDP port by UPnP, where PCP and NAT-PMP did not"
    settings = NoSettings

    def __init__(
        self,
        findRouter: Callable[[str, str], Router | None] = findRouter,
        make: Callable[..., Any] | None = None,
    ) -> None:
        """
        @param findRouter: see L{findRouter}.
        @param make: makes the library's own C{UPnP} object; C{None} for that of C{miniupnpc}.
        """
        self._findRouter = findRouter
        self._make = make

    def unusable(self) -> str | None:
        """
        See L{wand.interfaces.IWandPlugin}.
        """
        if self._make is not None or find_spec("miniupnpc") is not None:
            return None
        return "the package miniupnpc is missing; install it with: pip install 'wandaemon[upnp]'"

    def open(self, settings: Settings, context: NodeContext) -> ICandidates:
        """
        See L{ICandidateSource}.  It has no settings.
        """
        readSettings(settings, NoSettings, "candidate-source-settings.upnp")
        make = self._make
        if make is None:
            from miniupnpc import UPnP

            make = UPnP
        return DeviceMapping(context, lambda: self._findRouter(context.host, interfaceOf(context)), make)
