"""
Where members are, as a directory server tells it to others.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from wand.endpoint import Endpoint
from wand.errors import AddressInvalid
from wand.interfaces.control_messages import Sessions
from wand.sealed.credentials.identity import Identity
from wand.sealed.directory.messages import ENDPOINTS_MAXIMUM
from wand.sealed.directory.presence import Presence
from wand.underlay.place_kinds import IPV4, IPV6, kindOf


class Whereabouts:
    """
    The endpoints of members: where they are heard, and where they say that they are.
    """

    def __init__(self, sessions: Sessions, mayReach: Callable[[str], bool]) -> None:
        """
        @param mayReach: is a host one to which datagrams may go?  Addresses of the overlay are not.
        """
        self._sessions = sessions
        self._mayReach = mayReach

    def of(self, identity: Identity, presence: Presence) -> tuple[str, ...]:
        """
        The endpoints of a member, best first.
        """
        observed = self._sessions.endpointOf(identity)
        isTold = observed is not None and kindOf(observed.host) in (IPV4, IPV6) and self._mayReach(observed.host)
        seen = (str(observed),) if isTold else ()
        return tuple(dict.fromkeys((*seen, *presence.local)))[:ENDPOINTS_MAXIMUM]

    def reachable(self, endpoints: Iterable[str]) -> tuple[str, ...]:
        """
        Those of some endpoints that may be told to others, in their canonical form.
        """
        known = (each for each in map(_parsed, endpoints) if each is not None)
        return tuple(str(each) for each in known if self._mayReach(each.host))


def _parsed(text: str) -> Endpoint | None:
    try:
        return Endpoint.parse(text)
    except AddressInvalid:
        return None
