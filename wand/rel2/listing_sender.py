"""
Listings on their way to the nodes: answers to requests, and pushes when something changed.
"""

from __future__ import annotations

from typing import Final

from twisted.internet.interfaces import IReactorTime

from wand.counters import Counters
from wand.ethernet import MAC
from wand.rel2.registry import Registration, Registry
from wand.timing.rounds import PushRounds
from wand.timing.token_buckets import TokenBuckets
from wand.underlay.ports import DatagramPort

COUNTERS: Final = {
    "rel2-server-replies": "listings sent to the node that asked",
    "rel2-server-pushes": "listings sent to nodes that did not ask, because something changed",
    "drop-rel2-server-throttled": "listings not sent: too much goes to that IP address already",
}

#: Octets of listings that one IP address is sent: per second in the long run, and at once.
LISTED_RATE: Final = 1_000_000.0
LISTED_BURST: Final = 4_000_000.0

#: How many of the octets at once are kept for answers, so that pushes cannot use them up.
ANSWERS_RESERVE: Final = 2_000_000.0


class ListingSender:
    """
    Sends the registry's listing, and remembers which nodes have the newest.

    @ivar port: what listings are sent through; C{None} before the start and after the end.
    """

    def __init__(self, registry: Registry, clock: IReactorTime, counters: Counters) -> None:
        counters.declare(COUNTERS)
        self.port: DatagramPort | None = None
        self._registry = registry
        self._counters = counters
        self._versions: dict[MAC, int] = {}
        self._buckets = TokenBuckets(clock, LISTED_RATE, LISTED_BURST)
        self._pushes = PushRounds(clock, self._listeners, self._push)

    def reply(self, registration: Registration) -> None:
        """
        Answer a node.
        """
        if self._send(registration, 0):
            self._counters["rel2-server-replies"] += 1

    def changed(self) -> None:
        """
        Tell every node that does not know yet.
        """
        self._pushes.changed()

    def assumeKnown(self) -> None:
        """
        Every node knows the table as it is.
        """
        self._versions = {registration.mac: self._registry.version for registration in self._registry}

    def forget(self, mac: MAC) -> None:
        """
        A node is gone.
        """
        self._versions.pop(mac, None)

    def stop(self) -> None:
        """
        Send nothing more.
        """
        self._pushes.stop()
        if self.port is not None:
            self.port.close()
            self.port = None

    def _listeners(self) -> list[MAC]:
        return [registration.mac for registration in self._registry if registration.asked]

    def _push(self, mac: MAC) -> int:
        registration = self._registry.get(mac)
        if registration is None or self._versions.get(mac) == self._registry.version:
            return 0
        if not self._send(registration, ANSWERS_RESERVE):
            return 0
        self._counters["rel2-server-pushes"] += 1
        return len(self._registry.listing())

    def _send(self, registration: Registration, reserve: float) -> bool:
        listing = self._registry.listing()
        if not self._buckets.take(registration.endpoint.host, len(listing), reserve):
            self._counters["drop-rel2-server-throttled"] += 1
            return False
        self._versions[registration.mac] = self._registry.version
        endpoint = registration.endpoint  # it knows at which of our addresses it was heard, unless it is from the store
        return self.port is not None and self.port.answering(endpoint).send(listing, endpoint)
