"""
The channels of a relay: each stands for a pair of members, and has one number in both directions.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Iterator
from typing import Final

from twisted.internet.interfaces import IReactorTime

from wand.interfaces.sessions import PlaceInUse
from wand.sealed.reach.relay_quota import Quota, RelaySettings
from wand.timing.deadlines import Deadlines

#: A channel ends after this many seconds in which nothing passes and neither end asks for it again.
IDLE: Final = 60.0

#: How many channels there are at most; when there are so many, a member may still have its first few.
CHANNELS_MAXIMUM: Final = 100_000
CHANNELS_ALWAYS: Final = 8


class Served:
    """
    A member for which the relay passes datagrams on.

    @ivar place: where it is, as its session proved.
    @ivar quota: how much of what it sends is passed on.
    @ivar channels: those that it is an end of, by the identity of the other end.
    @ivar asked: how many of them it asked for.
    """

    __slots__ = ("asked", "channels", "identity", "place", "quota")

    def __init__(self, identity: bytes, place: PlaceInUse, quota: Quota) -> None:
        self.identity = identity
        self.place = place
        self.quota = quota
        self.channels: dict[bytes, Channel] = {}
        self.asked = 0


class Channel:
    """
    A pair of members.

    @ivar asker: the one that asked.
    @ivar other: the other one.
    @ivar usedAt: when something last passed or an end asked, in the clock's seconds.
    @ivar otherKnows: does the other certainly know the channel?  It asked for it too, or sent something in it.
    """

    __slots__ = ("asker", "number", "other", "otherKnows", "usedAt")

    def __init__(self, number: int, asker: Served, other: Served, now: float) -> None:
        self.number = number
        self.asker = asker
        self.other = other
        self.usedAt = now
        self.otherKnows = False

    def senderAt(self, place: tuple[str, int]) -> Served | None:  # HOT PATH
        """
        The end that is at a place, as its session proved; C{None} if neither is.
        """
        one, two = self.asker, self.other
        if place is one.place.endpoint:
            return one
        if place is two.place.endpoint:
            return two
        # An equal place is another object when the port has forgotten it, or it was heard at another of our addresses.
        if place == one.place.endpoint:
            return one
        if place == two.place.endpoint:
            return two
        # It may use a stream that it opened while we still use UDP.
        return one if one.place.isProvenAt(place) else two if two.place.isProvenAt(place) else None

    def beyond(self, end: Served) -> Served:
        """
        The other end.
        """
        return self.other if end is self.asker else self.asker


class Channels:
    """
    Makes, finds and ends channels.

    @ivar byNumber: all of them.
    """

    def __init__(
        self,
        clock: IReactorTime,
        entropy: Callable[[int], bytes],
        settings: RelaySettings,
        ended: Callable[[Channel], object],
    ) -> None:
        """
        @param entropy: randomness for numbers; gives as many octets as it is asked for.
        @param ended: called with a channel that was idle.
        """
        self.byNumber: dict[int, Channel] = {}
        self._clock = clock
        self._entropy = entropy
        self._settings = settings
        self._ended = ended
        self._served: dict[bytes, Served] = {}
        self._used: OrderedDict[bytes, Quota] = OrderedDict()
        self._idle: Deadlines[int] = Deadlines(clock, self._due)

    def __len__(self) -> int:
        return len(self.byNumber)

    def __iter__(self) -> Iterator[Channel]:
        return iter(tuple(self.byNumber.values()))

    def find(self, asker: bytes, other: bytes) -> Channel | None:
        """
        The channel of a pair, whoever of them asked for it; C{None} if there is none.
        """
        served = self._served.get(asker)
        return None if served is None else served.channels.get(other)

    def make(self, asker: tuple[bytes, PlaceInUse], other: tuple[bytes, PlaceInUse]) -> Channel | None:
        """
        A new channel for a pair that has none.

        @param asker: the identity of the member that asks, and its place.
        @return: C{None} if the asker has as many as it may have, or there are too many in all.
        """
        one = self._serve(*asker)
        if one.asked >= self._settings.channels or (
            len(self.byNumber) >= CHANNELS_MAXIMUM and one.asked >= CHANNELS_ALWAYS
        ):
            self._dismiss(one)
            return None
        two = self._serve(*other)
        number = self._freeNumber()
        channel = self.byNumber[number] = Channel(number, one, two, self._clock.seconds())
        one.channels[two.identity] = two.channels[one.identity] = channel
        one.asked += 1
        self._idle.expireAt(number, channel.usedAt + IDLE)
        return channel

    def end(self, channel: Channel) -> None:
        """
        Forget a channel.
        """
        if self.byNumber.pop(channel.number, None) is None:
            return
        self._idle.discard(channel.number)
        channel.asker.asked -= 1
        for end in (channel.asker, channel.other):
            end.channels.pop(channel.beyond(end).identity, None)
            self._dismiss(end)

    def of(self, identity: bytes) -> list[Channel]:
        """
        The channels that a member is an end of.
        """
        served = self._served.get(identity)
        return [] if served is None else list(served.channels.values())

    def stop(self) -> None:
        """
        Forget all, and leave no timer behind.
        """
        self._idle.stop()
        self.byNumber.clear()
        self._served.clear()
        self._used.clear()

    def _serve(self, identity: bytes, place: PlaceInUse) -> Served:
        served = self._served.get(identity)
        if served is None:
            quota = self._used.pop(identity, None) or Quota(self._settings.megabits, self._clock.seconds())
            served = self._served[identity] = Served(identity, place, quota)
        return served

    def _dismiss(self, served: Served) -> None:
        if not served.channels:
            self._served.pop(served.identity, None)
            self._used[served.identity] = served.quota
            self._forgetFull()

    def _forgetFull(self) -> None:
        """
        Forget the quotas of those that have no channel, once nothing is missing in them: the oldest first.
        """
        now = self._clock.seconds()
        while self._used and next(iter(self._used.values())).isFull(now):
            self._used.popitem(last=False)

    def _freeNumber(self) -> int:
        while True:
            number = int.from_bytes(self._entropy(4), "big")
            if number and number not in self.byNumber:
                return number

    def _due(self, number: int) -> None:
        channel = self.byNumber.get(number)
        if channel is None:
            return
        if channel.usedAt + IDLE > self._clock.seconds():
            self._idle.expireAt(number, channel.usedAt + IDLE)
        else:
            self.end(channel)
            self._ended(channel)
