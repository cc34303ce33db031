"""
What is around this node, as far as it knows without asking anybody.
"""

from __future__ import annotations

from collections.abc import Callable, Collection

from wand.endpoint import Endpoint
from wand.interfaces import ISessions, Participant
from wand.public_address import isPublic
from wand.reach_status import CandidateStatus, NATStatus
from wand.sealed.reach.locating_messages import BLOCKED, udp
from wand.sealed.reach.nat_kind import UNKNOWN, mappingOf
from wand.sealed.reach.observing import Observation, Observing
from wand.underlay.place_kinds import STREAM, kindOf


class Surroundings:
    """
    Looks at what others observed.  Only those beyond our links count: on a link there is neither NAT nor firewall.
    """

    def __init__(
        self,
        participant: Participant,
        sessions: ISessions,
        observing: Observing,
        addresses: Callable[[], Collection[str]],
        isNear: Callable[[str], bool],
    ) -> None:
        """
        @param addresses: those of this host.
        @param isNear: is an address on a link of ours?
        """
        self._participant = participant
        self._sessions = sessions
        self._observing = observing
        self._addresses = addresses
        self._isNear = isNear

    def nat(self) -> NATStatus:
        """
        What is in front of us.
        """
        seen = self._beyond()
        return NATStatus(mappingOf(seen, self._addresses()), {each.name: str(each.endpoint) for each in seen})

    def outside(self) -> list[str]:
        """
        The places at which others hear us, and that are none of this host.
        """
        own = self._addresses()
        return list(dict.fromkeys(str(each.endpoint) for each in self._beyond() if each.endpoint.host not in own))

    def candidates(self) -> list[CandidateStatus]:
        """
        Where we may be reached, and who hears us there.
        """
        seen = list(self._observing.observations.values())
        return [
            CandidateStatus(
                str(each.endpoint),
                each.kind,
                each.about,
                [other.name for other in seen if other.endpoint == each.endpoint],
            )
            for each in self._participant.candidates()
        ]

    def word(self) -> str:
        """
        The same in a word, for others: see L{wand.sealed.reach.locating_messages.Located}.
        """
        if self.isBlocked():
            return BLOCKED
        mapping = mappingOf(self._beyond(), self._addresses())
        return "" if mapping == UNKNOWN else mapping

    def isBlocked(self) -> bool:
        """
        Does a server answer in a stream, and nobody beyond our links over UDP?
        """
        if self.isScattered():  # it gets out
            return False
        return self.isInStream() and not any(map(self.isReachedBeyond, self._observing.observations))

    def isReachedBeyond(self, peer: bytes) -> bool:
        """
        Do datagrams for a peer go over UDP, and beyond our links?
        """
        endpoint = self._sessions.endpointOf(peer)
        return endpoint is not None and self.isBeyond(endpoint)

    def isBeyond(self, endpoint: Endpoint) -> bool:
        """
        Is this a place of UDP, and beyond our links?
        """
        return bool(udp(endpoint)) and not self._isNear(endpoint.host)

    def isInStream(self) -> bool:
        """
        Does a server answer in a stream?
        """
        servers = [self._sessions.endpointOf(each.identity) for each in self._participant.servers()]
        return any(each is not None and kindOf(each.host) == STREAM for each in servers)

    def isScattered(self) -> bool:
        """
        Is UDP to a server answered, and not used, because what we send comes from a new port each time?
        """
        return any(self._sessions.isShunned(each.identity) for each in self._participant.servers())

    def isHelped(self) -> bool:
        """
        Is there a session with a server, which can call others for us?
        """
        return any(self._sessions.isUp(each.identity) for each in self._participant.servers())

    def _beyond(self) -> list[Observation]:
        """
        What tells of the way beyond our links: whoever hears us at a public address does so wherever it is.
        """
        seen = self._observing.observations.values()
        return [each for each in seen if not self._isNear(each.observer.host) or isPublic(each.endpoint.host)]
