"""
The sealed protocol fulfils the contract of peer protocols.
"""

from __future__ import annotations

from typing import Any

import attrs
from simulated.sealed import SealedNetwork
from twisted.trial.unittest import SynchronousTestCase

from wand.endpoint import NODE_PORT, Endpoint
from wand.interfaces import Context, ISessionProtocol, TransportRequest
from wand.sealed.credentials.identity import NodeKey
from wand.sealed.sessions.peers import PeerKey
from wand.sealed.sessions.plugin import Sealed
from wand.table import Peer
from wand.testing.protocol_bench import ProtocolNode
from wand.testing.protocols import ProtocolContract


class SealedContractTests(ProtocolContract, SynchronousTestCase):
    """
    The contract, between members of a network.
    """

    pluginInterface = ISessionProtocol

    def makeContext(self) -> Context:
        context = super().makeContext()
        self.realm = SealedNetwork()
        self.realm.clock, self.realm.underlay = self.clock, self.network
        self.keys = {number: NodeKey.fromSeed(bytes([number]) * 32) for number in range(1, self.nodes + 1)}
        return context

    def makeProtocol(self) -> Sealed:
        return Sealed()

    def request(self, number: int, **changes: Any) -> TransportRequest:
        key = self.keys[number]
        papers = self.realm._papers(key, self.realm.certificate(key, f"node-{number}"), self.realm.secret)
        return attrs.evolve(super().request(number, membership=papers), **changes)

    def meet(self, one: ProtocolNode, other: ProtocolNode) -> None:
        for node, there in ((one, other), (other, one)):
            transport: Any = node.transport
            transport.admitSources(lambda peer, mac, isToGroup: True)
            key = self.keys[there.number]
            endpoint = Endpoint(f"192.0.2.{there.number}", NODE_PORT)
            transport.sessions.introduce(key.identity, key.exchangePublic, [endpoint])

    def peerOf(self, node: ProtocolNode, other: ProtocolNode) -> Peer:
        return PeerKey(self.keys[other.number].identity)
