"""
Causes: why the way to a member is not direct, or why there is none.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from ipaddress import ip_address
from typing import Final

import attrs

from wand.reach_status import CandidateStatus
from wand.sealed.reach.locating_messages import BLOCKED
from wand.sealed.reach.nat_kind import DEPENDENT, INDEPENDENT, NONE
from wand.status import WayStatus

#: The ranks of direct ways; see L{WayStatus}.
DIRECT: Final = frozenset({"lan", "ipv6", "ipv4"})

#: Seconds in which a direct way is usually found, if there is one.
SEARCH: Final = 4.0

#: How often the way in use may be silent before it counts as dead.
SILENT_MAXIMUM: Final = 3

#: Seconds for which it is of interest that somebody did not answer.
LATELY: Final = 120.0


@attrs.frozen
class Situation:
    """
    How it stands with a member.

    @ivar name: what it is called.
    @ivar isUp: is there a session with it?
    @ivar ways: the one in use first.
    @ivar ours: our own places.
    @ivar here: what is in front of us; see L{wand.sealed.reach.locating_messages.Located}.
    @ivar outside: the places at which others hear us, and that are none of this host.
    @ivar theirs: what the member says of its side, likewise.
    @ivar isHelped: is there a session with a server?
    @ivar port: our UDP port.
    @ivar now: in seconds since the epoch.
    @ivar relay: what the relay in use is called; empty if there is none.
    @ivar isScattered: does what we send come from a new port each time, so that relays are used in streams?
    @ivar isOneServer: is there one server only?  Then it cannot be told on which side UDP is blocked.
    """

    name: str
    isUp: bool
    ways: Sequence[WayStatus]
    ours: Sequence[CandidateStatus]
    here: str
    outside: Sequence[str]
    theirs: str
    isHelped: bool
    port: int
    now: float
    relay: str = ""
    isOneServer: bool = False
    isScattered: bool = False

    @property
    def used(self) -> WayStatus | None:
        """
        The way in use.
        """
        return next((way for way in self.ways if way.usedSince is not None), None)

    @property
    def silence(self) -> float:
        """
        For how many seconds nothing came back on the way in use.
        """
        used = self.used
        return self.now - max(used.answered or 0, used.heard or 0, used.usedSince or 0) if used else 0.0

    @property
    def direct(self) -> list[WayStatus]:
        """
        The direct ones, which may not work.
        """
        return [way for way in self.ways if way.rank in DIRECT]

    @property
    def isMapped(self) -> bool:
        """
        Does our router let others in, or so it is said?
        """
        return any(each.kind in ("mapped", "configured") for each in self.ours)

    @property
    def tries(self) -> int:
        """
        How often the member was tried lately in vain.
        """
        return sum(way.silent for way in self.ways if way.asked is not None and self.now - way.asked <= LATELY)


def hostOf(place: str) -> str:
    """
    The first half of a place.
    """
    return place.rpartition(":")[0].strip("[]")


def familiesOf(places: Iterable[str]) -> set[int]:
    """
    The versions of IP of some places.
    """
    return {ip_address(hostOf(each).partition("%")[0]).version for each in places}


def causeOf(situation: Situation) -> str:
    """
    Why the way is not direct, or why there is none.

    @return: the name of the first of L{WITH_SESSION} or L{WITHOUT} that applies.
    """
    causes = WITH_SESSION if situation.isUp else WITHOUT
    return next(name for name, applies in causes.items() if applies(situation))


def _isUnanswered(situation: Situation) -> bool:
    return situation.used is not None and situation.used.silent >= SILENT_MAXIMUM and situation.silence >= SEARCH


def _isDirect(situation: Situation) -> bool:
    return situation.used is not None and situation.used.rank in DIRECT


def _isScattered(situation: Situation) -> bool:
    return situation.isScattered


def _isBlockedHere(situation: Situation) -> bool:
    return situation.here == BLOCKED and not situation.isOneServer


def _isBlockedSomewhere(situation: Situation) -> bool:
    return situation.here == BLOCKED


def _isBlockedThere(situation: Situation) -> bool:
    return situation.theirs == BLOCKED


def _isInStream(situation: Situation) -> bool:
    return situation.used is not None and situation.used.rank == "stream"


def _isNew(situation: Situation) -> bool:
    used = situation.used
    isNew = used is not None and used.usedSince is not None and situation.now - used.usedSince < SEARCH
    return isNew and bool(situation.direct)


def _isNowhere(situation: Situation) -> bool:
    return not situation.direct


def _isOtherFamily(situation: Situation) -> bool:
    ours = familiesOf(each.endpoint for each in situation.ours)
    theirs = familiesOf(way.place for way in situation.direct)
    return bool(ours) and bool(theirs) and ours.isdisjoint(theirs)


def _isBehindOurNAT(situation: Situation) -> bool:
    outside = {hostOf(each) for each in situation.outside}
    return not outside.isdisjoint(hostOf(way.place) for way in situation.direct)


def _areBothSymmetric(situation: Situation) -> bool:
    return _isSymmetricHere(situation) and situation.theirs in DEPENDENT


def _isSymmetricHere(situation: Situation) -> bool:
    return situation.here in DEPENDENT and not situation.isMapped and situation.theirs != NONE


def _isSymmetricThere(situation: Situation) -> bool:
    return situation.theirs in DEPENDENT and situation.here != NONE and not situation.isMapped


def _isFirewallBetween(situation: Situation) -> bool:
    return situation.here == NONE == situation.theirs


def _isFiltered(situation: Situation) -> bool:
    return situation.here == INDEPENDENT == situation.theirs


def _isFirewallHere(situation: Situation) -> bool:
    return situation.here == NONE or (situation.isMapped and situation.theirs != NONE)


def _isFirewallThere(situation: Situation) -> bool:
    return situation.theirs == NONE


def _isSeenByOneThere(situation: Situation) -> bool:
    return situation.here == INDEPENDENT and not situation.theirs


def _isSeenByOne(situation: Situation) -> bool:
    return bool(situation.outside)


def _always(situation: Situation) -> bool:
    return True


def _isUntried(situation: Situation) -> bool:
    return not situation.tries


def _isUnhelped(situation: Situation) -> bool:
    return not situation.isHelped


Causes = dict[str, Callable[[Situation], bool]]

#: What there is with a session; the first that applies is the cause.
WITH_SESSION: Final[Causes] = {
    "unanswered": _isUnanswered,
    "direct": _isDirect,
    "scattered": _isScattered,
    "blocked-here": _isBlockedHere,
    "blocked": _isBlockedSomewhere,
    "blocked-there": _isBlockedThere,
    "stream": _isInStream,
    "nowhere": _isNowhere,
    "family": _isOtherFamily,
    "searching": _isNew,
    "hairpin": _isBehindOurNAT,
    "symmetric-both": _areBothSymmetric,
    "firewall-both": _isFirewallBetween,
    "filtered": _isFiltered,
    "symmetric-here": _isSymmetricHere,
    "symmetric-there": _isSymmetricThere,
    "firewall-here": _isFirewallHere,
    "firewall-there": _isFirewallThere,
    "one-observer-there": _isSeenByOneThere,
    "one-observer": _isSeenByOne,
    "unknown": _always,
}

#: What there is without.
WITHOUT: Final[Causes] = {
    "lost": lambda situation: not situation.ways,
    "idle": _isUntried,
    "no-relay-there": lambda situation: _isBlockedThere(situation) and situation.here != BLOCKED,
    "family": _isOtherFamily,
    "unhelped": _isUnhelped,
    "scattered": _isScattered,
    "no-relay": _isBlockedSomewhere,
    "silent": _always,
}
