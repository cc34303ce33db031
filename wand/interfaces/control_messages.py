"""
Control messages between members: the part of L{wand.interfaces.ISessions} that suffices to send and receive them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Protocol, TypeAlias

from wand.endpoint import Endpoint
from wand.interfaces.membership import Member

#: Takes a control message: who sent it, what its certificate says, and the message.
ControlReader: TypeAlias = Callable[[bytes, Member, bytes], object]

#: Is told that a session with a member begins, or that it ended.
SessionReader: TypeAlias = Callable[[bytes, Member, bool], object]

#: Is told that another place is used for a member: its identity, who it is, the place, and why, in a few words for
#: people.
WayReader: TypeAlias = Callable[[bytes, Member, tuple[str, int], str], object]


class Sessions(Protocol):
    """
    Authenticated sessions with members, each known by its identity.
    """

    def sendControl(self, peer: bytes, message: bytes, /) -> None:
        """
        Send a control message; without a session it waits for one.  It may be lost on the way.
        """

    def sendBefore(self, peer: bytes, message: bytes, /) -> None:
        """
        Send a control message in the session before the present one, to where the peer was heard then, if there is one.
        """

    def onControl(self, reader: ControlReader) -> None:
        """
        Hand the control messages of members to C{reader}.
        """

    def onSession(self, reader: SessionReader) -> None:
        """
        Tell C{reader} when a session with a member begins, and when it ends.
        """

    def onWay(self, reader: WayReader) -> None:
        """
        Tell C{reader} when another place is used for a member than before.
        """

    def introduce(self, identity: bytes, exchangeKey: bytes, endpoints: Iterable[Endpoint], source: str = ...) -> None:
        """
        Say where a member may be.

        @param source: who says so; see L{wand.interfaces.ISessions.introduce}.
        """

    def blame(self, peer: bytes, reason: str, /) -> None:
        """
        Something of a member's was dropped by others than the sessions: note it in the member's account.

        @param reason: one word for people, one of a few.
        """

    def endpointOf(self, peer: bytes, /) -> Endpoint | None:
        """
        Where a member was last heard, by an authenticated datagram.
        """
