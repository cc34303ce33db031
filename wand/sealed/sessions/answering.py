"""
The responder: what is done with an initiation, whose sender may be a stranger.

Cheap tests come first.  Whoever fails one hears nothing, except a demand for a cookie, which is shorter than what came.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from hmac import compare_digest
from typing import Protocol

from wand.interfaces.membership import Member
from wand.sealed.sessions.answered import Answered
from wand.sealed.sessions.conversation import Conversation
from wand.sealed.sessions.cookies import CookieJar
from wand.sealed.sessions.freshness import Freshness
from wand.sealed.sessions.hurry import Hurry
from wand.sealed.sessions.noise import HandshakeInvalid, Responder, TransportKeys, ephemeralKey
from wand.sealed.sessions.packets import (
    JOIN,
    MEMBER,
    VERSION,
    Greeting,
    Initiation,
    Reply,
    macKey,
    macOneRight,
    packReply,
    packResponse,
    parseGreeting,
    prologueOf,
)
from wand.sealed.sessions.session import Session
from wand.sealed.sessions.shared import Shared
from wand.sealed.sessions.timers import (
    DEMAND_AGAIN,
    DEMAND_FIRST,
    DEMAND_PEER,
    INITIATIONS_ALL,
    INITIATIONS_SERVER,
)
from wand.sealed.sessions.unconfirmed import Unconfirmed
from wand.sealed.sessions.waiting_initiations import WaitingInitiations
from wand.underlay.place_kinds import subscriberOf


class ConversationsByPeer(Protocol):
    """
    The conversations that there are.
    """

    def ofMember(self, member: Member) -> Conversation | None:
        """
        The conversation with a member, a new one if need be; C{None} if there is no room.
        """

    def freshnessOfJoiner(self, exchangeKey: bytes) -> Freshness:
        """
        What is remembered of the initiations of a node that redeems an invitation.
        """

    def ofJoiner(self, exchangeKey: bytes, invitation: bytes, host: str, freshness: Freshness) -> Conversation:
        """
        The conversation with a node that redeems an invitation, a new one if need be, for which an older one may have
        to end.

        @param host: where it comes from.
        @param freshness: what L{freshnessOfJoiner} said, for a new one.
        """


class Answering:
    """
    Answers initiations.
    """

    def __init__(self, shared: Shared, conversations: ConversationsByPeer) -> None:
        self._shared = shared
        self._conversations = conversations
        self._hurry = Hurry()
        ours = shared.membership.exchangeKey.public_key().public_bytes_raw()
        self._macKey = macKey(ours)
        self._ours = ours
        self._jar = CookieJar(ours, shared.entropy)
        self._unconfirmed = Unconfirmed(shared.clock, shared.indices)
        self._waiting = WaitingInitiations(shared.clock, self._lookInto, self._limit, self._unconfirmed.mayMore)

    def _limit(self) -> int:
        return INITIATIONS_SERVER if self._shared.isSought else INITIATIONS_ALL

    def stop(self) -> None:
        """
        Leave no timer behind.
        """
        self._waiting.stop()

    def macRight(self, datagram: memoryview) -> bool:
        """
        Does a handshake message have the right mac1?  If not it is counted.
        """
        if macOneRight(datagram, self._macKey):
            return True
        self._shared.counters["drop-sealed-mac"] += 1
        return False

    def initiationReceived(self, datagram: memoryview, sender: tuple[str, int]) -> None:
        """
        Somebody wants a session.
        """
        initiation = Initiation.parse(datagram)
        if initiation is None:
            self._shared.counters["drop-sealed-malformed"] += 1
        elif self.macRight(datagram) and self._isTimely(datagram, initiation, sender):
            self._consider(datagram, initiation, sender)

    def _isTimely(self, datagram: memoryview, initiation: Initiation, sender: tuple[str, int]) -> bool:
        shared = self._shared
        now = shared.clock.seconds()
        if not self._hurry.countOne(now):
            return True
        if not self._jar.isProven(datagram, sender, now):
            self._demand(datagram, initiation.sender, sender, now)
            return False
        isPeer = shared.places.hasPeer(sender)
        if self._hurry.mayTry(sender, isPeer=isPeer):
            if isPeer or (not self._waiting and self._mayNow(sender)):
                self._waiting.discard(sender)
                return True
            if self._waiting.add(datagram, sender):
                shared.counters["sealed-initiations-waited"] += 1
                return False
        shared.counters["drop-sealed-hurry"] += 1
        return False

    def _mayNow(self, sender: tuple[str, int]) -> bool:
        return self._unconfirmed.mayMore(subscriberOf(sender[0])) and self._hurry.mayTryNow(self._limit())

    def _lookInto(self, datagram: memoryview, sender: tuple[str, int]) -> None:
        """
        It is the turn of an initiation that had to wait.
        """
        initiation = Initiation.parse(datagram)
        if initiation is not None:
            self._consider(datagram, initiation, sender)

    def _demand(self, datagram: memoryview, index: int, sender: tuple[str, int], now: float) -> None:
        port = self._shared.portFor(sender)
        if port is None or not self._hurry.mayDemand():
            self._shared.counters["drop-sealed-hurry"] += 1
            return
        taken = DEMAND_FIRST if self._hurry.isFirst(sender[0]) else DEMAND_AGAIN
        if self._shared.places.isPeers(sender[0]):
            taken = DEMAND_PEER
        if port.answerStranger(self._jar.demand(datagram, index, sender, now), sender, taken):
            self._shared.counters["sealed-cookies-demanded"] += 1

    def _consider(self, datagram: memoryview, initiation: Initiation, sender: tuple[str, int]) -> None:
        membership = self._shared.membership
        if initiation.version > VERSION:
            self._shared.counters["drop-sealed-version"] += 1
            return
        try:
            noise = Responder(membership.cipher, prologueOf(membership.network), membership.exchangeKey)
            greeting = parseGreeting(noise.read(initiation.noise))
        except HandshakeInvalid:
            self._shared.counters["drop-sealed-handshake"] += 1
            return
        if greeting is None or compare_digest(noise.theirs, self._ours):
            self._shared.counters["drop-sealed-handshake"] += 1
            return
        isNew = partial(self._isNew, datagram, initiation.sender, greeting, sender)
        if greeting.purpose == MEMBER:
            self._considerMember(noise, greeting, initiation, sender, isNew)
        elif greeting.purpose == JOIN:
            self._considerJoiner(noise, greeting, initiation, sender, isNew)
        else:
            self._shared.counters["drop-sealed-handshake"] += 1

    def _considerMember(
        self,
        noise: Responder,
        greeting: Greeting,
        initiation: Initiation,
        sender: tuple[str, int],
        isNew: Callable[[Freshness], bool],
    ) -> None:
        membership = self._shared.membership
        member = membership.admit(greeting.credential, noise.theirs) if membership.certificate else None
        if member is None or compare_digest(member.identity, membership.identity):
            self._shared.counters["drop-sealed-refused"] += 1
            return
        conversation = self._conversations.ofMember(member)
        if conversation is None:
            return
        if conversation.answers.mayAnswerCopy(initiation.noise, sender):
            self._answerCopy(noise, initiation.sender, sender, conversation)
        elif isNew(conversation.counterpart.freshness):
            if conversation.course.mayAnswer(membership.identity < member.identity):
                psk = membership.secrets.common(greeting.secrets, member)
                self._answer(noise, greeting, initiation, sender, conversation, member, psk)
            else:
                self._shared.counters["sealed-collisions"] += 1
                conversation.course.tryAt(sender)  # it came through: so will ours, which goes first

    def _considerJoiner(
        self,
        noise: Responder,
        greeting: Greeting,
        initiation: Initiation,
        sender: tuple[str, int],
        isNew: Callable[[Freshness], bool],
    ) -> None:
        secret = self._shared.membership.invitationSecret(greeting.credential)
        if secret is None:
            self._shared.counters["drop-sealed-refused"] += 1
            return
        freshness = self._conversations.freshnessOfJoiner(noise.theirs)
        if isNew(freshness):  # first of all: what somebody recorded makes no room for itself
            conversation = self._conversations.ofJoiner(noise.theirs, greeting.credential, sender[0], freshness)
            self._answer(noise, greeting, initiation, sender, conversation, None, secret)

    def _isNew(
        self,
        datagram: memoryview,
        index: int,
        greeting: Greeting,
        sender: tuple[str, int],
        freshness: Freshness,
    ) -> bool:
        """
        Is an initiation no repeated one?  If its time does not say so, its sender has to prove it: the peer's clock was
        ahead before, and is right now.
        """
        shared, now = self._shared, self._shared.clock.seconds()
        if not freshness.isLater(greeting.time):
            isRepeated = freshness.isRepeated(greeting.time)
            if isRepeated or not self._jar.isOurs(greeting.cookie, sender, now):
                isCopy = freshness.isCopy(greeting.time, now)
                shared.counters["sealed-copies" if isCopy else "drop-sealed-stale"] += 1
                if not isRepeated:  # one that comes twice on its way is no reason to ask
                    self._demand(datagram, index, sender, now)
                return False
            shared.counters["sealed-handshakes-proven"] += 1
        freshness.take(greeting.time, now)
        return True

    def _answer(
        self,
        noise: Responder,
        greeting: Greeting,
        initiation: Initiation,
        sender: tuple[str, int],
        conversation: Conversation,
        member: Member | None,
        psk: bytes | None,
    ) -> None:
        shared, membership = self._shared, self._shared.membership
        port = shared.portFor(sender)
        if psk is None:  # it was away for longer than a former secret counts
            shared.counters["drop-sealed-secret"] += 1
        if port is None or psk is None:
            return
        numbers = None if member is None else membership.secrets.numbers
        try:
            payload = packReply(Reply(VERSION, membership.certificate, shared.timeOfDay.seconds(), numbers))
            message, keys = noise.write(payload, psk, ephemeralKey(shared.entropy))
        except (HandshakeInvalid, ValueError):
            shared.counters["drop-sealed-handshake"] += 1
            return
        session = self._session(conversation, keys, initiation.sender, greeting)
        conversation.answer(Answered(initiation.noise, message, keys, {sender: session}), session, member)
        if member is not None and not shared.places.hasPeer(sender):  # others never wait for room, or are few
            self._unconfirmed.add(session, sender[0])
        shared.counters["sealed-initiations-answered"] += 1
        port.answering(sender).send(packResponse(session.ours, session.theirs, message, macKey(noise.theirs)), sender)

    def _answerCopy(self, noise: Responder, index: int, sender: tuple[str, int], conversation: Conversation) -> None:
        """
        An initiation that we answered came over another way, too.

        @param index: that the peer chose for this way.
        """
        port, answered, first = self._shared.portFor(sender), conversation.answers.last, conversation.next
        if port is None or answered is None or first is None:
            return
        session = Session(
            conversation,
            self._shared.membership.cipher,
            answered.keys,
            self._shared.indices.free(),
            index,
            first.made,
            initiator=False,
            version=first.version,
            ahead=first.ahead,
            secret=first.secret,
        )
        conversation.answers.answerCopy(session, sender)
        self._shared.counters["sealed-copies-answered"] += 1
        response = packResponse(session.ours, index, answered.response, macKey(noise.theirs))
        port.answering(sender).send(response, sender)

    def _session(self, conversation: Conversation, keys: TransportKeys, theirs: int, greeting: Greeting) -> Session:
        shared = self._shared
        return Session(
            conversation,
            shared.membership.cipher,
            keys,
            shared.indices.free(),
            theirs,
            shared.clock.seconds(),
            initiator=False,
            version=min(VERSION, greeting.version),
            ahead=shared.timeOfDay.ahead(greeting.clock),
            secret=None if greeting.secrets is None else max(greeting.secrets, default=0),
        )
