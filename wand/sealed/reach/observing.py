"""
Observing: a member asks others where they hear it, and so learns what the NAT in front of it does.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from typing import Final, TypeVar

import attrs

from wand.endpoint import Endpoint
from wand.errors import AddressInvalid
from wand.interfaces import Context, ISessions
from wand.interfaces.membership import Member
from wand.interfaces.participant import ControlReaders
from wand.sealed.control_numbers import LOCATING_NUMBERS
from wand.sealed.credentials.signed import packed
from wand.sealed.reach.locating_messages import Locate, Located, located, parse, udp
from wand.underlay.place_kinds import isLoopback

Value = TypeVar("Value")

COUNTERS: Final = {
    "observe-asked": "questions to other members where they hear us",
    "observe-answered": "questions of other members where we hear them",
    "drop-observe-malformed": "messages about where somebody is heard dropped: they cannot be read",
    "drop-observe-unasked": "answers where we are heard dropped: nobody asked, or too late",
}

#: How many observers are remembered beside the servers, and asked on their own; the one that answered longest ago makes
#: room.
OBSERVERS_MAXIMUM: Final = 16

#: Seconds within which an answer counts.
PATIENCE: Final = 5.0


@attrs.frozen
class Questions:
    """
    What somebody was asked.

    @ivar moment: when it was last.
    @ivar locates: how many answers to L{Locate} may come.
    @ivar calls: how many to calls, which say nothing of a network.
    """

    moment: float
    locates: int = 0
    calls: int = 0


@attrs.frozen
class Observation:
    """
    Where somebody hears us.

    @ivar name: who it is, for people.
    @ivar observer: where that one is.
    @ivar endpoint: where it hears us.
    """

    name: str
    observer: Endpoint
    endpoint: Endpoint


class Observing:
    """
    Answers such questions, and asks whenever a session begins.

    @ivar observations: by the identities of the observers, the latest last.
    @ivar networks: what those who answered or called last said of their own networks, unless nothing; see
        L{Located.network}.
    @ivar network: tells what we say of ours.
    """

    def __init__(
        self,
        sessions: ISessions,
        control: ControlReaders,
        context: Context,
        observed: Callable[[Endpoint, bytes, str], object] | None = None,
    ) -> None:
        """
        @param observed: called with where we are heard, by whom, and the host where that one is; C{None} for a server,
            which only answers.
        """
        context.counters.declare(COUNTERS)
        self.observations: OrderedDict[bytes, Observation] = OrderedDict()
        self.networks: OrderedDict[bytes, str] = OrderedDict()
        self.network: Callable[[], str] = str
        self._asked: OrderedDict[bytes, Questions] = OrderedDict()
        self._servers: set[bytes] = set()  # those with which we have a session
        self._sessions = sessions
        self._counters = context.counters
        self._clock = context.clock
        control.read(LOCATING_NUMBERS, self._received)
        self._observed = observed
        if observed is not None:
            sessions.onSession(self._session)

    def ask(self, peer: bytes) -> None:
        """
        Ask a member; without a session with it, one is made.
        """
        self._await(peer, locates=1)
        self._counters["observe-asked"] += 1
        self._sessions.sendControl(peer, packed(Locate()))

    def expect(self, peer: bytes) -> None:
        """
        A member will say where it hears us, for it was sent a call, which is answered so.
        """
        self._await(peer, calls=1)

    def told(self, peer: bytes, network: str) -> None:
        """
        A server passes on what a member says of its own network; without a session with it, this is all we hear.

        @param network: see L{Located.network}.
        """
        if network:
            self._remember(self.networks, peer, network)
        else:
            self.networks.pop(peer, None)

    def isAwaited(self, peer: bytes) -> bool:
        """
        Was a member asked that may still answer?
        """
        asked = self._asked.get(peer)
        return asked is not None and not self._isOver(asked)

    def moved(self) -> None:
        """
        An address or a route of this host changed: ask everybody again.
        """
        observers = dict.fromkeys([*self._servers, *self.observations])
        self.observations.clear()
        for peer in observers:
            if self._sessions.isUp(peer):
                self.ask(peer)

    def _await(self, peer: bytes, locates: int = 0, calls: int = 0) -> None:
        before = self._asked.pop(peer, None)
        if before is not None and not self._isOver(before):
            locates, calls = before.locates + locates, before.calls + calls
        self._remember(self._asked, peer, Questions(self._clock.seconds(), locates, calls))

    def _isOver(self, asked: Questions) -> bool:
        return self._clock.seconds() - asked.moment > PATIENCE

    def _session(self, peer: bytes, member: Member, up: bool) -> None:
        if not up:
            self._servers.discard(peer)
            self.observations.pop(peer, None)
            return
        if member.isServer:
            self._servers.add(peer)
        if member.isServer or len(self.observations) < OBSERVERS_MAXIMUM:
            self.ask(peer)

    def _received(self, peer: bytes, member: Member, octets: bytes) -> None:
        message = parse(octets)
        if isinstance(message, Locate):
            self._counters["observe-answered"] += 1
            self._sessions.sendControl(peer, located(self._sessions.endpointOf(peer), self.network()))
        elif message is None:
            self._counters["drop-observe-malformed"] += 1
        elif not self.isAwaited(peer):
            self._counters["drop-observe-unasked"] += 1
        else:
            self._learnNetwork(peer, message.network)
            self._answered(peer, member, message)

    def _learnNetwork(self, peer: bytes, network: str) -> None:
        asked = self._asked.pop(peer)
        isOfCall = asked.calls > 0 and not (network and asked.locates)  # it may be either: what was said before stands
        locates, calls = (asked.locates, asked.calls - 1) if isOfCall else (asked.locates - 1, asked.calls)
        if locates or calls:
            self._asked[peer] = Questions(asked.moment, locates, calls)
        if network or not isOfCall:
            self.told(peer, network)

    def _answered(self, peer: bytes, member: Member, message: Located) -> None:
        self.observations.pop(peer, None)
        observer = self._sessions.endpointOf(peer)
        if not message.endpoint or observer is None or not udp(observer):
            return
        try:
            endpoint = Endpoint.parse(message.endpoint)
        except AddressInvalid:
            self._counters["drop-observe-malformed"] += 1
            return
        if isLoopback(endpoint.host) and not isLoopback(observer.host):  # others know nobody here
            return
        self._remember(self.observations, peer, Observation(member.name, observer, endpoint))
        if self._observed is not None:
            self._observed(endpoint, peer, observer.host)

    def _remember(self, them: OrderedDict[bytes, Value], peer: bytes, value: Value) -> None:
        """
        Remember something of somebody.  However many members there are, none takes the place of a server; nor does one
        that only called take that of one with which we have a session.
        """
        them.pop(peer, None)
        them[peer] = value
        members = [each for each in them if each not in self._servers]
        if len(members) > OBSERVERS_MAXIMUM:
            del them[next((each for each in members if not self._sessions.isUp(each)), members[0])]
