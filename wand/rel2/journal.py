"""
The journal: what the registry knows, kept in a store, so that a restart forgets nobody.
"""

from __future__ import annotations

from typing import Final

import msgspec
from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IDelayedCall, IReactorTime
from twisted.logger import Logger
from twisted.python.failure import Failure

from wand.endpoint import Endpoint
from wand.errors import AddressInvalid
from wand.ethernet import MAC
from wand.events import Events
from wand.interfaces import IRecords
from wand.rel2.registry import Registration

#: The kind of our records in a store.
KIND: Final = "rel2-registration"

#: Seconds for which what is not urgent, or what a failing store did not take, waits to be written.
PATIENCE: Final = 30.0

#: How many records wait for a store that fails; beyond, the oldest are given up, and the nodes register again anyway.
LIMIT: Final = 10_000


class Record(msgspec.Struct, frozen=True):
    """
    A registration as it stands in a store, in JSON; its key is the MAC address.  See L{Registration}.
    """

    host: str
    port: int
    since: float
    lastSeen: float
    lifetime: float | None
    fixed: bool
    asked: bool


class Journal:
    """
    Writes registrations into a store: one write at a time, and what failed again later.
    """

    _log = Logger()

    def __init__(self, records: IRecords, clock: IReactorTime, events: Events) -> None:
        self._records = records
        self._clock = clock
        self._events = events
        self._unwritten: dict[bytes, bytes | None] = {}
        self._writing: Deferred[None] | None = None
        self._timer: IDelayedCall | None = None
        self._urgent = False
        self._failed = False

    def load(self) -> Deferred[list[Registration]]:
        """
        Read every registration.  A record that cannot be understood is logged and left out.
        """
        return self._records.load(KIND).addCallback(self._understood)

    def save(self, registration: Registration) -> None:
        """
        Write a registration now.
        """
        self._put(registration.mac, _encoded(registration), urgent=True)

    def note(self, registration: Registration) -> None:
        """
        Write a registration at the next occasion.
        """
        self._put(registration.mac, _encoded(registration), urgent=False)

    def forget(self, mac: MAC) -> None:
        """
        Delete a registration now.
        """
        self._put(mac, None, urgent=True)

    def stop(self) -> Deferred[None]:
        """
        Write what is not written yet; fires when that was tried.
        """
        return Deferred.fromCoroutine(self._finish())

    async def _finish(self) -> None:
        if self._writing is not None:
            await self._writing
        self._write()
        if self._writing is not None:
            await self._writing
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _put(self, mac: MAC, value: bytes | None, *, urgent: bool) -> None:
        self._unwritten[bytes(mac)] = value
        self._urgent = self._urgent or urgent
        if urgent:
            self._write()
        self._later()

    def _understood(self, records: dict[bytes, bytes]) -> list[Registration]:
        registrations = []
        for key, value in records.items():
            try:
                registrations.append(_decoded(key, value))
            except (msgspec.DecodeError, AddressInvalid) as error:
                self._log.warn("the store has a record of {key} that cannot be read: {error}", key=key, error=error)
        return registrations

    def _later(self) -> None:
        if self._timer is None and self._unwritten:
            self._timer = self._clock.callLater(PATIENCE, self._due)

    def _due(self) -> None:
        self._timer = None
        self._write()

    def _write(self) -> None:
        if self._writing is not None or not self._unwritten:
            return
        batch, self._unwritten, self._urgent = self._unwritten, {}, False
        self._writing = self._records.write(KIND, batch)
        self._writing.addCallbacks(self._written, self._refused, errbackArgs=(batch,))

    def _written(self, _: None) -> None:
        self._writing = None
        if self._failed:
            self._failed = False
            self._events.publish("store-recovered")
        if self._urgent:
            self._write()

    def _refused(self, failure: Failure, batch: dict[bytes, bytes | None]) -> None:
        self._writing = None
        again = {**batch, **self._unwritten}
        self._unwritten = dict(list(again.items())[-LIMIT:])
        self._later()
        if not self._failed:
            self._failed = True
            reason = failure.getErrorMessage()
            self._log.error("the registry cannot be stored; nodes are served all the same: {reason}", reason=reason)
            self._events.publish("store-failed", reason=reason)


def _encoded(registration: Registration) -> bytes:
    host, port = registration.endpoint
    return msgspec.json.encode(
        Record(
            host=host,
            port=port,
            since=registration.since,
            lastSeen=registration.lastSeen,
            lifetime=registration.lifetime,
            fixed=registration.fixed,
            asked=registration.asked,
        )
    )


def _decoded(key: bytes, value: bytes) -> Registration:
    record = msgspec.json.decode(value, type=Record)
    return Registration(
        mac=MAC(key),
        endpoint=Endpoint.parse(record.host, record.port),
        since=record.since,
        lastSeen=record.lastSeen,
        lifetime=record.lifetime,
        fixed=record.fixed,
        asked=record.asked,
    )
