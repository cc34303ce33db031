"""
Discovery: which plugins there are, which of them can be used here, and why the others cannot.

Plugins are found when the program runs, in this order: those that are built in, entry points of other distributions in
the order of the distributions' names, dropins in C{twisted/plugins}.  Of two that have one name the first keeps it.  Of
all that is published by name only what is asked for is imported, and places are searched only until it is found.

Nothing that a plugin does wrong is raised here but to whoever asked for it, and none disturbs another.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from types import ModuleType
from typing import Any, Final, Generic, TypeVar, cast

import attrs
from twisted.logger import Logger

from wand.discovery.builtins import BUILTINS, builtins
from wand.discovery.dropins import ANYTHING, describe
from wand.discovery.entry_points import allEntryPoints, entryPoints
from wand.discovery.in_dropins import inDropins
from wand.discovery.inspecting import faultOf, whyUnusable
from wand.discovery.intact import intact
from wand.discovery.kinds import kindOf
from wand.discovery.published import Findings, Published, Rejection, Source
from wand.discovery.slow import told
from wand.errors import NoSuchPlugin
from wand.health.origin import OURS
from wand.nearest import nearest

#: Where plugins are published, and in which order it is looked.
SOURCES: Final[Sequence[Source]] = (builtins, entryPoints, inDropins())

Plugin = TypeVar("Plugin")

_log: Final = Logger(namespace="wand")

#: What is said of a plugin that C{disabled-plugins} of a configuration names.
SWITCHED_OFF: Final = "it is switched off by disabled-plugins"


@attrs.frozen
class Look:
    """
    What was seen of a plugin.

    @ivar published: how it was announced.
    @ivar plugin: the plugin; C{None} unless it is as it should be.
    @ivar state: C{usable}; C{unusable} on this host; C{broken}; C{off}; or C{taken}, if another has its name.
    @ivar reason: why it cannot be used, or what else is to be said of it; else empty.
    """

    published: Published
    plugin: Any
    state: str
    reason: str


class Catalogue(Generic[Plugin]):
    """
    What there is of one kind.

    @ivar kind: the plugin kind.
    """

    def __init__(self, kind: str, sources: Sequence[Source], off: Collection[str] = ()) -> None:
        """
        @param off: the names of plugins and distributions that are switched off.
        """
        self.kind = kind
        self._sources = sources
        self._off = off
        self._found: list[Findings] = []
        self._usable: dict[Published, Look] = {}  # what did not do may do later

    def choose(self, name: str) -> Plugin:
        """
        The plugin of this name.

        @raise NoSuchPlugin: if there is none that can be used; the text says why, and what there is instead.
        """
        reason = ""
        for each in self._published():
            if each.name == name and each.isIn(self._off):
                reason = SWITCHED_OFF
            elif each.name == name:
                look = self._lookAt(each)
                if look.state == "usable":
                    return cast(Plugin, look.plugin)
                reason = look.reason
                break
        if reason:
            raise NoSuchPlugin(f"the {self.kind} {name!r} cannot be used: {reason}")
        raise NoSuchPlugin(f"there is no {self.kind} {name!r}. {self._instead(name)}")

    def has(self, name: str) -> bool:
        """
        Is there a plugin of this name that can be used?
        """
        try:
            self.choose(name)
        except NoSuchPlugin:
            return False
        return True

    def looks(self, name: str | None = None) -> list[Look]:
        """
        Look at all of them, or at those of one name, which imports them.
        """
        owners: dict[str, str] = {}
        looks = []
        for each in self._published():
            if name not in (None, each.name):
                continue
            if each.isIn(self._off):
                looks.append(Look(each, None, "off", SWITCHED_OFF))
            elif each.name in owners:
                looks.append(Look(each, None, "taken", _taken(self.kind, each, owners[each.name])))
            else:
                owners[each.name] = each.owner
                looks.append(self._lookAt(each))
        return looks

    @property
    def names(self) -> Collection[str]:
        """
        The names of all that is published, whether it can be used or not.
        """
        return {each.name for each in self._published()}

    @property
    def usable(self) -> Mapping[str, Plugin]:
        """
        Those that can be used here, by name; all are imported to find out.
        """
        usable = {each.published.name: each.plugin for each in self.looks() if each.state == "usable"}
        return dict(sorted(usable.items()))

    @property
    def rejected(self) -> list[Rejection]:
        """
        What cannot be used; what is wrong with a place in which plugins are published is among them, whatever the kind.
        """
        looks = [_rejection(each) for each in self.looks() if each.state != "usable"]
        return [*looks, *(each for found in self._found for each in found.rejected)]

    def _lookAt(self, published: Published) -> Look:
        """
        Look at a plugin until it can be used: to see what an import changes takes some 10 ms.
        """
        look = self._usable.get(published) or lookAt(published)
        if look.state == "usable":
            self._usable[published] = look
        return look

    def _published(self) -> Iterator[Published]:
        """
        What is announced, place by place; a place is searched when the one before did not do.
        """
        for number, source in enumerate(self._sources):
            if number == len(self._found):
                self._found.append(source(self.kind))
            yield from self._found[number].published

    def _instead(self, name: str) -> str:
        known = [each.name for each in self._published() if not each.isIn(self._off)]
        close = nearest(name, known)
        others = [kind for kind, plugins in BUILTINS.items() if kind != self.kind and name in plugins]
        others += [each.kind for each in allEntryPoints().published if each.name == name and each.kind != self.kind]
        parts = [f"{name!r} is a {others[0]}."] if others else [f"Did you mean {close!r}?"] if close else []
        parts.append(f"There are: {', '.join(sorted(set(known))) or 'none'}.")
        broken = [f"{each.where} ({each.reason})" for found in self._found for each in found.rejected]
        if broken:
            parts.append(f"This is broken and may have been it: {'; '.join(broken)}.")
        return " ".join(parts)


def discover(
    interface: type[Plugin], off: Collection[str] = (), sources: Sequence[Source] = SOURCES
) -> Catalogue[Plugin]:
    """
    Find the plugins of one kind.

    @param interface: the kind, one of the values of L{wand.discovery.kinds.KINDS}.
    @param off: the names of plugins and distributions that are switched off.
    @param sources: where to look.
    """
    return Catalogue(kindOf(interface), sources, off)


def lookAt(published: Published) -> Look:
    """
    Import a plugin and look at it.  What that changes of the process is put back, and said.
    """
    if published.distribution == OURS:
        return _look(published)
    name = f"the {published.kind} {published.name!r} of {published.owner}"
    with told(published), intact(name) as changed:
        look = _look(published)
    if not changed:
        return look
    text = f"importing it changed {'; '.join(changed)}: report that to its author"
    _log.warn("{name}: {text}", name=name, text=text)
    return attrs.evolve(look, reason=f"{look.reason}; {text}" if look.reason else text)


def _look(published: Published) -> Look:
    try:
        thing = published.load()
    except ANYTHING as error:
        return Look(published, None, "broken", _why(published, error))
    fault = faultOf(published, thing)
    if fault is not None:
        return Look(published, None, "broken", fault)
    reason = whyUnusable(thing)
    return Look(published, thing, "usable" if reason is None else "unusable", reason or "")


def _why(published: Published, error: BaseException) -> str:
    """
    Why a plugin could not be imported.
    """
    module = published.where.partition(":")[0]
    if isinstance(error, ModuleNotFoundError) and error.name and f"{module}.".startswith(f"{error.name}."):
        if not published.distribution:
            return f"{describe(error)}: write it, or publish another"
        return f"{describe(error)}: install {published.owner} again, or report to its author that it has no such module"
    if isinstance(error, AttributeError) and isinstance(error.obj, ModuleType) and error.obj.__name__ == module:
        return f"{describe(error)}: end it with {error.name} = ..., the object that is published"
    return describe(error)


def _taken(kind: str, loser: Published, owner: str) -> str:
    text = f"its name is taken by the {kind} {loser.name!r} of {owner}"
    return text if loser.owner == owner else f"{text}; put the distribution of that into disabled-plugins to use this"


def _rejection(look: Look) -> Rejection:
    published = look.published
    return Rejection(published.kind, published.name, published.where, look.reason, published.owner)
