"""
Episodes: what was tried to reach each member, and what came of it, for the operator.
"""

from __future__ import annotations

from collections import OrderedDict, deque
from collections.abc import Callable
from typing import Final

import attrs
from twisted.internet.interfaces import IReactorTime

from wand.endpoint import Endpoint
from wand.interfaces import ISessions
from wand.interfaces.membership import Member

#: How many members are remembered, and how many episodes of each; the one about which nothing happened for longest
#: makes room.
MEMBERS_MAXIMUM: Final = 1024
EPISODES_MAXIMUM: Final = 16


@attrs.define
class Episode:
    """
    Something that happened.

    @ivar moment: when it did last, in the clock's seconds.
    @ivar what: in a few words.
    @ivar tries: how often a member was tried; 0 if this is not an attempt.
    """

    moment: float
    what: str
    tries: int = 0

    def __str__(self) -> str:
        times = "twice" if self.tries == 2 else f"{self.tries} times"
        return f"{self.what}, {times}" if self.tries > 1 else self.what


class Episodes:
    """
    Remembers the last ones of each member.
    """

    def __init__(self, sessions: ISessions, relayName: Callable[[str], str], clock: IReactorTime) -> None:
        """
        @param relayName: see L{wand.interfaces.way_inspection.IWayInspection.relayName}.
        """
        self._sessions = sessions
        self._relayName = relayName
        self._clock = clock
        self._members: OrderedDict[bytes, deque[Episode]] = OrderedDict()
        sessions.onWanted(self._wanted)
        sessions.onSession(self._session)
        sessions.onWay(self._way)

    def of(self, identity: bytes) -> list[Episode]:
        """
        Those of a member, the latest last.
        """
        return list(self._members.get(identity, ()))

    def _wanted(self, identity: bytes, turn: int) -> None:
        episodes = self._episodes(identity)
        if turn and episodes and episodes[-1].tries:
            episodes[-1].tries += 1
            episodes[-1].moment = self._clock.seconds()
        else:
            episodes.append(Episode(self._clock.seconds(), "tried at all its places", tries=1))

    def _session(self, identity: bytes, member: Member, up: bool) -> None:
        place = self._sessions.endpointOf(identity)
        where = f", {self._where(place)}" if place is not None else ""
        self._note(identity, f"a session began{where}" if up else "the session ended")

    def _way(self, identity: bytes, member: Member, place: tuple[str, int], reason: str) -> None:
        self._note(identity, f"now {self._where(place)}: {reason}")

    def _where(self, place: tuple[str, int]) -> str:
        relay = self._relayName(place[0])
        return f"over the relay {relay}" if relay else f"at {Endpoint(*place)}"

    def _note(self, identity: bytes, what: str) -> None:
        self._episodes(identity).append(Episode(self._clock.seconds(), what))

    def _episodes(self, identity: bytes) -> deque[Episode]:
        episodes = self._members.pop(bytes(identity), None)
        if episodes is None:
            episodes = deque(maxlen=EPISODES_MAXIMUM)
        self._members[bytes(identity)] = episodes
        if len(self._members) > MEMBERS_MAXIMUM:
            self._members.popitem(last=False)
        return episodes
