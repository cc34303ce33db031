"""
Who owns which MAC address, overlay address and name.

The same announcements, in whatever order they arrive, give the same owners everywhere.  Of each identity the one with
the highest epoch counts.  Of several identities that claim one thing the one that has been a member for the longest
wins (docs/sealed.md).  Between a claim and what was heard behind a bridge, the earlier one has it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Final

from twisted.internet.interfaces import IReactorTime

from wand.counters import Counters
from wand.ethernet import MAC
from wand.events import Events
from wand.health.notes import Notes
from wand.sealed.credentials.certificate import Certificate
from wand.sealed.credentials.claim import Announcement
from wand.sealed.credentials.identity import Identity
from wand.sealed.credentials.limits import MACS
from wand.sealed.credentials.signed import unverified
from wand.sealed.node.conflicts import Conflicts, Thing, thingsOf
from wand.sealed.node.learned import Learned
from wand.sealed.node.member_entries import MemberEntries
from wand.sealed.node.member_notes import MemberNotes
from wand.sealed.node.source_filter import SourceFilter
from wand.sorted_keys import SortedKeys
from wand.status import ConflictStatus
from wand.table import Table
from wand.timing.deadlines import Deadlines

#: How many members are known at most.
MEMBERS_MAXIMUM: Final = 20_000

COUNTERS: Final = {
    "drop-claim-invalid": "claims whose certificate or signature is not valid",
    "drop-claim-full": "claims beyond the number of members that are kept",
}


class Claims:
    """
    Knows the announcement of every member, and decides who owns what.

    @ivar entries: what follows from that in the table.
    @ivar learned: what is behind members with the bridge right, and behind our own tap.
    @ivar sources: who may send from which address.
    @ivar relays: the members with the relay right.
    @ivar visitors: what members announced of whom we know no more than that, and hear frames to groups.
    @ivar admitters: the members with the admission right.
    @ivar dropped: called with the identity of a member that was revoked, or whose certificate expired.
    @ivar forgotten: called with the identity of a member of which nothing more is known: what is told of it is new.
    @ivar met: called with a member of which something new was said that no directory told.
    @ivar taken: called with whatever counts from now on.
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
        limit: int = MEMBERS_MAXIMUM,
        *,
        wallClock: Callable[[], float],
        notes: Notes | None = None,
    ) -> None:
        """
        @param own: our own identity, whose addresses do not go into the table.
        @param check: verifies a certificate, as L{wand.sealed.credentials.trust.Trust.check} does.
        @param limit: how many members are known at most.
        @param wallClock: gives the seconds since the epoch, by which certificates expire.
        @param notes: where operators are told about members.
        """
        counters.declare(COUNTERS)
        self.dropped: Callable[[bytes], object] = lambda identity: None
        self.forgotten: Callable[[bytes], object] = lambda identity: None
        self.met: Callable[[Identity], object] = lambda identity: None
        self.taken: Callable[[Announcement], object] = lambda announcement: None
        self.restarted: Callable[[Identity], object] = lambda identity: None
        self.relays: dict[Identity, None] = {}
        self.visitors: dict[bytes, Announcement] = {}
        self.admitters: dict[Identity, None] = {}
        self._own = own
        self._check = check
        self._counters = counters
        self._limit = limit
        self._standing: dict[Identity, Announcement] = {}
        self._order = SortedKeys()
        self._claimants: dict[Thing, set[Identity]] = {}
        self._owners: dict[Thing, Identity] = {}
        self._conflicts = Conflicts(events, self._nameOf)
        self._notes = told = MemberNotes(notes or Notes(clock, events), clock, self._nameOf)
        self.entries = MemberEntries(table, own, clock, counters, self._macsOf)
        self.learned = Learned(clock, wallClock, self.entries, told, self._quotaOf, self._freed)
        self.sources = SourceFilter(
            own, self._standing, self.entries.owners, self.learned, told, counters, self.visitors
        )
        self._deadlines: Deadlines[Identity] = Deadlines(clock, self.drop, wallClock)

    def __len__(self) -> int:
        return len(self._standing)

    # What arrives.

    def offer(self, certificate: bytes, claim: bytes, *, isTold: bool = False) -> bool:
        """
        Take a certificate and a claim that may be anything.

        @param isTold: did a directory tell of it?
        @return: whether they are valid and new.
        """
        if self._isKnown(certificate, claim):  # no signature is checked again, however often it is announced
            return False
        announcement = Announcement.verified(certificate, claim, self._check)
        if announcement is None:
            self._counters["drop-claim-invalid"] += 1
            return False
        isNews = self._take(announcement)
        if isNews and not isTold:
            self.met(announcement.identity)
        return isNews

    def verified(self, certificate: bytes, claim: bytes) -> Announcement | None:
        """
        Read a certificate and a claim that may be anything, and take neither.

        @return: C{None} if they are not valid, or do not belong together.
        """
        return Announcement.verified(certificate, claim, self._check)

    def drop(self, identity: Identity) -> None:
        """
        A member was revoked, or its certificate expired.
        """
        self.forget(identity)
        self.visitors.pop(identity, None)
        self.dropped(identity)

    def forget(self, identity: Identity) -> None:
        """
        Know nothing more of a member, who may be offered again.
        """
        before = self._standing.pop(identity, None)
        if before is not None:
            self._order.discard(identity)
            self._deadlines.discard(identity)
            for thing in thingsOf(before):
                self._withdraw(thing, identity)
        self.sources.setRight(identity, mayBridge=False)
        self.relays.pop(identity, None)
        self.admitters.pop(identity, None)
        self.entries.forget(identity)
        self.forgotten(identity)

    def stop(self) -> None:
        """
        Leave no timer behind.
        """
        self._deadlines.stop()
        self.entries.stop()
        self.learned.stop()

    # What readers ask.

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

    def page(self, after: bytes, count: int) -> list[Announcement]:
        """
        What at most C{count} members announced last, in the order of their keys, those beyond C{after}.
        """
        return [self._standing[Identity(key)] for key in self._order.page(after, count)]

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
        if before is None:
            self._order.add(identity)
        self._standing[identity] = announcement
        self.visitors.pop(identity, None)
        self._deadlines.expireAt(identity, announcement.certificate.expires)
        self.sources.setRight(identity, mayBridge=announcement.certificate.bridge)
        self.relays.pop(identity, None)
        if announcement.certificate.relay:
            self.relays[identity] = None
        self.admitters.pop(identity, None)
        if announcement.certificate.admission:
            self.admitters[identity] = None
        things = thingsOf(announcement)
        for thing in thingsOf(before) if before else ():
            if thing not in things:
                self._withdraw(thing, identity)
        for thing in things:
            self._claimants.setdefault(thing, set()).add(identity)
            self._settle(thing)
        if before is not None and announcement.claim.epoch > before.claim.epoch and identity != self._own:
            self.restarted(identity)
        self.taken(announcement)
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
            if owner is not None:
                self.learned.forget(mac)
            self.entries.setOwner(mac, owner)
            if owner is None and holder is not None and claimants:
                self._notes.late(mac, holder, min(claimants))
            else:
                self._notes.settled(mac)

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

    def _quotaOf(self, identity: Identity) -> int:
        announcement = self._standing.get(identity)
        return MACS if announcement is None else announcement.certificate.limits.macs

    def _macsOf(self, identity: Identity) -> Iterable[MAC]:
        announcement = self._standing.get(identity)
        return () if announcement is None else map(MAC, announcement.claim.macs)

    def _nameOf(self, identity: Identity) -> str:
        announcement = self._standing.get(identity)
        return str(identity) if announcement is None else announcement.claim.name
