"""
An entry: all that is known of one member.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import attrs

from wand.sealed.gossip.items import ACCUSATION, ANNOUNCEMENT, PRESENCE, Item, PresenceItem

#: Digests are added up in so many bits.
MASK: Final = (1 << 64) - 1


@attrs.frozen(eq=False)
class Entry:
    """
    What a member is, where it is, and who doubts that, each as the item with the highest rank.

    @ivar digest: the sum of the digests of its items.
    """

    identity: bytes
    announcement: Item
    presence: Item | None = None
    accusation: Item | None = None
    digest: int = attrs.field(init=False, default=attrs.Factory(lambda self: self._sum(), takes_self=True))

    @property
    def items(self) -> Iterator[Item]:
        """
        Its items, in the order in which they are told.
        """
        return (each for each in (self.announcement, self.presence, self.accusation) if each is not None)

    @property
    def endpoints(self) -> tuple[str, ...]:
        """
        Where the member says it is; nowhere if it left.
        """
        told = None if self.presence is None else self.presence.told
        return told.endpoints if isinstance(told, PresenceItem) and told.here else ()

    @property
    def saysItIsHere(self) -> bool:
        """
        Is the last word of the member that it is here?
        """
        told = None if self.presence is None else self.presence.told
        return isinstance(told, PresenceItem) and told.here

    def known(self, kind: int) -> Item | None:
        """
        The item of a kind.
        """
        return (self.announcement, self.presence, self.accusation)[kind]

    def _sum(self) -> int:
        presence = 0 if self.presence is None else self.presence.digest
        accusation = 0 if self.accusation is None else self.accusation.digest
        return (self.announcement.digest + presence + accusation) & MASK


def isNews(entry: Entry | None, item: Item) -> bool:
    """
    Would an item change an entry, if it is true?

    An accusation doubts one presence.  It means nothing before that is known, and nothing more once the member has said
    something since.
    """
    if entry is None:
        return item.kind == ANNOUNCEMENT
    if item.kind == ACCUSATION and (entry.presence is None or item.order != entry.presence.order):
        return False
    known = entry.known(item.kind)
    return known is None or item.rank > known.rank


def merged(entry: Entry | None, item: Item) -> Entry:
    """
    An entry with an item that is news.
    """
    if entry is None:
        return Entry(item.member, item)
    if item.kind == ANNOUNCEMENT:
        return Entry(item.member, item, entry.presence, entry.accusation)
    if item.kind == PRESENCE:
        doubt = entry.accusation
        isRefuted = doubt is None or doubt.order < item.order
        return Entry(item.member, entry.announcement, item, None if isRefuted else doubt)
    return Entry(item.member, entry.announcement, entry.presence, item)
