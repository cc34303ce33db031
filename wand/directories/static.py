"""
The static directory: entries of the operator's own, fixed in the configuration.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import msgspec
from twisted.logger import Logger
from twisted.plugin import IPlugin
from zope.interface import implementer

from wand.endpoint import Endpoint
from wand.errors import AddressInvalid, ConfigurationInvalid, EntryRefused
from wand.ethernet import MAC
from wand.interfaces import IDirectory, IDirectoryKind, NodeContext, Settings
from wand.plugin_settings import readSettings
from wand.status import DirectoryStatus
from wand.table import Peer, Rank, Source, Table

#: Who says what stands in the configuration.
CONFIGURATION: Final = Source("configuration", Rank.OPERATOR)


@implementer(IDirectory)
class StaticDirectory:
    """
    Holds entries in the table from its start to its stop.
    """

    _log = Logger()

    def __init__(self, entries: Mapping[MAC, Peer], table: Table) -> None:
        self._entries = entries
        self._table = table

    def start(self) -> None:
        """
        See L{IDirectory}.
        """
        for mac, peer in self._entries.items():
            try:
                self._table.put(mac, peer, CONFIGURATION)
            except EntryRefused as refused:
                self._log.error("the entry of {mac} is left out: {reason}", mac=str(mac), reason=str(refused))

    def stop(self) -> None:
        """
        See L{IDirectory}.  Unlike those of other directories the entries go with it, since they have no lifetime.
        """
        self._table.removeSource(CONFIGURATION)

    def status(self) -> list[DirectoryStatus]:
        """
        See L{IDirectory}.
        """
        return [DirectoryStatus(name=CONFIGURATION.name, state="fixed", entries=len(self._entries), answered=None)]


class StaticSettings(msgspec.Struct, frozen=True):
    """
    What an operator sets.

    @ivar entries: the peer of each MAC address; C{entries} of the configuration says the same.
    """

    entries: dict[str, Any]


@implementer(IPlugin, IDirectoryKind)
class StaticDirectoryKind:
    """
    The directory C{static}.
    """

    name = "static"
    about = "holds the fixed entries of the configuration"
    settings = StaticSettings

    def unusable(self) -> str | None:
        """
        See L{wand.interfaces.IWandPlugin}.
        """
        return None

    def open(self, settings: Settings, context: NodeContext) -> IDirectory:
        """
        See L{IDirectoryKind}.  The one setting is C{entries}, a table MAC = peer.  That of the node itself is left
        out, so that all nodes can have the same.
        """
        texts = readSettings(settings, StaticSettings, "directories.static").entries
        entries: dict[MAC, Peer] = {}
        for text, peer in texts.items():
            mac = _mac(text)
            if mac in entries:
                raise _invalid(f"entries.{text}", "this address has an entry already, written in another way")
            entries[mac] = _peer(text, peer, context)
        entries.pop(context.mac, None)
        return StaticDirectory(entries, context.table)


def _mac(text: object) -> MAC:
    try:
        return MAC.parseUnicast(str(text))
    except AddressInvalid as error:
        raise _invalid(f"entries.{text}", str(error)) from None


def _peer(key: str, text: object, context: NodeContext) -> Peer:
    if not isinstance(text, str):
        raise _invalid(f"entries.{key}", f"expected a peer, such as 192.0.2.1:22222, not {text!r}")
    try:
        if context.transport is None:
            return Endpoint.parse(text, context.port)
        return context.transport.peerFrom(text)
    except AddressInvalid as error:
        raise _invalid(f"entries.{key}", str(error)) from None


def _invalid(key: str, reason: str) -> ConfigurationInvalid:
    return ConfigurationInvalid("directories.static", key, reason)
