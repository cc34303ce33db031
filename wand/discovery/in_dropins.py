"""
Plugins that are published in dropins: modules in C{twisted/plugins}, where twistd looks for its commands, too.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator, Sequence
from functools import partial
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Any, Final

from twisted.plugin import IPlugin

import twisted.plugins
from wand.discovery.dropins import ANYTHING, search
from wand.discovery.inspecting import silence
from wand.discovery.intact import intact
from wand.discovery.kinds import GROUPS, KINDS
from wand.discovery.published import Findings, Published, Rejection, Source, isName
from wand.health.origin import distributionOf
from wand.interfaces import IWandPlugin

#: The packages of dropins.
PACKAGES: Final[Sequence[ModuleType]] = (twisted.plugins,)


def inDropins(packages: Sequence[ModuleType] = PACKAGES) -> Source:
    """
    What is published in dropins.  Each that has a plugin of a kind is imported to find those of that kind: only the
    plugin itself knows its name.
    """

    def find(kind: str) -> Findings:
        with intact("a module in twisted/plugins") as changed:
            candidates, broken = search(KINDS[kind], packages)
        found = sorted((_published(kind, each) for each in candidates), key=lambda each: each.where)
        rejected = [Rejection("", each.name, each.where, each.reason) for each in broken]
        if changed:
            places = ", ".join(sorted(each.__name__ for each in packages))
            reason = f"importing one of its modules changed {'; '.join(changed)}: report that to its author"
            rejected.append(Rejection("", places, places, reason))
        return Findings(found, rejected)

    return find


def silent(packages: Sequence[ModuleType] = PACKAGES) -> Iterator[Rejection]:
    """
    Dropins that seem to be about us and publish nothing that we know.  Imports them.
    """
    for path in _files(packages):
        if b"wand" in path.read_bytes():
            yield from _lookAt(path, next(each.__name__ for each in packages if str(path.parent) in each.__path__))


def abandoned() -> Iterator[Rejection]:
    """
    Modules in C{wand/plugins}, where plugins were published once.
    """
    for folder in dict.fromkeys(sys.path):
        for path in sorted(Path(folder, "wand", "plugins").glob("*.py")):
            reason = f"nobody looks into wand/plugins: publish it by an entry point in {GROUPS['driver']} or so"
            yield Rejection("", path.stem, str(path), reason)


def _files(packages: Iterable[ModuleType]) -> Iterator[Path]:
    for package in packages:
        for folder in package.__path__:
            yield from sorted(each for each in Path(folder).glob("*.py") if each.stem != "__init__")


def _lookAt(path: Path, package: str) -> Iterator[Rejection]:
    try:
        module = import_module(f"{package}.{path.stem}")
        held = [each for each in vars(module).values() if _isPublished(each)]
        if any(any(kind.providedBy(each) for kind in KINDS.values()) for each in held):
            return
        odd = [each for each in held if IWandPlugin.providedBy(each)]
        if odd:
            yield Rejection("", type(odd[0]).__name__, type(odd[0]).__module__, "it is of no known plugin kind")
        elif told := silence(module):
            yield Rejection("", path.stem, str(path), f"it publishes nothing: {told}")
        elif not held:
            yield Rejection("", path.stem, str(path), "it publishes nothing")
    except ANYTHING:
        return  # which the search says


def _isPublished(thing: Any) -> bool:
    return bool(IPlugin.providedBy(thing))


def _published(kind: str, candidate: Any) -> Published:
    module = type(candidate).__module__
    distribution = distributionOf(module)
    name, version = (distribution.name, distribution.version) if distribution else ("", "")
    return Published(kind, _nameOf(candidate), module, name, version, partial(_itself, candidate))


def _itself(candidate: object) -> object:
    return candidate


def _nameOf(candidate: Any) -> str:
    try:
        name = candidate.name
    except ANYTHING:
        name = None
    return name if isinstance(name, str) and isName(name) else type(candidate).__name__
