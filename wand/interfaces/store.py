"""
Stores: where a directory server keeps its state.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TypeAlias

from twisted.internet.defer import Deferred
from zope.interface import Interface

from wand.interfaces.context import Context
from wand.interfaces.plugin import IWandPlugin, Settings

#: A record and what it has to hold: its kind, its key and its value, C{None} for no record.
Held: TypeAlias = tuple[str, bytes, bytes | None]


class IStore(IWandPlugin):
    """
    A place where the directory server keeps its state.
    """

    def open(settings: Settings, context: Context) -> IRecords:
        """
        Open it, or create it empty.  What may take long is done later, beside the reactor (C{context.makeWorker}); if
        it fails then, so does whatever is asked of the records.

        @raise wand.errors.StoreUnavailable: if that fails.
        @raise wand.errors.ConfigurationInvalid: if a key or a value is refused.
        """


class IRecords(Interface):
    """
    An open store: records of bytes, each with a kind and a key.  Each call is atomic and, once its Deferred fired,
    survives a crash of the program; calls are done in their order, and none blocks the reactor.  A Deferred fails with
    L{wand.errors.StoreUnavailable}, after a bounded time.
    """

    def load(kind: str) -> Deferred[dict[bytes, bytes]]:
        """
        Everything of a kind, by key.
        """

    def write(kind: str, records: Mapping[bytes, bytes | None]) -> Deferred[None]:
        """
        Set records of a kind, all or none; C{None} deletes.
        """

    def exchange(kind: str, key: bytes, expected: bytes | None, value: bytes | None) -> Deferred[bool]:
        """
        Set one record if it holds what is expected; C{None} stands for no record.  Of several that expect the same,
        exactly one succeeds.

        @return: whether it was set.
        """

    def watch(
        kind: str, changed: Callable[[Mapping[bytes, bytes | None]], object], missed: Callable[[], object]
    ) -> Callable[[], None]:
        """
        Hear what others change in records of a kind: those who opened the same store elsewhere, never what is changed
        by these records.  Whatever a L{load} that is asked for later does not show is heard, so watch first, and then
        load.  Where nobody else can write, nothing is ever heard.

        Changes come soon and in their order, each at least once.  What is told of a record is never older than what was
        last loaded, written or exchanged here, so that whoever takes over what is told, and what its own calls answer,
        in the order in which that comes, has what the store has.  Where changes may have been missed, because the store
        was away or somebody was too slow, or where nobody knows whether a call that failed changed something, C{missed}
        is called once the store answers again: then everything of the kind has to be loaded anew.  If that fails,
        C{missed} is called again.

        @param changed: called with the records that changed, and what each holds; C{None} for those that were deleted.
        @param missed: called when everything has to be loaded anew.
        @return: to be called to hear no more.
        """

    def close() -> Deferred[None]:
        """
        Finish what is under way and let go.
        """


class IConditionalRecords(IRecords):
    """
    Records of which one can be set while others hold what they should: several servers that share a store decide
    nothing against each other then.  Of a store that does not provide it each server has to be the only one.
    """

    def exchangeIf(
        kind: str, key: bytes, expected: bytes | None, value: bytes | None, others: Sequence[Held]
    ) -> Deferred[bool]:
        """
        Set one record as L{exchange <IRecords.exchange>} does, if others hold what they should at the same moment.

        @return: whether it was set.
        """
