"""
The entries of a sealed network in the table: with which member a MAC address is, and for how long.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Final

from twisted.internet.interfaces import IReactorTime

from wand.counters import Counters
from wand.errors import EntryRefused, NoSuchEntry
from wand.ethernet import MAC
from wand.sealed.credentials.identity import Identity
from wand.sealed.node.directory_words import DirectoryWords
from wand.table import Entry, Rank, Source, Table

#: Who says so in the table: a member's claim, or frames from behind a member.
CLAIMED: Final = Source("claims", Rank.DIRECTORY)
LEARNED: Final = Source("learned", Rank.LEARNED)

#: Seconds for which a claimed entry stands after its member was last said to be online, and for longer while no
#: directory is heard.
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

    @ivar toldOnline: called with each member that a directory says, or says again, to be online.
    @ivar owners: who owns an address by a claim, ourselves included; the hot path reads it.
    """

    def __init__(
        self,
        table: Table,
        own: Identity,
        clock: IReactorTime,
        counters: Counters,
        macsOf: Callable[[Identity], Iterable[MAC]],
    ) -> None:
        """
        @param own: our own identity.
        @param macsOf: what a member claims, whether it owns it or not.
        """
        counters.declare(COUNTERS)
        self.owners: dict[bytes, Identity] = {}
        self.toldOnline: Callable[[bytes], object] = lambda peer: None
        self._table = table
        self._own = own
        self._counters = counters
        self._macsOf = macsOf
        self._words = DirectoryWords(clock, self._settle)

    def stop(self) -> None:
        """
        Leave no timer behind.
        """
        self._words.stop()

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
                self._put(mac, entry.peer, self._lifetime(entry.peer))

    def here(self, peer: bytes) -> None:
        """
        A member spoke to us itself, so what it owns is with it, also if we were told before that it is gone.
        """
        identity = Identity(peer)
        lifetime = self._lifetime(identity)
        for mac in self._macsOf(identity):
            entry = self._entry(mac)
            isShort = entry is None or (entry.lifetime is not None and entry.lifetime < lifetime)
            if isShort and self.owners.get(mac) == identity:
                self._put(mac, identity, lifetime)

    def online(self, peer: bytes, by: str) -> None:
        """
        A directory says, or says again, that a member is online.

        @param by: its name.
        """
        self._words.say(Identity(peer), by, isOnline=True)
        self._settle(Identity(peer), isRenewed=True)
        self.toldOnline(peer)

    def offline(self, peer: bytes, by: str) -> None:
        """
        A directory says that a member is not online.  As long as another says that it is, it is.

        @param by: the name of the one that says so.
        """
        self._words.say(Identity(peer), by, isOnline=False)
        self._settle(Identity(peer))

    def directoryHeard(self, by: str) -> None:
        """
        A directory is heard: what it says counts; see L{DirectoryWords}.

        @param by: its name.
        """
        self._words.hear(by)

    def directoryLeft(self, by: str) -> None:
        """
        A directory is asked no more: what it said counts no more where another says something else.

        @param by: its name.
        """
        self._words.leave(by)

    def forget(self, peer: bytes) -> None:
        """
        Somebody is no longer known.
        """
        self._words.forget(Identity(peer))

    def isOnline(self, peer: bytes) -> bool:
        """
        Is a member online, after all that directories said?
        """
        return self._words.isOnline(Identity(peer))

    def isTold(self, peer: bytes, *, but: str) -> bool:
        """
        Does a directory say that a member is online?

        @param but: the name of one that does not matter, with all of its servers.
        """
        return self._words.isTold(Identity(peer), but)

    def sweep(self) -> None:
        """
        Give a lifetime to what has none, because it passed from one member to another, or came from the disk.  While no
        directory is heard, nobody can say who is gone: everything stands for another lifetime instead.
        """
        lifetime = None if self._words.isAnyHeard else ONLINE_LIFETIME
        for entry in [entry for entry in self._table.of(CLAIMED) if entry.lifetime == lifetime]:
            self._put(entry.mac, entry.peer, lifetime or self._lifetime(entry.peer))

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

    def _settle(self, identity: Identity, isRenewed: bool = False) -> None:
        isOnline = self._words.isOnline(identity)
        lifetime = ONLINE_LIFETIME if isOnline else OFFLINE_LIFETIME
        for mac in self._macsOf(identity):
            if self.owners.get(mac) != identity:
                continue
            entry = self._entry(mac)
            isDue = isOnline if entry is None else entry.lifetime != lifetime
            if isDue or (isRenewed and isOnline):
                self._put(mac, identity, lifetime)

    def _lifetime(self, peer: object) -> float:
        isOnline = isinstance(peer, Identity) and (not self._words.isAnyHeard or self._words.isOnline(peer))
        return ONLINE_LIFETIME if isOnline else OFFLINE_LIFETIME

    def _put(self, mac: MAC, peer: object, lifetime: float) -> None:
        try:
            self._table.put(mac, peer, CLAIMED, lifetime)
        except EntryRefused:  # our own, or no room: counted where it was claimed
            return

    def _remove(self, mac: MAC, source: Source) -> None:
        try:
            self._table.remove(mac, source)
        except NoSuchEntry:  # it is behind ourselves, the table did not take it, or the operator removed it
            return
