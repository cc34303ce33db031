"""
News on its way: what each link is still to be told.  An item goes over each link once at most, and not to whom it came
from; what gets lost, the comparison of digests makes up for.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from random import Random
from typing import Final

import msgspec
from twisted.internet.interfaces import IDelayedCall, IReactorTime

from wand.counters import Counters
from wand.sealed.gossip.items import Item
from wand.sealed.gossip.messages import NEWS_ROOM, News, pack

#: Seconds for which news waits for more, at random between these: whoever is told meanwhile need not be told again.
WAIT_SHORTEST: Final = 0.05
WAIT_LONGEST: Final = 0.15

#: Datagrams that go to one link at a time, to one of few, and to all of them together: some 100 kB/s, whatever happens.
DATAGRAMS: Final = 2
DATAGRAMS_FEW: Final = 4
DATAGRAMS_ALL: Final = 8

#: How many items wait for one link at most; the oldest give way.
WAITING_MAXIMUM: Final = 512

#: How many items a message has at most.
ITEMS_MAXIMUM: Final = 32

COUNTERS: Final = {"drop-gossip-queue": "items about members dropped: too many waited for one member"}


class NewsQueue:
    """
    Sends news in few datagrams.
    """

    def __init__(
        self, clock: IReactorTime, random: Random, counters: Counters, send: Callable[[bytes, bytes], object]
    ) -> None:
        """
        @param send: sends a message to a member.
        """
        counters.declare(COUNTERS)
        self._clock = clock
        self._random = random
        self._counters = counters
        self._send = send
        self._waiting: dict[bytes, dict[tuple[bytes, int], Item]] = {}
        self._timer: IDelayedCall | None = None

    def tell(self, item: Item, peers: Iterable[bytes]) -> None:
        """
        Tell these members something, soon.
        """
        key = item.member, item.kind
        for peer in peers:
            waiting = self._waiting.setdefault(peer, {})
            waiting[key] = item
            if len(waiting) > WAITING_MAXIMUM:
                del waiting[next(iter(waiting))]
                self._counters["drop-gossip-queue"] += 1
        self._schedule()

    def knows(self, peer: bytes, item: Item) -> None:
        """
        A member told us something: it need not be told that.
        """
        waiting = self._waiting.get(peer)
        key = item.member, item.kind
        known = waiting and waiting.get(key)
        if waiting and known and known.rank <= item.rank:
            del waiting[key]

    def take(self, peer: bytes) -> tuple[msgspec.Raw, ...]:
        """
        As much as fits into one message to a member; it does not wait any more.
        """
        waiting = self._waiting.get(peer)
        if not waiting:
            return ()
        found: dict[tuple[bytes, int], msgspec.Raw] = {}
        room = NEWS_ROOM
        for key, item in waiting.items():  # of which there may be hundreds: they are not copied
            room -= len(item.octets)
            if room < 0 or len(found) == ITEMS_MAXIMUM:
                break
            found[key] = msgspec.Raw(item.octets)
        for key in found:
            del waiting[key]
        return tuple(found.values())

    def forget(self, peer: bytes) -> None:
        """
        Nobody needs to tell this member anything: it does not answer.
        """
        self._waiting.pop(peer, None)

    def flush(self) -> None:
        """
        Send now what there is time for.
        """
        if self._timer is not None:
            self._timer.cancel()
            self._flush(DATAGRAMS_FEW * len(self._waiting))

    def stop(self) -> None:
        """
        Leave no timer behind.
        """
        self._waiting.clear()
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _schedule(self) -> None:
        if self._timer is None and self._waiting:
            self._timer = self._clock.callLater(self._random.uniform(WAIT_SHORTEST, WAIT_LONGEST), self._flush)

    def _flush(self, room: int = DATAGRAMS_ALL) -> None:
        self._timer = None
        share = DATAGRAMS if len(self._waiting) * DATAGRAMS_FEW > room else DATAGRAMS_FEW
        for peer in list(self._waiting):
            if room <= 0:
                break
            room -= self._sendTo(peer, min(share, room))
            waiting = self._waiting.pop(peer, None)
            if waiting:
                self._waiting[peer] = waiting  # behind those that got nothing this time
        self._schedule()

    def _sendTo(self, peer: bytes, datagrams: int) -> int:
        for sent in range(datagrams):
            news = self.take(peer)
            if not news:
                return sent
            self._send(peer, pack(News(news)))
        return datagrams
