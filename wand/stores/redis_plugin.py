"""
The store for several servers as a plugin.
"""

from __future__ import annotations

from importlib.util import find_spec

from twisted.plugin import IPlugin
from zope.interface import implementer

from wand.interfaces import Context, IRecords, IStore, Settings


@implementer(IPlugin, IStore)
class RedisStore:
    """
    The store C{redis}.
    """

    name = "redis"
    about = "keeps what servers know in Redis, so that several servers can serve one network"

    def unusable(self) -> str | None:
        """
        See L{wand.interfaces.IWandPlugin}.
        """
        if find_spec("txredisapi") is None:
            return "it needs txredisapi: pip install 'wandaemon[redis]'"
        return None

    def open(self, settings: Settings, context: Context) -> IRecords:
        """
        See L{IStore}.  The settings are in L{wand.stores.redis_settings}.
        """
        from wand.stores.redis import RedisRecords  # it imports the reactor
        from wand.stores.redis_settings import redisSettings

        return RedisRecords(redisSettings(settings), context)
