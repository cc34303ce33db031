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
    about = "keeps what a server knows in an SQLite file, so that a restart forgets nobody"

    def unusable(self) -> str | None:
        """
        See L{wand.interfaces.IWandPlugin}.  SQLite takes 1 MB, and a node has no store, so it is loaded here; later the
        privileges may be gone, and with them the way to Python's library.
        """
        try:
            import wand.stores.sqlite  # noqa: F401
        except ImportError as error:
            return f'this Python has no SQLite ({error}); set store = "memory", or use a Python that has it'
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
        from wand.stores.sqlite import SQLiteRecords  # see unusable()

        return SQLiteRecords(Path(path), context.makeWorker("store"))
