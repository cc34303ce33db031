"""
Calling: whoever tries to reach a member has it told so, by whom both have a session with; and it tries at the same
time.  So datagrams leave both NATs within a moment, and each lets in what comes from where it sent to.
"""

from __future__ import annotations

from collections import Counter, OrderedDict
from collections.abc import Iterable
from itertools import count, islice
from typing import Final

from twisted.internet.interfaces import IDelayedCall

from wand.endpoint import Endpoint
from wand.errors import AddressInvalid
from wand.interfaces import Context, ISessions
from wand.interfaces.membership import Member
from wand.interfaces.participant import ControlReaders, Participant
from wand.interfaces.sessions import CALL, MEMBER_CALL
from wand.public_address import isPublic
from wand.sealed.control_numbers import CALL_NUMBERS
from wand.sealed.reach.call_forwarder import MEMORY, CallForwarder
from wand.sealed.reach.messages import CANDIDATES_MAXIMUM, Call, Called, CalledPlace, pack, parse
from wand.sealed.reach.observing import Observing
from wand.timing.token_buckets import TokenBuckets
from wand.underlay.place_kinds import isLoopback

COUNTERS: Final = {
    "calls-made": "calls of members that we try to reach, one for each member that was asked to pass it on",
    "calls-taken": "calls of members that try to reach us",
    "drop-call-unknown": "calls dropped: nobody told who the caller is, or it is not a member",
}

#: How many members, besides the servers, are asked to pass a call on.
MEMBERS_ASKED: Final = 3

#: How many calls are made: per second in the long run, and at once; below what those grant who pass them on.  And how
#: many of one member in a second.
CALLS_RATE: Final = 15.0
CALLS_BURST: Final = 60.0
TARGET_RATE: Final = 1.0

#: Seconds until a call is repeated once: it may be lost, and whoever passes it on may hear us elsewhere only since.
REPEAT: Final = 0.3

#: How many calls are taken: of one caller, and from one member that passes them on, which can lie about where the
#: caller is; per second in the long run, and at once.
CALLER_RATE: Final = 1.0
CALLER_BURST: Final = 10.0
PASSED_RATE: Final = 2.0
PASSED_BURST: Final = 20.0

#: How many places are taken from one member's word about another, and how many of them of one class: IPv4 or IPv6,
#: public or private.  The best come first.
WORD_MAXIMUM: Final = 6
WORD_OF_A_CLASS: Final = 2


class Calling:
    """
    Calls, and is called.
    """

    def __init__(
        self,
        participant: Participant,
        sessions: ISessions,
        control: ControlReaders,
        context: Context,
        observing: Observing,
    ) -> None:
        """
        @param observing: is told who will say, for a call of ours, where it hears us, and what callers say of their
            networks.
        """
        context.counters.declare(COUNTERS)
        self._clock = context.clock
        self._counters = context.counters
        self._repetitions: dict[bytes, IDelayedCall] = {}
        self._participant = participant
        self._sessions = sessions
        self._observing = observing
        self._forwarder = CallForwarder(sessions, context, self._announcementOf)
        self._numbers = count(1)
        self._members: OrderedDict[bytes, None] = OrderedDict()
        clock = self._clock
        self._all = TokenBuckets(clock, CALLS_RATE, CALLS_BURST)
        self._targets = TokenBuckets(clock, TARGET_RATE, 1.0, MEMORY)
        self._answered = TokenBuckets(clock, TARGET_RATE, 1.0, MEMORY)  # for members that pass on calls, and may lie
        self._callers = TokenBuckets(clock, CALLER_RATE, CALLER_BURST, MEMORY)
        self._passers = TokenBuckets(clock, PASSED_RATE, PASSED_BURST, MEMORY)
        control.read(CALL_NUMBERS, self._received)
        sessions.onWanted(self._wanted)
        sessions.onSession(self._session)

    def stop(self) -> None:
        """
        Leave no timer behind.
        """
        for each in self._repetitions.values():
            each.cancel()
        self._repetitions.clear()

    # Calls that we make.

    def _wanted(self, peer: bytes, turn: int) -> None:
        servers = [each.identity for each in self._participant.servers()]
        if peer in servers or not self._targets.take(peer.hex()):
            return
        helpers = [each for each in servers if self._sessions.isUp(each)]
        if turn or not helpers:
            helpers += self._someMembers(peer)
        if helpers and self._send(peer, helpers):
            wasUp = self._sessions.isUp(peer)
            if peer not in self._repetitions:
                self._repetitions[peer] = self._clock.callLater(REPEAT, self._repeat, peer, helpers, wasUp)
            if not turn:
                self._sessions.seek(peer)

    def _repeat(self, peer: bytes, helpers: list[bytes], wasUp: bool) -> None:
        del self._repetitions[peer]
        if wasUp or not self._sessions.isUp(peer):
            self._send(peer, [each for each in helpers if self._sessions.isUp(each)])

    def _send(self, peer: bytes, helpers: list[bytes]) -> bool:
        if not self._all.take(""):
            self._counters["drop-call-throttled"] += 1
            return False
        message = self._call(peer, isAnswer=False)
        for each in helpers:
            self._observing.expect(each)
            self._sessions.sendControl(each, message)
        self._counters["calls-made"] += len(helpers)
        return True

    def _call(self, target: bytes, *, isAnswer: bool) -> bytes:
        candidates = self._participant.candidates()[:CANDIDATES_MAXIMUM]
        places = tuple(CalledPlace(each.kind, str(each.endpoint)) for each in candidates)
        return pack(Call(bytes(target), next(self._numbers) % (1 << 32), isAnswer, places, self._observing.network()))

    def _someMembers(self, target: bytes) -> list[bytes]:
        """
        A few members with which there is a session, others each time.
        """
        some = [each for each in islice(self._members, MEMBERS_ASKED + 1) if each != target][:MEMBERS_ASKED]
        for each in some:
            self._members.move_to_end(each)
        return some

    def _session(self, peer: bytes, member: Member, up: bool) -> None:
        if up and not member.isServer:
            self._members[peer] = None
        else:
            self._members.pop(peer, None)

    # What arrives.

    def _received(self, peer: bytes, member: Member, octets: bytes) -> None:
        message = parse(octets)
        if isinstance(message, Call):
            self._forwarder.passOn(peer, message)
        elif isinstance(message, Called):
            self._called(peer, member, message)
        else:
            self._counters["drop-call-malformed"] += 1

    def _called(self, peer: bytes, member: Member, message: Called) -> None:
        caller = message.caller
        by = (
            "" if member.isServer else peer.hex()
        )  # what one member says of a caller takes nothing from what others say
        isTimely = (not by or self._passers.take(by)) and self._callers.take(caller.hex() + by)
        if not isTimely:
            self._counters["drop-call-throttled"] += 1
            return
        claims = self._participant.claims
        if message.certificate:
            claims.offer(message.certificate, message.claim)
        known = claims.announcement(caller)
        if known is None or caller == self._participant.identity:
            self._counters["drop-call-unknown"] += 1
            return
        self._counters["calls-taken"] += 1
        if not by:
            self._observing.told(caller, message.network)
        budget = self._answered if by else self._targets
        if budget.take(caller.hex() + by) and not message.isAnswer:  # else our own call is under way
            self._sessions.sendControl(peer, self._call(caller, isAnswer=True))
        endpoints = self._accepted(peer, message.places)
        endpoints = _few(endpoints) if by else endpoints
        source = MEMBER_CALL if by else CALL  # so that no member's word replaces a server's
        self._sessions.introduce(caller, known.certificate.exchangeKey, endpoints, source)
        self._sessions.seek(caller)

    # Places.

    def _accepted(self, peer: bytes, places: Iterable[CalledPlace]) -> list[Endpoint]:
        own, isLocal = {str(each.endpoint) for each in self._participant.candidates()}, self._isLocal(peer)
        parsed = [_parsed(each.endpoint) for each in places]
        return [
            each for each in parsed if each is not None and str(each) not in own and self._mayBe(each, isLocal=isLocal)
        ]

    def _mayBe(self, endpoint: Endpoint, *, isLocal: bool) -> bool:
        return self._participant.mayReach(endpoint.host) and (isLocal or not isLoopback(endpoint.host))

    def _isLocal(self, peer: bytes) -> bool:
        """
        Do we hear a member on this host?  Others know nobody here.
        """
        heard = self._sessions.endpointOf(peer)
        return heard is not None and isLoopback(heard.host)

    def _announcementOf(self, identity: bytes) -> tuple[bytes, bytes] | None:
        known = self._participant.claims.announcement(identity)
        return None if known is None else (known.signedCertificate, known.signedClaim)


def _few(endpoints: Iterable[Endpoint]) -> list[Endpoint]:
    """
    The first of each class of addresses, for what a member says of another may be a lie.
    """
    taken: Counter[tuple[bool, bool]] = Counter()
    few = []
    for each in dict.fromkeys(endpoints):
        kind = each.isIPv6, isPublic(each.host)
        taken[kind] += 1
        if taken[kind] <= WORD_OF_A_CLASS:
            few.append(each)
    return few[:WORD_MAXIMUM]


def _parsed(text: str) -> Endpoint | None:
    try:
        return Endpoint.parse(text)
    except AddressInvalid:
        return None
