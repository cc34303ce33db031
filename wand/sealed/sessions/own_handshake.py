"""
A handshake that we begin: what the initiation says, and the keys that an answer to it gives.
"""

from __future__ import annotations

from typing import Final

from wand.sealed.sessions.counterpart import Counterpart
from wand.sealed.sessions.noise import HandshakeInvalid, Initiator, TransportKeys, ephemeralKey
from wand.sealed.sessions.packets import (
    VERSION,
    Greeting,
    Reply,
    Response,
    packGreeting,
    parseReply,
    prologueOf,
)
from wand.sealed.sessions.shared import Shared

#: How often answers to one initiation are tried with another secret than the most likely one: whoever forges answers
#: costs us little more than if there were one.
GUESSES_MAXIMUM: Final = 6


class OwnHandshake:
    """
    The initiation that was written last, and what has to be kept of it to read an answer.
    """

    def __init__(self, shared: Shared, counterpart: Counterpart) -> None:
        self._shared = shared
        self._counterpart = counterpart
        self._noise: Initiator | None = None
        self._guessesLeft = 0

    @property
    def isOpen(self) -> bool:
        """
        Was an initiation written that may still be answered?
        """
        return self._noise is not None

    def drop(self) -> None:
        """
        Read no answer any more.
        """
        self._noise = None

    def write(self, cookie: bytes) -> bytes | None:
        """
        Begin anew; answers to what was written before are read no more.

        @param cookie: what the peer demanded lately; empty for nothing.
        @return: the part of the initiation that only the peer can read; C{None} if there can be none, which is counted.
        """
        shared, counterpart = self._shared, self._counterpart
        membership, timeOfDay = shared.membership, shared.timeOfDay
        greeting = Greeting(
            VERSION,
            timeOfDay.milliseconds(),
            counterpart.purpose,
            counterpart.credential,
            timeOfDay.seconds(),
            cookie,
            counterpart.secrets,
        )
        prologue, ephemeral = prologueOf(membership.network), ephemeralKey(shared.entropy)
        self._guessesLeft = GUESSES_MAXIMUM
        try:
            self._noise = Initiator(
                membership.cipher, prologue, membership.exchangeKey, counterpart.exchangeKey, ephemeral
            )
            return self._noise.write(packGreeting(greeting))
        except (HandshakeInvalid, ValueError):
            self._noise = None
            shared.counters["drop-sealed-handshake"] += 1
            return None

    def read(self, response: Response) -> tuple[Reply, TransportKeys, int] | None:
        """
        Open a response with one of the secrets that we share with the peer, which chose.

        @return: what it says, the keys of the session, and the number of the secret; C{None} if it does not open, or
            says nothing that we understand.
        """
        for turn, (number, psk) in enumerate(self._counterpart.psks):
            if self._noise is None or (turn and self._guessesLeft <= 0):
                return None
            self._guessesLeft -= bool(turn)
            try:
                payload, keys = self._noise.read(response.noise, psk)
            except HandshakeInvalid:
                continue
            reply = parseReply(payload)
            return None if reply is None else (reply, keys, number)
        return None
