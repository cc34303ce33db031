"""
What is known of plugins that are installed, and of packages of plugins, for people: what C{wand plugins} and
C{wand plugin check} show.
"""

from __future__ import annotations

from typing import Any

from wand.status import Status


class PluginStatus(Status, frozen=True):
    """
    A plugin that was found, or something that was rejected.

    @ivar kind: the plugin kind: C{driver}, C{protocol}, C{directory}, C{store}, C{hook}, C{frame-service} or
        C{candidate-source}; empty where it is not known.
    @ivar name: the plugin's name, or the module's where it is broken.
    @ivar distribution: the distribution that it came with, and its C{version}; both empty where that is not known.
    @ivar state: C{usable}; C{unusable} on this host; C{broken}; C{off}, because the configuration says so; or C{taken}
        if another has its name.
    @ivar reason: why it cannot be used, with what to do, or what else is to be said of it; else empty.
    @ivar about: one line: what it is; empty where that is not known.
    @ivar where: the object, the module or the file that it comes from.
    """

    kind: str
    name: str
    distribution: str
    version: str
    state: str
    reason: str
    about: str
    where: str


class SettingStatus(Status, frozen=True):
    """
    A setting that a plugin knows.

    @ivar type: what it is, in words: C{whole number, at least 0}.
    @ivar required: must it be set?
    @ivar default: what it is if it is not set.
    @ivar about: what it means; empty where its author did not say.
    """

    name: str
    type: str
    required: bool
    default: Any
    about: str


class PluginDescription(Status, frozen=True):
    """
    A plugin and its settings.

    @ivar key: where its settings are in a configuration: C{driver-settings}.
    @ivar settings: what it knows; C{None} if it does not say.
    @ivar documentation: what its author says of the settings.
    """

    plugin: PluginStatus
    key: str
    settings: list[SettingStatus] | None
    documentation: str


class CheckedStatus(Status, frozen=True):
    """
    Something that was checked of a package.

    @ivar check: what: C{packaging}, C{publishing}, C{discovery}, C{contract}, C{tests} or C{types}.
    @ivar good: is it as it should be?
    @ivar text: what was found, and what to do; it may have several lines.
    """

    check: str
    good: bool
    text: str
