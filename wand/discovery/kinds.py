"""
The plugin kinds: what people call them, their interfaces, and where distributions publish them.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from wand.interfaces import (
    ICandidateSource,
    IDirectoryKind,
    IFrameService,
    IHook,
    IPeerProtocol,
    IStore,
    ITapDriver,
)

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

#: How all groups of entry points begin that are ours.
GROUP_PREFIX: Final = "wandaemon."

#: The group of entry points of each kind.
GROUPS: Final[Mapping[str, str]] = {
    "driver": f"{GROUP_PREFIX}drivers",
    "protocol": f"{GROUP_PREFIX}protocols",
    "directory": f"{GROUP_PREFIX}directories",
    "store": f"{GROUP_PREFIX}stores",
    "hook": f"{GROUP_PREFIX}hooks",
    "frame-service": f"{GROUP_PREFIX}frame_services",
    "candidate-source": f"{GROUP_PREFIX}candidates",
}

#: Where the settings of a plugin are in a configuration.
SETTINGS: Final[Mapping[str, str]] = {
    "driver": "driver-settings",
    "protocol": "protocol-settings",
    "directory": "directories.{name}",
    "store": "store-settings",
    "hook": "hook-settings.{name}",
    "frame-service": "frame-service-settings.{name}",
    "candidate-source": "candidate-source-settings.{name}",
}


def kindOf(interface: object) -> str:
    """
    What people call a kind.

    @param interface: one of the values of L{KINDS}.
    """
    return next(name for name, each in KINDS.items() if each is interface)
