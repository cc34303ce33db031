"""
Members of a simulated network that use relays, and relays.
"""

from __future__ import annotations

from collections.abc import Sequence
from random import Random
from typing import Any

import attrs

from simulated.sealed import SealedNetwork, SealedNode
from wand.counters import Counters
from wand.interfaces.participant import DirectoryServer
from wand.sealed.reach.relay import Relay
from wand.sealed.reach.relay_port import RelayPort
from wand.sealed.reach.relay_quota import RelaySettings
from wand.sealed.reach.relaying import Relaying
from wand.sealed.sessions.control_messages import ControlMessages
from wand.testing.context import simulatedContext
from wand.testing.inbox import Datagram
from wand.underlay.place_kinds import RELAY, kindOf


@attrs.frozen
class Said:
    """
    As much of an announcement as relaying looks at.
    """

    certificate: Any


@attrs.frozen
class Keys:
    """
    As much of a certificate.
    """

    exchangeKey: bytes


class Everybody:
    """
    A participant that knows all members: as much of L{wand.interfaces.participant.Participant} as relaying uses.
    """

    def __init__(self, identity: bytes, network: RelayedNetwork) -> None:
        self.identity = identity
        self.claims = self
        self._network = network

    @property
    def relays(self) -> list[bytes]:
        """
        The members with the relay right.
        """
        return [identity for identity, member in self._network.members.items() if member.mayRelay]

    def announcement(self, identity: bytes) -> Said | None:
        """
        What a member announced.
        """
        member = self._network.members.get(bytes(identity))
        return None if member is None else Said(Keys(member.node.key.exchangePublic))

    def servers(self) -> Sequence[DirectoryServer]:
        """
        The servers of the network.
        """
        return [
            DirectoryServer(identity, member.node.key.exchangePublic, ())
            for identity, member in self._network.members.items()
            if member.isServer
        ]


class Relayed:
    """
    A member with what it needs to use relays, and to be one.

    @ivar node: its transport, and what came out of it.
    @ivar relaying: asks relays.
    @ivar port: sends over them.
    @ivar relay: what it is itself.
    """

    def __init__(self, network: RelayedNetwork, node: SealedNode, isServer: bool, settings: RelaySettings) -> None:
        self.node = node
        self.isServer = isServer
        self.isOn = isServer
        self.mayRelay = False
        transport = node.transport
        counters: Counters = transport._counters
        context = attrs.evolve(simulatedContext(network.clock, network.underlay, node.host), counters=counters)
        self.counters = counters
        self.control = ControlMessages(transport.sessions, network.clock, counters)
        entropy = Random(node.host).randbytes
        self.relay = Relay(transport.sessions, self.control, context, entropy, settings, lambda: self.isOn)
        if isServer:
            transport.carryRelayed(self.relay.forwarding)
            return
        self.port = RelayPort(transport.reception, counters)
        self.port.otherwise = self.relay.forwarding
        transport.ways.add(RELAY, self.port)
        transport.carryRelayed(self.port)
        participant: Any = Everybody(bytes(node.key.identity), network)
        self.relaying = Relaying(transport.sessions, participant, self.control, context, self.port)

    @property
    def identity(self) -> bytes:
        """
        Who it is.
        """
        return bytes(self.node.key.identity)

    def send(self, other: Relayed, payload: bytes = b"payload") -> None:
        """
        Send a frame.
        """
        self.node.send(other.node.peer, self.node.frameTo(other.node, payload))

    def got(self) -> list[bytes]:
        """
        The payloads of the frames that came.
        """
        return [frame[14:] for _, frame in self.node.frames]

    def wayTo(self, other: Relayed) -> str:
        """
        The kind of the place that is used for another.
        """
        place = self.node.transport.sessions.placeOf(other.node.peer)
        assert place is not None and place.endpoint is not None
        return kindOf(place.endpoint[0])

    def stop(self) -> None:
        """
        Be gone, without a word.
        """
        self.relay.stop()
        if not self.isServer:
            self.relaying.stop()
        self.node.transport.stop()


class RelayedNetwork(SealedNetwork):
    """
    A network in which members are reached over servers and relays only.

    @ivar members: all, by their identities.
    """

    def __init__(self, seed: int = 0) -> None:
        super().__init__(seed=seed)
        self.underlay.delay = 0.01
        self.members: dict[bytes, Relayed] = {}
        self.hidden: set[str] = set()
        self.underlay.drop(self._isBlocked)

    def member(
        self,
        name: str,
        host: str,
        *,
        isServer: bool = False,
        isHidden: bool = False,
        mayRelay: bool = False,
        settings: RelaySettings | None = None,
    ) -> Relayed:
        """
        A new member.

        @param isHidden: is it reached by those only that are not hidden?
        """
        node = self.node(name, host, isServer=isServer, relay=mayRelay)
        member = self.members[bytes(node.key.identity)] = Relayed(self, node, isServer, settings or RelaySettings())
        member.mayRelay = mayRelay
        if isHidden:
            self.hidden.add(host)
        return member

    def introduce(self, *members: Relayed) -> None:
        """
        Tell each where the others are.
        """
        for one in members:
            for other in members:
                if one is not other:
                    one.node.meet(other.node)

    def talk(self, one: Relayed, relay: Relayed) -> None:
        """
        Have a member begin a session with a relay, as it does with its directory servers.
        """
        one.node.meet(relay.node)
        one.node.transport.sendControl(relay.node.peer, b"\x91\x7f")

    def _isBlocked(self, datagram: Datagram) -> bool:
        return {datagram.sender.host, datagram.destination.host} <= self.hidden
