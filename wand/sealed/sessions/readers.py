"""
Readers: callbacks for what comes in sessions, and for sessions that begin and end.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

from wand.endpoint import Endpoint
from wand.events import Events
from wand.health.failures import Failures
from wand.interfaces.membership import Member
from wand.sealed.sessions.peers import Correspondent, JoinKey, PeerKey
from wand.sealed.sessions.relay_names import RelayNames
from wand.sealed.sessions.session import SessionOwner

ControlReader: TypeAlias = Callable[[PeerKey, Member, bytes], object]
SessionReader: TypeAlias = Callable[[PeerKey, Member, bool], object]
JoinReader: TypeAlias = Callable[[JoinKey, bytes], object]
ClockReader: TypeAlias = Callable[[Member, float], object]
SecretReader: TypeAlias = Callable[[Member, int], object]
WantedReader: TypeAlias = Callable[[PeerKey, int], object]
WayReader: TypeAlias = Callable[[PeerKey, Member, tuple[str, int], str], object]


class Readers:
    """
    Calls the readers, and goes on when one of them fails.

    @ivar relayNames: what relays are called.
    """

    def __init__(self, events: Events, failures: Failures) -> None:
        self._events = events
        self._failures = failures
        self.relayNames = RelayNames()
        self._controlReaders: list[ControlReader] = []
        self._sessionReaders: list[SessionReader] = []
        self._joinReaders: list[JoinReader] = []
        self._clockReaders: list[ClockReader] = []
        self._secretReaders: list[SecretReader] = []
        self._wantedReaders: list[WantedReader] = []
        self._wayReaders: list[WayReader] = []

    def onControl(self, reader: ControlReader) -> None:
        """
        Hand the control messages of members to C{reader}.
        """
        self._controlReaders.append(reader)

    def onSession(self, reader: SessionReader) -> None:
        """
        Tell C{reader} when a session with a member begins, and when it ends.
        """
        self._sessionReaders.append(reader)

    def onJoin(self, reader: JoinReader) -> None:
        """
        Hand the messages of join sessions to C{reader}: those of nodes that are not members yet, or of the server.
        """
        self._joinReaders.append(reader)

    def onClock(self, reader: ClockReader) -> None:
        """
        Tell C{reader} at each handshake by how many seconds a member's clock is ahead of ours.
        """
        self._clockReaders.append(reader)

    def onSecret(self, reader: SecretReader) -> None:
        """
        Tell C{reader} at each handshake the number of the newest network secret that a member has.
        """
        self._secretReaders.append(reader)

    def onWanted(self, reader: WantedReader) -> None:
        """
        Tell C{reader} of each attempt to reach a member.
        """
        self._wantedReaders.append(reader)

    def onWay(self, reader: WayReader) -> None:
        """
        Tell C{reader} when another place is used for a member than before.
        """
        self._wayReaders.append(reader)

    def controlReceived(self, owner: SessionOwner, message: bytes) -> None:
        """
        A control message came.

        @param owner: whose session it came in.
        """
        peer, member = owner.peer, owner.member
        if isinstance(peer, JoinKey):
            for joinReader in self._joinReaders:
                self._call(joinReader, peer, message)
        elif member is not None:
            for reader in self._controlReaders:
                self._call(reader, peer, member, message)

    def sessionUp(self, peer: Correspondent, member: Member | None, place: tuple[str, int] | None) -> None:
        """
        See L{wand.sealed.sessions.shared.ConversationListener}.
        """
        self._tell(peer, member, place, True)

    def sessionDown(self, peer: Correspondent, member: Member | None, place: tuple[str, int] | None) -> None:
        """
        See L{wand.sealed.sessions.shared.ConversationListener}.
        """
        self._tell(peer, member, place, False)

    def unreachable(self, peer: Correspondent) -> None:
        """
        See L{wand.sealed.sessions.shared.ConversationListener}.
        """
        if isinstance(peer, PeerKey):
            self._events.publish("peer-unreachable", **_whoIs(peer))

    def clockTold(self, member: Member, ahead: float) -> None:
        """
        See L{wand.sealed.sessions.shared.ConversationListener}.
        """
        for reader in self._clockReaders:
            self._call(reader, member, ahead)

    def secretTold(self, member: Member, number: int) -> None:
        """
        See L{wand.sealed.sessions.shared.ConversationListener}.
        """
        for reader in self._secretReaders:
            self._call(reader, member, number)

    def wanted(self, peer: Correspondent, turn: int) -> None:
        """
        See L{wand.sealed.sessions.shared.Listener}.
        """
        if isinstance(peer, PeerKey):
            for reader in self._wantedReaders:
                self._call(reader, peer, turn)

    @property
    def mayHelp(self) -> bool:
        """
        See L{wand.sealed.sessions.shared.Listener}.
        """
        return bool(self._wantedReaders)

    def wayChanged(
        self,
        peer: Correspondent,
        member: Member | None,
        place: tuple[str, int],
        reason: str,
        before: tuple[str, int],
        *,
        hasMoved: bool,
    ) -> None:
        """
        See L{wand.sealed.sessions.shared.Listener}.
        """
        if member is not None and isinstance(peer, PeerKey):
            last = str(Endpoint(*before))
            self._events.publish("way-changed", **self._where(peer, place), reason=reason, before=last)
            if hasMoved:
                self._events.publish("peer-moved", **self._where(peer, place), before=last)
            for reader in self._wayReaders:
                self._call(reader, peer, member, place, reason)

    def _tell(self, peer: Correspondent, member: Member | None, place: tuple[str, int] | None, up: bool) -> None:
        if member is None or isinstance(peer, JoinKey):
            return
        peer.name = member.name
        if up:
            self.relayNames.met(peer, member)
        self._events.publish("session-up" if up else "session-down", **self._where(peer, place))
        for reader in self._sessionReaders:
            self._call(reader, peer, member, up)

    def _where(self, peer: PeerKey, place: tuple[str, int] | None) -> dict[str, str]:
        """
        The fields of an event about a member at a place.
        """
        found = {**_whoIs(peer), "endpoint": "" if place is None else str(Endpoint(*place))}
        relay = "" if place is None else self.relayNames.ofPlace(place[0])
        return {**found, "relay": relay} if relay else found

    def _call(self, reader: Callable[..., object], *arguments: object) -> None:
        try:
            reader(*arguments)
        except Exception:
            self._failures.caught("reader of messages or sessions")


def _whoIs(peer: PeerKey) -> dict[str, str]:
    return {"peer": str(peer), "name": peer.name, "key": peer.text}
