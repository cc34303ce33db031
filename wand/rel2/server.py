"""
The directory server of REL2: it tells each node that asks who else is there, and everybody what changed.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Final

from twisted.internet.defer import Deferred
from twisted.logger import Logger
from twisted.python.failure import Failure

from wand.endpoint import NODE_PORT, Endpoint
from wand.errors import EntryRefused, NoSuchEntry, NotSupported
from wand.ethernet import MAC
from wand.hooks.approval import Approval
from wand.interfaces import Candidate, Context, IHookListener, IRecords, Verdict
from wand.rel2.listing_sender import ListingSender
from wand.rel2.registry import Change, Registration, Registry
from wand.rel2.registry_status import entriesOf, sourceOf
from wand.rel2.stored import REGISTRATION_KIND, decodeRegistrations, encodeRegistration
from wand.rel2.wire import parseHost, parseRequest
from wand.status import EntryStatus
from wand.stores.write_behind import WriteBehind
from wand.table import OPERATOR
from wand.timing.token_buckets import TokenBuckets

COUNTERS: Final = {
    "rel2-server-requests": "registration requests that were well formed",
    "rel2-server-expired": "nodes forgotten because they were not heard of for an hour",
    "drop-rel2-server-malformed": "datagrams to the directory server that are not registration requests",
    "drop-rel2-server-loading": "requests dropped: the store is not read yet",
    "drop-rel2-server-full": "requests dropped: the listing would not fit into one datagram",
    "drop-rel2-server-pending": "requests dropped: hooks have not decided about the node yet, or about too many others",
    "drop-rel2-server-unanswered": "requests dropped: a hook did not answer, or failed; the node asks again",
    "drop-rel2-server-refused": "requests dropped: a hook or the operator refuses the node",
}

#: Seconds that a node has, after the server was down for longer than its lifetime, to register again; longer than the
#: 900 s after which the original's does.
RESTART_GRACE: Final = 1000.0

#: How many refusals a second are logged and published, how many at once, and for how many addresses it is remembered
#: that theirs was; one address at most once a minute.
REFUSALS_TOLD_RATE: Final = 1 / 60
REFUSALS_TOLD_BURST: Final = 10
REFUSED_REMEMBERED: Final = 1024

#: Seconds within which it is stored that a node was merely heard again.
HEARD_STORED_WITHIN: Final = 30.0

#: What a store that refuses means, for the operator.
UNSTORED: Final = "Nodes are served all the same; until it can, what changes is forgotten at a restart"


class REL2Server:
    """
    The directory server.

    @ivar registry: who is here.
    """

    _log = Logger()

    def __init__(
        self, context: Context, records: IRecords, hooks: Sequence[IHookListener], host: str, port: int
    ) -> None:
        """
        @param records: the open store of the registry; closed by its owner.
        @param hooks: asked before a node joins.  Whoever opened them tells them of events.
        @param host: the numeric local address to bind.
        @param port: the UDP port to bind.
        """
        self._context = context
        self._clock = context.clock
        self._counters = context.counters
        self._counters.declare(COUNTERS)
        self._events = context.events
        self._address = (host, port)
        self._loaded = False
        self.registry = Registry(self._clock, context.wallClock, self._expired)
        self._records = records
        self._stored = WriteBehind(
            REGISTRATION_KIND, records, encodeRegistration, context, UNSTORED, delay=HEARD_STORED_WITHIN
        )
        self._approval = Approval(tuple(hooks), self._clock)
        self._tellings = TokenBuckets(self._clock, REFUSALS_TOLD_RATE, REFUSALS_TOLD_BURST, 1)
        self._tellingsOf = TokenBuckets(self._clock, REFUSALS_TOLD_RATE, 1, REFUSED_REMEMBERED)
        self._listings = ListingSender(self.registry, self._clock, self._counters)

    @property
    def listening(self) -> Endpoint:
        """
        Where the server is bound, or is to be.
        """
        port = self._listings.port
        return port.endpoint if port is not None else Endpoint(*self._address)

    # Starting and stopping.

    def start(self) -> Deferred[None]:
        """
        Bind the port and read the store; requests are answered from then on.

        @return: fires when the store is read, or with L{wand.errors.StoreUnavailable} when it cannot be.  Where that
            is known at once, it is raised.
        @raise wand.errors.PortUnavailable: if the port cannot be bound.
        @raise wand.errors.StoreUnavailable: if the store cannot be read.
        """
        self._listings.port = self._context.underlay.bind(*self._address, self)
        failures: list[Failure] = []
        loading = self._records.load(REGISTRATION_KIND).addCallback(decodeRegistrations).addCallback(self._begin)
        loading.addErrback(self._unreadable, failures)
        if failures:
            loading.addErrback(lambda _: None)
            failures[0].raiseException()
        return loading

    def stop(self) -> Deferred[None]:
        """
        Answer nothing more, and write what is not written yet.

        @return: fires when that is done; the store can be closed then.
        """
        self._loaded = False
        self._approval.stop()
        self._listings.stop()
        self.registry.stop()
        return self._stored.stop()

    def _begin(self, registrations: list[Registration]) -> None:
        if self._listings.port is None:  # stopped meanwhile
            return
        now = self._context.wallClock()
        for registration in registrations:
            age = max(0.0, now - registration.lastSeen)
            try:
                self.registry.put(registration, max((registration.lifetime or 0) - age, RESTART_GRACE))
            except EntryRefused as refused:
                self._log.error("the store has a registration that is left out: {reason}", reason=str(refused))
        self._listings.assumeKnown()
        self._loaded = True

    def _unreadable(self, failure: Failure, failures: list[Failure]) -> Failure:
        failures.append(failure)
        self._listings.stop()
        return failure

    # Requests of nodes.

    def datagramReceived(self, datagram: memoryview, sender: tuple[str, int]) -> None:
        """
        See L{wand.underlay.ports.DatagramReceiver}.
        """
        mac = parseRequest(datagram)
        if mac is None or sender[1] == 0 or parseHost(sender[0].encode()) is None:
            self._counters["drop-rel2-server-malformed"] += 1
        elif not self._loaded:
            self._counters["drop-rel2-server-loading"] += 1
        else:
            self._counters["rel2-server-requests"] += 1
            self._requested(mac, sender if isinstance(sender, Endpoint) else Endpoint(*sender))

    def batchReceived(self) -> None:
        """
        See L{wand.underlay.ports.DatagramReceiver}.
        """

    def _requested(self, mac: MAC, endpoint: Endpoint) -> None:
        if not self._approval.isNeeded or self.registry.change(mac, endpoint) not in (Change.NEW, Change.HOST):
            self._admit(mac, endpoint)
            return
        answer = self._approval.ask(Candidate(mac, str(endpoint)))
        if answer is None:
            self._counters["drop-rel2-server-pending"] += 1
        else:
            answer.addCallbacks(partial(self._decided, mac, endpoint), self._undecided)

    def _undecided(self, failure: Failure) -> None:
        self._counters["drop-rel2-server-unanswered"] += 1

    def _decided(self, mac: MAC, endpoint: Endpoint, verdict: Verdict) -> None:
        if verdict:
            self._admit(mac, endpoint)
        else:
            self._refuse(mac, endpoint, "drop-rel2-server-refused", verdict.reason or "a hook refuses it")

    def _admit(self, mac: MAC, endpoint: Endpoint) -> None:
        change = self.registry.change(mac, endpoint)
        before = self.registry.get(mac)
        try:
            registration = self.registry.register(mac, endpoint)
        except EntryRefused as refused:
            fixed = before is not None and before.fixed
            self._refuse(mac, endpoint, "drop-rel2-server-refused" if fixed else "drop-rel2-server-full", str(refused))
            return
        self._listings.reply(registration)
        if change is Change.NONE:
            self._stored.writeLater(mac, registration)
            return
        self._stored.write({mac: registration})
        if change is Change.NEW:
            self._events.publish("registered", mac=str(mac), endpoint=str(endpoint))
        elif change is Change.HOST and before is not None:  # a port changes whenever a NAT likes
            self._events.publish("moved", mac=str(mac), endpoint=str(endpoint), before=str(before.endpoint))
        self._listings.changed()

    def _refuse(self, mac: MAC, endpoint: Endpoint, counter: str, reason: str) -> None:
        self._counters[counter] += 1
        if self._tellingsOf.take(str(mac)) and self._tellings.take(""):
            self._log.warn("{mac} at {endpoint} is refused: {reason}", mac=str(mac), endpoint=endpoint, reason=reason)
            self._events.publish("refused", mac=str(mac), endpoint=str(endpoint), reason=reason)

    # Registrations that end.

    def _expired(self, registration: Registration) -> None:
        self._counters["rel2-server-expired"] += 1
        self._gone(registration)
        self._events.publish("expired", mac=str(registration.mac), endpoint=str(registration.endpoint))

    def _gone(self, registration: Registration) -> None:
        self._listings.forget(registration.mac)
        self._stored.write({registration.mac: None})

    # The operator.

    def entries(self, after: MAC | None, count: int) -> list[EntryStatus]:
        """
        At most C{count} registrations in the order of their addresses, those beyond C{after}.
        """
        return entriesOf(self.registry, after, count)

    def add(self, mac: MAC, peer: str, source: str | None = None, lifetime: float | None = None) -> None:
        """
        Fix a node to a host, whatever requests say, and tell everybody.

        @param peer: the IPv4 address of the node, with or without a port; a REL2 listing has no ports.
        @param source: C{None} or C{operator}.
        @param lifetime: seconds, or C{None} for no end.
        @raise wand.errors.AddressInvalid: if C{peer} is not an endpoint.
        @raise wand.errors.EntryRefused: if a listing cannot name it, or has no room.
        @raise wand.errors.NotSupported: if C{source} is another one.
        """
        if source not in (None, OPERATOR.name):
            raise NotSupported(f"a directory server takes entries from nodes and from its operator, not from {source}")
        endpoint = Endpoint.parse(peer, NODE_PORT)
        if not mac.isUnicast or parseHost(endpoint.host.encode()) is None:
            raise EntryRefused(f"REL2 cannot list {mac} at {endpoint.host}: it needs one host's MAC and IPv4 address")
        known = self.registry.get(mac)
        asked = known is not None and known.asked and known.endpoint.host == endpoint.host
        if asked and known is not None:
            endpoint = known.endpoint
        now = self._context.wallClock()
        registration = Registration(mac, endpoint, now, now, lifetime, fixed=True, asked=asked)
        self.registry.put(registration)
        self._stored.write({mac: registration})
        self._events.publish("registered", mac=str(mac), endpoint=str(endpoint))
        self._listings.changed()

    def delete(self, mac: MAC, source: str | None = None) -> None:
        """
        Forget a node, and tell everybody.  A node that is alive registers again within minutes.

        @param source: C{None}, or who must have said it.
        @raise wand.errors.NoSuchEntry: if there is no such registration.
        """
        known = self.registry.get(mac)
        if known is not None and source not in (None, sourceOf(known)):
            raise NoSuchEntry(f"the registration of {mac} is not from {source} but from {sourceOf(known)}")
        registration = self.registry.remove(mac)
        self._gone(registration)
        self._events.publish("deleted", mac=str(mac), endpoint=str(registration.endpoint))
        self._listings.changed()
