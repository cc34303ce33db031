"""
Links: the few members with which a node exchanges gossip, those that it watches and those that watch it.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import islice
from typing import Final

from twisted.internet.interfaces import IReactorTime

from wand.counters import Counters
from wand.sealed.gossip.rings import RINGS
from wand.sealed.gossip.view import MemberView

#: Seconds after which somebody that no longer probes us is no link.
CALLER_LIFETIME: Final = 60.0

#: How many are there at most that we do not watch ourselves.
CALLERS_MAXIMUM: Final = 64

#: How many members on a ring are skipped at most to find one that answers.
SKIPPED_MAXIMUM: Final = 64

COUNTERS: Final = {"drop-gossip-callers": "probes of members that became no links: there are too many"}


class Links:
    """
    Knows with whom to exchange gossip.

    @ivar watched: those that we watch, each with the ring on which we do.
    """

    def __init__(
        self, own: bytes, view: MemberView, clock: IReactorTime, counters: Counters, isSilent: Callable[[bytes], bool]
    ) -> None:
        """
        @param isSilent: does somebody not answer us?
        """
        counters.declare(COUNTERS)
        self.watched: dict[bytes, int] = {}
        self._own = own
        self._view = view
        self._clock = clock
        self._counters = counters
        self._isSilent = isSilent
        self._callers: dict[bytes, float] = {}

    @property
    def all(self) -> list[bytes]:
        """
        All links.
        """
        return [*self.watched, *(each for each in self._callers if each not in self.watched)]

    def isLink(self, peer: bytes) -> bool:
        """
        Is somebody a link?
        """
        return peer in self.watched or peer in self._callers

    def called(self, peer: bytes) -> None:
        """
        Somebody probed us, or we were told to talk to it.
        """
        if peer not in self._callers and not self._makeRoom(peer):
            self._counters["drop-gossip-callers"] += 1
            return
        self._callers[peer] = self._clock.seconds()

    def lost(self, peer: bytes) -> None:
        """
        Somebody does not answer.
        """
        self._callers.pop(peer, None)
        if peer in self.watched:
            self.refresh()

    def refresh(self) -> None:
        """
        See whom we watch: on each ring the next one that is here and answers.
        """
        stale = self._clock.seconds() - CALLER_LIFETIME
        for peer in [peer for peer, when in self._callers.items() if when < stale]:
            del self._callers[peer]
        self.watched = {}
        for ring in range(RINGS):
            found = self._next(ring)
            if found is not None:
                self.watched.setdefault(found, ring)

    @property
    def watchers(self) -> list[bytes]:
        """
        Who watches us, as far as we know: on each ring the one before us that is here.
        """
        found = (
            next((other for other in islice(before, SKIPPED_MAXIMUM) if self._view.isHere(other)), None)
            for before in (self._view.rings.before(ring, self._own) for ring in range(RINGS))
        )
        return list(dict.fromkeys(other for other in found if other is not None))

    def watchedOn(self, member: bytes) -> int | None:
        """
        The ring on which we watch a member, or would if it answered; C{None} if there is none.
        """
        for ring in range(RINGS):
            for other in self._view.rings.after(ring, self._own):
                if other == member:
                    return ring
                if self._view.isHere(other) and not self._isSilent(other):
                    break
        return None

    def _makeRoom(self, peer: bytes) -> bool:
        """
        May somebody become a link?  Where there are too many, who may watch us replaces one that may not.
        """
        if len(self._callers) < CALLERS_MAXIMUM:
            return True
        if not self._view.mayWatch(peer, self._own):
            return False
        other = next((each for each in self._callers if not self._view.mayWatch(each, self._own)), None)
        return other is not None and self._callers.pop(other) is not None

    def _next(self, ring: int) -> bytes | None:
        for tried, other in enumerate(self._view.rings.after(ring, self._own)):
            if tried >= SKIPPED_MAXIMUM:
                break
            if self._view.isHere(other) and not self._isSilent(other) and other not in self.watched:
                return other
        return None
