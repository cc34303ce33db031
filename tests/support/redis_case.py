"""
Tests with a real Redis, in real time.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from random import Random
from shutil import rmtree
from tempfile import mkdtemp
from time import monotonic
from typing import Any

import pytest_twisted
from redis_server import RedisServer
from twisted.internet import reactor
from twisted.internet.defer import Deferred
from twisted.internet.task import deferLater
from twisted.python.failure import Failure
from twisted.trial.unittest import SynchronousTestCase

from wand.interfaces import Context, IRecords
from wand.stores.redis_plugin import RedisStore
from wand.testing.context import simulatedContext
from wand.testing.network import Network

#: Seconds within which something happens.
PATIENCE = 20.0


def realContext() -> Context:
    """
    A context in real time.
    """
    clock: Any = reactor
    return simulatedContext(clock, Network(clock, Random(0)), "192.0.2.1")


class RedisCase(SynchronousTestCase):
    """
    Has a Redis of its own.
    """

    arguments: tuple[str, ...] = ()

    def setUp(self) -> None:
        self.directory = Path(mkdtemp())
        self.addCleanup(rmtree, self.directory)
        self.server = RedisServer(self.directory, *self.arguments)
        self.addCleanup(self.server.stop)

    def open(self, **settings: object) -> IRecords:
        """
        Open the store.
        """
        self.context = realContext()
        return RedisStore().open({"url": self.server.url, **settings}, self.context)

    def opened(self, **settings: object) -> IRecords:
        """
        Open it, and close it at the end.
        """
        records = self.open(**settings)
        self.addCleanup(lambda: self.successResultOf(records.close()))
        return records

    def successResultOf(self, deferred: Deferred[Any]) -> Any:
        return pytest_twisted.blockon(deferred)

    def failureResultOf(self, deferred: Deferred[Any], *kinds: type[BaseException]) -> Any:
        failures: list[Failure] = []
        self.assertIsNone(pytest_twisted.blockon(deferred.addErrback(failures.append)))
        self.assertIsNotNone(failures[0].check(*kinds), failures[0])
        return failures[0]

    def written(self, records: IRecords, key: bytes, value: bytes) -> None:
        """
        Write, as often as it takes: a connection may be dead without our knowing.
        """
        while pytest_twisted.blockon(records.write("a", {key: value}).addErrback(lambda failure: True)) is not None:
            pass

    def until(self, wanted: Callable[[], bool]) -> None:
        end = monotonic() + PATIENCE
        while not wanted():
            self.assertLess(monotonic(), end)
            pytest_twisted.blockon(deferLater(reactor, 0.005))  # type: ignore[arg-type]
