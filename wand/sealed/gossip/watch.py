"""
The watch: each member probes those that it watches in turn, and says so when one of them is silent.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from random import Random
from typing import Final

from twisted.internet.interfaces import IDelayedCall, IReactorTime

from wand.sealed.gossip.links import Links
from wand.sealed.gossip.prober import ATTEMPTS, PATIENCE, PATIENCE_INDIRECT, Prober
from wand.sealed.gossip.silence import Silence
from wand.sealed.gossip.view import MemberView

#: Seconds between two probes, give or take a tenth.
INTERVAL: Final = 6.0

#: Seconds after which it shows whether others are silent, too.
DECISION: Final = ATTEMPTS * PATIENCE + PATIENCE_INDIRECT + 0.5

#: How many others are asked beside the links when a member is silent: is it one, or is it many?
WITNESSES: Final = 6

#: How many members all together probe somebody in each interval who is not here any more, and how many of them each of
#: those: so the parts of a network that came apart find each other.
KNOCKS: Final = 200
KNOCKS_EACH: Final = 4

#: Seconds within which the other silent members are asked, when one of them is heard again.
THAW: Final = 2.0

#: Seconds within which who starts is heard by those that watch it, who may have found it silent.
GREETING: Final = 2.0


class Watch:
    """
    Watches members.
    """

    def __init__(
        self,
        own: bytes,
        clock: IReactorTime,
        random: Random,
        view: MemberView,
        links: Links,
        silence: Silence,
        prober: Prober,
        accuse: Callable[[bytes, int], object],
        lost: Callable[[bytes], object],
    ) -> None:
        """
        @param own: our identity.
        @param accuse: says that a member does not answer, and on which ring we watch it.
        @param lost: called with a member that does not answer.
        """
        self._own = own
        self._clock = clock
        self._random = random
        self._view = view
        self._links = links
        self._silence = silence
        self._prober = prober
        self._accuse = accuse
        self._lost = lost
        self._turn: list[bytes] = []
        self._timer: IDelayedCall | None = None
        self._decision: IDelayedCall | None = None
        self._greeting: IDelayedCall | None = None
        self._thawing: dict[bytes, IDelayedCall] = {}

    def start(self) -> None:
        """
        Begin, at a moment at random, so that members that start together do not probe together.
        """
        self._links.refresh()
        self._timer = self._clock.callLater(self._random.uniform(0, INTERVAL), self._tick)
        self._greeting = self._clock.callLater(self._random.uniform(0, GREETING), self._greet)

    def stop(self) -> None:
        """
        Leave no timer behind.
        """
        for timer in (self._timer, self._decision, self._greeting, *self._thawing.values()):
            if timer is not None and timer.active():
                timer.cancel()
        self._timer = self._decision = self._greeting = None
        self._thawing.clear()

    def ask(self, peer: bytes) -> None:
        """
        Probe a member now.
        """
        self._prober.ask(peer, partial(self._answered, peer))

    def heard(self, peer: bytes) -> None:
        """
        Something came from a member.  If it had been silent, the others that are may answer again, too.
        """
        if self._silence.ended(peer):
            for other in self._silence.peers:
                if other not in self._thawing:
                    self._thawing[other] = self._clock.callLater(self._random.uniform(0, THAW), self._thaw, other)

    def _tick(self) -> None:
        self._timer = self._clock.callLater(INTERVAL * self._random.uniform(0.9, 1.1), self._tick)
        self._links.refresh()
        self._accuseThem()
        peer = self._next()
        if peer is not None:
            self.ask(peer)
        absent = self._absent()
        if absent:
            self._knock(self._random.choice(absent))

    def _greet(self) -> None:
        for peer in self._links.watchers:
            self._prober.ask(peer, lambda isThere: None, watching=False)

    def _next(self) -> bytes | None:
        self._turn = [peer for peer in self._turn if peer in self._links.watched]
        if not self._turn:
            self._turn = list(self._links.watched)
            self._random.shuffle(self._turn)
        return self._turn.pop() if self._turn else None

    def _absent(self) -> list[bytes]:
        doubted = self._view.doubted
        isMyTurn = self._random.random() * self._view.tree.count < min(KNOCKS, KNOCKS_EACH * len(doubted))
        return [*self._silence.peers, *(doubted if isMyTurn else ())]

    def _answered(self, peer: bytes, isThere: bool) -> None:
        if not isThere and self._view.get(peer) is None:  # perhaps it takes no part
            self._lost(peer)
            return
        if isThere or not self._silence.began(peer):
            return
        self._lost(peer)
        if self._decision is None:
            self._decision = self._clock.callLater(DECISION, self._decide)
            others = (
                each
                for each in self._view.rings.some(WITNESSES, self._random)
                if self._view.isHere(each) and each not in (peer, self._own)
            )
            for other in dict.fromkeys((*self._links.all, *others)):  # a set would have another order in each process
                self._prober.ask(other, partial(self._witnessed, other), watching=False)

    def _witnessed(self, peer: bytes, isThere: bool) -> None:
        if not isThere and self._silence.began(peer):
            self._lost(peer)

    def _decide(self) -> None:
        self._decision = None
        for peer in self._silence.decide():
            self._prober.ask(peer, lambda isThere: None, watching=False)
            self._decision = self._clock.callLater(DECISION, self._decide)
        self._accuseThem()

    def _accuseThem(self) -> None:
        for peer in self._silence.peers:
            entry = self._view.get(peer)
            if entry is None or not entry.saysItIsHere or entry.accusation is not None:
                self._silence.forget(peer)
        for peer in self._silence.due():
            ring = self._links.watchedOn(peer)
            self._silence.forget(peer)
            if ring is not None:
                self._accuse(peer, ring)

    def _thaw(self, peer: bytes) -> None:
        del self._thawing[peer]
        if peer in self._silence:
            self._knock(peer)

    def _knock(self, peer: bytes) -> None:
        self._prober.ask(peer, lambda isThere: None, watching=False, patiently=False)
