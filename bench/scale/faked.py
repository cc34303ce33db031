"""
Sessions that cost nothing, for a real server in simulated time: what members say arrives at once, and what they are
told is counted.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from wand.endpoint import Endpoint
from wand.interfaces.control_messages import ControlReader, SessionReader, WayReader
from wand.interfaces.membership import Member
from wand.interfaces.sessions import DIRECTORY, ClockReader, JoinReader, PlaceInUse, SecretReader
from wand.underlay.ports import TrainReceiver


class FakedSessions:
    """
    As much of L{wand.interfaces.ISessions} as a server needs of members that are made up.

    @ivar told: how many messages members were told.
    @ivar octets: how long these were together.
    """

    def __init__(self) -> None:
        self.told = self.octets = 0
        self._controlReaders: list[ControlReader] = []
        self._sessionReaders: list[SessionReader] = []
        self._places: dict[bytes, Endpoint] = {}

    def begin(self, member: Member, place: Endpoint) -> None:
        """
        A session with a member begins.
        """
        self._places[member.identity] = place
        for reader in self._sessionReaders:
            reader(member.identity, member, True)

    def say(self, member: Member, message: bytes) -> None:
        """
        A member says something.
        """
        for reader in self._controlReaders:
            reader(member.identity, member, message)

    # See wand.interfaces.ISessions.

    def onControl(self, reader: ControlReader) -> None:
        """
        See L{wand.interfaces.ISessions}.
        """
        self._controlReaders.append(reader)

    def onSession(self, reader: SessionReader) -> None:
        """
        See L{wand.interfaces.ISessions}.
        """
        self._sessionReaders.append(reader)

    def onWay(self, reader: WayReader) -> None:
        """
        See L{wand.interfaces.ISessions}: nobody moves.
        """

    def onJoin(self, reader: JoinReader) -> None:
        """
        See L{wand.interfaces.ISessions}: nobody joins.
        """

    def onSecret(self, reader: SecretReader) -> None:
        """
        See L{wand.interfaces.ISessions}.
        """

    def secretOf(self, peer: bytes) -> int | None:
        """
        See L{wand.interfaces.ISessions}.
        """
        return None

    def onClock(self, reader: ClockReader) -> None:
        """
        See L{wand.interfaces.ISessions}: all clocks are right.
        """

    def sendControl(self, peer: bytes, message: bytes) -> None:
        """
        See L{wand.interfaces.ISessions}.
        """
        self.told += 1
        self.octets += len(message)

    sendBefore = sendControl

    def introduce(
        self, identity: bytes, exchangeKey: bytes, endpoints: Iterable[Endpoint], source: str = DIRECTORY
    ) -> None:
        """
        See L{wand.interfaces.ISessions}: members come by themselves.
        """

    def endpointOf(self, peer: bytes) -> Endpoint | None:
        """
        See L{wand.interfaces.ISessions}.
        """
        return self._places.get(peer)

    def placeOf(self, peer: bytes) -> PlaceInUse | None:
        """
        See L{wand.interfaces.ISessions}: nothing is relayed.
        """
        return None

    def isUp(self, peer: bytes) -> bool:
        """
        See L{wand.interfaces.ISessions}.
        """
        return peer in self._places

    def blame(self, peer: bytes, reason: str) -> None:
        """
        See L{wand.interfaces.ISessions}: nobody looks at accounts.
        """

    def sessionsWith(self) -> dict[bytes, int]:
        """
        See L{wand.interfaces.ISessions}: nobody is said goodbye to.
        """
        return {}


class FakedTransport:
    """
    As much of L{wand.interfaces.ISessionTransport} as a server needs.
    """

    listening = "192.0.2.1:22222"

    def __init__(self, sessions: FakedSessions) -> None:
        self.sessions = sessions
        self.mayReach: Callable[[str], bool] = lambda host: True

    def carryRelayed(self, receiver: TrainReceiver) -> None:
        """
        See L{wand.interfaces.ISessionTransport}: nothing is relayed.
        """

    def letMembersSeek(self) -> None:
        """
        See L{wand.interfaces.ISessionTransport}.
        """
