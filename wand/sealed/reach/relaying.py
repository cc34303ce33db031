"""
How a node uses relays: it asks one as soon as a member does not answer at once, and says where the member is then.
"""

from __future__ import annotations

from typing import Final

from twisted.internet.interfaces import IDelayedCall

from wand.interfaces import Context, ISessions
from wand.interfaces.membership import Member
from wand.interfaces.participant import ControlReaders, Participant
from wand.sealed import control_numbers
from wand.sealed.reach.displacement import Displacement
from wand.sealed.reach.home_relays import homesOf
from wand.sealed.reach.relay_choice import KnownRelay, RelayChoice
from wand.sealed.reach.relay_messages import (
    ENDED,
    ITSELF,
    OFF,
    RELEASED,
    Allocate,
    Allocated,
    Release,
    Unallocated,
    pack,
    parseFromRelay,
)
from wand.sealed.reach.relay_port import RelayPort
from wand.sealed.reach.relayed_peers import RelayedPeers
from wand.timing.deadlines import Deadlines
from wand.timing.repeating import Repeating

COUNTERS: Final = {
    "relayed-asks": "questions to relays for a channel to a member",
    "relayed-channels": "channels that relays gave us",
    "relayed-refused": "channels that relays did not give us, or ended",
    "drop-relayed-malformed": "messages about channels dropped: they cannot be read",
    "drop-relayed-full": "channels of relays not taken: there are as many as we keep, or as we take without asking",
    "drop-relayed-stranger": "messages about channels dropped: their sender is not a relay, or one of too many",
}

#: Seconds to wait for an answer of the member itself before a relay is asked: whoever is reached directly costs no
#: relay anything.
PATIENCE: Final = 0.15

#: Seconds to wait for the answer of a relay before another is asked.
RELAY_PATIENCE: Final = 0.4

#: How many relays there are at most for one member, and from which attempt on the second is asked: the first may be
#: dead, and nobody has noticed yet.
RELAYS_EACH: Final = 2
SECOND_TURN: Final = 2

#: Seconds between two messages that keep a session with a home, where no server is a relay.
HOME_INTERVAL: Final = 30.0

#: Seconds between two messages that keep a channel, well below the time after which a relay ends it.
REFRESH: Final = 25.0


class Relaying:
    """
    Asks relays for channels to members.  A channel is kept for as long as there is a session with the member, whatever
    way that uses: so it is there when another way dies.

    @ivar displacement: sees that relays drop what we send.
    """

    def __init__(
        self,
        sessions: ISessions,
        participant: Participant,
        control: ControlReaders,
        context: Context,
        port: RelayPort,
    ) -> None:
        """
        @param participant: who we are in the network.
        @param port: sends and receives over relays.
        """
        context.counters.declare(COUNTERS)
        self._sessions = sessions
        self._participant = participant
        self._clock = context.clock
        self._counters = context.counters
        self._choice = RelayChoice(context.clock.seconds)
        self._peers = RelayedPeers(sessions, participant, port)
        self._waiting: dict[bytes, IDelayedCall] = {}
        self._kept: Deadlines[tuple[bytes, bytes]] = Deadlines(context.clock, self._keep)
        self._endReading = control.read(
            range(control_numbers.ALLOCATED, control_numbers.UNALLOCATED + 1), self._received
        )
        self.displacement = Displacement(control, context, port.has, self._choice.isServer, self._follow)
        sessions.onWay(self._wayChanged)
        sessions.onWanted(self._wanted)
        sessions.onSession(self._session)
        self._homing = Repeating("sessions with relays", self._stayHome, context.clock, context.failures)
        self._homing.start(HOME_INTERVAL, now=False)

    @property
    def isCutOff(self) -> bool:
        """
        Can we reach nobody but servers, because UDP does not get out and none of them passes anything on?
        """
        return self._choice.isCutOff

    def stop(self) -> None:
        """
        Leave no timer behind.
        """
        self._endReading()
        self.displacement.stop()
        self._homing.stop()
        self._kept.stop()
        for call in self._waiting.values():
            call.cancel()
        self._waiting.clear()

    # Members that are wanted.

    def _wanted(self, identity: bytes, turn: int) -> None:
        identity = bytes(identity)
        if any(server.identity == identity for server in self._participant.servers()):
            return
        peer = self._peers.get(identity)
        channels = [] if peer is None else list(peer.channels)
        for relay in channels if turn else ():  # it may have been started again, and know nothing
            self._send(relay, Allocate(identity))
        if (turn and not channels) or (turn >= SECOND_TURN and len(channels) < RELAYS_EACH):
            self._ask(identity)
        elif not channels and identity not in self._waiting:
            self._askLater(identity, PATIENCE)

    def _askLater(self, identity: bytes, seconds: float) -> None:
        before = self._waiting.pop(identity, None)
        if before is not None:
            before.cancel()
        self._waiting[identity] = self._clock.callLater(seconds, self._patienceEnded, identity)

    def _patienceEnded(self, identity: bytes) -> None:
        del self._waiting[identity]
        peer = self._peers.get(identity)
        if peer is not None and peer.channels:
            return
        if self._sessions.isWanted(identity):
            self._ask(identity)
        elif peer is not None:
            peer.asked.clear()
            self._peers.tidy(identity)

    def _ask(self, identity: bytes) -> None:
        """
        Ask the best relay that was not asked yet; when all were, the next attempt begins with the best again.
        """
        peer = self._peers.take(identity)
        relay = self._choice.best({identity, *peer.channels, *peer.asked})
        if relay is None:
            peer.asked.clear()
            self._peers.tidy(identity)
            self._askHomes(identity)
            return
        peer.asked.add(relay.identity)
        self._counters["relayed-asks"] += 1
        self._send(relay.identity, Allocate(identity))
        self._askLater(identity, RELAY_PATIENCE)

    def _askHomes(self, identity: bytes) -> None:
        """
        Ask where a member is at home; with whom we have no session gets one.
        """
        for home in homesOf(identity, self._participant.claims.relays):
            if home != self._participant.identity and self._choice.get(home) is None:
                self._sessions.sendControl(home, pack(Allocate(identity)))

    def _stayHome(self) -> None:
        if self._choice.hasServer:
            return
        own = bytes(self._participant.identity)
        for home in homesOf(own, self._participant.claims.relays):
            self._sessions.sendControl(home, pack(Allocate(own)))

    def _send(self, relay: bytes, message: Allocate | Release) -> None:
        known = self._choice.get(relay)
        if known is not None:
            if isinstance(message, Allocate):
                known.asked(self._clock.seconds())
            self._sessions.sendControl(relay, pack(message))

    # What relays say.

    def _received(self, sender: bytes, member: Member, octets: bytes) -> None:
        message = parseFromRelay(octets)
        relay = self._choice.get(bytes(sender))
        if message is None:
            self._counters["drop-relayed-malformed"] += 1
        elif relay is None:
            self._counters["drop-relayed-stranger"] += 1
        elif isinstance(message, Allocated):
            relay.answered(self._clock.seconds())
            self._allocated(relay, message)
        elif isinstance(message, Unallocated):
            self._unallocated(relay, message)

    def _allocated(self, relay: KnownRelay, message: Allocated) -> None:
        if not self._peers.add(message.peer, relay, message.channel):
            self._counters["drop-relayed-full"] += 1
        else:
            self._counters["relayed-channels"] += 1
            self._kept.expireAt((relay.identity, message.peer), self._clock.seconds() + REFRESH)

    def _unallocated(self, relay: KnownRelay, message: Unallocated) -> None:
        if message.reason in (ENDED, RELEASED):
            self._lost(message.peer, relay.identity, askAgain=message.reason == ENDED)
            return
        relay.answered(self._clock.seconds())
        if message.reason == ITSELF:
            return
        self._counters["relayed-refused"] += 1
        if message.reason == OFF:
            relay.isOff(self._clock.seconds())
        self._lost(message.peer, relay.identity, askAgain=message.peer in self._waiting)

    def _follow(self, relay: bytes) -> None:
        self._send(relay, Allocate(bytes(self._participant.identity)))

    def _wayChanged(self, peer: bytes, member: Member, place: tuple[str, int], reason: str) -> None:
        """
        What did not pass a relay before may do so now.
        """
        for each in self._peers.behind(bytes(peer)):
            if self._sessions.isWanted(each):
                self._sessions.seek(each)

    def _lost(self, identity: bytes, relay: bytes, askAgain: bool) -> None:
        """
        There is no channel to a member at a relay, or none any more.
        """
        self._kept.discard((relay, identity))
        self._peers.remove(identity, relay)
        peer = self._peers.get(identity)
        if askAgain and (peer is None or not peer.channels) and self._isInUse(identity):
            self._ask(identity)

    # Channels that are kept, or not.

    def _keep(self, key: tuple[bytes, bytes]) -> None:
        relay, identity = key
        peer = self._peers.get(identity)
        endpoint = None if peer is None else peer.channels.get(relay)
        if endpoint is None:
            return
        if self._isInUse(identity):
            self._send(relay, Allocate(identity))
            self._kept.expireAt(key, self._clock.seconds() + REFRESH)
        else:
            self._send(relay, Release(endpoint.port))
            self._peers.remove(identity, relay)

    def _isInUse(self, identity: bytes) -> bool:
        return self._sessions.isUp(identity) or self._sessions.isWanted(identity)

    # Relays that come and go.

    def _session(self, peer: bytes, member: Member, up: bool) -> None:
        identity = bytes(peer)
        if up and (member.isServer or member.relay):
            self._relayUp(identity, member)
        elif not up and self._choice.remove(identity):
            self.displacement.forget(identity)
            for each in self._peers.behind(identity):
                self._lost(each, identity, askAgain=True)

    def _relayUp(self, identity: bytes, member: Member) -> None:
        place = self._sessions.placeOf(identity)
        if place is None or not self._choice.add(KnownRelay(identity, member.name, place, isServer=member.isServer)):
            return
        self._follow(identity)  # its refusal tells how far away it is
