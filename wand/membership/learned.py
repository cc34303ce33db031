"""
MAC addresses behind members with the bridge right: learned from their own frames, never passed on to others.
"""

from __future__ import annotations

from typing import Final

from twisted.internet.interfaces import IReactorTime

from wand.ageing import Ageing
from wand.errors import EntryRefused, NoSuchEntry
from wand.ethernet import MAC
from wand.membership.identity import Identity
from wand.table import Rank, Source, Table

#: Who says so in the table.
LEARNED: Final = Source("learned", Rank.LEARNED)

#: How many addresses are learned behind one member; further ones are refused, those that are known stay.
QUOTA: Final = 256

#: How many are learned altogether, so that they leave room in the table for what is claimed.
LIMIT: Final = 65_536

#: Seconds after its last frame for which an address is known.
AGE: Final = 300.0

#: Seconds after its last frame for which an address can not move to another member: no flapping in a loop.
HOLD: Final = 2.0


class Learned:
    """
    Learns MAC addresses, and forgets them.
    """

    def __init__(self, clock: IReactorTime, table: Table, quota: int = QUOTA, limit: int = LIMIT) -> None:
        self._clock = clock
        self._table = table
        self._quota = quota
        self._limit = limit
        self._behind: dict[MAC, Identity] = {}
        self._macsOf: dict[Identity, set[MAC]] = {}
        self._ages: Ageing[MAC] = Ageing(clock, self.forget)

    def __len__(self) -> int:
        return len(self._behind)

    def heard(self, identity: Identity, mac: MAC) -> bool:
        """
        A member with the bridge right sent a frame from an address that nobody claims.

        @return: whether it is taken as the member's.
        """
        now = self._clock.seconds()
        before = self._behind.get(mac)
        if before is not None and before != identity and not self._mayMove(mac, now):
            return False
        if before != identity and not self._learn(identity, mac):
            return False
        self._ages.expireAt(mac, now + AGE)
        return True

    def macsOf(self, identity: Identity) -> frozenset[MAC]:
        """
        What was learned behind a member.
        """
        return frozenset(self._macsOf.get(identity, ()))

    def forget(self, mac: MAC) -> None:
        """
        An address is claimed now, or was silent for too long.
        """
        identity = self._behind.pop(mac, None)
        if identity is None:
            return
        self._ages.discard(mac)
        macs = self._macsOf[identity]
        macs.discard(mac)
        if not macs:
            del self._macsOf[identity]
        try:
            self._table.remove(mac, LEARNED)
        except NoSuchEntry:  # the operator removed it
            return

    def forgetBehind(self, identity: Identity) -> None:
        """
        A member has the bridge right no more, or is a member no more.
        """
        for mac in self.macsOf(identity):
            self.forget(mac)

    def stop(self) -> None:
        """
        Leave no timer behind.
        """
        self._ages.stop()

    def _mayMove(self, mac: MAC, now: float) -> bool:
        return (self._ages.deadline(mac) or 0.0) - AGE + HOLD <= now

    def _learn(self, identity: Identity, mac: MAC) -> bool:
        if len(self._macsOf.get(identity, ())) >= self._quota or len(self._behind) >= self._limit:
            return False
        self.forget(mac)
        try:
            self._table.put(mac, identity, LEARNED)
        except EntryRefused:  # ours, a group's, or the table is full
            return False
        self._behind[mac] = identity
        self._macsOf.setdefault(identity, set()).add(mac)
        return True
