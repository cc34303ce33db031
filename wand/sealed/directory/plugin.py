"""
The plugin that asks the directory servers of a sealed network.
"""

from __future__ import annotations

from typing import Final

from twisted.plugin import IPlugin
from zope.interface import implementer

from wand.errors import ConfigurationInvalid
from wand.interfaces import IDirectory, IDirectoryKind, NodeContext, Settings
from wand.plugin_settings import readSettings
from wand.sealed.directory.client import SealedDirectoryClient
from wand.sealed.directory.extent import WansdSettings
from wand.underlay.names import Resolve, resolverOf

#: What the operator calls the settings.
WHERE: Final = "directories.wansd"


@implementer(IPlugin, IDirectoryKind)
class SealedDirectoryKind:
    """
    The directory C{wansd}.
    """

    name = "wansd"
    about = "asks the directory servers of a sealed network, inside sessions"
    settings = WansdSettings

    def __init__(self, resolve: Resolve | None = None) -> None:
        """
        @param resolve: resolves names of servers; C{None} for the reactor's resolver.
        """
        self._resolve = resolve

    def unusable(self) -> str | None:
        """
        See L{wand.interfaces.IWandPlugin}.
        """
        return None

    def open(self, settings: Settings, context: NodeContext) -> IDirectory:
        """
        See L{IDirectoryKind}.  The membership knows the servers.
        """
        wanted = readSettings(settings, WansdSettings, WHERE)
        if context.sealed is None:
            raise ConfigurationInvalid("directories", "wansd", "it works inside sessions only; set protocol = sealed")
        sealed = context.sealed
        return SealedDirectoryClient(
            context,
            sealed.participant,
            sealed.sessions,
            sealed.control,
            self._resolve or resolverOf(context.clock),
            sealed.lookouts,
            wanted,
        )
