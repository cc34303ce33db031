"""
Handing over: frames go to fingers, again until they confirm them, and to somebody else if they do not.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from typing import Final, Protocol, TypeAlias

import attrs
from twisted.internet.interfaces import IDelayedCall, IReactorTime

from wand.counters import Counters
from wand.sealed.groups.copies import Copy
from wand.sealed.groups.messages import GroupOriginator, GroupPart, GroupReceipt, pack

#: Seconds until a message is sent again, without the time that there and back takes; twice as much after the first few.
REPETITION: Final = 0.25
QUICK: Final = 2

#: How often it is sent in all.
SENDINGS: Final = 5

#: Seconds that a session may take to come up.
PATIENCE: Final = 1.0

#: Seconds between looks at what is not confirmed.
INTERVAL: Final = 0.1

#: How many frames of one finger wait to be confirmed; beyond that, the oldest is not repeated.
WAITING_MAXIMUM: Final = 256

#: How many originators a finger is remembered to know.
KNOWN_MAXIMUM: Final = 1024

#: Seconds without a frame after which a finger is forgotten.
LIFETIME: Final = 180.0

#: A signed certificate and a signed claim.
Pair: TypeAlias = tuple[bytes, bytes]

COUNTERS: Final = {
    "groups-handed": "frames to groups handed to a member, which sees to a part of the network",
    "groups-handed-again": "of these, repeated because they were not confirmed",
    "groups-replaced": "members that did not confirm frames to groups, or take none; the next ones got them",
    "groups-refused": "copies of frames to groups that a member refused, which takes others; the next ones got them",
    "drop-groups-unconfirmed": "frames to groups for a part of the network that nobody took, or that were not repeated",
}


@attrs.define(eq=False)
class _Finger:
    waiting: OrderedDict[int, Copy] = attrs.field(factory=OrderedDict)
    knows: OrderedDict[bytes, Pair] = attrs.field(factory=OrderedDict)
    told: dict[bytes, tuple[Pair, float]] = attrs.field(factory=dict)
    since: float = 0.0  # since when a session is waited for
    usedAt: float = 0.0
    roundTrip: float = 0.0


class HandingSessions(Protocol):
    """
    What is needed of the sessions.
    """

    def sendControl(self, peer: bytes, message: bytes, /) -> None: ...

    def isUp(self, peer: bytes, /) -> bool: ...


class Handing:
    """
    Sends copies.
    """

    def __init__(
        self,
        sessions: HandingSessions,
        pairOf: Callable[[bytes], Pair | None],
        failed: Callable[[bytes, list[Copy]], object],
        refused: Callable[[bytes, list[Copy]], object],
        clock: IReactorTime,
        counters: Counters,
    ) -> None:
        """
        @param pairOf: gives what says who an originator is.
        @param failed: called with a member that does not take copies, and with these.
        @param refused: called with a member that does not take these copies, but others.
        """
        counters.declare(COUNTERS)
        self._sessions = sessions
        self._pairOf = pairOf
        self._failed = failed
        self._refused = refused
        self._clock = clock
        self._counters = counters
        self._fingers: dict[bytes, _Finger] = {}
        self._number = 0
        self._call: IDelayedCall | None = None

    def hand(self, peer: bytes, copy: Copy) -> None:
        """
        Send a copy to a member.
        """
        now = self._clock.seconds()
        finger = self._fingers.get(peer)
        if finger is None:
            finger = self._fingers[peer] = _Finger()
        if not finger.waiting:
            finger.since = now
        if len(finger.waiting) >= WAITING_MAXIMUM:
            finger.waiting.popitem(last=False)
            self._counters["drop-groups-unconfirmed"] += 1
        self._number = (self._number + 1) % (1 << 32)
        finger.waiting[self._number] = copy
        finger.usedAt = now
        copy.sent = 0
        self._counters["groups-handed"] += 1
        self._send(peer, finger, self._number, copy, now)
        if self._call is None:
            self._call = self._clock.callLater(INTERVAL, self._look)

    def confirmed(self, peer: bytes, receipt: GroupReceipt) -> None:
        """
        A member confirmed copies.
        """
        finger = self._fingers.get(peer)
        if finger is None:
            return
        now, refused = self._clock.seconds(), []
        for number in receipt.numbers:
            copy = finger.waiting.pop(number, None)
            if copy is None:
                continue
            if not receipt.taken:
                refused.append(copy)
                continue
            self._learn(finger, copy.originator)
            if copy.sent == 1:
                finger.roundTrip += (now - copy.sentAt - finger.roundTrip) / 4
        if refused and not receipt.others:
            self._giveUp(peer, finger, refused)
        elif refused:
            self._giveOn(peer, finger, refused)

    def session(self, peer: bytes, up: bool) -> None:
        """
        A session with a member began or ended: it may have been started again, and what was sent before is lost, or
        has just been sent.
        """
        finger = self._fingers.get(peer)
        if finger is None:
            return
        now = finger.since = self._clock.seconds()
        finger.knows.clear()
        for copy in finger.waiting.values() if up else ():
            copy.sentAt, copy.dueAt = now, now + REPETITION + 2 * finger.roundTrip

    def stop(self) -> None:
        """
        Leave no timer behind.
        """
        self._fingers.clear()
        if self._call is not None:
            self._call.cancel()
            self._call = None

    # How it is done.

    def _send(self, peer: bytes, finger: _Finger, number: int, copy: Copy, now: float) -> None:
        pair = self._pairOf(copy.originator)
        if pair is not None and pair != finger.knows.get(copy.originator):
            self._tell(peer, finger, copy.originator, pair, now)
        for part, octets in enumerate(copy.parts):
            message = GroupPart(number, copy.limit, part, len(copy.parts), octets)
            self._sessions.sendControl(peer, pack(message))
        copy.sent += 1
        copy.sentAt = now
        copy.dueAt = now + (REPETITION + 2 * finger.roundTrip) * (1 if copy.sent <= QUICK else 2)

    def _tell(self, peer: bytes, finger: _Finger, originator: bytes, pair: Pair, now: float) -> None:
        """
        Say who the originator is, which the member may not know: before each frame that goes alone, and once in a
        while before those that come together.
        """
        told = finger.told.get(originator)
        if told is not None and told[0] == pair and now < told[1]:
            return
        if len(finger.told) >= KNOWN_MAXIMUM:
            finger.told.clear()
        finger.told[originator] = pair, now + REPETITION / 2
        self._sessions.sendControl(peer, pack(GroupOriginator(*pair)))

    def _learn(self, finger: _Finger, originator: bytes) -> None:
        told = finger.told.pop(originator, None)
        if told is None:
            return
        finger.knows[originator] = told[0]
        if len(finger.knows) > KNOWN_MAXIMUM:
            finger.knows.popitem(last=False)

    def _look(self) -> None:
        self._call, now = None, self._clock.seconds()
        for peer, finger in list(self._fingers.items()):
            if finger.waiting:
                self._lookAt(peer, finger, now)
            elif now - finger.usedAt > LIFETIME:
                del self._fingers[peer]
        if self._call is None and any(each.waiting for each in self._fingers.values()):
            self._call = self._clock.callLater(INTERVAL, self._look)

    def _lookAt(self, peer: bytes, finger: _Finger, now: float) -> None:
        if not self._sessions.isUp(peer):
            if now - finger.since >= PATIENCE:
                self._giveUp(peer, finger, [])
            return
        for number, copy in list(finger.waiting.items()):
            if now < copy.dueAt:
                continue
            if copy.sent >= SENDINGS:
                self._giveUp(peer, finger, [])
                return
            self._counters["groups-handed-again"] += 1
            finger.knows.pop(copy.originator, None)
            self._send(peer, finger, number, copy, now)

    def _giveOn(self, peer: bytes, finger: _Finger, refused: list[Copy]) -> None:
        self._counters["groups-refused"] += len(refused)
        for copy in refused:
            copy.refused += 1
            finger.knows.pop(copy.originator, None)
        self._refused(peer, refused)

    def _giveUp(self, peer: bytes, finger: _Finger, refused: list[Copy]) -> None:
        del self._fingers[peer]
        self._counters["groups-replaced"] += 1
        self._failed(peer, [*refused, *finger.waiting.values()])
