"""
The registry: which nodes there are, and where each last registered from.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterator
from enum import Enum, auto
from typing import Final

import attrs
from twisted.internet.interfaces import IReactorTime

from wand.endpoint import Endpoint
from wand.errors import EntryRefused, NoSuchEntry
from wand.ethernet import MAC
from wand.rel2.wire import buildListing, entrySize
from wand.timing.deadlines import Deadlines
from wand.underlay.ports import DATAGRAM_MAXIMUM

#: Seconds after which a node that was not heard of is forgotten; as in the original.
EXPIRY: Final = 3600.0


@attrs.frozen
class Registration:
    """
    A node, as the registry knows it.

    @ivar endpoint: where its last request came from; of an operator's entry, what the operator said.
    @ivar since: when it came to this endpoint, in seconds since the epoch.
    @ivar lastSeen: when its last request came, in seconds since the epoch.
    @ivar lifetime: for how many seconds it stands after that; C{None} if it does not expire.
    @ivar fixed: did an operator set it?  Then no request moves it to another host.
    @ivar asked: did the node itself ever ask?  Only then can it be told of changes.
    """

    mac: MAC
    endpoint: Endpoint
    since: float
    lastSeen: float
    lifetime: float | None = EXPIRY
    fixed: bool = False
    asked: bool = True


class Change(Enum):
    """
    What a request changes in the registry: nothing, the node's port, its host, or the node is new.
    """

    NONE = auto()
    PORT = auto()
    HOST = auto()
    NEW = auto()


class Registry:
    """
    Registrations by MAC address.

    @ivar version: grows with every change that nodes are to be told of.
    """

    def __init__(
        self, clock: IReactorTime, wallClock: Callable[[], float], expired: Callable[[Registration], object]
    ) -> None:
        """
        @param wallClock: gives the seconds since the epoch.
        @param expired: called with each registration that expired, when it is gone.
        """
        self.version = 0
        self._clock = clock
        self._wallClock = wallClock
        self._tell = expired
        self._registrations: dict[MAC, Registration] = {}
        self._deadlines: Deadlines[MAC] = Deadlines(clock, self._expired)
        self._size = 0
        self._listing: bytes | None = None
        self._sorted: list[MAC] | None = None

    def __len__(self) -> int:
        return len(self._registrations)

    def __iter__(self) -> Iterator[Registration]:
        return iter(tuple(self._registrations.values()))

    def get(self, mac: MAC) -> Registration | None:
        """
        The registration of C{mac}, if there is one.
        """
        return self._registrations.get(mac)

    def change(self, mac: MAC, endpoint: Endpoint) -> Change:
        """
        What a request of C{mac} from C{endpoint} would change.
        """
        known = self._registrations.get(mac)
        if known is None:
            return Change.NEW
        if known.endpoint.host != endpoint.host:
            return Change.HOST
        if known.endpoint.port != endpoint.port or not known.asked:
            return Change.PORT
        return Change.NONE

    def register(self, mac: MAC, endpoint: Endpoint) -> Registration:
        """
        Take a request.

        @raise EntryRefused: if the table would not fit into one datagram any more, or an operator fixed the address to
            another host.
        """
        now = self._wallClock()
        known = self._registrations.get(mac)
        if known is None:
            registration = Registration(mac, endpoint, now, now)
        else:
            if known.fixed and known.endpoint.host != endpoint.host:
                raise EntryRefused(f"the operator fixed {mac} to {known.endpoint.host}")
            since = known.since if known.endpoint == endpoint else now
            registration = attrs.evolve(known, endpoint=endpoint, since=since, lastSeen=now, asked=True)
        self.put(registration)
        return registration

    def put(self, registration: Registration, left: float | None = None) -> None:
        """
        Take a registration as it is.

        @param left: seconds until it expires, if that is not its whole lifetime.
        @raise EntryRefused: if the table would not fit into one datagram any more.
        """
        mac, host = registration.mac, registration.endpoint.host
        known = self._registrations.get(mac)
        size = self._size + entrySize(host) - (entrySize(known.endpoint.host) if known else 0)
        if size > DATAGRAM_MAXIMUM:
            raise EntryRefused(
                f"the table is full: with {mac} the listing of {len(self)} nodes would not fit into one datagram"
            )
        if known is None or known.endpoint != registration.endpoint or known.asked != registration.asked:
            self._changed()
        self._registrations[mac] = registration
        self._size = size
        if registration.lifetime is None:
            self._deadlines.discard(mac)
        else:
            self._deadlines.expireAt(mac, self._clock.seconds() + (registration.lifetime if left is None else left))

    def remove(self, mac: MAC) -> Registration:
        """
        Forget a node.

        @raise NoSuchEntry: if it is not known.
        """
        registration = self._registrations.pop(mac, None)
        if registration is None:
            raise NoSuchEntry(f"{mac} is not registered")
        self._deadlines.discard(mac)
        self._size -= entrySize(registration.endpoint.host)
        self._changed()
        return registration

    def expires(self, mac: MAC) -> float | None:
        """
        When a registration goes unless the node is heard of, in seconds since the epoch, or C{None} for never.
        """
        deadline = self._deadlines.deadline(mac)
        return None if deadline is None else self._wallClock() + deadline - self._clock.seconds()

    def page(self, after: MAC | None, count: int) -> list[Registration]:
        """
        At most C{count} registrations in the order of their addresses, those beyond C{after}.
        """
        if self._sorted is None:
            self._sorted = sorted(self._registrations)
        start = 0 if after is None else bisect_right(self._sorted, after)
        return [self._registrations[mac] for mac in self._sorted[start : start + count]]

    def listing(self) -> bytes:
        """
        The whole table as one datagram.
        """
        if self._listing is None:
            hosts = ((mac, registration.endpoint.host) for mac, registration in self._registrations.items())
            self._listing = buildListing(hosts)
            assert self._listing is not None  # put() takes nothing that does not fit
        return self._listing

    def stop(self) -> None:
        """
        Leave no timer behind.
        """
        self._deadlines.stop()

    def _changed(self) -> None:
        self.version += 1
        self._listing = None
        self._sorted = None

    def _expired(self, mac: MAC) -> None:
        self._tell(self.remove(mac))
