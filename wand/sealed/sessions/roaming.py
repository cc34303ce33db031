"""
Where else a peer was heard: a datagram that opens proves who sealed it, not where that one is.  Somebody on the path
may send it on with the address of a victim, and a dishonest member may forge its own address.  So what we have for a
peer goes where it went until the peer answered a challenge at the new place, which takes one way there and back
(RFC 9000, section 8.2, has the same idea).

    kind 7 (1) | 0 a sign of life, 1 a challenge, 2 its answer (1) | 8 octets: zeros, chance, those of the challenge

All three have one length, so that no challenge is longer than what it answers, and one goes for one that came.
"""

from __future__ import annotations

from collections.abc import Callable
from hmac import compare_digest
from typing import Final

#: The first octet of the plaintext.
PRESENCE: Final = 7

#: The second.
ALIVE: Final = 0
CHALLENGE: Final = 1
ANSWER: Final = 2

#: Octets of the plaintext; no frame is so short.
PRESENCE_SIZE: Final = 10

#: The whole plaintext of a keepalive.
SIGN_OF_LIFE: Final = bytes([PRESENCE, ALIVE]).ljust(PRESENCE_SIZE, b"\0")

#: The whole plaintext of a question whether the peer is still there; it is long enough for a challenge to follow it.
QUESTION: Final = bytes([PRESENCE, CHALLENGE]).ljust(PRESENCE_SIZE, b"\0")

#: How many places are tried at a time.
PLACES_MAXIMUM: Final = 4

#: Seconds between two challenges to one place, while the peer is heard there.
CHALLENGE_INTERVAL: Final = 0.2


class Roaming:
    """
    The places where a peer was heard and that are not proven yet.
    """

    def __init__(self, entropy: Callable[[int], bytes]) -> None:
        self._entropy = entropy
        self._asked: dict[tuple[str, int], tuple[bytes, float]] = {}

    def challenge(self, place: tuple[str, int], now: float) -> bytes | None:
        """
        The peer was heard elsewhere.

        @return: the challenge that is to be sent there; C{None} if one is under way.
        """
        chance, asked = self._asked.get(place, (b"", float("-inf")))
        if now - asked < CHALLENGE_INTERVAL:
            return None
        if place not in self._asked and len(self._asked) >= PLACES_MAXIMUM:
            del self._asked[next(iter(self._asked))]
        chance = chance or self._entropy(PRESENCE_SIZE - 2)
        self._asked[place] = chance, now
        return bytes([PRESENCE, CHALLENGE]) + chance

    def isProven(self, place: tuple[str, int], answer: memoryview) -> bool:
        """
        Does what came from a place answer the challenge that was sent there?
        """
        chance, _ = self._asked.get(place, (b"", 0.0))
        return bool(chance) and compare_digest(chance, answer[2:])

    def forget(self) -> None:
        """
        The peer is where it is, or there is no session any more.
        """
        self._asked.clear()


def answerOf(challenge: memoryview) -> bytes:
    """
    What answers a challenge.
    """
    return bytes([PRESENCE, ANSWER]) + challenge[2:]
