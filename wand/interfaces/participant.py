"""
A node as a member of its network, as its directories and frame services see it.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from typing import Protocol

import attrs

from wand.ethernet import MAC
from wand.interfaces.control_messages import ControlReader, Sessions
from wand.interfaces.member_limits import MemberLimits
from wand.interfaces.own_candidate import OwnCandidate
from wand.interfaces.search import EverybodyIsKnown, Lookouts, MemberSearch


@attrs.frozen
class DirectoryServer:
    """
    A directory server of the network.

    @ivar identity: its public key.
    @ivar exchangeKey: the public key of its handshakes.
    @ivar endpoints: where it may be, C{HOST:PORT} each; a host may be a name.
    """

    identity: bytes
    exchangeKey: bytes
    endpoints: tuple[str, ...]


class MemberCertificate(Protocol):
    """
    What the network says of a member; see L{wand.sealed.credentials.certificate.Certificate}.

    @ivar network: the public key of the network.
    @ivar identity: its public key.
    @ivar exchangeKey: the public key of its handshakes.
    @ivar bridge: may it speak for MAC addresses that nobody claims?
    @ivar limits: how much it may bring.
    """

    @property
    def network(self) -> bytes: ...

    @property
    def identity(self) -> bytes: ...

    @property
    def exchangeKey(self) -> bytes: ...

    @property
    def bridge(self) -> bool: ...

    @property
    def limits(self) -> MemberLimits: ...


class MemberClaim(Protocol):
    """
    What a member says of itself; see L{wand.sealed.credentials.claim.Claim}.

    @ivar epoch: of several claims of one member the one with the highest epoch counts.
    @ivar macs: its MAC addresses.
    @ivar addresses: its overlay addresses, with their prefix lengths.
    @ivar name: what it is called.
    """

    @property
    def epoch(self) -> int: ...

    @property
    def macs(self) -> Sequence[bytes]: ...

    @property
    def addresses(self) -> Sequence[str]: ...

    @property
    def name(self) -> str: ...


class MemberAnnouncement(Protocol):
    """
    A claim and the certificate that allows it, both verified.

    @ivar signedCertificate: as it came, to be handed on.
    @ivar signedClaim: as it came, to be handed on.
    """

    @property
    def certificate(self) -> MemberCertificate: ...

    @property
    def claim(self) -> MemberClaim: ...

    @property
    def signedCertificate(self) -> bytes: ...

    @property
    def signedClaim(self) -> bytes: ...


class TableEntries(Protocol):
    """
    The entries of members in the table; see L{wand.sealed.node.member_entries.MemberEntries}.

    @ivar toldOnline: called with each member that a directory says, or says again, to be online.
    """

    toldOnline: Callable[[bytes], object]

    def claimed(self, peer: bytes, /) -> None:
        """
        A server told of a member's claim: what that changed is given a lifetime.
        """

    def here(self, peer: bytes, /) -> None:
        """
        A member spoke to us itself, so what it owns is with it, also if we were told before that it is gone.
        """

    def online(self, peer: bytes, by: str, /) -> None:
        """
        A directory says, or says again, that a member is online.

        @param by: its name.
        """

    def offline(self, peer: bytes, by: str, /) -> None:
        """
        A directory says that a member is not online.  As long as another says that it is, it is.

        @param by: the name of the one that says so.
        """

    def directoryHeard(self, by: str, /) -> None:
        """
        A directory is heard: what it says counts.  What a silent one said stands only as long as none that is heard
        says otherwise.

        @param by: its name.
        """

    def directoryLeft(self, by: str, /) -> None:
        """
        A directory is asked no more: what it said counts no more where another says something else.

        @param by: its name.
        """

    def sweep(self) -> None:
        """
        Give a lifetime to what has none, because it passed from one member to another, or came from the disk; or, while
        no directory is heard, another one to what has one.
        """


class KnownMembers(Protocol):
    """
    Everything that is known of the members; see L{wand.sealed.node.claims.Claims}.

    @ivar entries: their entries in the table.
    @ivar relays: the members with the relay right.
    @ivar visitors: what members announced of whom we know no more than that, and hear frames to groups.
    @ivar announcements: what every member announced last.
    @ivar dropped: called with the identity of a member that was revoked, or whose certificate expired.
    @ivar forgotten: called with the identity of a member of which nothing more is known: what is told of it is new.
    """

    dropped: Callable[[bytes], object]
    forgotten: Callable[[bytes], object]

    @property
    def entries(self) -> TableEntries: ...

    @property
    def relays(self) -> Collection[bytes]: ...

    @property
    def visitors(self) -> Mapping[bytes, MemberAnnouncement]: ...

    @property
    def announcements(self) -> Iterable[MemberAnnouncement]: ...

    def offer(self, certificate: bytes, claim: bytes, *, isTold: bool = ...) -> bool:
        """
        Take a certificate and a claim that may be anything.

        @param isTold: did a directory tell of it?
        @return: whether they are valid and new.
        """

    def announcement(self, identity: bytes) -> MemberAnnouncement | None:
        """
        What a member announced last.
        """

    def ownerOf(self, kind: str, what: MAC | str) -> bytes | None:
        """
        Who owns something.

        @param kind: C{mac}, C{address} or C{name}.
        @param what: the MAC address, the overlay address without a prefix length, or the name.
        @return: the identity of a member.
        """


class ControlReaders(Protocol):
    """
    Hands control messages to readers by their numbers; see L{wand.sealed.sessions.control_messages.ControlMessages}.
    """

    def read(self, numbers: range, reader: ControlReader, *, isLimited: bool = True) -> Callable[[], None]:
        """
        Hand messages with these numbers to C{reader}, and no longer to anybody else.

        @param isLimited: are they among those of which only so many a second are taken from one member?  If not, the
            reader limits them itself.
        @return: a function that ends it.
        """


class Participant(Protocol):
    """
    A node as a member of its network.

    @ivar identity: its public key.
    @ivar claims: who owns which address.
    @ivar interface: the name of its tap's interface, as it is now; empty if there is none.
    """

    @property
    def identity(self) -> bytes: ...

    @property
    def claims(self) -> KnownMembers: ...

    @property
    def interface(self) -> str: ...

    def servers(self) -> Sequence[DirectoryServer]:
        """
        The directory servers that we know.
        """

    def announcement(self) -> tuple[bytes, bytes] | None:
        """
        Our signed certificate and our signed claim; C{None} while there are none.
        """

    def endpoints(self) -> Sequence[str]:
        """
        Where our own UDP port may be reached, C{HOST:PORT} each, the best first.  What others observed is left out: who
        is told this sees for himself where we come from.
        """

    def candidates(self) -> Sequence[OwnCandidate]:
        """
        Where our own UDP port may be reached, with what is known of each, by the order of
        L{wand.interfaces.own_candidate.CANDIDATE_KINDS}.
        """

    def overtaken(self, epoch: int) -> None:
        """
        Somebody has announced with our key and this epoch: another host that runs with a copy of it, perhaps.
        """

    def isValid(self, certificate: bytes, claim: bytes) -> bool:
        """
        Are a signed certificate and a signed claim valid, and do they belong together?  They need not be new.
        """

    def sign(self, octets: bytes) -> bytes:
        """
        Our Ed25519 signature of some octets, which begin with what they are for and a zero octet (docs/sealed.md).
        """

    def isOverlay(self, address: str) -> bool:
        """
        Is this one of the IP addresses that the network gives to its members?
        """

    def mayReach(self, host: str) -> bool:
        """
        May datagrams go to this host?  To addresses of the overlay they may not, or the tunnel would run inside itself.
        """


class GroupWishes:
    """
    What the directory servers say about frames to groups.
    """

    def __init__(self) -> None:
        self._said: dict[bytes, bool] = {}

    def told(self, server: bytes, *, wanted: bool) -> None:
        """
        A server says whether the network wants them.
        """
        self._said[server] = wanted

    def forget(self, server: bytes) -> None:
        """
        What a server said counts no longer.
        """
        self._said.pop(server, None)

    @property
    def areWanted(self) -> bool:
        """
        Are they wanted?  They are not if any server says so.
        """
        return all(self._said.values())


@attrs.frozen
class MemberContext:
    """
    What directories and frame services of a network with members work with.

    @ivar participant: who we are, and who the others are.
    @ivar sessions: with members.
    @ivar control: where their control messages come from.
    @ivar search: finds members of which we were not told.
    @ivar groups: whether the network wants frames to groups; directories say it here.
    @ivar lookouts: directories that tell only of those members that they are asked for say so here.
    """

    participant: Participant
    sessions: Sessions
    control: ControlReaders
    search: MemberSearch = attrs.field(factory=EverybodyIsKnown)
    lookouts: Lookouts = attrs.field(factory=EverybodyIsKnown)
    groups: GroupWishes = attrs.field(factory=GroupWishes)
