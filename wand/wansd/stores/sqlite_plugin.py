"""
The embedded store as a plugin.
"""

from __future__ import annotations

from pathlib import Path

from twisted.plugin import IPlugin
from zope.interface import implementer

from wand.errors import ConfigurationInvalid
from wand.interfaces import Context, IRecords, IStore, Settings


@implementer(IPlugin, IStore)
class SQLiteStore:
    """
    The store C{sqlite}.
    """

    name = "sqlite"
    about = "keeps the registry in an SQLite file, so that a restart forgets nobody"

    def unusable(self) -> str | None:
        """
        See L{wand.interfaces.IWandPlugin}.
        """
        return None

    def open(self, settings: Settings, context: Context) -> IRecords:
        """
        See L{IStore}.  The one setting is C{path}, the file.
        """
        for key in settings:
            if key != "path":
                raise ConfigurationInvalid("store-settings", key, "the store sqlite has only the setting path")
        path = settings.get("path")
        if not isinstance(path, str) or not path:
            raise ConfigurationInvalid("store-settings", "path", f"expected the path of a file, not {path!r}")
        from wand.wansd.stores.sqlite import SQLiteRecords  # SQLite takes 1 MB, and nodes have no store

        return SQLiteRecords(Path(path))
