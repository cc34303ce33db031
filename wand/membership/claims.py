"""
Who owns which MAC address, overlay address and name.

The same announcements, in whatever order they arrive, give the same owners everywhere.  Of each identity the one with
the highest epoch counts.  Of several identities that claim one thing the one that has been a member for the longest
wins (docs/sealed.md).  Of a claim and what was heard behind a bridge, what was there first has it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from twisted.internet.interfaces import IReactorTime

from wand.counters import Counters
from wand.errors import EntryRefused, NoSuchEntry
from wand.ethernet import MAC
from wand.events import Events
from wand.membership.certificate import Certificate
from wand.membership.claim import Announcement
from wand.membership.complaints import Complaints
from wand.membership.conflicts import Conflicts, Thing
from wand.membership.fields import hostOf
from wand.membership.identity import Identity
from wand.membership.learned import Learned
from wand.membership.limits import BROADCASTS, MACS
from wand.membership.signed import unverified
from wand.notes import Notes
from wand.status import ConflictStatus
from wand.table import Rank, Source, Table
from wand.timing.deadlines import Ageing

#: Who says so in the table.
CLAIMED: Final = Source("claims", Rank.DIRECTORY)

#: How many members are known at most.
LIMIT: Final = 20_000

COUNTERS: Final = {
    "drop-claim-invalid": "claims whose certificate or signature is not valid",
    "drop-claim-full": "claims beyond the number of members that are kept",
    "drop-claim-table": "claimed addresses that the table did not take",
    "drop-learned": "addresses behind bridges that were not learned: beyond the limit, or heard elsewhere just now",
}


class Claims:
    """
    Knows the announcement of every member, and feeds the table.  Peers in the table are L{Identity}s.

    @ivar learned: what is behind members with the bridge right, and behind our own tap.
    @ivar complaints: what operators are told about members.
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
        notes: Notes | None = None,
    ) -> None:
        """
        @param wallClock: gives the seconds since the epoch, which certificates expire by.
        @param own: our own identity, whose addresses do not go into the table.
        @param check: verifies a certificate, as L{wand.membership.trust.Trust.check} does.
        @param notes: where complaints about members go.
        """
        counters.declare(COUNTERS)
        self.complaints = Complaints(notes or Notes(clock, events), clock, self._nameOf)
        self.learned = Learned(own, clock, wallClock, table, self.complaints, self._macsBehind, self._freed)
        self.restarted: Callable[[Identity], object] = lambda identity: None
        self._own = own
        self._check = check
        self._table = table
        self._clock = clock
        self._counters = counters
        self._limit = limit
        self._standing: dict[Identity, Announcement] = {}
        self._claimants: dict[Thing, set[Identity]] = {}
        self._owners: dict[Thing, Identity] = {}
        self._userOf: dict[bytes, Identity] = {}
        self._bridges: dict[Identity, None] = {}
        self._conflicts = Conflicts(events, self._nameOf)
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

    def drop(self, identity: Identity) -> None:
        """
        A member was revoked, or its certificate expired.
        """
        before = self._standing.pop(identity, None)
        self._bridges.pop(identity, None)
        if before is not None:
            self._ages.discard(identity)
            for thing in _things(before):
                self._withdraw(thing, identity)
        self.learned.forgetBehind(identity)

    def stop(self) -> None:
        """
        Leave no timer behind.
        """
        self._ages.stop()
        self.learned.stop()

    # What readers ask.

    def mayUse(self, identity: bytes, mac: bytes, toGroup: int) -> bool:  # HOT PATH
        """
        May a frame of this peer have this source address?  Learns it behind a peer with the bridge right.

        @param mac: six octets.
        @param toGroup: is the frame for a group?
        """
        owner = self._userOf.get(mac)
        if owner is not None:
            return owner == identity or self._refuse(Identity(identity), MAC(mac), owner)
        announcement = self._standing.get(Identity(identity))
        if announcement is None or not announcement.certificate.bridge:
            return False
        taken = self.learned.heard(announcement.identity, MAC(mac), bool(toGroup))
        self._counters["drop-learned"] += not taken
        return taken

    def mayLeave(self, mac: bytes) -> bool:
        """
        May a frame of our own host have this source address?  Learns what is behind our tap, if we have the bridge
        right.

        @param mac: six octets.
        """
        owner = self._userOf.get(mac)
        if owner is not None:
            return owner == self._own
        if self.isBridge:
            self.learned.heard(self._own, MAC(mac), True)
        return True

    @property
    def isBridge(self) -> bool:
        """
        Have we the bridge right?
        """
        own = self._standing.get(self._own)
        return own is not None and own.certificate.bridge

    @property
    def bridges(self) -> tuple[Identity, ...]:
        """
        The members with the bridge right, without ourselves.
        """
        return tuple(self._bridges)

    def broadcastsOf(self, identity: bytes) -> int:
        """
        How many frames to groups a member may send in a second.
        """
        announcement = self._standing.get(Identity(identity))
        return BROADCASTS if announcement is None else announcement.certificate.limits.broadcasts

    def flooded(self, identity: bytes) -> None:
        """
        A member sent more frames to groups than it may.
        """
        self.complaints.flooded(Identity(identity), self.broadcastsOf(identity))

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
        return list(self._conflicts)

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
        self._bridges.pop(identity, None)
        if not announcement.certificate.bridge:
            self.learned.forgetBehind(identity)
        elif identity != self._own:
            self._bridges[identity] = None
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
        self._settle(thing)

    def _settle(self, thing: Thing) -> None:
        claimants = self._claimants[thing]
        holder = self._holder(thing)
        early = [each for each in claimants if not self._isLate(each, thing, holder)]
        owner = min(early, key=lambda each: self._standing[each].seniority, default=None)
        if owner is not None:
            self._owners[thing] = owner
        else:
            self._owners.pop(thing, None)
        if not claimants:
            del self._claimants[thing]
        winner = owner or holder
        self._conflicts.settle(thing, winner, {each for each in claimants if each != winner})
        if isinstance(mac := thing[1], MAC):
            self._enter(mac, owner)
            if owner is None and holder is not None and claimants:
                self.complaints.late(mac, holder, min(claimants))
            else:
                self.complaints.settled(mac)

    # What was heard before it was claimed.

    def _holder(self, thing: Thing) -> Identity | None:
        return self.learned.holder(thing[1]) if isinstance(thing[1], MAC) else None

    def _isLate(self, claimant: Identity, thing: Thing, holder: Identity | None) -> bool:
        mac = thing[1]
        if holder is None or holder == claimant or self._owners.get(thing) == claimant or not isinstance(mac, MAC):
            return False
        certificate = self._standing[claimant].certificate
        return not certificate.confirmed and self.learned.since(mac) < certificate.issued

    def _freed(self, mac: MAC) -> None:
        if ("mac", mac) in self._claimants:
            self._settle(("mac", mac))

    def _macsBehind(self, identity: Identity) -> int:
        announcement = self._standing.get(identity)
        return MACS if announcement is None else announcement.certificate.limits.macs

    def _nameOf(self, identity: Identity) -> str:
        announcement = self._standing.get(identity)
        return str(identity) if announcement is None else announcement.claim.name

    def _refuse(self, identity: Identity, mac: MAC, owner: Identity) -> bool:
        if identity in self._bridges:
            self.complaints.foreign(mac, owner, identity)
        return False

    def _enter(self, mac: MAC, owner: Identity | None) -> None:
        if owner is None:
            self._userOf.pop(mac, None)
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


def _things(announcement: Announcement) -> set[Thing]:
    claim = announcement.claim
    return {
        ("name", claim.name),
        *(("mac", MAC(mac)) for mac in claim.macs),
        *(("address", hostOf(address)) for address in claim.addresses),
    }
