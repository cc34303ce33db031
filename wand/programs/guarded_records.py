"""
A store that cannot disturb the server: whatever it does wrong becomes one kind of error, and nobody waits for it
forever.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, TypeVar

from twisted.internet.defer import CancelledError, Deferred, maybeDeferred
from twisted.python.failure import Failure
from zope.interface import implementer

from wand.conditional_exchange import exchangeIf
from wand.discovery.in_time import inTime
from wand.discovery.opening import openPlugin
from wand.errors import StoreUnavailable, WandError
from wand.interfaces import Context, Held, IConditionalRecords, IRecords, IStore, Settings

#: Seconds that a store has to write what is not written yet when the program ends, and to close.
WRITING_PATIENCE: Final = 1.5
CLOSING_PATIENCE: Final = 1.5

Answer = TypeVar("Answer")


@implementer(IConditionalRecords)
class GuardedRecords:
    """
    Passes every call on to the records of a store, which may fail.  Keys and values that are more than octets, such as
    an L{Identity <wand.sealed.credentials.identity.Identity>}, are passed on as octets: many a serializer knows nothing
    else.

    @ivar place: what the store is called where it fails.
    @ivar inner: what the store opened.
    """

    def __init__(self, name: str, records: IRecords, context: Context) -> None:
        self.place = f"store {name}"
        self.inner = records
        self._context = context

    def load(self, kind: str) -> Deferred[dict[bytes, bytes]]:
        """
        See L{IRecords}.
        """
        return self._asked(self.inner.load, kind)

    def write(self, kind: str, records: Mapping[bytes, bytes | None]) -> Deferred[None]:
        """
        See L{IRecords}.
        """
        plain = {bytes(key): _octets(value) for key, value in records.items()}
        return self._asked(self.inner.write, kind, plain)

    def exchange(self, kind: str, key: bytes, expected: bytes | None, value: bytes | None) -> Deferred[bool]:
        """
        See L{IRecords}.
        """
        return self._asked(self.inner.exchange, kind, bytes(key), _octets(expected), _octets(value))

    def exchangeIf(
        self, kind: str, key: bytes, expected: bytes | None, value: bytes | None, others: Sequence[Held]
    ) -> Deferred[bool]:
        """
        See L{IConditionalRecords}.
        """
        plain = [(each, bytes(its), _octets(held)) for each, its, held in others]
        return self._asked(exchangeIf, self.inner, kind, bytes(key), _octets(expected), _octets(value), plain)

    def watch(
        self, kind: str, changed: Callable[[Mapping[bytes, bytes | None]], object], missed: Callable[[], object]
    ) -> Callable[[], None]:
        """
        See L{IRecords}.  A store that cannot be watched is used all the same, and goes on telling whatever its owner
        makes of it.
        """
        try:
            return self.inner.watch(kind, self._guarded(changed), self._guarded(missed))
        except Exception:
            self._context.failures.caught(self.place, plugin=self.inner)
            return lambda: None

    def close(self) -> Deferred[None]:
        """
        See L{IRecords}; fires after L{CLOSING_PATIENCE} at the latest.
        """
        return inTime(maybeDeferred(self.inner.close), CLOSING_PATIENCE, self._context, self.place, self.inner)

    def _guarded(self, told: Callable[..., object]) -> Callable[..., None]:
        def tell(*arguments: Any) -> None:
            try:
                told(*arguments)
            except Exception:
                self._context.failures.caught("owner of records")

        return tell

    def _asked(self, call: Callable[..., Deferred[Answer]], *arguments: Any) -> Deferred[Answer]:
        return maybeDeferred(call, *arguments).addErrback(self._failed)

    def _failed(self, failure: Failure) -> Any:
        error = failure.value
        if isinstance(error, WandError):
            return failure
        if not isinstance(error, CancelledError):
            self._context.failures.caught(self.place, failure, self.inner)
        raise StoreUnavailable(f"the {self.place} failed: {error or type(error).__name__}") from error


def _octets(value: bytes | None) -> bytes | None:
    return None if value is None else bytes(value)


def openRecords(name: str, store: IStore, settings: Settings, context: Context) -> GuardedRecords:
    """
    Open a store.

    @raise wand.errors.WandError: if it cannot be opened, or is not a store.
    """
    return GuardedRecords(name, openPlugin("store", name, store, settings, context), context)
