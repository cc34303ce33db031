"""
The ways that the sessions use, for people.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final, NoReturn

from twisted.internet.defer import Deferred, fail
from zope.interface import implementer

from wand.endpoint import Endpoint
from wand.errors import NoAnswer
from wand.interfaces.way_inspection import IWayInspection
from wand.sealed.sessions.conversation import Conversation
from wand.sealed.sessions.echoes import Echoes
from wand.sealed.sessions.relay_names import RelayNames
from wand.sealed.sessions.shared import Shared
from wand.sealed.sessions.way_report import waysOf
from wand.status import WayStatus

#: Seconds to wait for the answer to a ping.
PING_PATIENCE: Final = 2.0


@implementer(IWayInspection)
class WayInspection:
    """
    Looks at the conversations, and asks in their sessions.
    """

    def __init__(
        self,
        shared: Shared,
        find: Callable[[object], Conversation | None],
        names: RelayNames,
        echoes: Echoes,
        epoch: Callable[[float], float],
    ) -> None:
        """
        @param find: the conversation with a peer.
        @param epoch: makes seconds since the epoch of the clock's.
        """
        self._shared = shared
        self._find = find
        self._epoch = epoch
        self.relayName = names.ofPlace
        self.echo = echoes.send

    def waysTo(self, peer: bytes) -> Sequence[WayStatus]:
        """
        See L{IWayInspection}.
        """
        conversation = self._find(peer)
        return () if conversation is None else waysOf(conversation.place, self._epoch)

    def ping(self, peer: bytes, place: Endpoint | None = None) -> Deferred[float]:
        """
        See L{IWayInspection}.
        """
        conversation = self._find(peer)
        if conversation is None or conversation.session is None:
            return fail(NoAnswer("there is no session with that member"))
        way = conversation.place.way if place is None else conversation.place.ways.get(place)
        answered = None if way is None else conversation.wayfinding.questions.ping(way)
        if answered is None:
            return fail(NoAnswer("nothing can be sent there" if way else "that member is not said to be there"))
        return answered.addTimeout(PING_PATIENCE, self._shared.clock, _unanswered)

    def pathTo(self, peer: bytes) -> Deferred[int]:
        """
        See L{IWayInspection}.
        """
        conversation = self._find(peer)
        if conversation is None or conversation.session is None:
            return fail(NoAnswer("there is no session with that member"))
        return conversation.path.search()


def _unanswered(result: object, seconds: float) -> NoReturn:
    raise NoAnswer(f"no answer within {seconds:g} s")
