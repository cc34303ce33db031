"""
Control messages find their readers by their numbers.  No peer is listened to more than it may expect.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from twisted.internet.interfaces import IReactorTime

from wand.counters import Counters
from wand.interfaces.control_messages import ControlReader, Sessions
from wand.interfaces.membership import Member
from wand.timing.token_buckets import TokenBuckets

COUNTERS: Final = {
    "control-received": "control messages handed to those who understand them",
    "drop-control-throttled": "control messages dropped: too many from that member",
    "drop-control-unknown": "control messages dropped: this version does not know them",
}

#: How many control messages of one member are read: per second in the long run, and at once.
MEMBER_RATE: Final = 50.0
MEMBER_BURST: Final = 200.0

#: The same of a directory server, which may list thousands of members.
SERVER_RATE: Final = 500.0
SERVER_BURST: Final = 1000.0


class ControlMessages:
    """
    Takes the control messages of all sessions of a transport.
    """

    def __init__(self, sessions: Sessions, clock: IReactorTime, counters: Counters) -> None:
        counters.declare(COUNTERS)
        self._counters = counters
        self._sessions = sessions
        self._buckets = TokenBuckets(clock, MEMBER_RATE, MEMBER_BURST)
        self._serverBuckets = TokenBuckets(clock, SERVER_RATE, SERVER_BURST)
        self._readers: dict[int, ControlReader] = {}
        self._unlimited: set[int] = set()
        sessions.onControl(self._received)

    def read(self, numbers: range, reader: ControlReader, *, isLimited: bool = True) -> Callable[[], None]:
        """
        Hand messages with these numbers to C{reader}, and no longer to anybody else.

        @param isLimited: are they among those of which only so many a second are taken from one member?  If not, the
            reader limits them itself.
        @return: a function that ends it.
        """
        self._readers.update(dict.fromkeys(numbers, reader))
        if not isLimited:
            self._unlimited.update(numbers)

        def end() -> None:
            for number in numbers:
                if self._readers.get(number) is reader:
                    del self._readers[number]
                    self._unlimited.discard(number)

        return end

    def _received(self, peer: bytes, member: Member, message: bytes) -> None:
        buckets = self._serverBuckets if member.isServer else self._buckets
        number = numberOf(message)
        reader = self._readers.get(number)
        if number not in self._unlimited and not buckets.take(peer):
            self._counters["drop-control-throttled"] += 1
            self._sessions.blame(peer, "controls")
        elif reader is None:
            self._counters["drop-control-unknown"] += 1
        else:
            self._counters["control-received"] += 1
            reader(peer, member, message)


def numberOf(message: bytes) -> int:
    """
    The number of a message that may be anything; -1 if it has none.
    """
    first = message[:1] and message[0]
    at = 1 if first and 0x91 <= first <= 0x9F else 3 if first == 0xDC else len(message)
    number = message[at : at + 2]
    if number[:1] == b"\xcc":
        return number[1] if len(number) == 2 else -1
    return number[0] if number and number[0] < 0x80 else -1
