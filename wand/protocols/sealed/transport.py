"""
The sealed protocol at work: one UDP port for frames, control messages and handshakes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Final

from twisted.logger import Logger
from zope.interface import implementer

from wand.endpoint import Endpoint
from wand.errors import PortUnavailable
from wand.ethernet import Frame
from wand.interfaces import (
    Context,
    IFrameReceiver,
    IResizableTransport,
    IRovingTransport,
    ISessions,
    ISessionTransport,
    ISuperframeTransport,
    JoinKey,
)
from wand.membership.member import Member, Membership
from wand.protocols.sealed.conversation import Conversation
from wand.protocols.sealed.handshakes import Handshakes
from wand.protocols.sealed.packets import CONTROL, FRAME, PLAINTEXT_MAXIMUM
from wand.protocols.sealed.path import Path
from wand.protocols.sealed.peers import Account, Correspondent, PeerKey
from wand.protocols.sealed.reception import Reception
from wand.protocols.sealed.registry import Registry
from wand.protocols.sealed.shared import Shared
from wand.status import PeerStatus
from wand.superframes.cutting import PREFIX as CHUNK_PREFIX
from wand.superframes.cutting import Cutter, framesOf, superframeOf
from wand.superframes.merging import Merger
from wand.superframes.parity import paritiesOf
from wand.superframes.stretch import Stretch
from wand.superframes.virtio import VirtioHeader
from wand.table import Peer
from wand.timing.pacing import Pacing
from wand.underlay.ports import DatagramPort

#: Seconds within which the peer that was started again has made a session itself, if it had something to say.
RESTART: Final = 1.0

#: The host on which IPv4 and IPv6 are both served.
_ANY: Final = "0.0.0.0"

ControlReader = Callable[[PeerKey, Member, bytes], object]
SessionReader = Callable[[PeerKey, Member, bool], object]
JoinReader = Callable[[JoinKey, bytes], object]
ClockReader = Callable[[Member, float], object]


@implementer(ISuperframeTransport, IResizableTransport, IRovingTransport, ISessionTransport, ISessions)
class SealedTransport:
    """
    The transport; a peer is a L{PeerKey}, or the equal L{wand.membership.identity.Identity}.

    @ivar reception: takes what arrives.
    @ivar mayReach: is a host one to which datagrams may go?  Addresses of the overlay are not, or the tunnel would run
        inside itself.
    """

    _log = Logger()

    def __init__(
        self, host: str, port: int, context: Context, membership: Membership, entropy: Callable[[int], bytes], mtu: int
    ) -> None:
        """
        @param mtu: the largest payload of a frame.
        @param entropy: randomness for keys; gives as many octets as it is asked for.
        @raise wand.errors.PortUnavailable: if the UDP port cannot be bound.
        """
        self.mayReach: Callable[[str], bool] = _everywhere
        self._events = context.events
        self._counters = context.counters
        self._clock = context.clock
        self._epoch = context.epoch
        self._membership = membership
        self._shared = Shared(
            clock=context.clock,
            random=context.random,
            entropy=entropy,
            counters=context.counters,
            membership=membership,
            listener=self,
            portFor=self._portFor,
            failures=context.failures,
            wallClock=context.wallClock,
        )
        self._registry = Registry(self._shared)
        self._handshakes = Handshakes(self._shared, self._registry)
        self.reception = Reception(self._shared, self._handshakes, self._controlReceived, mtu)
        self._searching = Pacing(context.clock, Conversation.search)
        self._cutter = Cutter()
        self._merger = Merger()
        self._controlReaders: list[ControlReader] = []
        self._sessionReaders: list[SessionReader] = []
        self._joinReaders: list[JoinReader] = []
        self._clockReaders: list[ClockReader] = []
        self._ports = self._bind(host, port, context)
        self.notes = tuple(dict.fromkeys(note for each in self._ports.values() for note in each.notes))
        self.listening = ", ".join(str(each.endpoint) for each in self._ports.values())

    def admitSources(self, mayUse: Callable[[bytes, bytes, int], bool]) -> None:
        """
        Say which frames to take.

        @param mayUse: may a frame of this peer have this source address (six octets)?  The third argument is whether it
            is for a group.  Until this is called none may.
        """
        self.reception.mayUse = mayUse

    def admitFloods(self, broadcastsOf: Callable[[bytes], float], flooded: Callable[[bytes], object]) -> None:
        """
        Say how many frames to groups to take.

        @param broadcastsOf: how many of a peer in a second?
        @param flooded: called with a peer when more came.
        """
        self.reception.broadcastsOf = broadcastsOf
        self.reception.flooded = flooded

    @property
    def sessions(self) -> ISessions:
        """
        See L{ISessionTransport}.
        """
        return self

    @property
    def features(self) -> tuple[str, ...]:
        """
        See L{ITransport}.
        """
        return next(iter(self._ports.values())).features

    def start(self, receiver: IFrameReceiver) -> None:
        """
        See L{ITransport}.  Sessions and control messages do not wait for it.
        """
        self.reception.receiver = receiver

    def resize(self, mtu: int) -> None:
        """
        See L{IResizableTransport}.
        """
        self.reception.resize(mtu)

    def stop(self) -> None:
        """
        See L{ITransport}.
        """
        self._searching.stop()
        self.reception.stop()
        for conversation in self._registry:
            conversation.course.end()
        for port in self._ports.values():
            port.close()

    # What the directory says and wants.

    def introduce(self, identity: bytes, exchangeKey: bytes, endpoints: Iterable[Endpoint]) -> None:
        """
        Say where a member may be.  Nothing is sent before there is something to send.

        @param exchangeKey: its public key for handshakes; one that a certificate showed before is not replaced.
        @param endpoints: replace those of the call before; only the first few are tried.
        """
        if identity == self._membership.identity:
            return
        conversation = self._registry.introduced(identity, exchangeKey)
        if conversation is not None:
            if conversation.member is None:
                conversation.exchangeKey = exchangeKey
            conversation.introduce(each for each in endpoints if self._portFor(each) is not None)

    def join(self, exchangeKey: bytes, endpoints: Iterable[Endpoint], invitation: bytes, secret: bytes) -> JoinKey:
        """
        Prepare to redeem an invitation at a server; the session comes about with the first message.

        @return: what the server is called in L{sendControl}, L{onJoin} and L{end}.
        """
        conversation = self._registry.redeeming(exchangeKey, invitation, secret)
        conversation.introduce(each for each in endpoints if self._portFor(each) is not None)
        assert isinstance(conversation.peer, JoinKey)
        return conversation.peer

    def introduceServer(self, server: JoinKey, endpoints: Iterable[Endpoint]) -> None:
        """
        Say where the server of an invitation may be.

        @param server: what L{join} returned.
        """
        conversation = self._find(server)
        if conversation is not None:
            conversation.introduce(each for each in endpoints if self._portFor(each) is not None)

    def sendControl(self, peer: bytes, message: bytes) -> None:
        """
        Send a control message; without a session it waits for one.  It may be lost on the way, like every datagram.
        """
        conversation = self._find(peer)
        if conversation is None:
            self._counters["drop-sealed-unknown-peer"] += 1
        else:
            conversation.send(CONTROL, message)

    def sendBefore(self, peer: bytes, message: bytes) -> None:
        """
        Send a control message in the session before the present one, to where the peer was heard then: who still
        answers there is another than the one that made the present session.  Nothing happens without such a session.
        """
        conversation = self._find(peer)
        if conversation is not None:
            conversation.sendBefore(CONTROL, message)

    def endpointBefore(self, peer: bytes) -> Endpoint | None:
        """
        Where a peer was heard before its present session began.
        """
        conversation = self._find(peer)
        before = None if conversation is None else conversation.endpointBefore
        return None if before is None else Endpoint(*before)

    def renew(self, peer: bytes) -> None:
        """
        A peer was started again, and knows nothing of a session that was made before: make a new one, if there is one.
        """
        conversation = self._find(peer)
        session = None if conversation is None else conversation.session
        if conversation is not None:
            conversation.welcome()
        if conversation is None or session is None:
            return
        if conversation.isAwaiting or self._clock.seconds() - session.made > RESTART:
            conversation.renew()

    def moved(self) -> None:
        """
        See L{IRovingTransport}: look anew for every peer with which we talk, servers first.
        """
        indices = self._shared.indices
        talking = dict.fromkeys(session.conversation for session in indices.sessions.values())
        talking.update(dict.fromkeys(attempt.conversation for attempt in indices.attempts.values()))
        self._searching.begin(sorted(talking, key=lambda each: each.member is None or not each.member.isServer))

    def sessionsWith(self) -> dict[bytes, int]:
        """
        The members with which there is a session, and the number by which each of them knows it.
        """
        live = self._shared.indices.sessions.values()
        return {
            conversation.peer: conversation.session.theirs
            for conversation in dict.fromkeys(each.conversation for each in live)
            if conversation.session is not None and isinstance(conversation.peer, PeerKey)
        }

    def left(self, peer: bytes, session: int, answer: bytes) -> bool:
        """
        A member said goodbye.

        @param session: the number by which we know the session that it ends.
        @param answer: a control message, the last in that session.
        @return: whether that is the session which we used; it is ended then.
        """
        conversation = self._find(peer)
        return conversation is not None and conversation.left(session, answer)

    def end(self, peer: bytes) -> None:
        """
        End the sessions with a peer, at once, and forget it: it was revoked, or an invitation is redeemed.

        @param peer: an identity, or a L{JoinKey}.
        """
        self._registry.end(peer)

    def endAll(self) -> None:
        """
        End the sessions with everybody, and forget all: we were revoked.
        """
        for conversation in self._registry:
            self._registry.end(conversation.peer)

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
        Hand the messages of join sessions to C{reader}: those of nodes that are no members yet, or those of the server.
        """
        self._joinReaders.append(reader)

    def onClock(self, reader: ClockReader) -> None:
        """
        Tell C{reader} at each handshake by how many seconds a member's clock is ahead of ours.
        """
        self._clockReaders.append(reader)

    def isUp(self, peer: bytes) -> bool:
        """
        Is there a session with this peer?
        """
        conversation = self._find(peer)
        return conversation is not None and conversation.session is not None

    def endpointOf(self, peer: bytes) -> Endpoint | None:
        """
        Where a peer was last heard, by an authenticated datagram.
        """
        conversation = self._find(peer)
        return None if conversation is None or conversation.endpoint is None else Endpoint(*conversation.endpoint)

    # Frames to peers.  HOT PATH

    def send(self, peer: Peer, frame: Frame) -> None:
        """
        See L{ITransport}.
        """
        if self._merger.count:
            self._sendMerged()
        conversation = self._registry.members.get(peer)  # type: ignore[call-overload]  # equal to a PeerKey, or unknown
        if conversation is None:
            self._counters["drop-sealed-unknown-peer"] += 1
        else:
            conversation.sendFrame(frame)

    def sendEach(self, peers: Sequence[Peer], frame: Frame) -> None:
        """
        See L{ITransport}.  The plaintext is put together once, and sealed for each peer.
        """
        if self._merger.count:
            self._sendMerged()
        size = len(frame) + 1
        plaintexts = (self._shared.plaintext(FRAME, frame),) if size <= PLAINTEXT_MAXIMUM else ()
        for peer in peers:
            conversation = self._registry.members.get(peer)  # type: ignore[call-overload]  # as above
            if conversation is None:
                self._counters["drop-sealed-unknown-peer"] += 1
            elif conversation.session is not None and size <= conversation.path.room:
                conversation.sendFrames(conversation.session, plaintexts, 1, size - 1)
            else:
                conversation.sendFrame(frame)

    def sendSuperframe(self, peer: Peer, frame: memoryview, virtio: VirtioHeader) -> None:
        """
        See L{ISuperframeTransport}.
        """
        conversation = self._registry.members.get(peer)  # type: ignore[call-overload]  # equal to a PeerKey, or unknown
        if conversation is None:
            self._counters["drop-sealed-unknown-peer"] += 1
            return
        merger = self._merger
        if merger.count:
            if merger.add(peer, frame, virtio):
                return
            self._sendMerged()
        if len(frame) + CHUNK_PREFIX > conversation.path.room or not merger.begin(peer, frame, virtio):
            self._sendWhole(conversation, frame, virtio)

    def _sendMerged(self) -> None:
        conversation = self._registry.members.get(self._merger.peer)  # type: ignore[call-overload]  # as above
        frame, virtio = self._merger.take()
        if conversation is not None:
            self._sendWhole(conversation, frame, virtio)

    def _sendWhole(self, conversation: Conversation, frame: memoryview, virtio: VirtioHeader) -> None:
        session = conversation.session
        if session is not None and (virtio.gsoType or len(frame) >= conversation.path.room):
            superframe = superframeOf(virtio, frame)
            if superframe is not None:
                chunks = self._chunksOf(superframe, conversation.path)
                if chunks:
                    packets = -(-superframe.headers.total // superframe.headers.gsoSize)
                    conversation.sendFrames(session, chunks, packets, len(frame))
                    return
        for each in framesOf(virtio, frame):
            conversation.sendFrame(each)

    def _chunksOf(self, superframe: Stretch, path: Path) -> list[memoryview]:
        chunks = self._cutter.cut(superframe, path.room)
        # What was late and not lost comes twice then; TCP knows what it has, programs that use UDP may not.
        if not (chunks and superframe.headers.shape.isTCP and path.isLossy):
            return chunks
        parities = paritiesOf(superframe, chunks)
        self._counters["sealed-parity-sent"] += len(parities)
        return parities + chunks

    def flush(self) -> None:
        """
        See L{ITransport}: send what was merged, and the train.
        """
        if self._merger.count:
            self._sendMerged()
        self._shared.train.send()

    # Control messages, and what becomes of conversations.

    def _controlReceived(self, conversation: Conversation, message: bytes) -> None:
        peer, member = conversation.peer, conversation.member
        if isinstance(peer, JoinKey):
            for joinReader in self._joinReaders:
                self._call(joinReader, peer, message)
        elif member is not None:
            for reader in self._controlReaders:
                self._call(reader, peer, member, message)

    def sessionUp(self, conversation: Conversation) -> None:
        """
        See L{wand.protocols.sealed.shared.Listener}.
        """
        self._tell(conversation, True)

    def sessionDown(self, conversation: Conversation) -> None:
        """
        See L{wand.protocols.sealed.shared.Listener}.
        """
        self._tell(conversation, False)

    def joinerGone(self, conversation: Conversation) -> None:
        """
        See L{wand.protocols.sealed.shared.Listener}.
        """
        self._registry.end(conversation.peer)

    def clockTold(self, conversation: Conversation, ahead: float) -> None:
        """
        See L{wand.protocols.sealed.shared.Listener}.
        """
        if conversation.member is not None:
            for reader in self._clockReaders:
                self._call(reader, conversation.member, ahead)

    def _tell(self, conversation: Conversation, up: bool) -> None:
        peer, member = conversation.peer, conversation.member
        endpoint = "" if conversation.endpoint is None else str(Endpoint(*conversation.endpoint))
        if member is not None and not isinstance(peer, JoinKey):
            peer.name = member.name
            self._events.publish("session-up" if up else "session-down", peer=str(peer), endpoint=endpoint)
            for reader in self._sessionReaders:
                self._call(reader, peer, member, up)

    def _call(self, reader: Callable[..., object], *arguments: object) -> None:
        try:
            reader(*arguments)
        except Exception:
            self._shared.failures.caught("reader of messages or sessions")

    # Accounts.

    def peerFrom(self, text: str) -> PeerKey:
        """
        See L{ITransport}: a peer is written as its name, or its whole key in hex.
        """
        return self._registry.named(text)

    def peerAdded(self, peer: Peer) -> None:
        """
        See L{ITransport}: accounts are those of the conversations.
        """

    def peerRemoved(self, peer: Peer) -> None:
        """
        See L{ITransport}: a conversation outlives the peer's entries.
        """

    def peerStatus(self, peer: Peer) -> PeerStatus:
        """
        See L{ITransport}.
        """
        conversation = self._find(peer)
        account = Account() if conversation is None else conversation.account
        endpoint = None if conversation is None else conversation.endpoint
        return PeerStatus(
            peer=str(peer if conversation is None else conversation.peer),
            state="unknown" if conversation is None else conversation.state,
            macs=[],
            heard=self._epoch(account.heard) if account.heard else None,
            framesReceived=account.framesReceived,
            bytesReceived=account.bytesReceived,
            framesSent=account.framesSent,
            bytesSent=account.bytesSent,
            endpoint="" if endpoint is None else str(Endpoint(*endpoint)),
            pathSize=None if conversation is None or conversation.session is None else conversation.path.size,
            parity=conversation is not None and conversation.path.isLossy,
            drops=sum(account.reasons.values()),
            reasons=account.reasons,
        )

    def blame(self, peer: bytes, reason: str) -> None:
        """
        See L{wand.sealed.sessions.interface.Sessions}.
        """
        conversation = self._find(peer)
        if conversation is not None:
            blamed = conversation.account.blamed
            blamed[reason] = blamed.get(reason, 0) + 1

    def account(self, peer: Correspondent) -> Account | None:
        """
        Everything that was counted of a peer.
        """
        conversation = self._find(peer)
        return None if conversation is None else conversation.account

    def _find(self, peer: object) -> Conversation | None:
        if isinstance(peer, JoinKey):
            return self._registry.joiners.get(peer)
        return self._registry.members.get(peer)  # type: ignore[call-overload,no-any-return]  # equal to a PeerKey

    # Ports.

    def _bind(self, host: str, port: int, context: Context) -> dict[bool, DatagramPort]:
        first = context.underlay.bindTrains(host, port, self.reception)
        ports = {":" in host: first}
        if host == _ANY:
            try:
                ports[True] = context.underlay.bindTrains("::", first.endpoint.port, self.reception)
            except PortUnavailable as error:
                self._log.info("IPv4 only: {reason}", reason=str(error))
        return ports

    def _portFor(self, endpoint: tuple[str, int]) -> DatagramPort | None:
        return self._ports.get(":" in endpoint[0]) if self.mayReach(endpoint[0]) else None


def _everywhere(host: str) -> bool:
    return True
