"""
Tests for L{wand.stores.redis_reader}.
"""

from __future__ import annotations

from random import Random
from typing import Any

from twisted.internet.defer import Deferred, fail, succeed
from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase

import wand.stores.redis_reader
from wand.errors import StoreHindered
from wand.stores.change_order import ChangeOrder
from wand.stores.redis_mark import KeptMark
from wand.stores.redis_reader import RETRY, RedisReader
from wand.stores.redis_settings import redisSettings
from wand.testing.context import simulatedContext
from wand.testing.network import Network


class AwayConnection:
    """
    A connection to a Redis that is away.
    """

    asked = 0

    def __init__(self, settings: object, clock: object) -> None:
        pass

    def ask(self, *words: object, **patience: object) -> Deferred[Any]:
        AwayConnection.asked += 1
        return fail(StoreHindered("away"))

    def close(self) -> Deferred[None]:
        return succeed(None)


class RedisReaderTests(SynchronousTestCase):
    """
    L{RedisReader}.
    """

    def test_close(self) -> None:
        """
        While Redis is away it is asked again after a while; once the reader is closed it is not, and no timer is left.
        """
        self.patch(wand.stores.redis_reader, "RedisConnection", AwayConnection)
        self.patch(AwayConnection, "asked", 0)
        clock = Clock()
        context = simulatedContext(clock, Network(clock, Random(0)), "192.0.2.1")
        order = ChangeOrder(lambda kind, records: None, lambda: None)
        settings = redisSettings({})
        mark = KeptMark(context, "changes")
        reader = RedisReader(settings, context, "changes", b"us", order, lambda: None, lambda changes: None, mark)
        reader.start(None)
        clock.advance(RETRY)
        self.assertEqual(AwayConnection.asked, 2)
        self.successResultOf(reader.close())
        self.assertEqual(clock.getDelayedCalls(), [])
        self.assertEqual(self.flushLoggedErrors(), [])
