"""
The candidate source C{interfaces}: the addresses of this host.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Final

import msgspec
from twisted.plugin import IPlugin
from zope.interface import implementer

from wand.candidate_sources.router import interfaceOf
from wand.endpoint import Endpoint
from wand.host.local_addresses import localEndpoints
from wand.interfaces import CandidateReader, ICandidates, ICandidateSource, NodeContext, OwnCandidate, Settings
from wand.plugin_settings import readSettings
from wand.timing.repeating import Repeating

#: Seconds between two looks, for systems that do not tell of changes.
LOOK_INTERVAL: Final = 60.0


class InterfaceSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """
    The settings of this source.

    @ivar tunnels: are the addresses of other programs' tunnels told, too, after all others?
    """

    tunnels: bool = False


@implementer(ICandidates)
class InterfaceAddresses:
    """
    Looks at them.
    """

    def __init__(self, context: NodeContext, addresses: Callable[[], Sequence[str]]) -> None:
        """
        @param addresses: gives our endpoints, the best first.
        """
        self._addresses = addresses
        self._told: list[OwnCandidate] = []
        self._tell: CandidateReader = lambda candidates: None
        self._loop = Repeating("the addresses of this host", self.moved, context.clock, context.failures)

    def start(self, tell: CandidateReader) -> None:
        """
        See L{ICandidates}.
        """
        self._tell = tell
        self._loop.start(LOOK_INTERVAL)

    def moved(self) -> None:
        """
        See L{ICandidates}.
        """
        found = [OwnCandidate(Endpoint.parse(each), "host", "an address of this host") for each in self._addresses()]
        if found != self._told:
            self._told = found
            self._tell(found)

    def stop(self) -> None:
        """
        See L{ICandidates}.
        """
        self._loop.stop()
        self._tell = lambda candidates: None


@implementer(IPlugin, ICandidateSource)
class InterfaceSource:
    """
    The plugin.
    """

    name = "interfaces"
    about = "the addresses of this host's interfaces"
    settings = InterfaceSettings

    def __init__(self, addresses: Callable[..., Sequence[str]] = localEndpoints) -> None:
        """
        @param addresses: see L{localEndpoints}.
        """
        self._addresses = addresses

    def unusable(self) -> None:
        """
        See L{wand.interfaces.IWandPlugin}: it works everywhere.
        """

    def open(self, settings: Settings, context: NodeContext) -> ICandidates:
        """
        See L{ICandidateSource}.
        """
        tunnels = readSettings(settings, InterfaceSettings, "candidate-source-settings.interfaces").tunnels
        mayReach = context.sealed.participant.mayReach if context.sealed else lambda host: True
        find = partial(self._addresses, context.host, context.port, mayReach=mayReach, tunnels=tunnels)
        return InterfaceAddresses(context, lambda: find(interfaceOf(context)))
