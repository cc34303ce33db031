"""
Who may send frames from which MAC address, and how many to groups.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from wand.counters import Counters
from wand.ethernet import MAC
from wand.sealed.credentials.claim import Announcement
from wand.sealed.credentials.identity import Identity
from wand.sealed.credentials.limits import BROADCASTS
from wand.sealed.node.learned import Learned
from wand.sealed.node.member_notes import MemberNotes

COUNTERS: Final = {
    "drop-learned": "addresses behind bridges that were not learned: beyond the limit, or heard elsewhere just now",
}


class SourceFilter:
    """
    Looks at the source of every frame.  What nobody owns is learned behind members with the bridge right, and behind
    our own tap if we have it.
    """

    def __init__(
        self,
        own: Identity,
        announcements: Mapping[Identity, Announcement],
        owners: Mapping[bytes, Identity],
        learned: Learned,
        notes: MemberNotes,
        counters: Counters,
        visitors: Mapping[bytes, Announcement],
    ) -> None:
        """
        @param own: our own identity.
        @param announcements: what every member announced last.
        @param visitors: the same of members of whom we only hear frames to groups.
        @param owners: who owns a MAC address, ourselves included.
        """
        counters.declare(COUNTERS)
        self._own = own
        self._announcements = announcements
        self._owners = owners
        self._learned = learned
        self._notes = notes
        self._counters = counters
        self._visitors = visitors
        self._bridges: dict[Identity, None] = {}

    def setRight(self, identity: Identity, *, mayBridge: bool) -> None:
        """
        A member has the bridge right, or has it no longer: then what was learned behind it is forgotten.
        """
        self._bridges.pop(identity, None)
        if not mayBridge:
            self._learned.forgetBehind(identity)
        elif identity != self._own:
            self._bridges[identity] = None

    def mayUse(self, identity: bytes, mac: bytes, toGroup: int) -> bool:  # HOT PATH
        """
        May a frame of this peer have this source address?  Learns it behind a peer with the bridge right.

        @param mac: six octets.
        @param toGroup: is the frame for a group?
        """
        owner = self._owners.get(mac)
        if owner is not None:
            return owner == identity or self._refuse(Identity(identity), MAC(mac), owner)
        announcement = self._announcements.get(Identity(identity))
        if announcement is None or not announcement.certificate.bridge:
            visitor = self._visitors.get(identity)
            return visitor is not None and mac in visitor.claim.macs
        taken = self._learned.heard(announcement.identity, MAC(mac), bool(toGroup))
        self._counters["drop-learned"] += not taken
        return taken

    def mayLeave(self, mac: bytes) -> bool:
        """
        May a frame of our own host have this source address?  Learns what is behind our tap, if we have the bridge
        right.

        @param mac: six octets.
        """
        owner = self._owners.get(mac)
        if owner is not None:
            return owner == self._own
        if self.isBridge:
            self._learned.heard(self._own, MAC(mac), True)
        return True

    @property
    def isBridge(self) -> bool:
        """
        Have we the bridge right?
        """
        own = self._announcements.get(self._own)
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
        announcement = self._announcements.get(Identity(identity)) or self._visitors.get(identity)
        return BROADCASTS if announcement is None else announcement.certificate.limits.broadcasts

    def flooded(self, identity: bytes) -> None:
        """
        A member sent more frames to groups than it may.
        """
        self._notes.flooded(Identity(identity), self.broadcastsOf(identity))

    def _refuse(self, identity: Identity, mac: MAC, owner: Identity) -> bool:
        if identity in self._bridges:
            self._notes.foreign(mac, owner, identity)
        return False
