"""
Our own word: what we say of ourselves, again only when it changed, or when somebody doubts that we are here.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

from wand.sealed.credentials.claim import Claim
from wand.sealed.credentials.signed import unverified
from wand.sealed.gossip.entry import Entry, isNews
from wand.sealed.gossip.items import ACCUSATION, ENDPOINTS_MAXIMUM, AnnouncementItem, Item, Presence, PresenceItem
from wand.sealed.gossip.signatures import Signatures, announcementItem, presenceItem
from wand.sealed.gossip.view import MemberView

#: An epoch in which no member ever is; the highest is 2^53.
_NONE: Final = (-1, 0)

#: How often we say where we are because our own word, heard from others, says something else, until we are elsewhere.
#: It may be one that we said before we began anew; another host with our key would contradict us forever.
CONTRADICTIONS_MAXIMUM: Final = 4


class OwnWord:
    """
    Signs what we say, and puts it into the view.

    @ivar identity: whose word it is.
    """

    def __init__(
        self, own: bytes, view: MemberView, signatures: Signatures, overtaken: Callable[[int], object]
    ) -> None:
        """
        @param overtaken: called with an epoch of ours that is later than the one that we know of.
        """
        self.identity = own
        self._view = view
        self._signatures = signatures
        self._overtaken = overtaken
        self._epoch = 0
        self._wanted: tuple[bool, tuple[str, ...]] | None = None
        self._contradictions = 0

    def announce(self, certificate: bytes, claim: bytes, epoch: int) -> None:
        """
        Say what we are, unless the others know that: a claim that differs in nothing but its epoch is no news to them.

        @param epoch: of the claim.
        """
        self._epoch = epoch
        item = announcementItem(certificate, claim, self._view.network)
        known = self._view.get(self.identity)
        if item is None or not isNews(known, item):
            return
        if known is None or not _saysTheSame(known.announcement, item):
            self._view.put(item)

    def place(self, endpoints: Sequence[str], *, here: bool = True) -> None:
        """
        Say where we are, unless the others know that and do not doubt it.
        """
        wanted = here, tuple(endpoints)[:ENDPOINTS_MAXIMUM] if here else ()
        if wanted != self._wanted:
            self._wanted, self._contradictions = wanted, 0
        entry = self._view.get(self.identity)
        if entry is not None and (_saidIn(entry) != wanted or entry.accusation is not None):
            self._say(*wanted)

    def doubted(self, item: Item) -> None:
        """
        Something new is said about us.  An accusation is answered at once; a word of ours that we did not say was said
        before our state was lost, or by another host with our key.
        """
        entry = self._view.get(self.identity)
        if entry is None or entry.presence is None:
            return
        isLater = item.kind != ACCUSATION and item.rank[0] > self._epoch
        if self._wanted is not None and (entry.accusation is not None or self._isContradicted(entry, isLater=isLater)):
            self._say(*self._wanted)
        if isLater:
            self._overtaken(item.rank[0])

    def _isContradicted(self, entry: Entry, *, isLater: bool) -> bool:
        if isLater or _saidIn(entry) == self._wanted or self._contradictions >= CONTRADICTIONS_MAXIMUM:
            return False
        self._contradictions += 1
        return True

    def _say(self, here: bool, places: tuple[str, ...]) -> None:
        entry = self._view.get(self.identity)
        epoch, number = _NONE if entry is None or entry.presence is None else entry.presence.order
        order = (self._epoch, 1) if self._epoch > epoch else (epoch, number + 1)
        self._view.put(
            presenceItem(Presence(self._view.network, self.identity, *order, here, places), self._signatures)
        )


def _saidIn(entry: Entry) -> tuple[bool, tuple[str, ...]] | None:
    told = entry.presence and entry.presence.told
    return (told.here, told.endpoints) if isinstance(told, PresenceItem) else None


def _saysTheSame(one: Item, other: Item) -> bool:
    if not isinstance(one.told, AnnouncementItem) or not isinstance(other.told, AnnouncementItem):
        return False
    return one.told.certificate == other.told.certificate and _content(one.told) == _content(other.told)


def _content(told: AnnouncementItem) -> tuple[object, ...] | None:
    claim = unverified(told.claim, Claim)
    return None if claim is None else (claim.macs, claim.addresses, claim.name)
