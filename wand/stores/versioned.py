"""
The layout of a store: taken over from an earlier version with the former records kept, refused from a later one.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Final, TypeVar

import attrs
from twisted.internet.defer import Deferred, DeferredLock
from zope.interface import implementer

from wand.conditional_exchange import exchangeIf
from wand.errors import StoreDamaged, StoreUnavailable
from wand.interfaces import Held, IConditionalRecords, IRecords
from wand.layouts import OURS, Mark, readMark, refusalOf

#: Where the mark is.
MARK_KIND: Final = "wand-layout"
MARK_KEY: Final = b"layout"

#: What comes before the kind of records that were kept; the layout stands in it.
BEFORE: Final = "before-{layout} {kind}"

Records = dict[bytes, bytes]

Result = TypeVar("Result")


@attrs.frozen
class Change:
    """
    What makes a layout from the one before.

    @ivar kinds: the kinds of records that are changed.
    @ivar change: makes the records of a kind of those of before.
    """

    kinds: tuple[str, ...] = ()
    change: Callable[[str, Records], Mapping[bytes, bytes | None]] = lambda kind, records: {}


#: By the layout that they make.  Layout 2 is layout 1 with a mark.
CHANGES: Final[Mapping[int, Change]] = {2: Change()}


@implementer(IConditionalRecords)
class VersionedRecords:
    """
    The records of a store, as soon as they are as this version writes them.

    The mark is written before anything else is: a store that is only read, and an empty one, stay as they are, unless
    there is something to take over.
    """

    def __init__(self, inner: IRecords, changes: Mapping[int, Change] = CHANGES, ours: Mark = OURS) -> None:
        self._inner = inner
        self._changes = changes
        self._ours = ours
        self._isChecked = self._isMarked = False
        self._octets: bytes | None = None
        self._lock = DeferredLock()

    def load(self, kind: str) -> Deferred[Records]:
        """
        See L{IRecords}.
        """
        if self._isChecked:
            return self._inner.load(kind)
        return self._after(self._check, lambda: self._inner.load(kind))

    def write(self, kind: str, records: Mapping[bytes, bytes | None]) -> Deferred[None]:
        """
        See L{IRecords}.
        """
        if self._isMarked:
            return self._inner.write(kind, records)
        return self._after(self._mark, lambda: self._inner.write(kind, records))

    def exchange(self, kind: str, key: bytes, expected: bytes | None, value: bytes | None) -> Deferred[bool]:
        """
        See L{IRecords}.
        """
        if self._isMarked:
            return self._inner.exchange(kind, key, expected, value)
        return self._after(self._mark, lambda: self._inner.exchange(kind, key, expected, value))

    def exchangeIf(
        self, kind: str, key: bytes, expected: bytes | None, value: bytes | None, others: Sequence[Held]
    ) -> Deferred[bool]:
        """
        See L{IConditionalRecords}.
        """
        if self._isMarked:
            return exchangeIf(self._inner, kind, key, expected, value, others)
        return self._after(self._mark, lambda: exchangeIf(self._inner, kind, key, expected, value, others))

    def watch(
        self, kind: str, changed: Callable[[Mapping[bytes, bytes | None]], object], missed: Callable[[], object]
    ) -> Callable[[], None]:
        """
        See L{IRecords}.
        """
        return self._inner.watch(kind, changed, missed)

    def close(self) -> Deferred[None]:
        """
        See L{IRecords}.
        """
        return self._inner.close()

    def _after(self, ready: Callable[[], Awaitable[None]], work: Callable[[], Deferred[Result]]) -> Deferred[Result]:
        """
        Do something as soon as the store is ready for it, in the order in which it was asked for.
        """

        async def begin() -> tuple[Deferred[Result]]:
            await ready()
            return (work(),)  # which the next need not wait for

        return self._lock.run(lambda: Deferred.fromCoroutine(begin())).addCallback(lambda begun: begun[0])

    async def _check(self) -> None:
        if self._isChecked:
            return
        octets = (await self._inner.load(MARK_KIND)).get(MARK_KEY)
        found = readMark(octets)
        refusal = refusalOf(found, "the store", self._ours)
        if found is None:
            raise StoreDamaged(refusal)
        if refusal:
            raise StoreUnavailable(refusal)
        if await self._takeOver(found.layout):  # marked at once: nothing is changed twice
            await self._inner.exchange(MARK_KIND, MARK_KEY, octets, self._ours.octets)
            octets = (await self._inner.load(MARK_KIND)).get(MARK_KEY)
        self._octets, self._isChecked = octets, True

    async def _mark(self) -> None:
        await self._check()
        if self._isMarked:
            return
        isOurs = self._octets == self._ours.octets
        if not isOurs and not await self._inner.exchange(MARK_KIND, MARK_KEY, self._octets, self._ours.octets):
            self._isChecked = False  # another server marked it just now
            await self._check()
        self._isMarked = True

    async def _takeOver(self, before: int) -> bool:
        """
        Change all that has to be changed.

        @return: was there anything?
        """
        changes = [self._changes[layout] for layout in range(before + 1, self._ours.layout + 1)]
        found = [
            await self._change(before, kind, changes)
            for kind in dict.fromkeys(kind for each in changes for kind in each.kinds)
        ]
        return any(found)

    async def _change(self, before: int, kind: str, changes: Sequence[Change]) -> bool:
        """
        Change the records of a kind.  If that was begun before and has no mark yet, they may be changed already, and
        those that were kept are as they were.
        """
        aside = BEFORE.format(layout=before, kind=kind)
        former = await self._inner.load(aside)
        if not former:
            former = await self._inner.load(kind)
            await self._inner.write(aside, former)
        records: dict[bytes, bytes | None] = {**former}
        for each in changes:
            if kind in each.kinds:
                records |= each.change(kind, {key: value for key, value in records.items() if value is not None})
        await self._inner.write(kind, records)
        return bool(former)
