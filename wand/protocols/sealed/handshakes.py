"""
Everything that arrives and carries no data: handshakes, cookies, and what nobody understands.
"""

from __future__ import annotations

from wand.membership.member import Member
from wand.protocols.sealed.answering import Answering, Rolls
from wand.protocols.sealed.packets import (
    COOKIE,
    DATA,
    HANDSHAKE_SIZE,
    INITIATION,
    RESPONSE,
    VERSION,
    CookieMessage,
    Response,
)
from wand.protocols.sealed.peers import Correspondent, JoinKey
from wand.protocols.sealed.session import Session
from wand.protocols.sealed.shared import Shared


class Handshakes:
    """
    Takes them, and gives each to whom it concerns.

    @ivar answering: takes the initiations.
    """

    def __init__(self, shared: Shared, rolls: Rolls) -> None:
        self.answering = Answering(shared, rolls)
        self._shared = shared

    def received(self, datagram: memoryview, sender: tuple[str, int]) -> None:
        """
        A datagram came that carries no data.
        """
        kind = datagram[0] if len(datagram) else DATA
        if kind in (INITIATION, RESPONSE) and not self._shared.membership.cipher:
            self._shared.counters["drop-sealed-newcomer"] += 1
        elif kind == INITIATION:
            self.answering.initiationReceived(datagram, sender)
        elif kind == RESPONSE:
            self._responseReceived(datagram, sender)
        elif kind == COOKIE:
            self._cookieReceived(datagram)
        else:
            self._shared.counters["drop-sealed-malformed" if kind == DATA else "drop-sealed-unknown-type"] += 1

    def _cookieReceived(self, datagram: memoryview) -> None:
        message = CookieMessage.parse(datagram)
        attempt = None if message is None else self._shared.indices.attempts.get(message.receiver)
        if message is None:
            self._shared.counters["drop-sealed-malformed"] += 1
        elif attempt is None:
            self._shared.counters["drop-sealed-unknown-index"] += 1
        else:
            attempt.cookieDemanded(message)

    def _responseReceived(self, datagram: memoryview, sender: tuple[str, int]) -> None:
        response = Response.parse(datagram)
        if response is None:
            self._shared.counters["drop-sealed-malformed"] += 1
        elif self.answering.macRight(datagram):
            if response.version > VERSION:
                self._shared.counters["drop-sealed-version"] += 1
            else:
                self._answerReceived(response, sender)

    def _answerReceived(self, response: Response, sender: tuple[str, int]) -> None:
        attempt = self._shared.indices.attempts.get(response.receiver)
        if attempt is None:
            self._shared.counters["drop-sealed-unknown-index"] += 1
            return
        opened = attempt.answer(response)
        if opened is None:
            self._shared.counters["drop-sealed-handshake"] += 1
            return
        reply, keys = opened
        conversation = attempt.conversation
        member = self._shared.membership.admit(reply.credential, conversation.exchangeKey)
        if member is None or not _isExpected(conversation.peer, member):
            self._shared.counters["drop-sealed-refused"] += 1
            return
        session = Session(
            conversation,
            self._shared.membership.cipher,
            keys,
            response.receiver,
            response.sender,
            self._shared.clock.seconds(),
            initiator=True,
            version=min(VERSION, reply.version),
            ahead=self._shared.ahead(reply.clock),
        )
        conversation.answered(session, member, attempt.placeOf(response.receiver), sender, HANDSHAKE_SIZE)


def _isExpected(peer: Correspondent, member: Member) -> bool:
    return member.isServer if isinstance(peer, JoinKey) else member.identity == peer
