"""
The sealed protocol at work: one UDP port for frames, control messages and handshakes.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
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
    ISessionTransport,
    ISuperframeTransport,
)
from wand.interfaces.membership import Membership
from wand.interfaces.session_transport import RelayedReceiver
from wand.sealed.sessions.access import SealedSessions
from wand.sealed.sessions.conversation import Conversation
from wand.sealed.sessions.conversations import Conversations
from wand.sealed.sessions.echoes import Echoes
from wand.sealed.sessions.handshakes import Handshakes
from wand.sealed.sessions.packets import PLAINTEXT_MAXIMUM
from wand.sealed.sessions.path import Path
from wand.sealed.sessions.peers import Account, Correspondent, PeerKey
from wand.sealed.sessions.readers import Readers
from wand.sealed.sessions.reception import Reception
from wand.sealed.sessions.shared import Shared
from wand.sealed.sessions.time_of_day import TimeOfDay
from wand.sealed.sessions.way_inspection import WayInspection
from wand.sealed.sessions.ways import Ways
from wand.status import PeerStatus
from wand.superframes.cutting import PREFIX as CHUNK_PREFIX
from wand.superframes.cutting import Cutter, framesOf, superframeOf
from wand.superframes.merging import Merger
from wand.superframes.parity import paritiesOf
from wand.superframes.stretch import Stretch
from wand.superframes.virtio import VirtioHeader
from wand.table import Peer
from wand.timing.pacing import Pacing
from wand.underlay.place_kinds import IPV6, kindOf

#: The host on which IPv4 and IPv6 are both served.
_ANY: Final = "0.0.0.0"


@implementer(ISuperframeTransport, IResizableTransport, IRovingTransport, ISessionTransport)
class SealedTransport:
    """
    The transport; a peer is a L{PeerKey}, or the equal L{wand.sealed.credentials.identity.Identity}.

    @ivar sessions: access to the sessions, for all that is not a frame.
    @ivar inspection: the ways that they use, for people.
    @ivar introduce: see L{SealedSessions.introduce}.
    @ivar join: see L{SealedSessions.join}.
    @ivar sendControl: see L{SealedSessions.sendControl}.
    @ivar isUp: see L{SealedSessions.isUp}.
    @ivar onControl: see L{Readers.onControl}.
    @ivar reception: takes what arrives.
    @ivar ways: the ports that it sends through.
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
        self.ways = Ways()
        self._counters = context.counters
        self._epoch = context.epoch
        readers = Readers(context.events, context.failures)
        shared = Shared(
            clock=context.clock,
            random=context.random,
            entropy=entropy,
            counters=context.counters,
            membership=membership,
            listener=readers,
            portFor=self.ways.portFor,
            failures=context.failures,
            timeOfDay=TimeOfDay(context.wallClock),
            isNear=lambda host: self.ways.isNear(host),
            leadsBack=lambda place, places: self.ways.leadsBack(place, places),
        )
        self._shared = shared
        self._plaintexts, self._train = shared.plaintexts, shared.train
        self._conversations = Conversations(shared)
        echoes = Echoes(entropy, context.clock.seconds, self.ways.portFor)
        self._handshakes = Handshakes(shared, self._conversations, echoes)
        self.reception = Reception(shared, self._handshakes, readers.controlReceived, mtu)
        self.sessions = sessions = SealedSessions(shared, self._conversations, readers)
        self.inspection = WayInspection(shared, sessions.find, readers.relayNames, echoes, context.epoch)
        self.introduce, self.join, self.sendControl = sessions.introduce, sessions.join, sessions.sendControl
        self.isUp, self.onControl, self._find = sessions.isUp, sessions.onControl, sessions.find
        self._searching = Pacing(context.clock, Conversation.search)
        self._cutter = Cutter()
        self._merger = Merger()
        self._bind(host, port, context)
        self.notes = tuple(dict.fromkeys(note for each in self.ways.ports.values() for note in each.notes))
        self.listening = ", ".join(str(each.endpoint) for each in self.ways.ports.values())

    @property
    def mayReach(self) -> Callable[[str], bool]:
        """
        See L{ISessionTransport}.
        """
        return self.ways.mayReach

    @mayReach.setter
    def mayReach(self, mayReach: Callable[[str], bool]) -> None:
        self.ways.mayReach = mayReach

    def watchPlaces(self, changed: Callable[[tuple[str, int]], object]) -> Callable[[tuple[str, int]], bool]:
        """
        Say who wants to know where peers are.

        @param changed: called with a place to which a peer came, or that it left.
        @return: tells whether a peer is at a place.
        """
        self._shared.places.changed = changed
        return self._shared.places.hasPeer

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

    def carryRelayed(self, receiver: RelayedReceiver) -> None:
        """
        See L{ISessionTransport}.
        """
        self.reception.relayed = receiver

    def letMembersSeek(self) -> None:
        """
        See L{ISessionTransport}.
        """
        self._shared.isSought = True

    @property
    def features(self) -> tuple[str, ...]:
        """
        See L{ITransport}.
        """
        return next(iter(self.ways.ports.values())).features

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

    def moved(self) -> None:
        """
        See L{IRovingTransport}: look again for every peer with which we talk, servers first.
        """
        indices = self._shared.indices
        peers: dict[Correspondent, None] = dict.fromkeys(session.owner.peer for session in indices.sessions.values())
        peers.update(dict.fromkeys(attempt.peer for attempt in indices.attempts.values()))
        talking = [conversation for conversation in map(self.sessions.find, peers) if conversation is not None]
        self._searching.begin(sorted(talking, key=lambda each: not each.isWithServer))

    def stop(self) -> None:
        """
        See L{ITransport}.
        """
        self._searching.stop()
        self._handshakes.answering.stop()
        self.reception.stop()
        self.sessions.stop()
        self.ways.close()

    # Frames to peers.  HOT PATH

    def send(self, peer: Peer, frame: Frame) -> None:
        """
        See L{ITransport}.
        """
        if self._merger.count:
            self._sendMerged()
        conversation = self._conversations.members.get(peer)  # type: ignore[call-overload]  # equal to a PeerKey, or unknown
        if conversation is None:
            self._counters["drop-sealed-unknown-peer"] += 1
        else:
            conversation.link.sendFrame(frame)

    def sendEach(self, peers: Sequence[Peer], frame: Frame) -> None:
        """
        See L{ITransport}.  The plaintext is put together once, and sealed for each peer.
        """
        if self._merger.count:
            self._sendMerged()
        size = len(frame) + 1
        plaintexts = (self._plaintexts.whole(frame),) if size <= PLAINTEXT_MAXIMUM else ()
        for peer in peers:
            conversation = self._conversations.members.get(peer)  # type: ignore[call-overload]  # as above
            if conversation is None:
                self._counters["drop-sealed-unknown-peer"] += 1
                continue
            link = conversation.link
            if link.session is not None and size <= conversation.path.room:
                link.sendFrames(link.session, plaintexts, 1, size - 1)
            else:
                link.sendFrame(frame)

    def sendSuperframe(self, peer: Peer, frame: memoryview, virtio: VirtioHeader) -> None:
        """
        See L{ISuperframeTransport}.
        """
        conversation = self._conversations.members.get(peer)  # type: ignore[call-overload]  # equal to a PeerKey, or unknown
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
        conversation = self._conversations.members.get(self._merger.peer)  # type: ignore[call-overload]  # as above
        frame, virtio = self._merger.take()
        if conversation is not None:
            self._sendWhole(conversation, frame, virtio)

    def _sendWhole(self, conversation: Conversation, frame: memoryview, virtio: VirtioHeader) -> None:
        session = conversation.link.session
        if session is not None and (virtio.gsoType or len(frame) >= conversation.path.room):
            superframe = superframeOf(virtio, frame)
            if superframe is not None:
                chunks = self._chunksOf(superframe, conversation.path)
                if chunks:
                    packets = -(-superframe.headers.total // superframe.headers.gsoSize)
                    conversation.link.sendFrames(session, chunks, packets, len(frame))
                    return
        for each in framesOf(virtio, frame):
            conversation.link.sendFrame(each)

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
        self._train.send()

    # Accounts.

    def peerFrom(self, text: str) -> PeerKey:
        """
        See L{ITransport}: a peer is written as its name, or its whole key in hex.
        """
        return self._conversations.named(text)

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
        conversation = self.sessions.find(peer)
        account = Account() if conversation is None else conversation.account
        endpoint = None if conversation is None else conversation.place.endpoint
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

    # Ports.

    def _bind(self, host: str, port: int, context: Context) -> None:
        first = context.underlay.bindTrains(host, port, self.reception)
        self.ways.add(kindOf(host), first)
        if host == _ANY:
            try:
                self.ways.add(IPV6, context.underlay.bindTrains("::", first.endpoint.port, self.reception))
            except PortUnavailable as error:
                self._log.info("IPv4 only: {reason}", reason=str(error))
