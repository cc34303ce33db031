"""
Values of one kind in a store, with a copy in memory to read from.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from typing import Any, Generic, TypeVar

import attrs
import msgspec
from twisted.internet.defer import Deferred
from twisted.logger import Logger

from wand.conditional_exchange import exchangeIf
from wand.errors import StoreUnavailable
from wand.interfaces import IRecords
from wand.sealed.credentials.signed import packed
from wand.sorted_keys import SortedKeys

Value = TypeVar("Value")


class Index(Generic[Value]):
    """
    The keys of stored values by what the values say, so that nobody has to look at all of them.
    """

    def __init__(self, of: Callable[[Value], Hashable]) -> None:
        """
        @param of: what to find a value by; C{None} for a value that is not in the index.
        """
        self._of = of
        self._keys: dict[Hashable, bytes | dict[bytes, None]] = {}  # most values are the only one that says so

    def keys(self, what: Hashable) -> tuple[bytes, ...]:
        """
        The keys of the values that say this.
        """
        keys = self._keys.get(what, {})
        return (keys,) if isinstance(keys, bytes) else tuple(keys)

    def count(self, what: Hashable) -> int:
        """
        How many values say this.
        """
        keys = self._keys.get(what, {})
        return 1 if isinstance(keys, bytes) else len(keys)

    def __contains__(self, what: Hashable) -> bool:
        """
        Is there a value that says this?
        """
        return what in self._keys

    def __iter__(self) -> Iterator[Hashable]:
        """
        Everything that values say.
        """
        return iter(self._keys)

    def clear(self) -> None:
        """
        Forget everything; for L{StoredValues} alone, as are the two below.
        """
        self._keys.clear()

    def add(self, key: bytes, value: Value) -> None:
        """
        There is a new value.
        """
        what = self._of(value)
        if what is None:
            return
        keys = self._keys.setdefault(what, key)
        if isinstance(keys, dict):
            keys[key] = None
        elif keys != key:
            self._keys[what] = {keys: None, key: None}

    def discard(self, key: bytes, value: Value) -> None:
        """
        A value is gone.
        """
        what = self._of(value)
        if what is None:
            return
        keys = self._keys[what]
        if isinstance(keys, dict):
            keys.pop(key)
        if not keys or keys == key:
            del self._keys[what]


@attrs.frozen
class Condition:
    """
    What has to be stored for another value to be set.

    @ivar values: those of which it is one.
    @ivar octets: the value, as it is stored; C{None} for none.
    """

    values: StoredValues[Any]
    key: bytes
    octets: bytes | None

    @property
    def isMet(self) -> bool:
        """
        Is it so, as far as is known?
        """
        return self.values.holding(self.key) == self


class StoredValues(Generic[Value]):
    """
    Values by their keys.  Others may write to the same store: what they did is seen after L{load}, or soon with
    L{follow}, and L{exchange} never overwrites it.
    """

    _log = Logger()

    def __init__(self, records: IRecords, kind: str, values: type[Value]) -> None:
        self._records = records
        self._kind = kind
        self._decoder = msgspec.msgpack.Decoder(values)
        self._values: dict[bytes, Value] = {}
        self._octets: dict[bytes, bytes] = {}
        self._indices: list[Index[Value]] = []
        self._order: SortedKeys | None = None
        self._told: Callable[[bytes, Value | None, Value | None], object] | None = None

    def __len__(self) -> int:
        return len(self._values)

    def __iter__(self) -> Iterator[Value]:
        return iter(tuple(self._values.values()))

    @property
    def hasUnreadable(self) -> bool:
        """
        Are there records that cannot be read?
        """
        return len(self._values) < len(self._octets)

    def get(self, key: bytes) -> Value | None:
        """
        The value under a key.
        """
        return self._values.get(key)

    def items(self) -> list[tuple[bytes, Value]]:
        """
        Every key with its value.
        """
        return list(self._values.items())

    def holding(self, key: bytes) -> Condition:
        """
        That a key has the value that it has now, as far as is known.
        """
        return Condition(self, key, self._octets.get(key))

    def having(self, key: bytes, value: Value) -> Condition:
        """
        That a key has a value.
        """
        return Condition(self, key, packed(value))

    def index(self, of: Callable[[Value], Hashable]) -> Index[Value]:
        """
        Keep an index of all values, now and after every change.

        @param of: what to find a value by.
        """
        index = Index(of)
        self._indices.append(index)
        for key, value in self._values.items():
            index.add(key, value)
        return index

    def unindex(self, index: Index[Value]) -> None:
        """
        Keep an index no longer.
        """
        self._indices.remove(index)

    def page(self, after: bytes, count: int) -> list[Value]:
        """
        At most C{count} values, in the order of their keys, those beyond C{after}.
        """
        if self._order is None:
            self._order = SortedKeys(self._values)
        return [self._values[key] for key in self._order.page(after, count)]

    def remember(self, key: bytes, value: Value) -> None:
        """
        Use a value in place of the one that is stored, until the next L{load} or L{exchange}.
        """
        self._set(key, value)

    def follow(self, told: Callable[[bytes, Value | None, Value | None], object]) -> Callable[[], None]:
        """
        See from now on what others change; to be called before the first L{load}.

        @param told: called with the key of what others changed, and the value before and after.  What the first L{load}
            finds counts.
        @return: to be called to see no more.
        """
        self._told = told
        return self._records.watch(self._kind, self._changed, self._missed)

    async def load(self) -> None:
        """
        Read everything.  A record that cannot be read is logged, disturbs no other, and is never overwritten.

        @raise wand.errors.StoreUnavailable: if the store cannot be read.
        """
        octets = await self._records.load(self._kind)
        before, self._octets, self._values, self._order = self._values, octets, {}, None
        for index in self._indices:
            index.clear()
        for key, value in octets.items():
            self._set(key, self._decoded(key, value))
        if self._told is not None:
            self._tellDifferences(before, self._told)

    def _tellDifferences(
        self, before: dict[bytes, Value], told: Callable[[bytes, Value | None, Value | None], object]
    ) -> None:
        for key in [*self._values, *(key for key in before if key not in self._values)]:
            was, now = before.get(key), self._values.get(key)
            if was != now:
                told(key, was, now)

    def _decoded(self, key: bytes, octets: bytes) -> Value | None:
        try:
            return self._decoder.decode(octets)
        except (msgspec.MsgspecError, ValueError, RecursionError) as error:
            self._log.error(
                "the store has a record {kind} {key} that cannot be read: {error}",
                kind=self._kind,
                key=key.hex(),
                error=error,
            )
            return None

    def _changed(self, changes: Mapping[bytes, bytes | None]) -> None:
        for key, octets in changes.items():
            before = self._values.get(key)
            if octets is None:
                self._octets.pop(key, None)
            else:
                self._octets[key] = octets
            after = None if octets is None else self._decoded(key, octets)
            self._set(key, after)
            if before != after and self._told is not None:
                self._told(key, before, after)

    def _missed(self) -> None:
        loading = Deferred.fromCoroutine(self.load())
        loading.addErrback(lambda failure: failure.trap(StoreUnavailable) and None)  # then it is said again

    async def exchange(
        self, key: bytes, before: Value | None, after: Value | None, conditions: Sequence[Condition] = ()
    ) -> bool:
        """
        Set a value if it is what C{before} says, C{None} for none.  Of several that try, one succeeds; after a failure
        everything was read again.

        @param conditions: what has to be so at the same moment.
        @raise wand.errors.StoreUnavailable: if the store does not take it.
        """
        expected = None if before is None else self._octets.get(key)
        octets = None if after is None else packed(after)
        isKnown = self._values.get(key) == before
        if not isKnown or not await self._exchanged(key, expected, octets, conditions):
            for values in dict.fromkeys((self, *(each.values for each in conditions))):
                await values.load()
            return False
        if after is None or octets is None:
            self._octets.pop(key, None)
        else:
            self._octets[key] = octets
        self._set(key, after)
        return True

    def _exchanged(
        self, key: bytes, expected: bytes | None, octets: bytes | None, conditions: Sequence[Condition]
    ) -> Deferred[bool]:
        if not conditions:
            return self._records.exchange(self._kind, key, expected, octets)
        held = [(each.values._kind, each.key, each.octets) for each in conditions]
        return exchangeIf(self._records, self._kind, key, expected, octets, held)

    def _set(self, key: bytes, value: Value | None) -> None:
        before = self._values.pop(key, None) if value is None else self._values.get(key)
        if value is not None:
            self._values[key] = value
        if self._order is not None and before is None and value is not None:
            self._order.add(key)
        elif self._order is not None and before is not None and value is None:
            self._order.discard(key)
        for index in self._indices:
            if before is not None:
                index.discard(key, before)
            if value is not None:
                index.add(key, value)
