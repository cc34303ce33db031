"""
Discovery: which plugins there are, which of them can be used here, and why the others cannot.

Plugins are found when the program runs, with L{twisted.plugin}, in C{wand.plugins} and in C{twisted.plugins}; other
distributions may publish theirs in either.  Nothing that a plugin does wrong is raised here, and none disturbs another:
it is rejected, with the reason.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from difflib import get_close_matches
from types import ModuleType
from typing import Any, Final, Generic, TypeVar

import attrs
from zope.interface.exceptions import Invalid
from zope.interface.verify import verifyObject

import twisted.plugins
import wand.plugins
from wand.discovery.dropins import ANYTHING, BrokenModule, describe, search
from wand.errors import NoSuchPlugin
from wand.interfaces import (
    ICandidateSource,
    IDirectoryKind,
    IFrameService,
    IHook,
    IPeerProtocol,
    IStore,
    ITapDriver,
    IWandPlugin,
)
from wand.status import PluginStatus

#: The plugin kinds, as people call them.
KINDS: Final[Mapping[str, Any]] = {
    "driver": ITapDriver,
    "protocol": IPeerProtocol,
    "directory": IDirectoryKind,
    "store": IStore,
    "hook": IHook,
    "frame-service": IFrameService,
    "candidate-source": ICandidateSource,
}

#: The packages in which plugins are published.
PACKAGES: Final[Sequence[ModuleType]] = (wand.plugins, twisted.plugins)

Plugin = TypeVar("Plugin")


@attrs.frozen
class Rejection:
    """
    Something that was found but cannot be used.

    @ivar kind: the plugin kind, or an empty string where it is not known.
    @ivar name: the plugin's name; the module's, or the class's, where the plugin has none.
    @ivar where: the module or the file that it comes from.
    @ivar reason: why it cannot be used, a sentence.
    """

    kind: str
    name: str
    where: str
    reason: str


@attrs.frozen
class Catalogue(Generic[Plugin]):
    """
    What was found of one kind.

    @ivar kind: the plugin kind.
    @ivar usable: the plugins that can be used here, by name, in the order of their names.
    @ivar rejected: what cannot be used; broken modules are among them, whatever they may hold.
    """

    kind: str
    usable: Mapping[str, Plugin]
    rejected: Sequence[Rejection]

    def choose(self, name: str) -> Plugin:
        """
        The plugin of this name.

        @raise NoSuchPlugin: if there is none that can be used; the text says why, and what there is instead.
        """
        if name in self.usable:
            return self.usable[name]
        for rejection in self.rejected:
            if rejection.name == name and rejection.kind == self.kind:
                raise NoSuchPlugin(f"the {self.kind} {name!r} cannot be used: {rejection.reason}")
        raise NoSuchPlugin(f"there is no {self.kind} {name!r}. {self._instead(name)}")

    def _instead(self, name: str) -> str:
        known = [*self.usable, *(each.name for each in self.rejected if each.kind == self.kind)]
        close = get_close_matches(name, known, 1)
        parts = [f"Did you mean {close[0]!r}?"] if close else []
        parts.append(f"Usable here: {', '.join(self.usable) or 'none'}.")
        broken = [f"{each.where} ({each.reason})" for each in self.rejected if not each.kind]
        if broken:
            parts.append(f"These modules are broken and may hold it: {'; '.join(broken)}.")
        return " ".join(parts)


def discover(interface: type[Plugin], packages: Sequence[ModuleType] = PACKAGES) -> Catalogue[Plugin]:
    """
    Find the plugins of one kind.

    @param interface: the kind, one of the values of L{KINDS}.
    @param packages: where to look.
    """
    kind = next(name for name, each in KINDS.items() if each is interface)
    candidates, broken = search(interface, packages)
    return _sift(kind, candidates, broken)


def discoverDrivers() -> Catalogue[ITapDriver]:
    """
    Find the tap drivers.
    """
    return discover(ITapDriver)


def discoverProtocols() -> Catalogue[IPeerProtocol]:
    """
    Find the peer protocols.
    """
    return discover(IPeerProtocol)


def discoverDirectories() -> Catalogue[IDirectoryKind]:
    """
    Find the directories.
    """
    return discover(IDirectoryKind)


def discoverStores() -> Catalogue[IStore]:
    """
    Find the stores.
    """
    return discover(IStore)


def discoverHooks() -> Catalogue[IHook]:
    """
    Find the hooks.
    """
    return discover(IHook)


def discoverFrameServices() -> Catalogue[IFrameService]:
    """
    Find the frame services.
    """
    return discover(IFrameService)


def discoverCandidateSources() -> Catalogue[ICandidateSource]:
    """
    Find the candidate sources.
    """
    return discover(ICandidateSource)


def survey(packages: Sequence[ModuleType] = PACKAGES) -> list[PluginStatus]:
    """
    Find everything: the plugins kind by kind, then what is broken, each once.
    """
    candidates, broken = search(IWandPlugin, packages)
    found = []
    for kind, interface in KINDS.items():
        found += _statuses(_sift(kind, [each for each in candidates if interface.providedBy(each)], []))
    for candidate in candidates:
        if not any(interface.providedBy(candidate) for interface in KINDS.values()):
            broken.append(BrokenModule(type(candidate).__name__, _origin(candidate), "it is of no known plugin kind"))
    return found + [_rejectedStatus(each) for each in map(_unknown, broken)]


def _statuses(catalogue: Catalogue[Any]) -> list[PluginStatus]:
    return [
        *(
            PluginStatus(catalogue.kind, name, True, plugin.about, _origin(plugin))
            for name, plugin in catalogue.usable.items()
        ),
        *(_rejectedStatus(each) for each in catalogue.rejected),
    ]


def _unknown(module: BrokenModule) -> Rejection:
    return Rejection("", module.name, module.where, module.reason)


def _rejectedStatus(rejection: Rejection) -> PluginStatus:
    return PluginStatus(rejection.kind, rejection.name, False, rejection.reason, rejection.where)


# Which candidates are good.


def _sift(kind: str, candidates: Iterable[Any], broken: Iterable[BrokenModule]) -> Catalogue[Any]:
    usable: dict[str, Any] = {}
    owners: dict[str, str] = {}
    rejected = []
    for candidate in sorted(candidates, key=_precedence):
        name, reason = _inspect(KINDS[kind], candidate)
        if reason is None and name in owners:
            reason = f"its name is taken by the one of {owners[name]}"
        elif reason is None:
            owners[name] = _origin(candidate)
            reason = _unusable(candidate)
        if reason is None:
            usable[name] = candidate
        else:
            rejected.append(Rejection(kind, name, _origin(candidate), reason))
    return Catalogue(kind, dict(sorted(usable.items())), [*rejected, *map(_unknown, broken)])


def _precedence(candidate: object) -> tuple[bool, str]:
    """
    Who keeps a name that two plugins have: ours before those of others, so that nobody replaces one by accident.
    """
    origin = _origin(candidate)
    return not origin.startswith("wand.") or origin.startswith("wand.plugins."), origin


def _inspect(interface: Any, candidate: Any) -> tuple[str, str | None]:
    """
    @return: the name, or the name of the class for want of a good one; and what is wrong with the plugin, if anything.
    """
    name = type(candidate).__name__
    try:
        verifyObject(interface, candidate)
        if not (isinstance(candidate.name, str) and isinstance(candidate.about, str) and candidate.name):
            return name, "its name and its description must be texts"
        return candidate.name, None
    except Invalid as error:
        return _nameOf(candidate, name), shortcoming(interface, error)
    except ANYTHING as error:
        return name, f"looking at it failed: {describe(error)}"


def shortcoming(interface: Any, error: Invalid) -> str:
    """
    Say in one line what an object does not have that claims to provide an interface.
    """
    text = "; ".join(" ".join(line.split()) for line in str(error).strip().splitlines())
    path = f"{interface.__module__}.{interface.__name__}"
    fault = text.partition(f"failed to implement interface {path}:")[2].strip("; ") or text
    return f"it does not provide {interface.__name__}: {fault.replace(f'{path}.', '')}"


def _nameOf(candidate: Any, otherwise: str) -> str:
    try:
        name = candidate.name
    except ANYTHING:
        return otherwise
    return name if isinstance(name, str) and name else otherwise


def _unusable(candidate: Any) -> str | None:
    try:
        reason = candidate.unusable()
    except ANYTHING as error:
        return f"asking whether it can be used failed: {describe(error)}"
    return None if reason is None else str(reason)


def _origin(candidate: object) -> str:
    return type(candidate).__module__
