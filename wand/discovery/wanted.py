"""
What a configuration wants of the plugins of a kind: several of them, by name, and the settings of each.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any, TypeVar

from wand.discovery.catalogue import Catalogue
from wand.errors import ConfigurationInvalid
from wand.health.notes import Notes
from wand.nearest import nearest

Plugin = TypeVar("Plugin")


def wanted(catalogue: Catalogue[Plugin], names: Sequence[str]) -> dict[str, Plugin]:
    """
    The plugins of these names, in their order.

    @raise wand.errors.NoSuchPlugin: if one is not there, or cannot be used.
    @raise ConfigurationInvalid: if one is named twice.
    """
    twice = [name for name in names if names.count(name) > 1]
    if twice:
        raise ConfigurationInvalid("", f"{catalogue.kind}s", f"{twice[0]!r} is named twice: once is enough")
    return {name: catalogue.choose(name) for name in names}


def checkSettings(
    catalogue: Catalogue[Any], used: Collection[str], settings: Mapping[str, object], notes: Notes
) -> None:
    """
    Are all settings for a plugin that is used?  A name that nothing has is a slip, by which a plugin would run without
    the settings that were meant for it; those of a plugin that is not used now are a hint.

    @param used: the names of the plugins that are used.
    @param settings: the settings by the plugins' names.
    @raise ConfigurationInvalid: if there is no plugin of a name.
    """
    for name in settings:
        if name in used:
            continue
        key = f"{catalogue.kind}-settings.{name}"
        if name not in catalogue.names:
            close = nearest(name, [*used, *catalogue.names])
            instead = f"; did you mean {close!r}?" if close else f"; {catalogue.kind}s has {', '.join(used) or 'none'}"
            raise ConfigurationInvalid("", key, f"there is no {catalogue.kind} {name!r}{instead}")
        notes.say(f"settings-{key}", f"{key} is of no use: {catalogue.kind}s does not have {name!r}", isHint=True)
