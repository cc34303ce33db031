"""
Entry points: how other distributions publish plugins, each in the group of its kind (PyPA specification "Entry
points").  They are read from the metadata of what is installed, without a cache, and nothing is imported for that.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import partial, reduce
from importlib import import_module
from typing import Final

from wand.discovery.kinds import GROUP_PREFIX, GROUPS
from wand.discovery.published import NAME_MAXIMUM, Findings, Published, Rejection, isName, short
from wand.health.installed import Distribution, distributions, normalized
from wand.health.origin import OURS
from wand.nearest import nearest

#: C{name = module:object}; extras, which the specification still allows, mean nothing here.
_LINE: Final = re.compile(r"([^=]+?)\s*=\s*([\w.]+(?::[\w.]+)?)\s*(?:\[.*\])?")

_KINDS: Final = {group: kind for kind, group in GROUPS.items()}


def entryPoints(kind: str) -> Findings:
    """
    The plugins of one kind, in the order of their distributions' names; and whatever is wrong with any group.
    """
    found = allEntryPoints()
    return Findings([each for each in found.published if each.kind == kind], found.rejected)


def allEntryPoints() -> Findings:
    """
    The plugins of all kinds.
    """
    published: list[Published] = []
    rejected: list[Rejection] = []
    for distribution in _announcing():
        for group, line in _lines(distribution):
            found = _read(distribution, group, line)
            if isinstance(found, Rejection):
                rejected.append(found)
            else:
                published.append(found)
    return Findings(published, rejected)


def load(where: str) -> object:
    """
    Import an object.

    @param where: C{module:object}, or a module.
    """
    module, _, path = where.partition(":")
    return reduce(getattr, filter(None, path.split(".")), import_module(module))


def _announcing() -> list[Distribution]:
    """
    What may have entry points: others, each once, as that folder has it where Python looks first.
    """
    known: dict[str, Distribution] = {}
    for each in distributions():
        known.setdefault(normalized(each.name), each)
    known.pop(OURS, None)
    return [known[name] for name in sorted(known)]


def _lines(distribution: Distribution) -> Iterator[tuple[str, str]]:
    """
    The lines of our groups, each with its group.
    """
    text = distribution.read("entry_points.txt")
    if GROUP_PREFIX not in text:
        return
    group = ""
    for line in map(str.strip, text.splitlines()):
        if line.startswith("[") and line.endswith("]"):
            group = line[1:-1].strip()
        elif line and not line.startswith(("#", ";")) and group.startswith(GROUP_PREFIX):
            yield group, line


def _read(distribution: Distribution, group: str, line: str) -> Published | Rejection:
    match = _LINE.fullmatch(line)
    where = f"{distribution.folder}/entry_points.txt"
    if match is None:
        reason = f"{short(line)!r} is not NAME = MODULE:OBJECT"
        return Rejection("", short(line), where, reason, distribution.title)
    name, target = match.groups()
    if not isName(name):
        reason = f"{short(name)!r} is no name: one word of at most {NAME_MAXIMUM} characters that can be shown"
        return Rejection("", short(name), where, reason, distribution.title)
    if group not in _KINDS:
        close = nearest(group, _KINDS)
        instead = f"did you mean {close}?" if close else f"there are {', '.join(_KINDS)}"
        return Rejection("", name, where, f"there is no group {group} of entry points; {instead}", distribution.title)
    kind = _KINDS[group]
    return Published(kind, name, target, distribution.name, distribution.version, partial(load, target))
