"""
Sessions: peer protocols between the members of a network, who know each other by their keys.

A protocol of this kind carries control messages besides frames: directories, introductions and revocations travel in
them.  What it opens says whom it hears (L{ISessions.onSession}); who may be heard at all, L{Membership
<wand.interfaces.membership.Membership>} decides.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Final, Protocol, TypeAlias

from zope.interface import Interface

from wand.endpoint import Endpoint
from wand.interfaces.control_messages import ControlReader, SessionReader, WayReader
from wand.interfaces.membership import Member
from wand.underlay.ports import DatagramSender


class JoinKey(bytes):
    """
    The other end of a session that redeems an invitation: its exchange key, a whole X25519 public key of 32 octets.

    @ivar invitation: the id of the invitation.
    """

    invitation: bytes = b""

    def __str__(self) -> str:
        return f"join {self.hex()[:16]}"


#: Takes a message of a join session: from whom, and the message.
JoinReader: TypeAlias = Callable[[JoinKey, bytes], object]

#: Who says where a member may be: a directory server, gossip, the member itself that calls us, the link that we share,
#: a relay that passes datagrams on to it, and a stream that leads to it.
DIRECTORY: Final = "directory"
GOSSIP: Final = "gossip"
CALL: Final = "call"
MEMBER_CALL: Final = "member-call"  # passed on by a member, which may lie
LAN: Final = "lan"
RELAY: Final = "relay"
STREAM: Final = "stream"

#: Is told of an attempt to reach a member: its identity, and how often it was tried before.
WantedReader: TypeAlias = Callable[[bytes, int], object]

#: Is told by how many seconds a member's clock is ahead of ours.
ClockReader: TypeAlias = Callable[[Member, float], object]

#: Is told the number of the newest network secret that a member has.
SecretReader: TypeAlias = Callable[[Member, int], object]


class PlaceInUse(Protocol):
    """
    Where one member is, as the session with it proved; it changes when the member moves.

    @ivar endpoint: the place; C{None} if it is nowhere.
    @ivar port: sends there.
    """

    @property
    def endpoint(self) -> tuple[str, int] | None: ...

    @property
    def port(self) -> DatagramSender | None: ...

    def isProvenAt(self, place: tuple[str, int]) -> bool:
        """
        Did the member prove in the session to be at a place, be it in use or not?
        """


class ISessions(Interface):
    """
    Authenticated sessions with the members of a network, and with those who redeem an invitation.  A member is called
    by its identity, its public key.
    """

    # Control messages; those who need nothing else see them as wand.interfaces.control_messages.Sessions.

    def sendControl(peer: bytes, message: bytes) -> None:
        """
        Send a control message; without a session it waits for one.  It may be lost on the way, like every datagram.

        @param peer: an identity, or a L{JoinKey}.
        """

    def sendBefore(peer: bytes, message: bytes) -> None:
        """
        Send a control message in the session before the present one, to where the peer was heard then: whoever still
        answers there is not the one that made the present session.  Does nothing if there is no such session.
        """

    def onControl(reader: ControlReader) -> None:
        """
        Hand the control messages of members to C{reader}.
        """

    def blame(peer: bytes, reason: str) -> None:
        """
        Something of a member's was dropped by others than the sessions: note it in the member's account.

        @param reason: one word for people, one of a few.
        """

    # Where members are.

    def introduce(identity: bytes, exchangeKey: bytes, endpoints: Iterable[Endpoint], source: str = DIRECTORY) -> None:
        """
        Say where a member may be.  Nothing is sent before there is something to send.

        @param exchangeKey: its public key for handshakes; one that a certificate showed before is not replaced.
        @param endpoints: replace those of the call before of the same source; only the first few are tried.  They may
            be places of any kind, see L{wand.underlay.place_kinds}.
        @param source: who says so: L{DIRECTORY}, L{GOSSIP}, L{CALL}, L{MEMBER_CALL}, L{LAN}, L{RELAY} or L{STREAM}.
        """

    def onWanted(reader: WantedReader) -> None:
        """
        Tell C{reader} of each attempt to reach a member, the first time at the same moment as the first datagram
        leaves: whoever can help should do so at once.
        """

    def onWay(reader: WayReader) -> None:
        """
        Tell C{reader} when another place is used for a member than before.
        """

    def seek(peer: bytes) -> None:
        """
        A member was called, or calls us: it tries to reach us at the same time, so try quickly for a moment wherever it
        may be.  Without a session a handshake is begun; in a session it is asked to answer.
        """

    def endpointOf(peer: bytes) -> Endpoint | None:
        """
        Where a peer was last heard, by an authenticated datagram.
        """

    def placeOf(peer: bytes) -> PlaceInUse | None:
        """
        Where a member is, for those who send to it themselves: the same object for as long as a session with it lasts.
        """

    def endpointBefore(peer: bytes) -> Endpoint | None:
        """
        Where a peer was heard before its present session began.
        """

    def shun(peer: bytes, seconds: float) -> None:
        """
        Use another way to a member than UDP from host to host for a while, if one answers, though UDP does.  That ends
        when this host moves.
        """

    def isShunned(peer: bytes) -> bool:
        """
        Is that so?
        """

    # How sessions begin and end.

    def onSession(reader: SessionReader) -> None:
        """
        Tell C{reader} when a session with a member begins, and when it ends.
        """

    def onClock(reader: ClockReader) -> None:
        """
        Tell C{reader} at each handshake by how many seconds a member's clock is ahead of ours.
        """

    def onSecret(reader: SecretReader) -> None:
        """
        Tell C{reader} at each handshake the number of the newest network secret that a member has, if it says so.
        """

    def secretOf(peer: bytes) -> int | None:
        """
        The number of the newest network secret that a member had at the last handshake; C{None} if it did not say so,
        or there is no session with it.
        """

    def isUp(peer: bytes) -> bool:
        """
        Is there a session with this peer?
        """

    def isWanted(peer: bytes) -> bool:
        """
        Is a peer silent: is there an attempt to reach it that was not answered so far, or was something sent in the
        session that should have been answered by now?
        """

    def sessionsWith() -> Mapping[bytes, int]:
        """
        The members with which there is a session, and the number by which each of them knows it.
        """

    def renew(peer: bytes) -> None:
        """
        A peer was started again, and knows nothing of a session that was made before: make a new one, if there is one.
        """

    def left(peer: bytes, session: int, answer: bytes) -> bool:
        """
        A member said goodbye.

        @param session: the number by which we know the session that it ends.
        @param answer: a control message, the last in that session.
        @return: whether that is the session which we used; it is ended then.
        """

    def end(peer: bytes) -> None:
        """
        End the sessions with a peer, at once, and forget it: it was revoked, or an invitation is redeemed.

        @param peer: an identity, or a L{JoinKey}.
        """

    def endAll() -> None:
        """
        End the sessions with everybody, and forget all: we were revoked.
        """

    # Redeeming invitations.

    def join(exchangeKey: bytes, endpoints: Iterable[Endpoint], invitation: bytes, secret: bytes) -> JoinKey:
        """
        Prepare to redeem an invitation at a server; the session begins with the first message.

        @param exchangeKey: the server's public key for handshakes.
        @return: what the server is called in L{sendControl}, L{onJoin} and L{end}.
        """

    def introduceServer(server: JoinKey, endpoints: Iterable[Endpoint], source: str = DIRECTORY) -> None:
        """
        Say where the server of an invitation may be.

        @param server: what L{join} returned.
        @param source: see L{introduce}.
        """

    def onJoin(reader: JoinReader) -> None:
        """
        Hand the messages of join sessions to C{reader}: those of nodes that are not members yet, or of the server.
        """
