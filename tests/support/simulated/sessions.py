"""
Simulated sessions: members that exchange control messages which are lost, delayed, repeated and reordered, in simulated
time.  What is sealed in earnest is left out; what sessions do to messages is not.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial
from heapq import heappop, heappush
from random import Random
from typing import Final

import attrs
from twisted.internet.interfaces import IDelayedCall, IReactorTime

from wand.endpoint import Endpoint
from wand.interfaces.control_messages import ControlReader, SessionReader, WayReader
from wand.interfaces.membership import Member
from wand.interfaces.sessions import DIRECTORY, PlaceInUse
from wand.sealed.credentials.certificate import Certificate
from wand.sealed.credentials.identity import Identity

#: Seconds after which a member that gets no answers makes a new session.
SILENCE: Final = 15.0


@attrs.define
class Wire:
    """
    Carries the messages of all members.

    @ivar loss: the probability that a message is lost, 0 to 1.
    @ivar duplication: the probability that it arrives twice.
    @ivar delay: seconds that every message takes.
    @ivar jitter: up to how many seconds more, at random; so messages overtake each other.
    @ivar cut: is all lost that one member sends to another?
    @ivar carried: how many messages were sent, and how many octets they had.
    """

    clock: IReactorTime
    random: Random
    loss: float = 0.0
    duplication: float = 0.0
    delay: float = 0.02
    jitter: float = 0.0
    cut: Callable[[bytes, bytes], bool] = lambda sender, receiver: False
    carried: tuple[int, int] = (0, 0)
    members: dict[Identity, SimulatedSessions] = attrs.field(init=False, factory=dict)
    _queue: list[tuple[float, int, Callable[[], None]]] = attrs.field(init=False, factory=list)
    _serial: int = attrs.field(init=False, default=0)
    _timer: IDelayedCall | None = attrs.field(init=False, default=None)

    def carry(self, sender: SimulatedSessions, receiver: bytes, message: bytes, generation: int) -> None:
        """
        Take a message, and deliver it or not.
        """
        count, octets = self.carried
        self.carried = (count + 1, octets + len(message))
        if self.cut(sender.identity, receiver):
            return
        for _ in range(2 if self.random.random() < self.duplication else 1):
            if self.random.random() >= self.loss:
                when = self.clock.seconds() + self.delay + self.jitter * self.random.random()
                self._serial += 1
                arrive: Callable[[], None] = partial(self._arrive, sender, receiver, message, generation)
                heappush(self._queue, (when, self._serial, arrive))
        self._schedule()

    def _schedule(self) -> None:
        """
        One timer for all: a clock with thousands of calls is slow.
        """
        if not self._queue:
            return
        if self._timer is not None and self._timer.active():
            if self._timer.getTime() <= self._queue[0][0]:
                return
            self._timer.cancel()
        self._timer = self.clock.callLater(max(0.0, self._queue[0][0] - self.clock.seconds()), self._due)

    def _due(self) -> None:
        now = self.clock.seconds()
        while self._queue and self._queue[0][0] <= now:
            heappop(self._queue)[2]()
        self._schedule()

    def _arrive(self, sender: SimulatedSessions, receiver: bytes, message: bytes, generation: int) -> None:
        there = self.members.get(Identity(receiver))
        if there is not None and there.generation == generation:
            there.arrive(sender, message)


class SimulatedSessions:
    """
    The sessions of one member: L{wand.interfaces.control_messages.Sessions}.

    @ivar endpoint: where others see it.
    @ivar introduced: the exchange key and the endpoints of whoever was introduced.
    @ivar told: the endpoints that each source told of whoever was introduced.
    @ivar generation: which of the wire's members this is; one that restarted is another.
    """

    _generations = 0

    def __init__(self, wire: Wire, certificate: Certificate, endpoint: Endpoint) -> None:
        SimulatedSessions._generations += 1
        self.generation = SimulatedSessions._generations
        self.identity = Identity(certificate.identity)
        self.endpoint = endpoint
        self.introduced: dict[bytes, tuple[bytes, tuple[Endpoint, ...]]] = {}
        self.told: dict[tuple[bytes, str], tuple[Endpoint, ...]] = {}
        self._member = certificate.member
        self._wire = wire
        self._peers: dict[bytes, SimulatedSessions] = {}
        self._lostSince: dict[bytes, float] = {}
        self._controlReaders: list[ControlReader] = []
        self._sessionReaders: list[SessionReader] = []
        wire.members[self.identity] = self

    def leave(self) -> None:
        """
        Be gone, without a word.
        """
        if self._wire.members.get(self.identity) is self:
            del self._wire.members[self.identity]

    def lapse(self, peer: bytes) -> None:
        """
        A session ended.
        """
        there = self._peers.pop(peer, None)
        if there is not None:
            self._tell(there, False)

    def blame(self, peer: bytes, reason: str) -> None:
        """
        See L{wand.interfaces.control_messages.Sessions}: nobody looks at accounts here.
        """

    def sendControl(self, peer: bytes, message: bytes) -> None:
        """
        See L{wand.interfaces.control_messages.Sessions}.
        """
        if self._wire.members.get(self.identity) is not self:
            return
        now = self._wire.clock.seconds()
        known, there = self._peers.get(peer), self._wire.members.get(Identity(peer))
        if there is None:
            self._lostSince.setdefault(peer, now)
            return
        if known is not there:
            isStale = known is not None and now - self._lostSince.setdefault(peer, now) < SILENCE
            if isStale:
                return
            self._lostSince.pop(peer, None)
            self.meet(there)
            there.meet(self)
        self._wire.carry(self, peer, message, there.generation)

    def sendBefore(self, peer: bytes, message: bytes) -> None:
        """
        See L{wand.interfaces.control_messages.Sessions}: here, nobody has a session that is not the present one.
        """

    def onControl(self, reader: ControlReader) -> None:
        """
        See L{wand.interfaces.control_messages.Sessions}.
        """
        self._controlReaders.append(reader)

    def onSession(self, reader: SessionReader) -> None:
        """
        See L{wand.interfaces.control_messages.Sessions}.
        """
        self._sessionReaders.append(reader)

    def onWay(self, reader: WayReader) -> None:
        """
        See L{wand.interfaces.control_messages.Sessions}: nobody moves here.
        """

    def introduce(
        self, identity: bytes, exchangeKey: bytes, endpoints: Iterable[Endpoint], source: str = DIRECTORY
    ) -> None:
        """
        See L{wand.interfaces.control_messages.Sessions}.
        """
        self.introduced[bytes(identity)] = (exchangeKey, tuple(endpoints))
        self.told[bytes(identity), source] = self.introduced[bytes(identity)][1]

    def endpointOf(self, peer: bytes) -> Endpoint | None:
        """
        See L{wand.interfaces.control_messages.Sessions}.
        """
        there = self._peers.get(peer)
        return None if there is None else there.endpoint

    def placeOf(self, peer: bytes) -> PlaceInUse | None:
        """
        See L{wand.interfaces.ISessions}: nobody sends here by himself.
        """
        return None

    def meet(self, there: SimulatedSessions) -> None:
        """
        A session is made; who had one with the same member before is not told.
        """
        isNew = there.identity not in self._peers
        self._peers[there.identity] = there
        if isNew:
            self._wire.clock.callLater(0, self._tell, there, True)

    def arrive(self, sender: SimulatedSessions, message: bytes) -> None:
        """
        A message came.
        """
        for reader in self._controlReaders:
            reader(sender.identity, sender.member, message)

    @property
    def member(self) -> Member:
        """
        What our certificate says.
        """
        return self._member

    def _tell(self, there: SimulatedSessions, up: bool) -> None:
        for reader in self._sessionReaders:
            reader(there.identity, there.member, up)
