"""
The embedded store as a plugin.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import msgspec
from twisted.plugin import IPlugin
from zope.interface import implementer

from wand.interfaces import Context, IRecords, IStore, Settings
from wand.plugin_settings import readSettings


class SQLiteSettings(msgspec.Struct, frozen=True):
    """
    What an operator may set.

    @ivar path: the file; a server's is in its state directory unless this says otherwise.
    """

    path: Annotated[str, msgspec.Meta(min_length=1)]


@implementer(IPlugin, IStore)
class SQLiteStore:
    """
    The store C{sqlite}.
    """

    name = "sqlite"
    about = "keeps what a server knows in an SQLite file, so that a restart forgets nobody"
    settings = SQLiteSettings

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
        See L{IStore}.
        """
        path = readSettings(settings, SQLiteSettings, "store-settings").path
        from wand.stores.sqlite import SQLiteRecords  # see unusable()

        return SQLiteRecords(Path(path), context.makeWorker("store"))
