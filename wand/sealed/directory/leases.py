"""
Leases: for how long what members claim stays in the table.
"""

from __future__ import annotations

from typing import Final

from wand.errors import EntryRefused
from wand.ethernet import MAC
from wand.membership.claims import CLAIMED
from wand.membership.identity import Identity
from wand.sealed.node.participant import KnownMembers
from wand.table import Entry, Table

#: Seconds for which an entry stands after a server said that its member is online, or after that was heard.
LIFETIME: Final = 24 * 3600.0

#: The same once every server says that it is not.
GRACE: Final = 180.0


class Leases:
    """
    Gives the entries that claims put into the table a lifetime.
    """

    def __init__(self, claims: KnownMembers, table: Table) -> None:
        self._claims = claims
        self._table = table
        self._online: set[Identity] = set()

    def taken(self, identity: Identity) -> None:
        """
        A member's claim was taken: what it changed in the table is given a lifetime.
        """
        for mac in self._claimed(identity):
            entry = self._entry(mac)
            if entry is not None and entry.lifetime is None:
                self._put(entry)

    def online(self, identity: Identity) -> None:
        """
        A server says, or says again, that a member is online.
        """
        self._online.add(identity)
        for mac in self._claimed(identity):
            if self._claims.ownerOf("mac", mac) == identity:
                self._put(Entry(mac, identity, CLAIMED, 0.0, None))

    def offline(self, identity: Identity) -> None:
        """
        No server says any more that a member is online.
        """
        self._online.discard(identity)
        for mac in self._claimed(identity):
            entry = self._entry(mac)
            if entry is not None and entry.peer == identity and entry.lifetime != GRACE:
                self._put(entry)

    def sweep(self) -> None:
        """
        Give a lifetime to whatever has none, because somebody lost it to somebody else.
        """
        for entry in [entry for entry in self._table.of(CLAIMED) if entry.lifetime is None]:
            self._put(entry)

    def _claimed(self, identity: Identity) -> list[MAC]:
        announcement = self._claims.announcement(identity)
        return [] if announcement is None else [MAC(mac) for mac in announcement.claim.macs]

    def _entry(self, mac: MAC) -> Entry | None:
        return next((entry for entry in self._table.sources(mac) if entry.source == CLAIMED), None)

    def _put(self, entry: Entry) -> None:
        try:
            self._table.put(entry.mac, entry.peer, CLAIMED, LIFETIME if entry.peer in self._online else GRACE)
        except EntryRefused:  # our own, or no room: counted where it was claimed
            return
