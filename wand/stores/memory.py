"""
A store in memory: forgets everything when the program ends.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from twisted.internet.defer import Deferred, succeed
from twisted.plugin import IPlugin
from zope.interface import implementer

from wand.interfaces import Context, Held, IConditionalRecords, IRecords, IStore, Settings
from wand.plugin_settings import NoSettings, readSettings


@implementer(IConditionalRecords)
class MemoryRecords:
    """
    Records in dictionaries.
    """

    def __init__(self) -> None:
        self._kinds: dict[str, dict[bytes, bytes]] = {}

    def load(self, kind: str) -> Deferred[dict[bytes, bytes]]:
        """
        See L{IRecords}.
        """
        return succeed(dict(self._kinds.get(kind, {})))

    def write(self, kind: str, records: Mapping[bytes, bytes | None]) -> Deferred[None]:
        """
        See L{IRecords}.
        """
        for key, value in records.items():
            self._set(kind, key, value)
        return succeed(None)

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
        for each, its, held in ((kind, key, expected), *others):
            if self._kinds.get(each, {}).get(its) != held:
                return succeed(False)
        self._set(kind, key, value)
        return succeed(True)

    def watch(
        self, kind: str, changed: Callable[[Mapping[bytes, bytes | None]], object], missed: Callable[[], object]
    ) -> Callable[[], None]:
        """
        See L{IRecords}.  Nobody else writes.
        """
        return lambda: None

    def close(self) -> Deferred[None]:
        """
        See L{IRecords}.
        """
        return succeed(None)

    def _set(self, kind: str, key: bytes, value: bytes | None) -> None:
        records = self._kinds.setdefault(kind, {})
        if value is None:
            records.pop(key, None)
        else:
            records[key] = value


@implementer(IPlugin, IStore)
class MemoryStore:
    """
    The store C{memory}.
    """

    name = "memory"
    about = "keeps what a server knows in memory only: a restart forgets it"
    settings = NoSettings

    def unusable(self) -> str | None:
        """
        See L{wand.interfaces.IWandPlugin}.
        """
        return None

    def open(self, settings: Settings, context: Context) -> IRecords:
        """
        See L{IStore}.
        """
        readSettings(settings, NoSettings, "store-settings")
        return MemoryRecords()
