"""
A store that several servers share, in memory: for tests of what they do together.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TypeAlias, TypeVar

from twisted.internet.defer import Deferred, fail, succeed
from zope.interface import implementer

from wand.errors import StoreHindered
from wand.interfaces import Held, IConditionalRecords

#: Who watches a kind: the kind, and what to call.
_Watcher: TypeAlias = tuple[str, Callable[[Mapping[bytes, bytes | None]], object], Callable[[], object]]

Result = TypeVar("Result")


class SharedStore:
    """
    What servers share.

    @ivar opened: the records of each.
    """

    def __init__(self) -> None:
        self.kinds: dict[str, dict[bytes, bytes]] = {}
        self.opened: list[SharedRecords] = []

    def open(self) -> SharedRecords:
        """
        Open it once more.
        """
        records = SharedRecords(self)
        self.opened.append(records)
        return records

    def set(self, by: SharedRecords, kind: str, changes: Mapping[bytes, bytes | None]) -> None:
        """
        Change records, and tell all but who does.
        """
        records = self.kinds.setdefault(kind, {})
        for key, value in changes.items():
            if value is None:
                records.pop(key, None)
            else:
                records[key] = value
        for each in self.opened:
            if each is not by:
                each.hear(kind, dict(changes))

    def cut(self) -> None:
        """
        Be away for everybody.
        """
        for each in self.opened:
            each.cut()

    def mend(self) -> None:
        """
        Come back.
        """
        for each in self.opened:
            each.mend()


@implementer(IConditionalRecords)
class SharedRecords:
    """
    The records of one server.

    @ivar isCut: is the store away for this one?
    @ivar isDeaf: does it hear of no changes, which are still on their way?
    """

    def __init__(self, store: SharedStore) -> None:
        self.isCut = False
        self.isDeaf = False
        self._store = store
        self._watchers: dict[object, _Watcher] = {}

    def load(self, kind: str) -> Deferred[dict[bytes, bytes]]:
        """
        See L{IRecords}.
        """
        return self._refused() or succeed(dict(self._store.kinds.get(kind, {})))

    def write(self, kind: str, records: Mapping[bytes, bytes | None]) -> Deferred[None]:
        """
        See L{IRecords}.
        """
        refused: Deferred[None] | None = self._refused()
        if refused is None:
            self._store.set(self, kind, records)
        return refused or succeed(None)

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
        if self.isCut:
            return self._refused() or succeed(False)
        for each, its, held in ((kind, key, expected), *others):
            if self._store.kinds.get(each, {}).get(its) != held:
                return succeed(False)
        self._store.set(self, kind, {key: value})
        return succeed(True)

    def watch(
        self, kind: str, changed: Callable[[Mapping[bytes, bytes | None]], object], missed: Callable[[], object]
    ) -> Callable[[], None]:
        """
        See L{IRecords}.
        """
        watcher = object()
        self._watchers[watcher] = kind, changed, missed

        def end() -> None:
            self._watchers.pop(watcher, None)

        return end

    def close(self) -> Deferred[None]:
        """
        See L{IRecords}.
        """
        self._watchers.clear()
        if self in self._store.opened:
            self._store.opened.remove(self)
        return succeed(None)

    # What becomes of the store.

    def hear(self, kind: str, changes: Mapping[bytes, bytes | None]) -> None:
        """
        Others changed something.
        """
        for watched, changed, _ in tuple(self._watchers.values()):
            if watched == kind and not self.isCut and not self.isDeaf:
                changed(changes)

    def cut(self) -> None:
        """
        The store does not answer this one any more.
        """
        self.isCut = True

    def mend(self) -> None:
        """
        It answers again.
        """
        if self.isCut:
            self.isCut = False
            for _, _, missed in tuple(self._watchers.values()):
                missed()

    def _refused(self) -> Deferred[Result] | None:
        return fail(StoreHindered("the shared store does not answer")) if self.isCut else None
