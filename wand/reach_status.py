"""
How members reach each other, for people: what C{wand why}, C{wand ping} and C{wand netcheck} show.

As in L{wand.status}, times are in seconds since the epoch, durations in seconds, addresses and peers in text.
"""

from __future__ import annotations

from wand.status import Status, WayStatus


class CandidateStatus(Status, frozen=True):
    """
    A place where others may reach this node.

    @ivar endpoint: the place.
    @ivar kind: C{host}, C{observed}, C{mapped} or C{configured}.
    @ivar about: how it came to be.
    @ivar heardBy: the names of those who hear us there.
    """

    endpoint: str
    kind: str
    about: str
    heardBy: list[str] = []


class NATStatus(Status, frozen=True):
    """
    What the NAT in front of this node does to its UDP port, as others see it (RFC 4787, section 4.1).

    @ivar mapping: C{none}, C{endpoint-independent}, C{address-dependent}, C{address-and-port-dependent}, or C{unknown}.
    @ivar observations: by which endpoint others beyond our links see us, each with a name.
    """

    mapping: str
    observations: dict[str, str]


class EpisodeStatus(Status, frozen=True):
    """
    Something that happened on the way to a member.

    @ivar time: when.
    @ivar what: what was tried, or what came of it.
    """

    time: float
    what: str


class WaysStatus(Status, frozen=True):
    """
    The ways to a member.

    @ivar isUp: is there a session with it?
    @ivar ways: its places, the one in use first.
    @ivar relays: what the relays among them are called, by the host of their place.
    """

    isUp: bool
    ways: list[WayStatus]
    relays: dict[str, str]


class WhyStatus(Status, frozen=True):
    """
    Why a member is reached the way it is, or why it is not.

    @ivar peer: its name.
    @ivar key: its whole key.
    @ivar isUp: is there a session with it?
    @ivar ways: its places, the one in use first.
    @ivar relays: what the relays among them are called, by the host of their place.
    @ivar ours: our own places.
    @ivar nat: what is in front of us.
    @ivar here: what we say of our network to others: as C{theirs}.
    @ivar theirs: what the member says of its own network: what its NAT does, C{blocked} if no UDP gets out; empty if it
        does not say.
    @ivar episodes: what was tried, and what came of it, the latest last.
    @ivar cause: why the way is not direct, or why there is none, in a word of L{wand.sealed.reach.causes}.
    @ivar advice: the same in a sentence, and what would make the way direct.
    """

    peer: str
    key: str
    isUp: bool
    ways: list[WayStatus]
    relays: dict[str, str]
    ours: list[CandidateStatus]
    nat: NATStatus
    here: str
    theirs: str
    episodes: list[EpisodeStatus]
    cause: str
    advice: str


class CheckStatus(Status, frozen=True):
    """
    One thing that was looked at.

    @ivar name: C{udp}, C{ipv6}, C{mapping}, C{port-mapping}, C{hairpin}, C{path-size} or C{server}.
    @ivar isGood: is it as one wishes?  C{None} if it cannot be told.
    @ivar value: what was found, in a word.
    @ivar about: what that means.
    """

    name: str
    isGood: bool | None
    value: str
    about: str


class NetworkCheckStatus(Status, frozen=True):
    """
    What the network around this node allows.

    @ivar checks: what was looked at.
    @ivar verdict: what follows from it, with what to do.
    """

    checks: list[CheckStatus]
    verdict: str
