"""
The entries of a sealed network in the table: with which member a MAC address is, and for how long.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Final

from wand.counters import Counters
from wand.errors import EntryRefused, NoSuchEntry
from wand.ethernet import MAC
from wand.sealed.credentials.identity import Identity
from wand.table import Entry, Rank, Source, Table

#: Who says so in the table: a member's claim, or frames from behind a member.
CLAIMED: Final = Source("claims", Rank.DIRECTORY)
LEARNED: Final = Source("learned", Rank.LEARNED)

#: Seconds for which a claimed entry stands after a directory said that its member is online.
ONLINE_LIFETIME: Final = 24 * 3600.0

#: The same once none says so any more.
OFFLINE_LIFETIME: Final = 180.0

COUNTERS: Final = {
    "drop-claim-table": "claimed addresses that the table did not take",
}


class MemberEntries:
    """
    Writes the table's entries of a sealed network; nothing else does.  An address that a member owns is with that
    member, whatever is heard.  Our own addresses, and those behind our own tap, are not in the table.  Peers in the
    table are L{Identity}s.

    @ivar owners: who owns an address by a claim, ourselves included; the hot path reads it.
    """

    def __init__(
        self, table: Table, own: Identity, counters: Counters, macsOf: Callable[[Identity], Iterable[MAC]]
    ) -> None:
        """
        @param own: our own identity.
        @param macsOf: what a member claims, whether it owns it or not.
        """
        counters.declare(COUNTERS)
        self.owners: dict[bytes, Identity] = {}
        self._table = table
        self._own = own
        self._counters = counters
        self._macsOf = macsOf
        self._online: dict[Identity, set[str]] = {}

    # What members own.

    def setOwner(self, mac: MAC, owner: Identity | None) -> None:
        """
        Say who owns an address; C{None} for nobody.  An entry that is new has no lifetime yet.
        """
        if owner is None:
            self.owners.pop(mac, None)
        else:
            self.owners[mac] = owner
        if owner is None or owner == self._own:
            self._remove(mac, CLAIMED)
            return
        try:
            self._table.put(mac, owner, CLAIMED)
        except EntryRefused:
            self._counters["drop-claim-table"] += 1

    def claimed(self, peer: bytes) -> None:
        """
        A server told of a member's claim: what that changed is given a lifetime.
        """
        identity = Identity(peer)
        for mac in self._macsOf(identity):
            entry = self._entry(mac)
            if entry is not None and entry.lifetime is None:
                self._lease(mac, entry.peer)

    def online(self, peer: bytes, by: str) -> None:
        """
        A directory says, or says again, that a member is online.

        @param by: its name.
        """
        identity = Identity(peer)
        self._online.setdefault(identity, set()).add(by)
        for mac in self._macsOf(identity):
            if self.owners.get(mac) == identity:
                self._lease(mac, identity)

    def offline(self, peer: bytes, by: str) -> None:
        """
        A directory does not say any more that a member is online.  As long as another does, it is.

        @param by: the name of the one that does not.
        """
        identity = Identity(peer)
        others = self._online.get(identity, set())
        others.discard(by)
        if others:
            return
        self._online.pop(identity, None)
        for mac in self._macsOf(identity):
            entry = self._entry(mac)
            if entry is not None and entry.peer == identity and entry.lifetime != OFFLINE_LIFETIME:
                self._lease(mac, identity)

    def isTold(self, peer: bytes, *, but: str) -> bool:
        """
        Does a directory say that a member is online?

        @param but: the name of one that does not matter.
        """
        return any(by != but for by in self._online.get(Identity(peer), ()))

    def forget(self, peer: bytes) -> None:
        """
        A member is no longer known, wherever it is.
        """
        self._online.pop(Identity(peer), None)

    def sweep(self) -> None:
        """
        Give a lifetime to what has none, because it passed from one member to another.
        """
        for entry in [entry for entry in self._table.of(CLAIMED) if entry.lifetime is None]:
            self._lease(entry.mac, entry.peer)

    # What is behind members.

    def heard(self, mac: MAC, identity: Identity) -> bool:
        """
        An address was heard behind a member, or behind our own tap.

        @return: whether it may be there: it is a single host's, nobody owns it, and the table has room.
        """
        if mac in self.owners or not mac.isUnicast:
            return False
        if identity == self._own:
            self.silent(mac)
            return True
        try:
            self._table.put(mac, identity, LEARNED)
        except EntryRefused:  # ours, or the table is full
            return False
        return True

    def silent(self, mac: MAC) -> None:
        """
        An address is no longer heard.
        """
        self._remove(mac, LEARNED)

    # How it is done.

    def _entry(self, mac: MAC) -> Entry | None:
        return next((entry for entry in self._table.sources(mac) if entry.source == CLAIMED), None)

    def _lease(self, mac: MAC, peer: object) -> None:
        try:
            self._table.put(mac, peer, CLAIMED, ONLINE_LIFETIME if peer in self._online else OFFLINE_LIFETIME)
        except EntryRefused:  # our own, or no room: counted where it was claimed
            return

    def _remove(self, mac: MAC, source: Source) -> None:
        try:
            self._table.remove(mac, source)
        except NoSuchEntry:  # it is behind ourselves, the table did not take it, or the operator removed it
            return
