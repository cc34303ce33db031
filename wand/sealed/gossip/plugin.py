"""
The plugin of the directory C{gossip}.
"""

from __future__ import annotations

from twisted.plugin import IPlugin
from zope.interface import implementer

from wand.errors import ConfigurationInvalid
from wand.interfaces import IDirectory, IDirectoryKind, NodeContext, Settings
from wand.plugin_settings import NoSettings, readSettings


@implementer(IPlugin, IDirectoryKind)
class GossipDirectoryKind:
    """
    The directory C{gossip}.
    """

    name = "gossip"
    about = "members of a sealed network tell each other who is where, without a server"
    settings = NoSettings

    def unusable(self) -> str | None:
        """
        See L{wand.interfaces.IWandPlugin}.
        """
        return None

    def open(self, settings: Settings, context: NodeContext) -> IDirectory:
        """
        See L{IDirectoryKind}.
        """
        readSettings(settings, NoSettings, "directories.gossip")
        if context.sealed is None:
            raise ConfigurationInvalid("directories", "gossip", "it works inside sessions only; set protocol = sealed")
        from wand.sealed.gossip.directory import GossipDirectory

        return GossipDirectory(context, context.sealed)
