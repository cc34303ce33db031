"""
A store in Redis, for several servers of one network.

What is asked goes over one connection, in its order; changes of others come on another, from a stream that each change
is written into together with what it changes (L{wand.stores.redis_scripts}).  How well it survives a crash of Redis is
Redis' own affair: docs/servers.md says how to configure it, and a note says so where it is not.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from secrets import token_bytes
from typing import Any, Final, TypeVar

from twisted.internet.defer import Deferred, gatherResults
from twisted.python.failure import Failure
from zope.interface import implementer

from wand.errors import StoreHindered
from wand.interfaces import Context, Held, IConditionalRecords
from wand.stores.change_order import ChangeOrder
from wand.stores.redis_connection import RedisConnection, Word, isRefusal
from wand.stores.redis_durability import Losses, tellDurability
from wand.stores.redis_mark import KeptMark
from wand.stores.redis_reader import RedisReader
from wand.stores.redis_scripts import EXCHANGE, LOAD, WRITE, recordWords, words
from wand.stores.redis_settings import RedisSettings
from wand.timing.timer import Timer

#: Seconds after which watchers are told that they may have missed something, when something failed.
RELOAD_PAUSE: Final = 1.0

#: Seconds that replicas have for a change.
REPLICA_PATIENCE: Final = 2.0

Result = TypeVar("Result")
_Watcher = tuple[str, Callable[[Mapping[bytes, bytes | None]], object], Callable[[], object]]


@implementer(IConditionalRecords)
class RedisRecords:
    """
    Records in a Redis server.
    """

    def __init__(self, settings: RedisSettings, context: Context) -> None:
        self._settings = settings
        self._own = token_bytes(8)
        self._connection = RedisConnection(settings, context.clock)
        self._order = ChangeOrder(self._tell, self._unsure)
        self._stream = f"{settings.prefix}:changes"
        self._mark = KeptMark(context, self._stream)
        self._losses = Losses(self._connection, context, f"{settings.prefix}:lost")
        self._reader = RedisReader(
            settings, context, self._stream, self._own, self._order, self._unsure, self._losses.tell, self._mark
        )
        self._watchers: dict[object, _Watcher] = {}
        self._isFollowing = False
        self._isClosed = False
        self._reload = Timer(context.clock, self._startAgain)
        tellDurability(self._connection, context.notes)

    def load(self, kind: str) -> Deferred[dict[bytes, bytes]]:
        """
        See L{IRecords}.
        """

        def loaded(answer: Any) -> dict[bytes, bytes]:
            number, fields = answer
            self._order.loaded(kind, number)
            return dict(zip(fields[::2], fields[1::2], strict=True))

        return self._asked(loaded, *self._script(LOAD, kind))

    def write(self, kind: str, records: Mapping[bytes, bytes | None]) -> Deferred[None]:
        """
        See L{IRecords}.
        """
        keys = [bytes(key) for key in records]

        def written(number: int) -> None:
            self._written(kind, keys, number)

        return self._asked(written, *self._script(WRITE, kind), self._own, kind, *recordWords(records), isWrite=True)

    def exchange(self, kind: str, key: bytes, expected: bytes | None, value: bytes | None) -> Deferred[bool]:
        """
        See L{IRecords}.
        """
        return self.exchangeIf(kind, key, expected, value, ())

    def exchangeIf(
        self, kind: str, key: bytes, expected: bytes | None, value: bytes | None, others: Sequence[Held]
    ) -> Deferred[bool]:
        """
        See L{IConditionalRecords}.
        """

        def exchanged(answer: Any) -> bool:
            isSet, number = answer
            if isSet:
                self._written(kind, (bytes(key),), number)
            return bool(isSet)

        script = self._script(EXCHANGE, kind, *(each for each, _, _ in others))
        held = [word for _, its, octets in others for word in (bytes(its), *words(octets))]
        arguments = (self._own, kind, bytes(key), *words(value), *words(expected), *held)
        return self._asked(exchanged, *script, *arguments, isWrite=True)

    def watch(
        self, kind: str, changed: Callable[[Mapping[bytes, bytes | None]], object], missed: Callable[[], object]
    ) -> Callable[[], None]:
        """
        See L{IRecords}.
        """
        watcher = object()
        self._watchers[watcher] = kind, changed, missed
        if not self._isFollowing:
            self._isFollowing = True
            Deferred.fromCoroutine(self._begin()).addErrback(lambda failure: None)  # it is tried again

        def end() -> None:
            self._watchers.pop(watcher, None)

        return end

    def close(self) -> Deferred[None]:
        """
        See L{IRecords}.
        """
        self._isClosed = True
        self._watchers.clear()
        self._reload.stop()
        finished = self._connection.finish()
        return finished.addCallback(lambda _: self._letGo())

    def _letGo(self) -> Deferred[None]:
        all_ = gatherResults([self._reader.close(), self._connection.close(), self._mark.close()])
        return all_.addCallback(lambda _: None)

    # Asking.

    def _script(self, script: str, kind: str, *others: str) -> tuple[Word, ...]:
        hashes = [f"{self._settings.prefix}:kind:{each}" for each in (kind, *others)]
        return "EVAL", script, 1 + len(hashes), hashes[0], self._stream, *hashes[1:]

    def _asked(self, understood: Callable[[Any], Result], *command: Word, isWrite: bool = False) -> Deferred[Result]:
        """
        @return: fires before changes of others are told that waited for the answer.
        """
        self._order.asked()
        asked = self._connection.ask(*command)
        if isWrite and self._settings.replicas:
            replicas = self._connection.ask("WAIT", self._settings.replicas, round(1000 * REPLICA_PATIENCE))
            asked = gatherResults([asked, replicas.addCallback(self._replicated)], consumeErrors=True)
            asked.addCallbacks(lambda results: results[0], lambda failure: failure.value.subFailure)
        asked.addCallback(understood)
        answer: Deferred[Result] = Deferred()
        asked.addCallbacks(answer.callback, lambda failure: self._failed(answer, failure, isWrite))
        asked.addCallback(lambda _: self._order.answered())
        return answer

    def _failed(self, answer: Deferred[Result], failure: Failure, isWrite: bool) -> None:
        if not (isWrite and isRefusal(failure)):
            self._unsure()
        answer.errback(failure)

    def _replicated(self, count: int) -> None:
        if count < self._settings.replicas:
            raise StoreHindered(f"only {count} of {self._settings.replicas} replicas of the store have a change")

    def _written(self, kind: str, keys: Any, number: int) -> None:
        if number < self._order.position:  # Redis has lost changes, and counts anew
            self._unsure()
        self._order.written(kind, keys, number)

    # What others change.

    def _tell(self, kind: str, records: dict[bytes, bytes | None]) -> None:
        for watched, changed, _ in tuple(self._watchers.values()):
            if watched == kind:
                changed(records)

    def _unsure(self) -> None:
        """
        Something may have been missed: let everything be loaded anew, once the store answers.
        """
        if self._watchers and not self._isClosed and not self._reload.isSet:
            self._reload.set(RELOAD_PAUSE)

    def _startAgain(self) -> None:
        Deferred.fromCoroutine(self._follow()).addCallbacks(lambda _: self._missed(), lambda failure: self._unsure())

    def _missed(self) -> None:
        for _, _, missed in tuple(self._watchers.values()):
            missed()

    async def _begin(self) -> None:
        self._order.asked()
        try:
            await self._reader.remember()
        finally:
            self._order.answered()
        await self._follow()

    async def _follow(self) -> None:
        """
        Hear what is changed from now on.
        """
        self._order.asked()
        try:
            if await self._reader.goesOn(self._connection):  # or it is not known any more what was lost
                self._losses.recall()
            newest = await self._connection.ask("XREVRANGE", self._stream, "+", "-", "COUNT", 1)
        except StoreHindered:
            self._unsure()
            raise
        finally:
            self._order.answered()
        if not self._isClosed:
            self._reader.start(newest[0] if newest else None)
