"""
The entries of a table, as sources change them and readers ask for them.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator
from typing import Final

from twisted.internet.interfaces import IReactorTime

from wand.errors import EntryRefused, NoSuchEntry
from wand.ethernet import MAC
from wand.events import Events
from wand.table.entries import Entry, Peer, Source, bestOf
from wand.table.peers import PeerObserver, TablePeers
from wand.timing.deadlines import Deadlines

#: How many MAC addresses a table holds at most.
ENTRIES_MAXIMUM: Final = 200_000

#: How many pairs of addresses have a way that is remembered.
WAYS_MAXIMUM: Final = 4096

#: How many sources may speak of one MAC address.
SOURCES_MAXIMUM: Final = 16


class Table:
    """
    MAC addresses and their peers.

    @ivar peerOf: the peer to which a frame for a MAC address goes, for the hot path; everybody but the table only reads
        it.  Keys compare equal to slices of a frame.
    @ivar ways: the peer for frames from one address to another, by destination and source as they stand in a frame:
        what was found in C{peerOf} and may leave.  Forwarding fills it with L{keepWay}; every change empties it.
    @ivar known: the peers that have an entry.
    """

    def __init__(
        self, clock: IReactorTime, events: Events, own: MAC | None = None, limit: int = ENTRIES_MAXIMUM
    ) -> None:
        """
        @param own: the MAC address of our own tap, which no source can give to anybody else.
        @param limit: how many MAC addresses the table holds at most.
        """
        self.own = own
        self.peerOf: dict[bytes, Peer] = {}
        self.ways: dict[bytes, Peer] = {}
        self.known = TablePeers()
        self._clock = clock
        self._events = events
        self._limit = limit
        self._entries: dict[MAC, dict[Source, Entry]] = {}
        self._deadlines: Deadlines[tuple[MAC, Source]] = Deadlines(clock, self._expired)
        self._sorted: list[MAC] | None = []

    def __len__(self) -> int:
        return len(self._entries)

    # What sources say.

    def put(self, mac: MAC, peer: Peer, source: Source, lifetime: float | None = None) -> None:
        """
        Add an entry, or confirm it.

        @param lifetime: seconds after which the entry expires unless it is confirmed again, or C{None} for never.
        @raise EntryRefused: if the address is our own or a group's, or the table is full.
        """
        known = self._admitted(mac)
        before = known.get(source)
        if before is None and len(known) >= SOURCES_MAXIMUM:
            raise EntryRefused(f"{SOURCES_MAXIMUM} sources speak of {mac} already")
        now = self._clock.seconds()
        since = before.since if before is not None and before.peer == peer else now
        known[source] = Entry(mac, peer, source, since, lifetime)
        if lifetime is None:
            self._deadlines.discard((mac, source))
        else:
            self._deadlines.expireAt((mac, source), now + lifetime)
        self._choose(mac)

    def _admitted(self, mac: MAC) -> dict[Source, Entry]:
        """
        What the sources say of an address that may have entries.
        """
        if mac == self.own:
            raise EntryRefused(f"{mac} is this node's own address")
        if not mac.isUnicast:
            raise EntryRefused(f"{mac} is not the address of a single host")
        known = self._entries.get(mac)
        if known is None:
            if len(self._entries) >= self._limit:
                raise EntryRefused(f"the table is full: {self._limit} addresses")
            known = self._entries[mac] = {}
            self._sorted = None
        return known

    def remove(self, mac: MAC, source: Source) -> None:
        """
        Forget what one source says of a MAC address.

        @raise NoSuchEntry: if it says nothing of it.
        """
        known = self._entries.get(mac, {})
        if known.pop(source, None) is None:
            raise NoSuchEntry(f"the table has no entry for {mac} from {source.name}")
        self._deadlines.discard((mac, source))
        if not known:
            del self._entries[mac]
            self._sorted = None
        self._choose(mac)

    def removeEverywhere(self, mac: MAC) -> None:
        """
        Forget what every source says of a MAC address.

        @raise NoSuchEntry: if none says anything of it.
        """
        sources = tuple(self._entries.get(mac, ()))
        if not sources:
            raise NoSuchEntry(f"the table has no entry for {mac}")
        for source in sources:
            self.remove(mac, source)

    def removeSource(self, source: Source) -> None:
        """
        Forget everything that one source says.
        """
        for mac in [mac for mac, known in self._entries.items() if source in known]:
            self.remove(mac, source)

    def touch(self, peer: Peer) -> None:
        """
        A peer was heard: keep each of its entries for a whole lifetime from now.
        """
        now = self._clock.seconds()
        for mac in self.known.macsOf(peer):
            for source, entry in self._entries[mac].items():
                if entry.peer == peer and entry.lifetime is not None:
                    self._deadlines.expireAt((mac, source), now + entry.lifetime)

    def keepWay(self, addresses: bytes, peer: Peer) -> None:
        """
        Remember the way of frames until the table changes, or until L{forgetWays}.

        @param addresses: destination and source, as they stand in a frame.
        """
        if len(self.ways) >= WAYS_MAXIMUM:
            self.ways.clear()
        self.ways[addresses] = peer

    def forgetWays(self) -> None:
        """
        Let the next frame of each pair of addresses be looked at again.
        """
        self.ways.clear()

    def observe(self, observer: PeerObserver) -> None:
        """
        Tell C{observer} of every peer, and from now on of those that come and go.
        """
        self.known.observe(observer)

    def stop(self) -> None:
        """
        Leave no timer behind.
        """
        self._deadlines.stop()

    # What readers ask.

    @property
    def peers(self) -> tuple[Peer, ...]:
        """
        Every peer once, in the order in which they came: the receivers of a broadcast.
        """
        return self.known.all

    def entry(self, mac: MAC) -> Entry | None:
        """
        The entry that forwarding uses for C{mac}, if there is one.
        """
        known = self._entries.get(mac)
        return bestOf(known.values()) if known else None

    def sources(self, mac: MAC) -> tuple[Entry, ...]:
        """
        What every source says of C{mac}.
        """
        return tuple(self._entries.get(mac, {}).values())

    def of(self, source: Source) -> Iterator[Entry]:
        """
        Everything that one source says.
        """
        return (known[source] for known in self._entries.values() if source in known)

    def page(self, after: MAC | None, count: int) -> list[Entry]:
        """
        At most C{count} of the entries that forwarding uses, in the order of their addresses, those beyond C{after}.
        """
        if self._sorted is None:
            self._sorted = sorted(self._entries)
        start = 0 if after is None else bisect_right(self._sorted, after)
        return [bestOf(self._entries[mac].values()) for mac in self._sorted[start : start + count]]

    def macsOf(self, peer: Peer) -> frozenset[MAC]:
        """
        The addresses whose frames go to C{peer}.
        """
        return frozenset(self.known.macsOf(peer))

    def expires(self, entry: Entry) -> float | None:
        """
        When an entry expires unless it is confirmed, in the clock's seconds, or C{None} for never.
        """
        return self._deadlines.deadline((entry.mac, entry.source))

    # How the best entry is chosen, and made known.

    def _expired(self, key: tuple[MAC, Source]) -> None:
        self.remove(*key)

    def _choose(self, mac: MAC) -> None:
        known = self._entries.get(mac)
        best = bestOf(known.values()) if known else None
        before = self.peerOf.get(mac)
        if best is None:
            del self.peerOf[mac]
            self.ways.clear()
            self.known.detach(mac, before)
            self._events.publish("entry-removed", mac=str(mac), **_whoIs(before))
        elif best.peer != before:
            self.peerOf[mac] = best.peer
            self.ways.clear()
            if before is not None:
                self.known.detach(mac, before)
            self.known.attach(mac, best.peer)
            kind = "entry-added" if before is None else "entry-changed"
            self._events.publish(kind, mac=str(mac), **_whoIs(best.peer), source=best.source.name)


def _whoIs(peer: Peer) -> dict[str, str]:
    """
    The fields of an event that say who a peer is: its identity, too, where peers have one.
    """
    found = {"peer": str(peer)}
    return {**found, "name": getattr(peer, "name", ""), "key": peer.hex()} if isinstance(peer, bytes) else found
