"""
Passing calls on: whoever has sessions with two members tells one of them that the other one tries to reach it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from wand.interfaces import Context, ISessions
from wand.interfaces.membership import Member
from wand.sealed.reach.locating_messages import located, udp
from wand.sealed.reach.messages import HEARD, Call, Called, CalledPlace, packCalled, parse
from wand.timing.token_buckets import TokenBuckets

COUNTERS: Final = {
    "calls-passed-on": "calls passed on to members",
    "calls-absent": "calls not passed on since the member that is called is away: there is no session with it",
    "drop-call-malformed": "messages about calls dropped: they cannot be read, or are not for us",
    "drop-call-throttled": "calls dropped: too many from one member, or between two",
}

#: How many calls of one member are passed on: per second in the long run, and at once; and of one to another.  A member
#: that starts calls everybody with whom it talks.
CALLER_RATE: Final = 20.0
CALLER_BURST: Final = 100.0
PAIR_RATE: Final = 2.0
PAIR_BURST: Final = 8.0

#: How many callers and pairs are remembered.
MEMORY: Final = 20_000


class CallForwarder:
    """
    Passes calls on.
    """

    def __init__(
        self, sessions: ISessions, context: Context, announcementOf: Callable[[bytes], tuple[bytes, bytes] | None]
    ) -> None:
        """
        @param announcementOf: the signed certificate and the signed claim of a member; C{None} if we have none.
        """
        context.counters.declare(COUNTERS)
        self._counters = context.counters
        self._sessions = sessions
        self._announcementOf = announcementOf
        self._callers = TokenBuckets(context.clock, CALLER_RATE, CALLER_BURST, MEMORY)
        self._pairs = TokenBuckets(context.clock, PAIR_RATE, PAIR_BURST, MEMORY)

    def received(self, peer: bytes, member: Member, octets: bytes) -> None:
        """
        A message came to a server, which nobody calls and which calls nobody.
        """
        message = parse(octets)
        if isinstance(message, Call):
            self.passOn(peer, message)
        else:
            self._counters["drop-call-malformed"] += 1

    def passOn(self, caller: bytes, call: Call) -> None:
        """
        A member calls another one.
        """
        isTimely = self._callers.take(caller.hex()) and self._pairs.take(caller.hex() + call.target.hex())
        if not isTimely:
            self._counters["drop-call-throttled"] += 1
            return
        heard = self._sessions.endpointOf(caller)
        seen = udp(heard)
        if call.target != caller and self._sessions.isUp(call.target):
            certificate, claim = self._announcementOf(caller) or (b"", b"")
            places = [CalledPlace(HEARD, seen)] if seen else []
            called = Called(bytes(caller), call.number, call.isAnswer, certificate, claim, (), call.network)
            self._sessions.sendControl(call.target, packCalled(called, (*places, *call.places)))
            self._counters["calls-passed-on"] += 1
        else:
            self._counters["calls-absent"] += 1
        if not call.isAnswer:
            self._sessions.sendControl(caller, located(heard))
