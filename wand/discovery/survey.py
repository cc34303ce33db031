"""
A survey of everything that is published, for C{wand plugins}.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from types import ModuleType

import attrs

from wand.discovery.catalogue import SOURCES, Catalogue, Look
from wand.discovery.dropins import ANYTHING
from wand.discovery.dropins import describe as fault
from wand.discovery.in_dropins import PACKAGES, abandoned, silent
from wand.discovery.kinds import KINDS, SETTINGS
from wand.discovery.published import Rejection, Source
from wand.discovery.settings import documentation, settings, settingsOf
from wand.plugin_status import PluginDescription, PluginStatus


def survey(
    off: Collection[str] = (), sources: Sequence[Source] = SOURCES, dropins: Sequence[ModuleType] = PACKAGES
) -> list[PluginStatus]:
    """
    Find everything: the plugins kind by kind, then what is broken, each once.

    @param off: the names of plugins and distributions that are switched off.
    @param dropins: packages whose modules should publish something, if they are about us.
    """
    found: list[PluginStatus] = []
    faults: dict[Rejection, None] = {}
    for kind in KINDS:
        catalogue: Catalogue[object] = Catalogue(kind, sources, off)
        found += sorted(map(_status, catalogue.looks()), key=lambda each: each.name)
        faults.update(dict.fromkeys(each for each in catalogue.rejected if not each.kind))
    faults.update(dict.fromkeys([*silent(dropins), *abandoned()]))
    return found + [_fault(each) for each in faults]


def _status(look: Look) -> PluginStatus:
    published = look.published
    return PluginStatus(
        published.kind,
        published.name,
        published.distribution,
        published.version,
        look.state,
        look.reason,
        "" if look.plugin is None else look.plugin.about,
        published.where,
    )


def describe(name: str, off: Collection[str] = (), sources: Sequence[Source] = SOURCES) -> list[PluginDescription]:
    """
    Say what is known of the plugins of a name, of whatever kind; as far as possible, no others are imported.
    """
    found = []
    for kind in KINDS:
        catalogue: Catalogue[object] = Catalogue(kind, sources, off)
        found += [_description(look) for look in catalogue.looks(name)]
    return found


def _description(look: Look) -> PluginDescription:
    kind, name = look.published.kind, look.published.name
    known = settingsOf(look.plugin)
    key = SETTINGS[kind].format(name=name)
    if known is None:
        return PluginDescription(_status(look), key, None, "")
    try:
        return PluginDescription(_status(look), key, settings(known), documentation(known))
    except ANYTHING as error:  # such as a type that is imported for type checkers only
        reason = f"what it says of its settings cannot be read: {fault(error)}"
        return PluginDescription(_status(attrs.evolve(look, state="broken", reason=reason)), key, None, "")


def _fault(rejection: Rejection) -> PluginStatus:
    distribution, _, version = rejection.owner.partition(" ")
    return PluginStatus(
        rejection.kind, rejection.name, distribution, version, "broken", rejection.reason, "", rejection.where
    )
