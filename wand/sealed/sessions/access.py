"""
The sessions of a transport, for all that is not a frame: where peers are, what is said to them, and who goes.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from zope.interface import implementer

from wand.endpoint import Endpoint
from wand.interfaces import ISessions
from wand.interfaces.sessions import DIRECTORY, PlaceInUse
from wand.sealed.sessions.conversation import Conversation
from wand.sealed.sessions.conversations import Conversations
from wand.sealed.sessions.packets import CONTROL
from wand.sealed.sessions.peers import Account, Correspondent, JoinKey, PeerKey
from wand.sealed.sessions.readers import Readers
from wand.sealed.sessions.shared import Shared

#: Seconds within which the peer that was started again has made a session itself, if it had something to say.
RESTART_GRACE: Final = 1.0

#: Seconds that an answer to what was sent in a session usually takes at most.
ANSWER_PATIENCE: Final = 0.25


@implementer(ISessions)
class SealedSessions:
    """
    Access to the sessions.  A peer is a L{PeerKey}, the equal L{wand.sealed.credentials.identity.Identity}, or
    the L{JoinKey} of a session that redeems an invitation.

    @ivar onControl: see L{Readers.onControl}.
    @ivar onSession: see L{Readers.onSession}.
    @ivar onJoin: see L{Readers.onJoin}.
    @ivar onClock: see L{Readers.onClock}.
    @ivar onSecret: see L{Readers.onSecret}.
    @ivar onWanted: see L{Readers.onWanted}.
    @ivar onWay: see L{Readers.onWay}.
    """

    def __init__(self, shared: Shared, conversations: Conversations, readers: Readers) -> None:
        self.onControl = readers.onControl
        self.onSession = readers.onSession
        self.onJoin = readers.onJoin
        self.onClock = readers.onClock
        self.onSecret = readers.onSecret
        self.onWanted = readers.onWanted
        self.onWay = readers.onWay
        self._shared = shared
        self._conversations = conversations

    # Where peers are.

    def introduce(
        self, identity: bytes, exchangeKey: bytes, endpoints: Iterable[Endpoint], source: str = DIRECTORY
    ) -> None:
        """
        See L{ISessions}.
        """
        if identity == self._shared.membership.identity:
            return
        conversation = self._conversations.introduced(identity, exchangeKey)
        if conversation is not None:
            if conversation.member is None:
                conversation.counterpart.exchangeKey = exchangeKey
            conversation.introduce(self._reachable(endpoints), source)

    def join(self, exchangeKey: bytes, endpoints: Iterable[Endpoint], invitation: bytes, secret: bytes) -> JoinKey:
        """
        See L{ISessions}.
        """
        conversation = self._conversations.redeeming(exchangeKey, invitation, secret)
        conversation.introduce(self._reachable(endpoints), DIRECTORY)
        assert isinstance(conversation.peer, JoinKey)
        return conversation.peer

    def introduceServer(self, server: JoinKey, endpoints: Iterable[Endpoint], source: str = DIRECTORY) -> None:
        """
        See L{ISessions}.
        """
        conversation = self.find(server)
        if conversation is not None:
            conversation.introduce(self._reachable(endpoints), source)

    def seek(self, peer: bytes) -> None:
        """
        See L{ISessions}.
        """
        conversation = self.find(peer)
        if conversation is not None:
            conversation.seek()

    def endpointOf(self, peer: bytes) -> Endpoint | None:
        """
        See L{ISessions}.
        """
        conversation = self.find(peer)
        endpoint = None if conversation is None else conversation.place.endpoint
        return None if endpoint is None else Endpoint(*endpoint)

    def placeOf(self, peer: bytes) -> PlaceInUse | None:
        """
        See L{ISessions}.
        """
        conversation = self.find(peer)
        return None if conversation is None else conversation.place

    def endpointBefore(self, peer: bytes) -> Endpoint | None:
        """
        See L{ISessions}.
        """
        conversation = self.find(peer)
        before = None if conversation is None else conversation.place.before
        return None if before is None else Endpoint(*before[1])

    def shun(self, peer: bytes, seconds: float) -> None:
        """
        See L{ISessions}.
        """
        conversation = self.find(peer)
        if conversation is not None:
            conversation.wayfinding.shun(self._shared.clock.seconds() + seconds)

    def isShunned(self, peer: bytes) -> bool:
        """
        See L{ISessions}.
        """
        conversation = self.find(peer)
        return conversation is not None and conversation.wayfinding.isShunning

    # What is said to them.

    def sendControl(self, peer: bytes, message: bytes) -> None:
        """
        See L{ISessions}.
        """
        conversation = self.find(peer)
        if conversation is None:
            self._shared.counters["drop-sealed-unknown-peer"] += 1
        else:
            conversation.link.send(CONTROL, message)

    def sendBefore(self, peer: bytes, message: bytes) -> None:
        """
        See L{ISessions}.
        """
        conversation = self.find(peer)
        if conversation is not None:
            conversation.link.sendBefore(conversation.previous, CONTROL, message)

    # Sessions that begin and end.

    def secretOf(self, peer: bytes) -> int | None:
        """
        See L{ISessions}.
        """
        conversation = self.find(peer)
        return None if conversation is None or conversation.session is None else conversation.session.secret

    def isUp(self, peer: bytes) -> bool:
        """
        See L{ISessions}.
        """
        conversation = self.find(peer)
        return conversation is not None and conversation.session is not None

    def isWanted(self, peer: bytes) -> bool:
        """
        See L{ISessions}.
        """
        conversation = self.find(peer)
        if conversation is None:
            return False
        now, way = self._shared.clock.seconds(), conversation.place.way
        isSilent = conversation.schedule.awaiting < now - ANSWER_PATIENCE
        isDoubtful = way is not None and conversation.session is not None and way.isDoubtful(now, ANSWER_PATIENCE)
        return isSilent or isDoubtful or conversation.state in ("initiating", "rekeying")

    def sessionsWith(self) -> dict[bytes, int]:
        """
        See L{ISessions}.
        """
        live = dict.fromkeys(session.owner.peer for session in self._shared.indices.sessions.values())
        conversations = [conversation for conversation in map(self.find, live) if conversation is not None]
        return {
            each.peer: each.session.theirs
            for each in conversations
            if each.session is not None and isinstance(each.peer, PeerKey)
        }

    def renew(self, peer: bytes) -> None:
        """
        See L{ISessions}.
        """
        conversation = self.find(peer)
        if conversation is None:
            return
        conversation.outbox.peerMayBeBack()
        session = conversation.session
        if session is None:
            return
        if conversation.link.isAwaiting or self._shared.clock.seconds() - session.made > RESTART_GRACE:
            conversation.renew()

    def left(self, peer: bytes, session: int, answer: bytes) -> bool:
        """
        See L{ISessions}.
        """
        conversation = self.find(peer)
        return conversation is not None and conversation.left(session, answer)

    def end(self, peer: bytes) -> None:
        """
        See L{ISessions}.
        """
        self._conversations.end(peer)

    def endAll(self) -> None:
        """
        See L{ISessions}.
        """
        for conversation in self._conversations:
            self._conversations.end(conversation.peer)

    def stop(self) -> None:
        """
        End all sessions: the program stops.
        """
        for conversation in self._conversations:
            conversation.course.end()
        self._shared.debts.stop()

    # Accounts.

    def account(self, peer: Correspondent) -> Account | None:
        """
        Everything that was counted of a peer.
        """
        conversation = self.find(peer)
        return None if conversation is None else conversation.account

    def blame(self, peer: bytes, reason: str) -> None:
        """
        See L{ISessions}.
        """
        conversation = self.find(peer)
        if conversation is not None:
            conversation.account.blame(reason)

    def find(self, peer: object) -> Conversation | None:
        """
        The conversation with a peer; C{None} if there is none.
        """
        if isinstance(peer, JoinKey):
            return self._conversations.joiners.get(peer)
        return self._conversations.members.get(peer)  # type: ignore[call-overload,no-any-return]  # equal to a PeerKey

    def _reachable(self, endpoints: Iterable[Endpoint]) -> list[Endpoint]:
        shared, places = self._shared, list(endpoints)
        return [each for each in places if shared.portFor(each) is not None and not shared.leadsBack(each, places)]
