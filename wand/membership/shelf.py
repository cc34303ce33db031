"""
Records of one kind in a store, as values, with a copy in memory to read from.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Generic, TypeVar

import msgspec
from twisted.logger import Logger

from wand.interfaces import IRecords
from wand.membership.signed import packed

Value = TypeVar("Value")


class Shelf(Generic[Value]):
    """
    Values by their keys.  Others may write to the same store: what they did is seen after L{load}, and L{exchange}
    never overwrites it.
    """

    _log = Logger()

    def __init__(self, records: IRecords, kind: str, values: type[Value]) -> None:
        self._records = records
        self._kind = kind
        self._decoder = msgspec.msgpack.Decoder(values)
        self._values: dict[bytes, Value] = {}
        self._octets: dict[bytes, bytes] = {}

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

    def remember(self, key: bytes, value: Value) -> None:
        """
        Use a value in place of the one that is stored, until the next L{load} or L{exchange}.
        """
        self._values[key] = value

    async def load(self) -> None:
        """
        Read everything.  A record that cannot be read is logged, disturbs no other, and is never overwritten.

        @raise wand.errors.StoreUnavailable: if the store cannot be read.
        """
        self._octets = await self._records.load(self._kind)
        self._values = {}
        for key, octets in self._octets.items():
            try:
                self._values[key] = self._decoder.decode(octets)
            except (msgspec.MsgspecError, ValueError, RecursionError) as error:
                self._log.error(
                    "the store has a record {kind} {key} that cannot be read: {error}",
                    kind=self._kind,
                    key=key.hex(),
                    error=error,
                )

    async def exchange(self, key: bytes, before: Value | None, after: Value | None) -> bool:
        """
        Set a value if it is what C{before} says, C{None} for none.  Of several that try, one succeeds; after a failure
        everything was read anew.

        @raise wand.errors.StoreUnavailable: if the store does not take it.
        """
        expected = None if before is None else self._octets.get(key)
        octets = None if after is None else packed(after)
        isKnown = self._values.get(key) == before
        if not isKnown or not await self._records.exchange(self._kind, key, expected, octets):
            await self.load()
            return False
        if after is None or octets is None:
            self._octets.pop(key, None)
            self._values.pop(key, None)
        else:
            self._octets[key], self._values[key] = octets, after
        return True
