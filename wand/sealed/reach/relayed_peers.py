"""
The members that a node may reach over relays: who has a channel to whom, and where they are introduced.
"""

from __future__ import annotations

from wand.endpoint import Endpoint
from wand.interfaces import ISessions
from wand.interfaces.participant import Participant
from wand.interfaces.sessions import RELAY
from wand.sealed.reach.relay_choice import KnownRelay
from wand.sealed.reach.relay_port import RelayPort
from wand.sealed.reach.unasked_channels import ALL_MAXIMUM, UnaskedChannels


class RelayedPeer:
    """
    A member behind relays.

    @ivar channels: the places behind relays, by the identities of these; the oldest first.
    @ivar asked: the relays that were asked and did not answer yet, or refused.
    """

    __slots__ = ("asked", "channels")

    def __init__(self) -> None:
        self.channels: dict[bytes, Endpoint] = {}
        self.asked: set[bytes] = set()


class RelayedPeers:
    """
    Introduces members at the places behind their relays.
    """

    def __init__(self, sessions: ISessions, participant: Participant, port: RelayPort) -> None:
        """
        @param participant: knows the keys of the members.
        """
        self._sessions = sessions
        self._participant = participant
        self._port = port
        self._peers: dict[bytes, RelayedPeer] = {}
        self._unasked = UnaskedChannels(sessions.isUp)
        self._behind: dict[bytes, dict[bytes, None]] = {}  # the members that have a channel at a relay

    def __len__(self) -> int:
        return len(self._peers)

    def get(self, identity: bytes) -> RelayedPeer | None:
        """
        A member that has a channel, or for which one was asked; C{None} for others.
        """
        return self._peers.get(identity)

    def take(self, identity: bytes) -> RelayedPeer:
        """
        The same, remembered from now on.
        """
        return self._peers.setdefault(identity, RelayedPeer())

    def behind(self, relay: bytes) -> list[bytes]:
        """
        The members that have a channel at a relay.
        """
        return list(self._behind.get(relay, ()))

    def add(self, identity: bytes, relay: KnownRelay, channel: int) -> bool:
        """
        A relay has a channel to a member.

        @return: whether it is taken.
        """
        known = self._peers.get(identity)
        before = None if known is None else known.channels.get(relay.identity)
        if before is not None and before.port == channel:
            return True
        isUnasked = known is None or relay.identity not in known.asked
        if before is not None:
            self._port.remove(before)
        elif not self._hasRoom(relay, isUnasked=isUnasked):
            return False
        endpoint = self._port.add(relay.identity, channel, relay.place)
        if endpoint is None:
            self.remove(identity, relay.identity)
            return False
        peer = self.take(identity)
        peer.channels[relay.identity] = endpoint
        peer.asked.discard(relay.identity)
        if not isUnasked:
            self._unasked.discard(identity, relay.identity)
        elif before is None:
            self._unasked.add(identity, relay.identity)
        self._behind.setdefault(relay.identity, {})[identity] = None
        self._introduce(identity, peer)
        return True

    def _hasRoom(self, relay: KnownRelay, *, isUnasked: bool) -> bool:
        """
        Is there room for another channel, or made by one that nobody asked for?  A relay may make those up: what we
        ask for comes before them, and the relay that told of most makes room for the others.
        """
        unasked = self._unasked
        if isUnasked and not unasked.mayAdd(relay.identity, isServer=relay.isServer):
            return False
        if not self._port.isFull and not (isUnasked and len(unasked) >= ALL_MAXIMUM):
            return True
        victim = unasked.victim(least=unasked.countOf(relay.identity) if isUnasked else 0)
        if victim is not None:
            self.remove(*victim)
        return victim is not None

    def remove(self, identity: bytes, relay: bytes) -> Endpoint | None:
        """
        A channel has ended, or is needed no more.

        @return: the place behind it; C{None} if there was none.
        """
        peer = self._peers.get(identity)
        endpoint = None if peer is None else peer.channels.pop(relay, None)
        if peer is None or endpoint is None:
            return None
        self._port.remove(endpoint)
        self._unasked.discard(identity, relay)
        behind = self._behind[relay]
        behind.pop(identity, None)
        if not behind:
            del self._behind[relay]
        self._introduce(identity, peer)
        self.tidy(identity)
        return endpoint

    def tidy(self, identity: bytes) -> None:
        """
        Forget a member of which there is nothing to remember.
        """
        peer = self._peers.get(identity)
        if peer is not None and not peer.channels and not peer.asked:
            del self._peers[identity]

    def _introduce(self, identity: bytes, peer: RelayedPeer) -> None:
        # Somebody whose certificate we have not seen is the one that wants us: its handshake brings it.
        announcement = self._participant.claims.announcement(identity)
        if announcement is not None:
            exchangeKey = announcement.certificate.exchangeKey
            self._sessions.introduce(identity, exchangeKey, list(peer.channels.values()), source=RELAY)
