"""
The built-in plugins; nothing but their names.  One is imported when it is asked for.

They are found without the metadata of our distribution, so whatever becomes of that, in an editable installation or in
a package of somebody else's making, a node has its drivers; and nobody replaces one by accident.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache, partial
from importlib import import_module
from typing import Final

from wand.discovery.published import Findings, Published
from wand.health.origin import OURS
from wand.version import __version__

#: The class of each plugin, by its kind and its name.
BUILTINS: Final[Mapping[str, Mapping[str, str]]] = {
    "driver": {
        "tuntap": "wand.drivers.tuntap:TuntapDriver",
        "qemu": "wand.drivers.qemu:QemuDriver",
        "vde": "wand.drivers.vde:VDEDriver",
        "afpacket": "wand.drivers.afpacket:PacketDriver",
        "macvtap": "wand.drivers.macvtap:MacvtapDriver",
        "vxlan": "wand.drivers.vxlan:VXLANDriver",
        "chardev": "wand.drivers.chardev:ChardevDriver",
        "memory": "wand.drivers.memory:MemoryDriver",
    },
    "protocol": {
        "rel2": "wand.rel2.transport:REL2",
        "sealed": "wand.sealed.sessions.plugin:Sealed",
    },
    "directory": {
        "rel2": "wand.rel2.directory:REL2DirectoryKind",
        "static": "wand.directories.static:StaticDirectoryKind",
        "wansd": "wand.sealed.directory.plugin:SealedDirectoryKind",
        "gossip": "wand.sealed.gossip.plugin:GossipDirectoryKind",
    },
    "store": {
        "sqlite": "wand.stores.sqlite_plugin:SQLiteStore",
        "memory": "wand.stores.memory:MemoryStore",
        "redis": "wand.stores.redis_plugin:RedisStore",
    },
    "hook": {
        "executables": "wand.hooks.executables:Executables",
    },
    "frame-service": {
        "guard": "wand.frame_services.guard:Guard",
        "mdns": "wand.frame_services.mdns:Reflecting",
        "neighbours": "wand.frame_services.neighbours:Neighbours",
        "storm": "wand.frame_services.storm:Storm",
    },
    "candidate-source": {
        "interfaces": "wand.candidate_sources.interfaces:InterfaceSource",
        "configured": "wand.candidate_sources.configured:ConfiguredSource",
        "pcp": "wand.candidate_sources.pcp:PCPSource",
        "upnp": "wand.candidate_sources.upnp:DeviceSource",
    },
}


def builtins(kind: str) -> Findings:
    """
    Those of one kind.
    """
    return Findings(
        [
            Published(kind, name, where, OURS, __version__, partial(_made, where))
            for name, where in BUILTINS[kind].items()
        ]
    )


@cache
def _made(where: str) -> object:
    """
    The one object of a class.
    """
    module, _, name = where.partition(":")
    return getattr(import_module(module), name)()
