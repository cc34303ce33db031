"""
Opening plugins: what one gives is looked at before it is used, and what is wrong with it is said with its name and the
distribution that it came with.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Any, Final

from twisted.internet.defer import Deferred
from zope.interface import providedBy
from zope.interface.exceptions import Invalid
from zope.interface.verify import verifyObject

from wand.discovery.dropins import ANYTHING, describe
from wand.discovery.entry_points import entryPoints
from wand.discovery.inspecting import shortcoming
from wand.errors import PluginFaulty, WandError
from wand.ethernet import MAC
from wand.health.origin import OURS, attributed, distributionOf, isOurs
from wand.interfaces import (
    Context,
    ICandidates,
    IDirectory,
    IFrameWatcher,
    IHookListener,
    IRecords,
    ISessionProtocol,
    ISessions,
    ISessionTransport,
    ITap,
    ITransport,
    IWandPlugin,
)
from wand.version import __version__

#: What each kind of plugin opens, and the types of what that says of itself.
PROMISES: Final[Mapping[str, tuple[Any, Mapping[str, type]]]] = {
    "driver": (ITap, {"interface": str, "mac": MAC, "mtu": int, "features": Sequence}),
    "protocol": (ITransport, {"listening": str, "features": Sequence, "notes": Sequence}),
    "session protocol": (ISessionTransport, {"listening": str, "features": Sequence, "notes": Sequence}),
    "directory": (IDirectory, {}),
    "store": (IRecords, {}),
    "hook": (IHookListener, {}),
    "frame service": (IFrameWatcher, {}),
    "candidate source": (ICandidates, {}),
}


def openPlugin(kind: str, name: str, plugin: IWandPlugin, *arguments: object) -> Any:
    """
    Open a plugin.

    @param kind: one of L{PROMISES}.
    @param arguments: those of its C{open}.
    @return: what it opened, which provides the interface of its kind.
    @raise WandError: what it says to the operator, such as L{wand.errors.ConfigurationInvalid}.
    @raise PluginFaulty: if it fails otherwise, or gives something else; that is closed again.
    """
    what = attributed(f"the {kind} {name!r}", plugin)
    try:
        opened = plugin.open(*_its(kind, name, arguments))  # type: ignore[attr-defined]  # each kind has its own
    except WandError:
        raise
    except ANYTHING as error:
        raise PluginFaulty(f"{what} cannot be opened, because of a fault of its own: {describe(error)}") from error
    fault = _fault("session protocol" if ISessionProtocol.providedBy(plugin) else kind, opened)
    if fault is not None:
        _discard(opened)
        raise PluginFaulty(f"{what} cannot be used: {fault}; report it to its author")
    for each in arguments:
        if isinstance(each, Context):
            each.inUse.opened(kind, name, _owner(kind, name, plugin), opened)
    return opened


def _owner(kind: str, name: str, plugin: object) -> str:
    """
    The distribution of a plugin, and its version.
    """
    if isOurs(plugin):
        return f"{OURS} {__version__}"
    found = distributionOf(type(plugin).__module__)
    if found is not None:
        return found.title
    published = entryPoints(kind.replace(" ", "-")).published  # an editable installation has no record of its files
    return next((each.owner for each in published if each.name == name), "")


def _its(kind: str, name: str, arguments: tuple[object, ...]) -> list[object]:
    """
    The arguments, with the context that the plugin is to work with.
    """
    return [each.forPlugin(kind, name) if isinstance(each, Context) else each for each in arguments]


def _fault(kind: str, opened: Any) -> str | None:
    promised, types = PROMISES[kind]
    if isinstance(opened, Deferred):
        return f"its open returns a Deferred where {promised.__name__} is wanted"
    try:
        for interface in [promised, *(each for each in providedBy(opened).flattened() if each.extends(promised))]:
            verifyObject(interface, opened)
        if promised is ISessionTransport:
            verifyObject(ISessions, opened.sessions)
        for attribute, type_ in types.items():
            value = getattr(opened, attribute)
            if not isinstance(value, type_) or (type_ is Sequence and isinstance(value, str | bytes)):
                return f"its {attribute} is {value!r}, which is no {type_.__name__}"
    except Invalid as error:
        return f"what it opens is not complete: {shortcoming(promised, error)}"
    except ANYTHING as error:
        return f"looking at what it opens failed: {describe(error)}"
    return None


def _discard(opened: Any) -> None:
    for name in ("close", "stop"):
        with suppress(*ANYTHING):
            answer = getattr(opened, name)()
            if isinstance(answer, Deferred):
                answer.addErrback(lambda failure: None)
