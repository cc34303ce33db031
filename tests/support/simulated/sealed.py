"""
A network of the sealed protocol in simulated time, with real keys and certificates.
"""

from __future__ import annotations

from collections.abc import Callable
from random import Random

import attrs
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from twisted.internet.task import Clock
from zope.interface import implementer

from wand.endpoint import NODE_PORT, Endpoint
from wand.ethernet import MAC, Frame
from wand.interfaces import IFrameReceiver
from wand.interfaces.membership import Member
from wand.sealed.credentials.certificate import NODE, SERVER, Certificate
from wand.sealed.credentials.descriptor import Cipher
from wand.sealed.credentials.identity import NetworkKey, NodeKey
from wand.sealed.credentials.network_secrets import NetworkSecrets
from wand.sealed.credentials.revocation import Revocation
from wand.sealed.credentials.signed import signed
from wand.sealed.credentials.trust import Trust
from wand.sealed.sessions.peers import JoinKey, PeerKey
from wand.sealed.sessions.transport import SealedTransport
from wand.superframes.stretch import Stretch
from wand.table import Peer
from wand.testing.context import simulatedContext
from wand.testing.network import Network

#: The payload of the longest frame.
MTU = 1500

#: Until when certificates are valid, in seconds since the epoch.
EXPIRES = 10_000_000


@attrs.define
class Papers:
    """
    A L{wand.interfaces.membership.Membership} of which everything can be changed.
    """

    network: bytes
    cipher: str
    secrets: NetworkSecrets
    exchangeKey: X25519PrivateKey
    identity: bytes
    certificate: bytes
    trust: Trust
    invitations: dict[bytes, bytes] = attrs.field(factory=dict)

    def admit(self, certificate: bytes, exchangeKey: bytes) -> Member | None:
        """
        See L{wand.interfaces.membership.Membership}.
        """
        return self.trust.admit(certificate, exchangeKey)

    def invitationSecret(self, invitation: bytes) -> bytes | None:
        """
        See L{wand.interfaces.membership.Membership}.
        """
        return self.invitations.get(invitation)


@implementer(IFrameReceiver)
class SealedNode:
    """
    A member, or somebody who wants to become one, and everything that its transport told.

    @ivar mac: the only source address that others take from it.
    """

    def __init__(self, host: str, key: NodeKey, papers: Papers, transport: SealedTransport) -> None:
        self.wantsStretches = True
        self.host = host
        self.key = key
        self.papers = papers
        self.transport = transport
        self.peer = PeerKey(key.identity)
        self.mac = MAC(b"\x02" + key.identity[:5])
        self.frames: list[tuple[Peer, bytes]] = []
        self.stretches: list[tuple[Peer, bytes]] = []
        self.heard: list[Peer] = []
        self.controls: list[tuple[PeerKey, Member, bytes]] = []
        self.sessions: list[tuple[PeerKey, bool]] = []
        self.joins: list[tuple[JoinKey, bytes]] = []
        transport.admitSources(lambda identity, mac, toGroup: mac == b"\x02" + identity[:5])
        transport.start(self)
        transport.sessions.onControl(lambda peer, member, message: self.controls.append((peer, member, message)))
        transport.sessions.onSession(lambda peer, member, up: self.sessions.append((peer, up)))
        transport.sessions.onJoin(lambda other, message: self.joins.append((other, message)))

    @property
    def endpoint(self) -> Endpoint:
        """
        Where it listens.
        """
        return Endpoint(self.host, NODE_PORT)

    def frameTo(self, other: SealedNode, payload: bytes = b"payload") -> bytes:
        """
        A frame from our tap to another's.
        """
        return bytes(other.mac) + bytes(self.mac) + b"\x08\x00" + payload

    def send(self, peer: Peer, frame: Frame) -> None:
        """
        Send a batch of one frame.
        """
        self.transport.send(peer, frame)
        self.transport.flush()

    def meet(self, other: SealedNode) -> None:
        """
        Be told where another is.
        """
        self.transport.sessions.introduce(other.key.identity, other.key.exchangePublic, [other.endpoint])

    def frameReceived(self, peer: Peer, frame: Frame) -> None:
        """
        See L{IFrameReceiver}.
        """
        self.frames.append((peer, bytes(frame)))

    def stretchReceived(self, peer: Peer, stretch: Stretch) -> None:
        """
        See L{IFrameReceiver}.
        """
        self.stretches.append((peer, b"".join(stretch.offloaded())))

    def batchReceived(self) -> None:
        """
        See L{IFrameReceiver}.
        """

    def peerHeard(self, peer: Peer) -> None:
        """
        See L{IFrameReceiver}.
        """
        self.heard.append(peer)


class SealedNetwork:
    """
    The hosts, the key of the network, and time.
    """

    def __init__(self, cipher: Cipher = "aes-256-gcm", seed: int = 0) -> None:
        self.clock = Clock()
        self.random = Random(seed)
        self.underlay = Network(self.clock, Random(seed))
        self.key = NetworkKey.fromSeed(self.random.randbytes(32))
        self.cipher: Cipher = cipher
        self.secret = self.random.randbytes(32)

    def node(
        self,
        name: str,
        host: str,
        *,
        more: tuple[str, ...] = (),
        isServer: bool = False,
        key: NodeKey | None = None,
        wallClock: Callable[[], float] | None = None,
        relay: bool = False,
    ) -> SealedNode:
        """
        A member of the network.

        @param relay: has it the relay right?
        @param wallClock: its time of day, if that is not the clock's.
        @param more: further addresses of its host.
        @param key: that of a node that was there before.
        """
        key = key or NodeKey.fromSeed(self.random.randbytes(32))
        papers = self._papers(key, self.certificate(key, name, isServer=isServer, relay=relay), self.secret, wallClock)
        papers.secrets = NetworkSecrets(wallClock or self.clock.seconds, lambda: isServer)
        papers.secrets.begin(self.key.network, self.secret)
        return self._node(host, key, papers, *more, wallClock=wallClock)

    def stranger(self, host: str) -> SealedNode:
        """
        Somebody who knows which network there is and has nothing else.
        """
        key = NodeKey.fromSeed(self.random.randbytes(32))
        return self._node(host, key, self._papers(key, b"", b""))

    def certificate(
        self, key: NodeKey, name: str, *, isServer: bool = False, expires: int = EXPIRES, relay: bool = False
    ) -> bytes:
        """
        The network's word for a key.
        """
        return signed(
            self.key.signing,
            Certificate(
                network=bytes(self.key.network),
                identity=bytes(key.identity),
                exchangeKey=key.exchangePublic,
                role=SERVER if isServer else NODE,
                name=name,
                addresses=(),
                macs=(b"\x02" + key.identity[:5],),
                bridge=False,
                since=0,
                issued=0,
                expires=expires,
                relay=relay,
            ),
        )

    def revocation(self, node: SealedNode) -> bytes:
        """
        The signed revocation of a member.
        """
        return signed(self.key.signing, Revocation(self.key.network, node.key.identity, 0))

    def pair(self) -> tuple[SealedNode, SealedNode]:
        """
        Two members who know where the other is, the one with the lower identity first.
        """
        one, other = sorted([self.node("one", "192.0.2.1"), self.node("two", "192.0.2.2")], key=lambda each: each.peer)
        one.meet(other)
        other.meet(one)
        return one, other

    def run(self, seconds: float = 0.5, step: float = 0.1) -> None:
        """
        Let time pass.
        """
        self.clock.pump([0.0] * 8)
        for _ in range(round(seconds / step)):
            self.clock.advance(step)
            self.clock.pump([0.0] * 4)

    def _node(
        self, host: str, key: NodeKey, papers: Papers, *more: str, wallClock: Callable[[], float] | None = None
    ) -> SealedNode:
        context = simulatedContext(self.clock, self.underlay, host, more=more, wallClock=wallClock)
        listen = "::" if ":" in host else "0.0.0.0"
        entropy = Random(self.random.randbytes(8)).randbytes
        return SealedNode(host, key, papers, SealedTransport(listen, NODE_PORT, context, papers, entropy, MTU))

    def _papers(
        self, key: NodeKey, certificate: bytes, secret: bytes, wallClock: Callable[[], float] | None = None
    ) -> Papers:
        trust = Trust(self.key.network, wallClock or self.clock.seconds)
        secrets = NetworkSecrets(wallClock or self.clock.seconds)
        secrets.begin(self.key.network, secret)
        return Papers(
            network=self.key.network,
            cipher=self.cipher,
            secrets=secrets,
            exchangeKey=key.exchange,
            identity=key.identity,
            certificate=certificate,
            trust=trust,
        )
