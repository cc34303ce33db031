"""
Where our own UDP port may be reached, as all candidate sources say, and as others observed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Final

import attrs

from wand.endpoint import Endpoint
from wand.health.notes import Notes
from wand.interfaces.own_candidate import CANDIDATE_KINDS, OwnCandidate
from wand.public_address import isPublic

#: How many candidates of one source count.
SOURCE_MAXIMUM: Final = 8

#: How many of those who observed us are remembered, and how many endpoints that they saw are candidates.
OBSERVERS_MAXIMUM: Final = 16
OBSERVED_MAXIMUM: Final = 2

#: The ports that routers map; those below are of well-known services, to which nobody is sent by what came from a LAN.
MAPPED_MINIMUM: Final = 1024

#: What a node whose router says something else than its servers see says.
DISPUTED: Final = (
    "{} ({}) is not told to others: servers see this node at {}. If it has several ways out and is reached there all "
    "the same, set that endpoint as a candidate of the source configured"
)

#: What a node whose port is another one at its router says.
ELSEWHERE: Final = (
    "others reach this node's UDP port {} at {} ({}); that is as good, and nothing has to be done unless a firewall is "
    "to be opened by port"
)


@attrs.frozen
class Seen:
    """
    Where somebody sees our datagrams come from.

    @ivar at: the host of the observer; empty if it is not known.
    """

    endpoint: Endpoint
    at: str


class OwnCandidates:
    """
    Brings the candidates together.
    """

    def __init__(
        self, port: int, mayReach: Callable[[str], bool], isServer: Callable[[bytes], bool], notes: Notes
    ) -> None:
        """
        @param port: our UDP port.
        @param mayReach: may datagrams go to a host?  To addresses of the overlay they may not.
        @param isServer: is this the identity of a server of ours?  What it observed counts at once; what another member
            did, once a second one agrees: else one member could have all the others send to whom it likes.
        """
        self._port = port
        self._mayReach = mayReach
        self._isServer = isServer
        self._notes = notes
        self._told: dict[str, tuple[OwnCandidate, ...]] = {}
        self._observed: dict[bytes, Seen] = {}
        self._candidates: tuple[OwnCandidate, ...] = ()
        self._disputed: OwnCandidate | None = None
        self._listeners: list[Callable[[], object]] = []

    def onChange(self, listener: Callable[[], object]) -> None:
        """
        Call C{listener} from now on whenever the candidates are others than before, or in another order.
        """
        self._listeners.append(listener)

    def tell(self, source: str, candidates: Sequence[OwnCandidate]) -> None:
        """
        A source has these candidates now, and no others, the best first.

        @param source: its name.
        """
        self._told[source] = tuple(candidates[:SOURCE_MAXIMUM])
        self._join()

    def observed(self, endpoint: Endpoint, by: bytes, at: str = "") -> None:
        """
        Somebody says where our datagrams come from.

        @param by: the identity of a server or of another member, with which there is a session.
        @param at: the host where that one is; empty if it is not known.
        """
        seen = Seen(endpoint, at)
        if self._observed.get(by) == seen:
            return
        self._observed.pop(by, None)
        if len(self._observed) >= OBSERVERS_MAXIMUM:
            self._observed.pop(self._leastObserver())
        self._observed[by] = seen
        self._join()

    def moved(self) -> None:
        """
        An address or a route of this host changed: what others observed until now is of no use any more.
        """
        self._observed.clear()
        self.refresh()

    def refresh(self) -> None:
        """
        What may be reached may be something else than before: we joined a network.
        """
        self._join()

    def candidates(self) -> Sequence[OwnCandidate]:
        """
        All of them, each endpoint once, by their kinds.
        """
        return self._candidates

    def endpoints(self) -> Sequence[str]:
        """
        Those that a server cannot see for itself.
        """
        return [str(each.endpoint) for each in self._candidates if each.kind != "observed"]

    def addresses(self) -> set[str]:
        """
        The addresses of this host, as its interfaces have them, whatever else is known of them.
        """
        return {each.endpoint.host for each in self._told.get("interfaces", ())}

    def _leastObserver(self) -> bytes:
        """
        Who has to make room: a member before a server, the first that said something before others.
        """
        return min(self._observed, key=self._isServer)

    def _join(self) -> None:
        found: dict[Endpoint, OwnCandidate] = {}
        self._disputed = None
        for each in sorted(self._all(), key=lambda each: CANDIDATE_KINDS.index(each.kind)):
            if self._mayReach(each.endpoint.host) and self._isBelievable(each):
                found.setdefault(each.endpoint, each)
        self._sayDisputed()
        joined, before = tuple(found.values()), self._candidates
        self._candidates = joined
        self._sayElsewhere()
        if joined == before:
            return
        for listener in self._listeners:
            listener()

    def _isBelievable(self, candidate: OwnCandidate) -> bool:
        """
        May others be sent there?  Mappings, and those of a router that is behind a NAT itself, which are of kind
        C{host}, came from the LAN, where anybody may have said it.
        """
        endpoint = candidate.endpoint
        if candidate.kind not in ("mapped", "host"):
            return True
        if endpoint.port < MAPPED_MINIMUM and endpoint.port != self._port:
            return False
        if candidate.kind == "host":
            return True
        seen = self._seenByServers(isIPv6=endpoint.isIPv6)
        if seen and endpoint.host not in seen:
            self._disputed = candidate
            return False
        return isPublic(endpoint.host)

    def _seenByServers(self, *, isIPv6: bool) -> list[str]:
        seen = [seen.endpoint.host for by, seen in self._observed.items() if self._isServer(by)]
        return [host for host in seen if isPublic(host) and (":" in host) == isIPv6]

    def _sayDisputed(self) -> None:
        disputed = self._disputed
        if disputed is None:
            self._notes.clear("disputed")
            return
        seen = ", ".join(self._seenByServers(isIPv6=disputed.endpoint.isIPv6)[:2])
        self._notes.say("disputed", DISPUTED.format(disputed.endpoint, disputed.about, seen), isHint=True)

    def _all(self) -> Iterator[OwnCandidate]:
        for candidates in self._told.values():
            yield from candidates
        observers: dict[Endpoint, int] = {}
        for by, seen in reversed(self._observed.items()):
            weight = OBSERVERS_MAXIMUM if self._isServer(by) else 1  # members cannot outvote a server
            observers[seen.endpoint] = observers.get(seen.endpoint, 0) + weight
        own = {each.endpoint for each in self._told.get("interfaces", ())}  # to be heard there is nothing new
        believed = [(endpoint, count) for endpoint, count in observers.items() if count > 1 and endpoint not in own]
        for endpoint, _ in sorted(believed, key=lambda each: -each[1])[:OBSERVED_MAXIMUM]:
            yield OwnCandidate(endpoint, "observed", "observed by others")

    def _sayElsewhere(self) -> None:
        """
        Say that our port has another number outside, where it does and nowhere the same.  Where a NAT may take another
        port for each destination nothing is said: none of them is as good for others.
        """
        outside = [each for each in self._candidates if each.kind in ("mapped", "observed")]
        isOne = all(each.kind == "mapped" or self._isAgreed(each.endpoint) for each in outside)
        if not outside or not isOne or any(each.endpoint.port == self._port for each in outside):
            self._notes.clear("elsewhere")
            return
        first = outside[0]
        self._notes.say("elsewhere", ELSEWHERE.format(self._port, first.endpoint, first.about), isHint=True)

    def _isAgreed(self, endpoint: Endpoint) -> bool:
        """
        Do observers at two addresses see us there, and none beyond our links elsewhere?
        """
        own = self.addresses()
        seen = [each for each in self._observed.values() if each.endpoint.isIPv6 == endpoint.isIPv6]
        beyond = [each for each in seen if each.endpoint.host not in own]
        return len({each.at for each in beyond}) > 1 and all(each.endpoint == endpoint for each in beyond)
