"""
The store for several servers as a plugin.
"""

from __future__ import annotations

from importlib.util import find_spec
from typing import Annotated

import msgspec
from twisted.plugin import IPlugin
from zope.interface import implementer

from wand.interfaces import Context, IRecords, IStore, Settings


class RedisStoreSettings(msgspec.Struct, frozen=True, rename={"passwordFile": "password-file", "caFile": "ca-file"}):
    """
    What an operator may set.

    @ivar url: the server: C{redis://HOST:PORT/DATABASE}, C{rediss://} with TLS, or C{unix:///PATH}; a user may stand
        before the host, a password may not.
    @ivar passwordFile: a file with the password.
    @ivar caFile: a file with the certificate of whoever signs the server's; else those that the system trusts.
    @ivar prefix: what the keys of this network begin with.
    @ivar replicas: how many replicas must have a change before it counts as stored.
    """

    url: str = "redis://127.0.0.1"
    passwordFile: str | None = None
    caFile: str | None = None
    prefix: Annotated[str, msgspec.Meta(min_length=1, max_length=64)] = "wand"
    replicas: Annotated[int, msgspec.Meta(ge=0, le=16)] = 0


@implementer(IPlugin, IStore)
class RedisStore:
    """
    The store C{redis}.
    """

    name = "redis"
    about = "keeps what servers know in Redis, so that several servers can serve one network"
    settings = RedisStoreSettings

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
