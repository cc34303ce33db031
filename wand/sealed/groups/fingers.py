"""
Fingers: the few members that a node hands frames to.  They are the next ones after the places half the circle from its
own, a quarter, an eighth and so on (Stoica et al. 2001), so there are about log2(N) of N members, and the circle is
divided among them as in El-Ansary et al. 2003.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final, TypeAlias

from twisted.internet.interfaces import IReactorTime

from wand.counters import Counters
from wand.interfaces.search import MemberSearch
from wand.sealed.credentials.claim import Announcement
from wand.sealed.groups.circle import Circle, distance, placeAt

#: Seconds after which the nearest finger is looked up again, where we do not know everybody: so nobody is left out for
#: longer of whom we were not told.  The others only share the circle well, and are looked up seldom.
LIFETIME: Final = 60.0
ALL_LIFETIME: Final = 900.0

#: Seconds until it is tried again where nobody was found.
PATIENCE: Final = 2.0

#: How many places are looked at: so many times the circle is halved.  Members whose identities are closer together than
#: that were made to be.
PLACES_MAXIMUM: Final = 64

#: Seconds for which somebody that did not answer is no finger.
SILENCE: Final = 60.0

#: How many of those are remembered, and how many of them in a row are passed over.
SILENT_MAXIMUM: Final = 256
SKIPPED_MAXIMUM: Final = 16

#: How many frames wait while fingers are looked up for the first time.
WAITING_MAXIMUM: Final = 64

COUNTERS: Final = {
    "groups-lookups": "times that it was looked up to whom frames to groups are handed",
    "groups-lookups-unanswered": "of these, times that directories did not answer all; it is looked up again soon",
    "drop-groups-waiting": "frames to groups dropped: too many waited until it was known whom to hand them to",
}

#: Takes a member that was looked up, or C{None}.
Taker: TypeAlias = Callable[[bytes | None], object]


class Fingers:
    """
    Knows them, and looks them up when they are used.
    """

    def __init__(
        self,
        own: bytes,
        circle: Circle,
        search: MemberSearch,
        announcementOf: Callable[[bytes], Announcement | None],
        clock: IReactorTime,
        counters: Counters,
    ) -> None:
        """
        @param own: our identity.
        @param circle: those that we know.
        @param search: asks for the others, if there may be any.
        @param announcementOf: gives what a member announced last.  Who announced anything since it did not answer is
            asked again.
        """
        counters.declare(COUNTERS)
        self._own = own
        self._circle = circle
        self._search = search
        self._announcementOf = announcementOf
        self._isUnsure = False
        self._clock = clock
        self._counters = counters
        self._fingers: tuple[bytes, ...] | None = None
        self._found: set[bytes] = set()
        self._missing = 0
        self._freshUntil = 0.0
        self._allFreshUntil = 0.0
        self._changes = -1
        self._silent: dict[bytes, tuple[float, object]] = {}  # until when, and the precedence of what it announced
        self._waiting: list[Callable[[Sequence[bytes]], object]] = []

    def use(self, call: Callable[[Sequence[bytes]], object]) -> bool:
        """
        Call C{call} with the fingers, the nearest first: at once, or as soon as they are known.

        @return: C{False} if it is not called: too many wait.
        """
        if not self._missing and self._isStale:
            self._look()
        elif self._search.isPartial and self._fingers is not None:
            self._takeNearest(self._fingers)
        if self._fingers or (self._fingers is not None and not self._missing):
            call(self._fingers)
        elif len(self._waiting) < WAITING_MAXIMUM:
            self._waiting.append(call)
        else:
            self._counters["drop-groups-waiting"] += 1
            return False
        return True

    def lost(self, finger: bytes, found: Taker) -> None:
        """
        A finger does not answer: look for the next one after it, and keep to that for a while.

        @param found: called with it.
        """
        self._silent.pop(finger, None)
        if len(self._silent) >= SILENT_MAXIMUM:
            del self._silent[next(iter(self._silent))]
        self._silent[finger] = self._clock.seconds() + SILENCE, self._precedenceOf(finger)
        if self._fingers is not None:
            self._fingers = tuple(each for each in self._fingers if each != finger)
        self._next(finger, lambda other: self._replaced(other, found))

    def after(self, finger: bytes, found: Taker) -> None:
        """
        Look for the next member after a finger, which stays one.

        @param found: called with it.
        """
        self._next(finger, found)

    def heard(self, member: bytes) -> None:
        """
        Somebody is there after all, or a directory says so.
        """
        if self._silent.pop(member, None) is not None:
            self._freshUntil = 0.0
            self._changes = -1

    @property
    def _isStale(self) -> bool:
        if self._search.isPartial:
            return self._clock.seconds() >= self._freshUntil
        return self._changes != self._circle.changes or self._clock.seconds() >= self._freshUntil

    def _takeNearest(self, fingers: Sequence[bytes]) -> None:
        """
        Whoever is new or back and comes before our nearest finger is one: directories tell of it.  Those that are
        silent hide nobody behind them.
        """
        near = self._circle.after(self._own)
        for _ in range(1 + SKIPPED_MAXIMUM):
            if near is None or (fingers and distance(self._own, near) >= distance(self._own, fingers[0])):
                return
            if not self._isSilent(near):
                self._settle({*fingers, near})
                return
            near = self._circle.after(near)

    def _isSilent(self, member: bytes) -> bool:
        until, precedence = self._silent.get(member, (0.0, None))
        if until > self._clock.seconds() and self._precedenceOf(member) in (None, precedence):
            return True
        self._silent.pop(member, None)
        return False

    def _precedenceOf(self, member: bytes) -> object:
        """
        Of what a member announced; C{None} if it is not known.  Whoever is forgotten and told again announced nothing.
        """
        known = self._announcementOf(member)
        return None if known is None else known.precedence

    def _look(self) -> None:
        now = self._clock.seconds()
        self._counters["groups-lookups"] += 1
        self._changes = self._circle.changes
        self._freshUntil = now + LIFETIME
        self._missing, self._isUnsure = 1, False
        if self._fingers and self._search.isPartial and now < self._allFreshUntil:
            self._found = set(self._fingers)
            self._next(self._own, self._fingerFound)
        else:
            self._allFreshUntil = now + ALL_LIFETIME
            self._found = set()
            self._next(self._own, self._successorFound)

    def _successorFound(self, successor: bytes | None) -> None:
        if successor is not None:
            near = distance(self._own, successor)
            offsets = [offset for bit in range(255, 255 - PLACES_MAXIMUM, -1) if (offset := 1 << bit) > near]
            self._missing += len(offsets)
            for offset in offsets:
                self._next(placeAt(self._own, offset), self._fingerFound)
        self._fingerFound(successor)

    def _fingerFound(self, member: bytes | None) -> None:
        if member is not None:
            self._found.add(member)
        self._missing -= 1
        if self._missing:
            return
        if self._isUnsure:  # members that we do not know may come before those that we do
            self._counters["groups-lookups-unanswered"] += 1
            self._freshUntil = self._allFreshUntil = self._clock.seconds() + PATIENCE
            self._found |= {*(self._fingers or ())}
        self._settle(self._found)

    def _settle(self, found: set[bytes]) -> None:
        now = self._clock.seconds()
        found = {each for each in found if not self._isSilent(each)}
        self._fingers = tuple(sorted(found, key=lambda each: distance(self._own, each)))
        if not self._fingers:
            self._freshUntil = min(self._freshUntil, now + PATIENCE)
        waiting, self._waiting = self._waiting, []
        for call in waiting:
            call(self._fingers)

    def _replaced(self, other: bytes | None, found: Taker) -> None:
        if other is not None and self._fingers is not None:
            self._settle({*self._fingers, other})
        found(other)

    # The next member after a place.

    def _next(self, place: bytes, found: Taker, skipped: int = 0) -> None:
        def take(member: bytes | None) -> None:
            if member is not None and self._isSilent(member):
                if skipped < SKIPPED_MAXIMUM:
                    self._next(member, found, skipped + 1)
                    return
                member = None
            found(None if member == self._own else member)

        if not self._search.isPartial:
            take(self._circle.after(place))
        else:
            self._search.after(place).addBoth(self._answered, place, take)

    def _answered(self, told: object, place: bytes, take: Taker) -> None:
        if isinstance(told, bytes):
            take(told)
        else:
            self._isUnsure = True
            take(self._circle.after(place))
