"""
An attempt to reach a peer: an initiation, sent again and again until it is answered.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from twisted.internet.interfaces import IDelayedCall

from wand.protocols.sealed.cookies import openCookie
from wand.protocols.sealed.noise import HandshakeInvalid, Initiator, TransportKeys
from wand.protocols.sealed.packets import (
    VERSION,
    CookieMessage,
    Greeting,
    Reply,
    Response,
    macKey,
    macOne,
    packGreeting,
    packInitiation,
    parseReply,
)
from wand.protocols.sealed.shared import Shared
from wand.protocols.sealed.timers import ATTEMPT_END, COOKIE_LIFE, RESEND_FIRST, RESEND_JITTER, RESEND_MAXIMUM

if TYPE_CHECKING:
    from wand.protocols.sealed.conversation import Conversation


class Attempt:
    """
    An attempt at work.  Every repetition is a handshake of its own, because the peer answers none twice.  What goes to
    each place has a number of its own, so that the answer tells at which of them the peer read it, wherever it may seem
    to come from.

    @ivar conversation: whose it is.
    @ivar sendings: how often an initiation was sent.
    """

    def __init__(self, shared: Shared, conversation: Conversation, gaveUp: Callable[[], None]) -> None:
        """
        @param gaveUp: called when nobody answered.
        """
        self.conversation = conversation
        self.sendings = 0
        self._turn = 0  # as with C{sendings}, but whoever demands a cookie is not left out of the answer
        self._shared = shared
        self._gaveUp = gaveUp
        self._places: dict[tuple[str, int], int] = {}
        self._end = shared.clock.seconds() + ATTEMPT_END
        self._wait = RESEND_FIRST
        self._sentAt = 0.0
        self._timer: IDelayedCall | None = None
        self._noise: Initiator | None = None
        self._macs: dict[int, bytes] = {}
        self._repeat()

    def stop(self) -> None:
        """
        End the attempt; leaves no timer and no index behind.
        """
        self.withdraw()
        if self._timer is not None and self._timer.active():
            self._timer.cancel()
        self._timer = None

    def withdraw(self) -> None:
        """
        Take back what was sent last, because the peer's own handshake goes first.  If nothing comes of that one, the
        next repetition is due as before.
        """
        self._noise = None
        for index in self._places.values():
            self._shared.indices.attempts.pop(index, None)

    def hasten(self) -> None:
        """
        Something changed on the way: try as soon as a first attempt would be repeated, and often.
        """
        if self._timer is not None and self._timer.active():
            self._timer.cancel()
            now = self._shared.clock.seconds()
            self._wait = RESEND_FIRST
            self._timer = self._shared.clock.callLater(max(0.0, self._sentAt + RESEND_FIRST - now), self._repeat)

    def answer(self, response: Response) -> tuple[Reply, TransportKeys] | None:
        """
        Open a response.

        @return: C{None} if it does not open, or says nothing that we understand; the attempt goes on.
        """
        if self._noise is None:
            return None
        try:
            payload, keys = self._noise.read(response.noise, self.conversation.psk)
        except HandshakeInvalid:
            return None
        reply = parseReply(payload)
        return None if reply is None else (reply, keys)

    def cookieDemanded(self, message: CookieMessage) -> None:
        """
        The peer wants a cookie: send the initiation again, with it.
        """
        mac = self._macs.get(message.receiver)
        cookie = openCookie(message, self.conversation.exchangeKey, mac) if mac else None
        if cookie is None:
            self._shared.counters["drop-sealed-cookie"] += 1
            return
        self._shared.counters["sealed-cookies-received"] += 1
        self.conversation.cookie = cookie
        self.conversation.cookieUntil = self._shared.clock.seconds() + COOKIE_LIFE
        self._turn -= 1
        self._send()
        self._turn += 1
        self._macs = {}  # one cookie for one initiation, lest somebody on the path makes us send without end

    def _repeat(self) -> None:
        now = self._shared.clock.seconds()
        if now >= self._end:
            self._timer = None
            self._gaveUp()
            return
        try:
            self._send()
        except Exception:  # the next repetition may do better, and somebody waits for the end of it
            self._shared.failures.caught("handshake")
        self._turn += 1
        wait = self._wait * (1 + RESEND_JITTER * self._shared.random.random())
        self._wait = min(RESEND_MAXIMUM, 2 * self._wait)
        self._timer = self._shared.clock.callLater(min(wait, self._end - now), self._repeat)

    def _send(self) -> None:
        cookie = self._cookie()
        message = self._message(cookie)
        if message is None:
            return
        self._sentAt = self._shared.clock.seconds()
        self.sendings += 1
        conversation = self.conversation
        key = macKey(conversation.exchangeKey)
        for place in conversation.candidates(self._turn):
            index = self._indexFor(place)
            datagram = packInitiation(index, message, key, cookie)
            self._macs[index] = macOne(datagram)
            if self._sendTo(place, datagram):
                self._shared.counters["sealed-initiations-sent"] += 1

    def _sendTo(self, place: tuple[str, int], datagram: bytes) -> bool:
        """
        Send from the address at which the peer was heard, if it was: nothing else may get through to it.  Every other
        time from the one that the system chooses: that may not lead there any more.
        """
        port = self._shared.portFor(place)
        if port is None:
            return False
        return (port if self._turn % 2 else port.answering(place)).send(datagram, place)

    def _indexFor(self, place: tuple[str, int]) -> int:
        indices = self._shared.indices
        if place not in self._places:
            self._places[place] = indices.free()
        indices.attempts[self._places[place]] = self
        return self._places[place]

    def _cookie(self) -> bytes:
        conversation = self.conversation
        return conversation.cookie if self._shared.clock.seconds() < conversation.cookieUntil else b""

    def _message(self, cookie: bytes) -> bytes | None:
        shared, conversation = self._shared, self.conversation
        membership = shared.membership
        greeting = Greeting(
            VERSION,
            shared.milliseconds(),
            conversation.purpose,
            conversation.credential,
            shared.seconds(),
            cookie,
        )
        try:
            self._noise = Initiator(
                membership.cipher, shared.prologue, membership.exchangeKey, conversation.exchangeKey, shared.ephemeral()
            )
            return self._noise.write(packGreeting(greeting))
        except (HandshakeInvalid, ValueError):
            self._noise = None
            shared.counters["drop-sealed-handshake"] += 1
            return None

    def placeOf(self, index: int) -> tuple[str, int]:
        """
        Where the initiation went that has this number.
        """
        return next(place for place, each in self._places.items() if each == index)
