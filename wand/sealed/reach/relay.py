"""
A relay: a server, or a member with the relay right, that passes datagrams on between members that find no other way.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from wand.interfaces import Context, ISessions
from wand.interfaces.membership import Member
from wand.interfaces.participant import ControlReaders
from wand.sealed import control_numbers
from wand.sealed.reach.forwarding import Forwarding
from wand.sealed.reach.relay_channels import IDLE, Channel, Channels, Served
from wand.sealed.reach.relay_messages import (
    ABSENT,
    ENDED,
    FULL,
    ITSELF,
    OFF,
    RELEASED,
    Allocate,
    Allocated,
    Displaced,
    Unallocated,
    pack,
    parseToRelay,
)
from wand.sealed.reach.relay_quota import RelaySettings
from wand.status import RelayStatus
from wand.timing.token_buckets import TokenBuckets
from wand.underlay.place_kinds import isBehindRelay

COUNTERS: Final = {
    "relay-channels-made": "channels made for pairs of members",
    "relay-channels-ended": "channels that ended: idle, released, or a member's session ended",
    "drop-relay-malformed": "messages to this relay dropped: they cannot be read",
    "drop-relay-throttled": "messages to this relay not answered or not passed on: too many from or to one member",
}

#: How many new channels a member may ask for: per second in the long run, and at once.
ASKED_RATE: Final = 10.0
ASKED_BURST: Final = 256.0

#: How many new channels a member is told of because others asked: per second in the long run, and at once.
TOLD_RATE: Final = 50.0
TOLD_BURST: Final = 256.0

#: How often a member is told, per second, that it is not where its session is.
DISPLACED_RATE: Final = 1.0

#: How many members' budgets are remembered.
MEMBERS_MAXIMUM: Final = 20_000


class Relay:
    """
    Gives channels to members.

    @ivar forwarding: takes the relayed datagrams.
    """

    def __init__(
        self,
        sessions: ISessions,
        control: ControlReaders,
        context: Context,
        entropy: Callable[[int], bytes],
        settings: RelaySettings,
        isOn: Callable[[], bool],
    ) -> None:
        """
        @param entropy: randomness for the numbers of channels; gives as many octets as it is asked for.
        @param isOn: do we pass anything on?  If not, we say so to whoever asks.
        """
        counters = context.counters
        counters.declare(COUNTERS)
        self._sessions = sessions
        self._counters = counters
        self._isOn = isOn
        self._clock = context.clock
        self._channels = Channels(context.clock, entropy, settings, self._wasIdle)
        self._askers = TokenBuckets(context.clock, ASKED_RATE, ASKED_BURST, MEMBERS_MAXIMUM)
        self._told = TokenBuckets(context.clock, TOLD_RATE, TOLD_BURST, MEMBERS_MAXIMUM)
        self._displaced = TokenBuckets(context.clock, DISPLACED_RATE, 1.0, MEMBERS_MAXIMUM)
        self.forwarding = Forwarding(self._channels.byNumber, context.clock.seconds, counters, self._cameFromElsewhere)
        for number in (control_numbers.ALLOCATE, control_numbers.RELEASE):
            control.read(range(number, number + 1), self._received)
        sessions.onSession(self._session)

    def stop(self) -> None:
        """
        Pass nothing on any more.
        """
        self._channels.stop()

    def status(self) -> RelayStatus:
        """
        What passes, for people.
        """
        return RelayStatus(
            on=self._isOn(),
            channels=len(self._channels),
            datagrams=self._counters["relay-datagrams"],
            octets=self._counters["relay-octets"],
        )

    def _received(self, peer: bytes, member: Member, octets: bytes) -> None:
        message = parseToRelay(octets)
        if message is None:
            self._counters["drop-relay-malformed"] += 1
            self._sessions.blame(peer, "relay")
        elif isinstance(message, Allocate):
            self._asked(bytes(peer), message.peer)
        else:
            channel = self._channels.byNumber.get(message.channel)
            if channel is not None and channel in self._channels.of(peer):
                self._end(channel, peer, RELEASED)

    def _asked(self, asker: bytes, other: bytes) -> None:
        channel = self._channels.find(asker, other)
        if channel is not None:
            channel.usedAt = self._clock.seconds()
            channel.otherKnows |= asker == channel.other.identity
            self._tell(channel, asker)
            return
        if not self._askers.take(asker.hex()):
            self._counters["drop-relay-throttled"] += 1
            return
        refusal = self._refusal(asker, other)
        if refusal is None:
            refusal = self._make(asker, other)
        if refusal is not None:
            self._sessions.sendControl(asker, pack(Unallocated(other, refusal)))

    def _refusal(self, asker: bytes, other: bytes) -> int | None:
        if not self._isOn():
            return OFF
        if asker == other:
            return ITSELF
        return None if self._sessions.isUp(other) else ABSENT

    def _make(self, asker: bytes, other: bytes) -> int | None:
        one, two = self._sessions.placeOf(asker), self._sessions.placeOf(other)
        if one is None or two is None or isBehindRelay(one.endpoint) or isBehindRelay(two.endpoint):
            return ABSENT
        channel = self._channels.make((asker, one), (other, two))
        if channel is None:
            return FULL
        self._counters["relay-channels-made"] += 1
        self._tell(channel, asker)
        return None

    def _tell(self, channel: Channel, asking: bytes) -> None:
        """
        Tell the ends of their channel: first the one that may not know it, so that it does when the other sends.

        @param asking: the end that wants to know.
        """
        if not channel.otherKnows:
            if self._told.take(channel.other.identity.hex()):
                self._sendNumber(channel, channel.other)
            else:
                self._counters["drop-relay-throttled"] += 1
        self._sendNumber(channel, channel.asker if asking == channel.asker.identity else channel.other)

    def _sendNumber(self, channel: Channel, end: Served) -> None:
        message = Allocated(channel.beyond(end).identity, channel.number, round(IDLE))
        self._sessions.sendControl(end.identity, pack(message))

    def _cameFromElsewhere(self, channel: Channel, host: str) -> None:
        """
        Something was dropped: tell the end that is at this host, and that may have another port than we think.
        """
        for end in (channel.asker, channel.other):
            where = end.place.endpoint
            if where is not None and where[0] == host and self._displaced.take(end.identity.hex()):
                self._sessions.sendControl(end.identity, pack(Displaced(channel.number)))

    def _session(self, peer: bytes, member: Member, up: bool) -> None:
        if not up:
            for channel in self._channels.of(peer):
                self._end(channel, peer, ENDED)

    def _wasIdle(self, channel: Channel) -> None:
        self._counters["relay-channels-ended"] += 1
        for end in (channel.asker, channel.other):
            self._sayEnded(channel, end, ENDED)

    def _end(self, channel: Channel, cause: bytes, reason: int) -> None:
        """
        End a channel.

        @param cause: the end because of which it ends; the other is told.
        """
        self._channels.end(channel)
        self._counters["relay-channels-ended"] += 1
        self._sayEnded(channel, channel.other if cause == channel.asker.identity else channel.asker, reason)

    def _sayEnded(self, channel: Channel, end: Served, reason: int) -> None:
        if self._sessions.isUp(end.identity):
            self._sessions.sendControl(end.identity, pack(Unallocated(channel.beyond(end).identity, reason)))
