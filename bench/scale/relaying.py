"""
A relay under load: members in pairs send each other something over it, and one of them sends as fast as it can.
"""

from __future__ import annotations

import os
import signal
import struct
import time
from collections.abc import Callable
from pathlib import Path
from typing import Final

import attrs

from bench.scale.crowd import Crowd
from bench.scale.member import Member
from bench.scale.realm import PREFIX, Realm, foundRealm
from bench.scale.server import ADDRESS, PORT, Server
from wand.sealed.credentials.signed import packed, unpacked
from wand.sealed.reach.relay_messages import Allocate, Allocated
from wand.sealed.sessions.packets import DATA, RELAY_LAYOUT, RELAYED

#: Octets of a datagram that a member sends, as a call of some seconds has them.
OCTETS: Final = 200

#: Datagrams that each member sends a second.
RATE: Final = 4

#: Seconds for which datagrams are waited for that were sent at the end.
_LATE: Final = 1.0

#: Seconds for everything that should take much less.
_PATIENCE: Final = 120.0

#: Octets of a datagram of the flood: one that a path carries whole.
_FLOOD_OCTETS: Final = 1400

_STAMP: Final = struct.Struct(">d")


@attrs.define
class Passed:
    """
    What became of what members sent over the relay.

    @ivar sent: datagrams sent.
    @ivar delays: seconds that each took which came.
    @ivar processor: which part of a processor the relay took.
    """

    sent: int = 0
    delays: list[float] = attrs.Factory(list)
    processor: float = 0.0

    @property
    def lost(self) -> float:
        """
        The part that did not come.
        """
        return 1.0 - len(self.delays) / self.sent

    def delay(self, part: float) -> float:
        """
        Within how many seconds a part of what came did so.
        """
        return sorted(self.delays)[int(part * (len(self.delays) - 1))]


@attrs.define
class RelayFigures:
    """
    What was found.

    @ivar calm: without a flood.
    @ivar flooded: while one floods.
    @ivar flood: datagrams that came from it a second.
    """

    members: int
    calm: Passed
    flooded: Passed
    flood: float


class RelayedMember(Member):
    """
    A member that has a channel to another.

    @ivar channel: its number; 0 for none.
    @ivar passed: is told of what comes over it.
    """

    channel = 0
    passed: Passed | None = None

    def allocate(self, peer: bytes) -> None:
        """
        Ask for a channel.

        @param peer: the identity of the other.
        """
        self.send(packed(Allocate(peer)))

    def say(self) -> None:
        """
        Send something to the other end.
        """
        self._put(self.framed(_STAMP.pack(time.monotonic()).ljust(OCTETS, b"\0")))

    def framed(self, octets: bytes) -> bytes:
        """
        A datagram for the other end.  To the relay it looks sealed: it sees no more of it than a type.
        """
        return RELAY_LAYOUT.pack(RELAYED, self.channel) + bytes([DATA]) + octets

    def relayed(self, datagram: bytes) -> None:
        """
        See L{Member.relayed}.
        """
        if self.passed is not None:
            self.passed.delays.append(time.monotonic() - _STAMP.unpack_from(datagram, RELAY_LAYOUT.size + 1)[0])

    def unread(self, message: bytes) -> None:
        """
        See L{Member.unread}.
        """
        told = unpacked(message, Allocated)
        if told is not None:
            self.channel = told.channel


def measure(
    directory: Path, members: int, flood: int, seconds: float, progress: Callable[[str], object]
) -> RelayFigures:
    """
    Measure one real server as the relay of many members.

    @param flood: datagrams that one of them sends a second.
    @param seconds: how long they send, without the flood and with it.
    @raise wand.errors.WandError: if not all have a channel in time.
    """
    server = Server(directory)
    progress(f"making a network of {members} members")
    realm = foundRealm(server.state, members)
    crowd = Crowd(realm, (ADDRESS, PORT), lambda number: RelayedMember)
    try:
        server.start(PREFIX)
        server.opened()
        _channels(crowd, realm)
        pairs = [each for each in crowd.members if isinstance(each, RelayedMember)]
        progress("without a flood")
        calm = _send(crowd, pairs[2:], server, seconds)
        progress("with a flood")
        before, flooding = server.counters(), _flood(pairs[0], flood)
        try:
            flooded = _send(crowd, pairs[2:], server, seconds)
        finally:
            os.kill(flooding, signal.SIGKILL)
            os.waitpid(flooding, 0)
        after = server.counters()
        came = after["udp-received-datagrams"] - before["udp-received-datagrams"] - flooded.sent
        return RelayFigures(members, calm, flooded, came / (seconds + _LATE))
    finally:
        server.kill()
        crowd.close()


def _channels(crowd: Crowd, realm: Realm) -> None:
    waiting = set(crowd.members)
    for each in crowd.members:
        each.isFollowing = False
        each.confirmedNow = waiting.discard
    crowd.begin(crowd.members, int(time.time()), 2.0)
    crowd.run(lambda: not waiting, _PATIENCE)
    for number in range(0, len(crowd.members) - 1, 2):
        one = crowd.members[number]
        assert isinstance(one, RelayedMember)
        one.allocate(realm.members[number + 1].record.identity)
        if number % 64 == 0:
            crowd.rest(0.05)
    crowd.run(lambda: all(getattr(each, "channel", 0) for each in crowd.members), _PATIENCE)


def _send(crowd: Crowd, members: list[RelayedMember], server: Server, seconds: float) -> Passed:
    passed, used, began = Passed(), server.processor, time.monotonic()
    for each in members:
        each.passed = passed
    due = 0
    while (now := time.monotonic()) < began + seconds:
        while due < (now - began) * RATE * len(members):
            members[due % len(members)].say()
            due += 1
        crowd.turn(time.monotonic())
    crowd.rest(_LATE)
    passed.sent, passed.processor = due, (server.processor - used) / (seconds + _LATE)
    for each in members:
        each.passed = None
    return passed


def _flood(member: RelayedMember, rate: int) -> int:
    # Its channel is real, so that the relay has to look at each datagram and at the quota.
    datagram = member.framed(bytes(_FLOOD_OCTETS))
    process = os.fork()
    if process:
        return process
    try:
        member.socket.setblocking(True)
        began, sent = time.monotonic(), 0
        while True:
            while sent < (time.monotonic() - began) * rate:
                member.socket.send(datagram)
                sent += 1
            time.sleep(0.001)
    finally:
        os._exit(0)
