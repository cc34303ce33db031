"""
The candidate sources of a node: what learns where others may reach it.  None of them can disturb the node.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Final, get_args

import attrs
from twisted.internet.defer import Deferred, DeferredList, maybeDeferred
from twisted.logger import Logger

from wand.config import EtudConfiguration
from wand.discovery.catalogue import discover
from wand.discovery.in_time import inTime
from wand.discovery.opening import openPlugin
from wand.discovery.wanted import checkSettings, wanted
from wand.endpoint import Endpoint
from wand.errors import ConfigurationInvalid, WandError
from wand.interfaces import CandidateKind, Context, ICandidates, ICandidateSource, NodeContext, OwnCandidate

#: Those that run unless the configuration says which, as far as they can be used here.
DEFAULT: Final = ("interfaces", "pcp", "upnp")

#: Seconds that a source has to give back what others keep for it.
STOP_PATIENCE: Final = 1.5


@attrs.define
class _Source:
    """
    A source at work.
    """

    place: str
    name: str
    candidates: ICandidates


class CandidateSources:
    """
    Chooses the sources when the program is composed, opens them with the privileges of the start, starts them without.

    @ivar names: which they are.
    """

    _log = Logger()

    def __init__(self, configuration: EtudConfiguration, context: Context, *, hasMembers: bool) -> None:
        """
        @param hasMembers: does the protocol work within a network of members?  Others have no candidates.
        @raise wand.errors.WandError: if one that is asked for is not there, cannot be used, or is named twice, or there
            are settings for what is not there.
        """
        catalogue = discover(ICandidateSource, configuration.disabledPlugins)
        names = configuration.candidateSources
        if names is None:
            names = [name for name in DEFAULT if catalogue.has(name)]
        self._plugins = wanted(catalogue, names) if hasMembers else {}
        checkSettings(catalogue, self._plugins, configuration.candidateSourceSettings, context.notes)
        self.names = tuple(self._plugins)
        self._settings = configuration.candidateSourceSettings
        self._context = context
        self._sources: list[_Source] = []
        self._isRunning = False

    def open(self, context: NodeContext) -> None:
        """
        Open them.  One that cannot be opened is left out, with a note.

        @raise wand.errors.ConfigurationInvalid: if one refuses its settings.
        """
        for name, plugin in self._plugins.items():
            try:
                opened = openPlugin("candidate source", name, plugin, self._settings.get(name, {}), context)
            except ConfigurationInvalid:
                raise
            except WandError as error:
                self._log.error("{reason}", reason=str(error))
                self._context.notes.say(f"candidates-{name}", f"{error}. The node goes on without it")
            else:
                self._sources.append(_Source(f"candidate source {name}", name, opened))

    def start(self, tell: Callable[[str, Sequence[OwnCandidate]], object]) -> None:
        """
        Begin to look.

        @param tell: called with the name of a source and what it has, whenever that changes.
        """
        self._isRunning = True
        for source in self._sources:
            self._guarded(source, partial(source.candidates.start, self._reader(source, tell)))

    def moved(self) -> None:
        """
        An address or a route of this host changed.
        """
        for source in self._sources:
            self._guarded(source, source.candidates.moved)

    def stop(self) -> Deferred[None]:
        """
        Stop them.

        @return: fires when all have given back what others kept for them, and after L{STOP_PATIENCE} in any case.
        """
        self._isRunning = False
        sources, self._sources = self._sources, []
        context = self._context
        stopping = []
        for each in sources:
            stopped: Deferred[object] = maybeDeferred(each.candidates.stop)
            stopping.append(inTime(stopped, STOP_PATIENCE, context, each.place, each.candidates))
        return DeferredList(stopping).addCallback(lambda _: None)

    def _guarded(self, source: _Source, call: Callable[[], object]) -> None:
        try:
            call()
        except Exception:
            self._context.failures.caught(source.place, plugin=source.candidates)

    def _reader(
        self, source: _Source, tell: Callable[[str, Sequence[OwnCandidate]], object]
    ) -> Callable[[Sequence[OwnCandidate]], None]:
        def told(candidates: Sequence[OwnCandidate]) -> None:
            if self._isRunning:
                self._guarded(source, lambda: tell(source.name, [_checked(each) for each in candidates]))

        return told


def _checked(candidate: OwnCandidate) -> OwnCandidate:
    """
    @raise Exception: if it is not what its interface says.
    """
    if candidate.kind not in get_args(CandidateKind):
        raise ValueError(f"{candidate.kind!r} is not a kind of candidate")
    return OwnCandidate(Endpoint.parse(str(candidate.endpoint)), candidate.kind, str(candidate.about))
