"""
Who owns which MAC address, overlay address and name.

The same announcements, in whatever order they arrive, give the same owners everywhere.  Of each identity the one with
the highest epoch counts.  Of several identities that claim one thing the one that has been a member for the longest
wins (docs/sealed.md).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Final, TypeAlias

from twisted.internet.interfaces import IReactorTime

from wand.ageing import Ageing
from wand.counters import Counters
from wand.errors import EntryRefused, NoSuchEntry
from wand.ethernet import MAC
from wand.events import Events
from wand.membership.certificate import Certificate
from wand.membership.claim import Announcement
from wand.membership.fields import hostOf
from wand.membership.identity import Identity
from wand.membership.learned import Learned
from wand.membership.signed import unverified
from wand.status import ConflictStatus
from wand.table import Rank, Source, Table

#: Who says so in the table.
CLAIMED: Final = Source("claims", Rank.DIRECTORY)

#: How many members are known at the most.
LIMIT: Final = 20_000

COUNTERS: Final = {
    "drop-claim-invalid": "claims whose certificate or signature is not valid",
    "drop-claim-full": "claims beyond the number of members that are kept",
    "drop-claim-table": "claimed addresses that the table did not take",
    "drop-learned": "addresses behind bridges that were not learned: beyond the quota, or heard elsewhere just now",
}

#: Something that has one owner: C{("mac", MAC)}, C{("address", "10.77.0.1")} or C{("name", "alice")}.
Thing: TypeAlias = tuple[str, MAC | str]


class Claims:
    """
    Knows the announcement of every member, and feeds the table.  Peers in the table are L{Identity}s.

    @ivar learned: what is behind members with the bridge right.
    @ivar restarted: called with a member whose claim has a later epoch than the one before: it was started again.
    """

    def __init__(
        self,
        own: Identity,
        check: Callable[[bytes], Certificate | None],
        table: Table,
        clock: IReactorTime,
        events: Events,
        counters: Counters,
        limit: int = LIMIT,
        *,
        wallClock: Callable[[], float],
    ) -> None:
        """
        @param wallClock: gives the seconds since the epoch, which certificates expire by.
        @param own: our own identity, whose addresses do not go into the table.
        @param check: verifies a certificate, as L{wand.membership.trust.Trust.check} does.
        """
        counters.declare(COUNTERS)
        self.learned = Learned(clock, table)
        self.restarted: Callable[[Identity], object] = lambda identity: None
        self._own = own
        self._check = check
        self._table = table
        self._clock = clock
        self._events = events
        self._counters = counters
        self._limit = limit
        self._standing: dict[Identity, Announcement] = {}
        self._claimants: dict[Thing, set[Identity]] = {}
        self._owners: dict[Thing, Identity] = {}
        self._userOf: dict[bytes, Identity] = {}
        self._told: dict[Thing, set[frozenset[Identity]]] = {}
        self._ages: Ageing[Identity] = Ageing(clock, self.drop, wallClock)

    def __len__(self) -> int:
        return len(self._standing)

    # What arrives.

    def offer(self, certificate: bytes, claim: bytes) -> bool:
        """
        Take a certificate and a claim that may be anything.

        @return: whether they are valid and news.
        """
        if self._isKnown(certificate, claim):  # no signature is checked again, however often it is announced
            return False
        announcement = Announcement.verified(certificate, claim, self._check)
        if announcement is None:
            self._counters["drop-claim-invalid"] += 1
            return False
        return self._take(announcement)

    def offerAll(self, pairs: Iterable[tuple[bytes, bytes]]) -> int:
        """
        Take many; one that is not valid is counted and disturbs no other.

        @return: how many were news.
        """
        return sum(self.offer(certificate, claim) for certificate, claim in pairs)

    def drop(self, identity: Identity) -> None:
        """
        A member was revoked, or its certificate expired.
        """
        before = self._standing.pop(identity, None)
        if before is not None:
            self._ages.discard(identity)
            self.learned.forgetBehind(identity)
            for thing in _things(before):
                self._withdraw(thing, identity)

    def stop(self) -> None:
        """
        Leave no timer behind.
        """
        self._ages.stop()
        self.learned.stop()

    # What readers ask.

    def mayUse(self, identity: bytes, mac: bytes) -> bool:
        """
        May a frame of this peer have this source address?  Learns it behind a peer with the bridge right.

        @param mac: six octets.
        """
        owner = self._userOf.get(mac)
        if owner is not None:
            return owner == identity
        announcement = self._standing.get(Identity(identity))
        if announcement is None or not announcement.certificate.bridge:
            return False
        taken = self.learned.heard(announcement.identity, MAC(mac))
        self._counters["drop-learned"] += not taken
        return taken

    def ownerOf(self, kind: str, what: MAC | str) -> Identity | None:
        """
        Who owns something.

        @param kind: C{mac}, C{address} or C{name}.
        @param what: the MAC address, the overlay address without a prefix length, or the name.
        """
        return self._owners.get((kind, what))

    def announcement(self, identity: bytes) -> Announcement | None:
        """
        What a member announced last.
        """
        return self._standing.get(Identity(identity))

    @property
    def announcements(self) -> tuple[Announcement, ...]:
        """
        What every member announced last, ourselves included if we were offered.
        """
        return tuple(self._standing.values())

    @property
    def conflicts(self) -> list[ConflictStatus]:
        """
        Everything that more than one member claims.
        """
        return [
            self._conflict(thing, self._owners[thing], loser)
            for thing in sorted(self._told, key=repr)
            for loser in sorted(self._claimants[thing] - {self._owners[thing]})
        ]

    # How owners are chosen.

    def _isKnown(self, certificate: bytes, claim: bytes) -> bool:
        content = unverified(certificate, Certificate)
        standing = None if content is None else self._standing.get(Identity(content.identity))
        return standing is not None and (certificate, claim) == (standing.signedCertificate, standing.signedClaim)

    def _take(self, announcement: Announcement) -> bool:
        identity = announcement.identity
        before = self._standing.get(identity)
        if before is not None and announcement.precedence <= before.precedence:
            return False
        if before is None and len(self._standing) >= self._limit:
            self._counters["drop-claim-full"] += 1
            return False
        self._standing[identity] = announcement
        self._ages.expireAt(identity, announcement.certificate.expires)
        if not announcement.certificate.bridge:
            self.learned.forgetBehind(identity)
        things = _things(announcement)
        for thing in _things(before) if before else ():
            if thing not in things:
                self._withdraw(thing, identity)
        for thing in things:
            self._claimants.setdefault(thing, set()).add(identity)
            self._settle(thing)
        if before is not None and announcement.claim.epoch > before.claim.epoch and identity != self._own:
            self.restarted(identity)
        return True

    def _withdraw(self, thing: Thing, identity: Identity) -> None:
        self._claimants[thing].discard(identity)
        told = self._told.get(thing)
        if told is not None:
            told = self._told[thing] = {pair for pair in told if identity not in pair}
            if not told:
                del self._told[thing]
        self._settle(thing)

    def _settle(self, thing: Thing) -> None:
        claimants = self._claimants[thing]
        if claimants:
            owner = min(claimants, key=lambda each: self._standing[each].seniority)
            self._owners[thing] = owner
            self._tell(thing, owner, claimants - {owner})
        else:
            del self._claimants[thing], self._owners[thing]
        if isinstance(mac := thing[1], MAC):
            self._enter(mac, self._owners.get(thing))

    def _enter(self, mac: MAC, owner: Identity | None) -> None:
        if owner is None:
            del self._userOf[mac]
        else:
            self._userOf[mac] = owner
            self.learned.forget(mac)
        try:
            if owner is None or owner == self._own:
                self._table.remove(mac, CLAIMED)
            else:
                self._table.put(mac, owner, CLAIMED)
        except EntryRefused:
            self._counters["drop-claim-table"] += 1
        except NoSuchEntry:  # it was our own, or the table did not take it, or the operator removed it
            return

    def _tell(self, thing: Thing, owner: Identity, losers: set[Identity]) -> None:
        for loser in sorted(losers):
            told = self._told.setdefault(thing, set())
            if (pair := frozenset((owner, loser))) not in told:
                told.add(pair)
                conflict = self._conflict(thing, owner, loser)
                self._events.publish(
                    "claim-conflict",
                    what=conflict.what,
                    value=conflict.value,
                    winner=conflict.winner,
                    winnerKey=conflict.winnerKey,
                    loser=conflict.loser,
                    loserKey=conflict.loserKey,
                )

    def _conflict(self, thing: Thing, owner: Identity, loser: Identity) -> ConflictStatus:
        return ConflictStatus(
            what=thing[0],
            value=str(thing[1]),
            winner=self._standing[owner].claim.name,
            winnerKey=owner.text,
            loser=self._standing[loser].claim.name,
            loserKey=loser.text,
        )


def _things(announcement: Announcement) -> set[Thing]:
    claim = announcement.claim
    return {
        ("name", claim.name),
        *(("mac", MAC(mac)) for mac in claim.macs),
        *(("address", hostOf(address)) for address in claim.addresses),
    }
