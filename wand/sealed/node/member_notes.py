"""
What a person has to know about members that use more than they may, or what others have.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from twisted.internet.interfaces import IReactorTime

from wand.ethernet import MAC
from wand.health.notes import KIND_MAXIMUM, Notes
from wand.sealed.credentials.identity import Identity
from wand.timing.throttle import Throttle

#: For how many seconds after it happened last C{wand status} tells of it.
NOTE_LIFETIME: Final = 600.0

#: Seconds in which one thing is said once, and how many of one kind at most: a member with the bridge right brings as
#: many addresses as it likes.
NOTE_PAUSE: Final = 1.0
NOTES_AT_ONCE: Final = KIND_MAXIMUM


class MemberNotes:
    """
    Tells operators of such members, in notes, which are events as well.
    """

    def __init__(self, notes: Notes, clock: IReactorTime, nameOf: Callable[[Identity], str]) -> None:
        """
        @param nameOf: what a member is called.
        """
        self._notes = notes
        self._nameOf = nameOf
        self._told = Throttle(clock, NOTE_PAUSE, NOTES_AT_ONCE)

    def full(self, identity: Identity, limit: int) -> None:
        """
        There are more MAC addresses behind a member than may be.
        """
        if not self._told.may("macs", identity):
            return
        name = self._nameOf(identity)
        self._notes.say(
            f"macs-{identity}",
            f"more than {limit} MAC addresses are behind {name}: frames of the others are dropped; if they are honest, "
            f"raise the limit at the server: wand limit {name} --macs {2 * limit}",
            lifetime=NOTE_LIFETIME,
        )

    def flooded(self, identity: Identity, limit: int) -> None:
        """
        A member sends more frames to groups than it may.
        """
        if not self._told.may("broadcasts", identity):
            return
        name = self._nameOf(identity)
        self._notes.say(
            f"broadcasts-{identity}",
            f"{name} sends more than {limit} broadcast and multicast frames a second: the others are dropped; if that "
            f"is not a loop, raise the limit at the server: wand limit {name} --broadcasts {2 * limit}",
            lifetime=NOTE_LIFETIME,
        )

    def fought(self, mac: MAC, holder: Identity, other: Identity) -> None:
        """
        A MAC address moves between two members more often than an honest host does.
        """
        if not self._told.may("fight", mac):
            return
        first, second = sorted((self._nameOf(holder), self._nameOf(other)))
        self._notes.say(
            f"fight-{mac}",
            f"the MAC address {mac} is used behind {first} and behind {second} at the same time, so it seldom moves "
            "now: give one of the two hosts another address, or, if both members bridge the same LAN, let only one do "
            "it",
            lifetime=NOTE_LIFETIME,
        )

    def foreign(self, mac: MAC, owner: Identity, other: Identity) -> None:
        """
        A member with the bridge right sends from an address that another member claims.
        """
        if not self._told.may("foreign", mac):
            return
        self._notes.say(
            f"foreign-{mac}",
            f"frames from the MAC address {mac}, which is {self._nameOf(owner)}'s, come through {self._nameOf(other)} "
            "and are dropped: two hosts have this address, or two members bridge the same LAN; change one",
            lifetime=NOTE_LIFETIME,
        )

    def late(self, mac: MAC, holder: Identity, claimant: Identity) -> None:
        """
        A member claims an address that was heard behind another before.
        """
        name = self._nameOf(claimant)
        self._notes.say(
            f"late-{mac}",
            f"{name} claims the MAC address {mac}, which was heard behind {self._nameOf(holder)} before, and does not "
            f"get it: give {name} another address, or, if it is to have this one, say so at the server: "
            f"wand confirm {name}",
        )

    def settled(self, mac: MAC) -> None:
        """
        Nobody claims any more what is another's.
        """
        self._notes.clear(f"late-{mac}")
