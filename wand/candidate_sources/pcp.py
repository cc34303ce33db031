"""
The candidate source C{pcp}: asks the router of the default route to map our UDP port, by PCP or NAT-PMP.
"""

from __future__ import annotations

import sys
from collections.abc import Callable

from twisted.internet.defer import Deferred
from twisted.plugin import IPlugin
from zope.interface import implementer

from wand.candidate_sources.outside import mapped, onlyNews
from wand.candidate_sources.port_mapping import PortMapping
from wand.candidate_sources.router import REFUSED, Router, findRouter, interfaceOf
from wand.endpoint import Endpoint
from wand.errors import PortUnavailable
from wand.interfaces import CandidateReader, ICandidates, ICandidateSource, NodeContext, Settings
from wand.plugin_settings import NoSettings, readSettings


@implementer(ICandidates)
class RouterMappings:
    """
    Keeps one mapping, at whichever router there is now.
    """

    def __init__(self, context: NodeContext, router: Callable[[], Router | None]) -> None:
        """
        @param router: gives the router that others come through.
        """
        self._context = context
        self._findRouter = router
        self._router: Router | None = None
        self._mapping: PortMapping | None = None
        self._tell: CandidateReader = lambda candidates: None
        self._isStopped = False

    def start(self, tell: CandidateReader) -> None:
        """
        See L{ICandidates}.
        """
        self._tell = onlyNews(tell)
        self.moved()

    def moved(self) -> None:
        """
        See L{ICandidates}: the same router may have been started again, or be another one that has the same address;
        others keep nothing of ours for long.
        """
        if self._isStopped:
            return
        router = self._findRouter()
        if router is not None and router == self._router and self._mapping is not None:
            self._mapping.askAnew()
            return
        if self._mapping is not None:
            self._mapping.stop()
            self._mapping = None
            self.lost()
        self._context.notes.clear("mapping-refused")
        self._router = router
        if router is not None:
            self._begin(router)

    def _begin(self, router: Router) -> None:
        try:
            self._mapping = PortMapping(router, self._context.port, self._context, self)
        except PortUnavailable:  # the address is gone already: the host will say so
            return
        self._mapping.ask()

    def stop(self) -> Deferred[None] | None:
        """
        See L{ICandidates}.
        """
        self._isStopped = True
        mapping, self._mapping = self._mapping, None
        return None if mapping is None else mapping.release()

    # What becomes of the mapping.

    def granted(self, external: Endpoint, dialect: str) -> None:
        """
        See L{wand.candidate_sources.port_mapping.MappingReader}.
        """
        assert self._router is not None
        self._context.notes.clear("mapping-refused")
        self._tell(mapped(external, self._context.port, self._router.host, dialect, self._context.notes))

    def lost(self) -> None:
        """
        See L{wand.candidate_sources.port_mapping.MappingReader}.
        """
        self._tell([])

    def refused(self, reason: str) -> None:
        """
        See L{wand.candidate_sources.port_mapping.MappingReader}.
        """
        router = "" if self._router is None else self._router.host
        self._context.notes.say("mapping-refused", REFUSED.format(router, self._context.port, reason), isHint=True)


@implementer(IPlugin, ICandidateSource)
class PCPSource:
    """
    The plugin.
    """

    name = "pcp"
    about = "asks the router to map the UDP port, by PCP or NAT-PMP"
    settings = NoSettings

    def __init__(self, findRouter: Callable[[str, str], Router | None] = findRouter) -> None:
        """
        @param findRouter: see L{findRouter}.
        """
        self._findRouter = findRouter

    def unusable(self) -> str | None:
        """
        See L{wand.interfaces.IWandPlugin}.
        """
        return (
            None
            if sys.platform == "linux"
            else "this system does not tell its routes, of which one leads to the router"
        )

    def open(self, settings: Settings, context: NodeContext) -> ICandidates:
        """
        See L{ICandidateSource}.  It has no settings.
        """
        readSettings(settings, NoSettings, "candidate-source-settings.pcp")
        return RouterMappings(context, lambda: self._findRouter(context.host, interfaceOf(context)))
