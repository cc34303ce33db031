"""
Conflicts: what more than one member claims, and whom the operators of both are told about.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TypeAlias

from wand.ethernet import MAC
from wand.events import Events
from wand.sealed.credentials.claim import Announcement
from wand.sealed.credentials.fields import withoutPrefix
from wand.sealed.credentials.identity import Identity
from wand.status import ConflictStatus

#: Something that has one owner: C{("mac", MAC)}, C{("address", "10.77.0.1")} or C{("name", "alice")}.
Thing: TypeAlias = tuple[str, MAC | str]


class Conflicts:
    """
    Tells of each pair once, and lists those that last.
    """

    def __init__(self, events: Events, nameOf: Callable[[Identity], str]) -> None:
        """
        @param nameOf: what a member is called.
        """
        self._events = events
        self._nameOf = nameOf
        self._told: dict[Thing, set[tuple[Identity, Identity]]] = {}
        self._losers: dict[Thing, tuple[Identity, frozenset[Identity]]] = {}

    def settle(self, thing: Thing, winner: Identity | None, losers: set[Identity]) -> None:
        """
        Say who has something, and who would like to.
        """
        if winner is None or not losers:
            self._losers.pop(thing, None)
            self._told.pop(thing, None)
            return
        self._losers[thing] = winner, frozenset(losers)
        told = self._told.setdefault(thing, set())
        for loser in sorted(losers):
            pair = (min(winner, loser), max(winner, loser))
            if pair not in told:
                told.add(pair)
                self._publish(self._status(thing, winner, loser))
        present = losers | {winner}
        self._told[thing] = {pair for pair in told if present.issuperset(pair)}

    def __iter__(self) -> Iterator[ConflictStatus]:
        for thing in sorted(self._losers, key=repr):
            winner, losers = self._losers[thing]
            yield from (self._status(thing, winner, loser) for loser in sorted(losers))

    def _publish(self, conflict: ConflictStatus) -> None:
        self._events.publish(
            "claim-conflict",
            what=conflict.what,
            value=conflict.value,
            winner=conflict.winner,
            winnerKey=conflict.winnerKey,
            loser=conflict.loser,
            loserKey=conflict.loserKey,
        )

    def _status(self, thing: Thing, winner: Identity, loser: Identity) -> ConflictStatus:
        return ConflictStatus(
            what=thing[0],
            value=str(thing[1]),
            winner=self._nameOf(winner),
            winnerKey=winner.text,
            loser=self._nameOf(loser),
            loserKey=loser.text,
        )


def thingsOf(announcement: Announcement) -> set[Thing]:
    """
    Everything that a member claims.
    """
    claim = announcement.claim
    return {
        ("name", claim.name),
        *(("mac", MAC(mac)) for mac in claim.macs),
        *(("address", withoutPrefix(address)) for address in claim.addresses),
    }
