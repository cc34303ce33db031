"""
Observing: a member asks others where they hear it, and so learns what the NAT in front of it does.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from typing import Annotated, Final

import attrs
import msgspec
from msgspec import Meta

from wand.endpoint import Endpoint
from wand.errors import AddressInvalid
from wand.interfaces import Context, ISessions
from wand.interfaces.membership import Member
from wand.interfaces.participant import ControlReaders
from wand.sealed.control_numbers import LOCATE, LOCATED, LOCATING_NUMBERS
from wand.sealed.credentials.signed import packed, unpacked
from wand.underlay.place_kinds import IPV4, IPV6, kindOf

COUNTERS: Final = {
    "observe-asked": "questions to other members where they hear us",
    "observe-answered": "questions of other members where we hear them",
    "drop-observe-malformed": "messages about where somebody is heard dropped: they cannot be read",
    "drop-observe-unasked": "answers where we are heard dropped: nobody asked, or too late",
}

#: How many observers are remembered, and asked on their own; the one that answered longest ago makes room.
OBSERVERS_MAXIMUM: Final = 16

#: Seconds within which an answer counts.
PATIENCE: Final = 5.0


class Locate(msgspec.Struct, tag=LOCATE, frozen=True, array_like=True):
    """
    Where do you hear me?
    """


class Located(msgspec.Struct, tag=LOCATED, frozen=True, array_like=True):
    """
    I hear you there.

    @ivar endpoint: C{HOST:PORT}; empty if that is not UDP.
    """

    endpoint: Annotated[str, Meta(max_length=64)]


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
    """

    def __init__(
        self,
        sessions: ISessions,
        control: ControlReaders,
        context: Context,
        observed: Callable[[Endpoint, bytes], object] | None = None,
    ) -> None:
        """
        @param observed: called with where we are heard, and by whom; C{None} for a server, which only answers.
        """
        context.counters.declare(COUNTERS)
        self.observations: OrderedDict[bytes, Observation] = OrderedDict()
        self._asked: OrderedDict[bytes, float] = OrderedDict()
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
        self._asked.pop(peer, None)
        self._asked[peer] = self._clock.seconds()
        if len(self._asked) > OBSERVERS_MAXIMUM:
            self._asked.popitem(last=False)
        self._counters["observe-asked"] += 1
        self._sessions.sendControl(peer, packed(Locate()))

    def moved(self) -> None:
        """
        An address or a route of this host changed: ask everybody again.
        """
        observers = list(self.observations)
        self.observations.clear()
        for peer in observers:
            if self._sessions.isUp(peer):
                self.ask(peer)

    def _session(self, peer: bytes, member: Member, up: bool) -> None:
        if up and len(self.observations) < OBSERVERS_MAXIMUM:
            self.ask(peer)
        elif not up:
            self.observations.pop(peer, None)

    def _received(self, peer: bytes, member: Member, octets: bytes) -> None:
        message = unpacked(octets, Locate | Located)  # type: ignore[arg-type]  # msgspec takes unions, too
        if isinstance(message, Locate):
            self._counters["observe-answered"] += 1
            self._sessions.sendControl(peer, packed(Located(_udp(self._sessions.endpointOf(peer)))))
        elif not isinstance(message, Located):
            self._counters["drop-observe-malformed"] += 1
        elif self._clock.seconds() - self._asked.pop(peer, float("-inf")) > PATIENCE:
            self._counters["drop-observe-unasked"] += 1
        else:
            self._answered(peer, member, message.endpoint)

    def _answered(self, peer: bytes, member: Member, text: str) -> None:
        self.observations.pop(peer, None)
        observer = self._sessions.endpointOf(peer)
        if not text or observer is None or not _udp(observer):
            return
        try:
            self.observations[peer] = heard = Observation(member.name, observer, Endpoint.parse(text))
            if self._observed is not None:
                self._observed(heard.endpoint, peer)
        except AddressInvalid:
            self._counters["drop-observe-malformed"] += 1
        if len(self.observations) > OBSERVERS_MAXIMUM:
            self.observations.popitem(last=False)


def _udp(endpoint: Endpoint | None) -> str:
    return "" if endpoint is None or kindOf(endpoint.host) not in (IPV4, IPV6) else str(endpoint)
