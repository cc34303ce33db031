"""
The members as we know them: what is told is verified, and taken if it is news.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from enum import Enum
from typing import Final

from twisted.internet.interfaces import IReactorTime

from wand.counters import Counters
from wand.sealed.gossip.entry import Entry, isNews, merged
from wand.sealed.gossip.held_back import REMEMBERED, HeldBack
from wand.sealed.gossip.items import ACCUSATION, ANNOUNCEMENT, AccusationItem, Item, parseItem
from wand.sealed.gossip.rings import NEAR, RINGS, Rings
from wand.sealed.gossip.signatures import Signatures, isGenuine, isValid
from wand.sealed.gossip.standing import Standing
from wand.sealed.gossip.tree import MemberTree
from wand.timing.token_buckets import TokenBuckets

#: How many members are known at most.
MEMBERS_MAXIMUM: Final = 20_000

#: Seconds that an accused member has to say that it is here.
SUSPICION: Final = 10.0

#: How many accusations of one accuser are taken: per second in the long run, and at once.
ACCUSATION_RATE: Final = 0.1
ACCUSATION_BURST: Final = 10.0

#: How many accusations of ourselves we object to although we would not take them of others, who may have taken them:
#: per second in the long run, and at once.
OBJECTION_RATE: Final = 0.1
OBJECTION_BURST: Final = 10.0

COUNTERS: Final = {
    "gossip-items-taken": "items about members that were news",
    "gossip-items-known": "items about members that were told again",
    "drop-gossip-item": "items about members dropped: they cannot be read, or are not signed by whom they name",
    "drop-gossip-expired": "announcements of members dropped: the certificate expired, or it was revoked",
    "drop-gossip-unknown": "items about members dropped: what they are about, or who says so, is not known here",
    "drop-gossip-accusation": "accusations dropped: the accuser does not watch the accused",
    "drop-gossip-disproven": "accusations dropped: the accuser was wrong about others lately",
    "drop-gossip-throttled": "items about members dropped: too much is said about that member, or by that accuser",
    "drop-gossip-full": "items about members dropped: more members than are kept",
}


class Reception(Enum):
    """
    What became of an item.  One that is void may be true, and does not count here: it expired, or was revoked, or there
    are too many, or who says so was wrong lately; it would be dropped again if it came again soon.
    """

    NEW = "new"
    KNOWN = "known"
    FORGED = "forged"
    DROPPED = "dropped"
    VOID = "void"


class MemberView:
    """
    Knows all members, and which of them are here.

    @ivar tree: all that is known.
    @ivar rings: who watches whom.
    @ivar own: our identity.
    @ivar standing: who was wrong lately.
    @ivar refuted: called with an accuser and whom it accused, when that one says in time that it is there.
    @ivar changed: called with each item that was taken.
    """

    def __init__(
        self,
        network: bytes,
        signatures: Signatures,
        clock: IReactorTime,
        counters: Counters,
        rings: Rings,
        tree: MemberTree | None = None,
        parse: Callable[[bytes, bytes], Item | None] = parseItem,
    ) -> None:
        """
        @param tree: what was known before; its members are in the rings.
        @param parse: reads an item; see L{parseItem}.
        """
        counters.declare(COUNTERS)
        self.network = network
        self.own = b""
        self.rings = rings
        self.tree = MemberTree() if tree is None else tree
        self.standing = Standing(clock)
        self.changed: Callable[[Item], object] = lambda item: None
        self.refuted: Callable[[bytes, bytes], object] = lambda accuser, member: None
        self._signatures = signatures
        self._clock = clock
        self._counters = counters
        self._parse = parse
        self._doubted: dict[bytes, float] = {}
        self._heldBack = HeldBack(clock, counters, self._takeLater, lambda item: self._throttled())
        self._accusations = TokenBuckets(clock, ACCUSATION_RATE, ACCUSATION_BURST, REMEMBERED)
        self._objections = TokenBuckets(clock, OBJECTION_RATE, OBJECTION_BURST)

    # What is known.

    def get(self, identity: bytes) -> Entry | None:
        """
        What is known of a member.
        """
        return self.tree.get(identity)

    def isHere(self, identity: bytes) -> bool:
        """
        Is a member here, as far as we know?  Who was accused, and had the time to object, is not.
        """
        entry = self.tree.get(identity)
        if entry is None or not entry.saysItIsHere:
            return False
        return entry.accusation is None or self._clock.seconds() < self._doubted.get(identity, 0.0)

    def mayWatch(self, identity: bytes, other: bytes) -> bool:
        """
        Does one member watch another, or may it think that it does?
        """
        return other in self.rings and any(
            self.rings.mayAccuse(ring, identity, other, self.isHere) for ring in range(RINGS)
        )

    @property
    def doubted(self) -> tuple[bytes, ...]:
        """
        Those who were accused and have not objected.
        """
        return tuple(self._doubted)

    # What is told.

    def read(self, octets: bytes) -> Item | None:
        """
        Read an item that may be anything; C{None}, and counted, if it cannot be read.
        """
        item = self._parse(octets, self.network)
        if item is None:
            self._counters["drop-gossip-item"] += 1
        return item

    def take(self, item: Item) -> Reception:
        """
        Take an item, if it is news and true.  Signatures of what is known are not verified again.
        """
        entry = self.tree.get(item.member)
        if not isNews(entry, item):
            return self._notNews(entry, item)
        if self._isTooMany(item):
            self._counters["drop-gossip-full"] += 1
            return Reception.VOID
        if not self._isAcceptable(item):
            return Reception.DROPPED
        if not self._isBelieved(item):
            self._counters["drop-gossip-disproven"] += 1
            return Reception.VOID
        if not isValid(item, self._signatures):
            return self._notValid(item)
        if not self._isAffordable(item):
            return Reception.DROPPED
        self._put(entry, item)
        return Reception.NEW

    def stop(self) -> None:
        """
        Leave no timer behind.
        """
        self._heldBack.stop()

    def _takeLater(self, item: Item) -> None:
        """
        Take an item that had to wait, if it still is news and true.
        """
        entry = self.tree.get(item.member)
        if isNews(entry, item) and not self._isTooMany(item) and isValid(item, self._signatures):
            self._put(entry, item)

    def _throttled(self) -> None:
        self._counters["drop-gossip-throttled"] += 1

    def put(self, item: Item) -> None:
        """
        Take an item that is known to be news and true: one of our own.
        """
        self._put(self.tree.get(item.member), item)

    def _put(self, known: Entry | None, item: Item) -> None:
        entry = merged(known, item)
        self.tree = self.tree.put(entry)
        if item.kind == ANNOUNCEMENT:
            self.rings.add(item.member)
        if known is not None and known.accusation is not None and entry.accusation is None and entry.saysItIsHere:
            self._refuted(known.accusation)
        if entry.accusation is None:
            self._doubted.pop(item.member, None)
        elif item.kind == ACCUSATION:
            self._doubted.setdefault(item.member, self._clock.seconds() + SUSPICION)
        self._counters["gossip-items-taken"] += 1
        self.changed(item)

    def _refuted(self, accusation: Item) -> None:
        """
        Somebody who was accused says that it is there.  If it does so in time, the accuser was wrong; if not, it may
        have been away.
        """
        told = accusation.told
        if isinstance(told, AccusationItem) and self._clock.seconds() < self._doubted.get(told.member, 0.0):
            self.standing.wasWrong(told.identity)
            self.refuted(told.identity, told.member)

    def heard(self, identity: bytes) -> Item | None:
        """
        A member is heard directly.  If the one that accuses it does not watch it any more, because members between them
        are back, it is not told of the accusation and cannot object: the accusation counts no more.  Nor does it if the
        accuser has proven to be wrong meanwhile.

        @return: what it said last, which counts again; C{None} if nothing changed.
        """
        entry = self.tree.get(identity)
        accusation = None if entry is None else entry.accusation
        told = None if accusation is None else accusation.told
        if entry is None or accusation is None or not isinstance(told, AccusationItem):
            return None
        isBelieved = self.standing.isBelieved(told.identity, accusation.digest)
        if isBelieved and self.rings.mayAccuse(told.ring, told.identity, identity, self.isHere):
            return None
        self.tree = self.tree.put(Entry(identity, entry.announcement, entry.presence))
        self._doubted.pop(identity, None)
        return entry.presence

    def restore(self, items: Iterable[Item]) -> None:
        """
        Know again what was known before a restart: nobody is told of it.  Who was accused then is not here until it
        says something.

        @param items: true ones, of each member in the order in which they are told.
        """
        for item in items:
            entry = self.tree.get(item.member)
            if isNews(entry, item):
                self.tree = self.tree.put(merged(entry, item))
                self.rings.add(item.member)

    def forget(self, identity: bytes) -> None:
        """
        A member was revoked, or its certificate expired.
        """
        self.tree = self.tree.remove(identity)
        self.rings.discard(identity)
        self._doubted.pop(identity, None)

    def _notNews(self, entry: Entry | None, item: Item) -> Reception:
        if entry is None or (item.kind == ACCUSATION and (entry.presence is None or item.order > entry.presence.order)):
            self._counters["drop-gossip-unknown"] += 1
            return Reception.DROPPED
        self._counters["gossip-items-known"] += 1
        return Reception.KNOWN

    def _notValid(self, item: Item) -> Reception:
        wasValid = isGenuine(item, self.network)
        self._counters["drop-gossip-expired" if wasValid else "drop-gossip-item"] += 1
        return Reception.VOID if wasValid else Reception.FORGED

    def _isTooMany(self, item: Item) -> bool:
        isFull = self.tree.count >= MEMBERS_MAXIMUM
        return isFull and item.kind == ANNOUNCEMENT and self.tree.get(item.member) is None

    def _isAcceptable(self, item: Item) -> bool:
        told = item.told
        if isinstance(told, AccusationItem):
            if self.tree.get(told.identity) is None:
                self._counters["drop-gossip-unknown"] += 1
                return False
            near = 2 * NEAR if told.member == self.own else NEAR  # others may see it nearer, and only we can refute it
            if not self.rings.mayAccuse(told.ring, told.identity, told.member, self.isHere, near):
                self._counters["drop-gossip-accusation"] += 1
                return False
        return True

    def _isBelieved(self, item: Item) -> bool:
        told = item.told
        if not isinstance(told, AccusationItem) or self.standing.isBelieved(told.identity, item.digest):
            return True
        return self._isObjectedTo(item)

    def _isAffordable(self, item: Item) -> bool:
        told = item.told
        if not isinstance(told, AccusationItem):
            return self._heldBack.mayPass(item)
        isAffordable = self._accusations.take(told.identity) or self._isObjectedTo(item)
        if not isAffordable:
            self._throttled()
            self.standing.wasWrong(told.identity)  # nobody honest accuses so many
        return isAffordable

    def _isObjectedTo(self, item: Item) -> bool:
        """
        Is it we who are accused?  Others may have taken it, and nobody else can refute it.
        """
        return item.member == self.own and self._objections.take(b"")
