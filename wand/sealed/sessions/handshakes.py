"""
Everything that arrives and carries no data: handshakes, cookies, and what nobody understands.
"""

from __future__ import annotations

from wand.sealed.sessions.answering import Answering, ConversationsByPeer
from wand.sealed.sessions.echoes import Echoes
from wand.sealed.sessions.packets import (
    COOKIE,
    DATA,
    ECHO,
    INITIATION,
    RESPONSE,
    VERSION,
    CookieMessage,
    Response,
)
from wand.sealed.sessions.shared import Shared


class Handshakes:
    """
    Takes such datagrams, and hands each to the attempt or the responder that it is for.

    @ivar answering: takes the initiations.
    """

    def __init__(self, shared: Shared, conversations: ConversationsByPeer, echoes: Echoes) -> None:
        self.answering = Answering(shared, conversations)
        self._shared = shared
        self._echoes = echoes

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
        elif kind == ECHO:
            self._shared.counters["drop-sealed-echo"] += not self._echoes.received(datagram)
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
            attempt = self._shared.indices.attempts.get(response.receiver)
            if response.version > VERSION:
                self._shared.counters["drop-sealed-version"] += 1
            elif attempt is None:
                self._shared.counters["drop-sealed-unknown-index"] += 1
            else:
                attempt.responseReceived(response, sender)
