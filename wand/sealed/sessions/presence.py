"""
Presence: signs of life, and questions whether a peer is at a place.  A datagram that opens proves who sealed it, not
where that one is: somebody on the path may send it on with the address of a victim, and a dishonest member may forge
its own.  Whoever answers a challenge where it was sent is there (RFC 9000, section 8.2, has the same idea).

    kind 7 (1) | 0 a sign of life, 1 a challenge, 2 its answer (1) | 8 octets: zeros, chance, those of the challenge

All three have one length, so that no answer is longer than its challenge, and no challenge than what it answers.  A
sign of life says besides: this is the way by which I send.
"""

from __future__ import annotations

from typing import Final

#: The first octet of the plaintext.
PRESENCE: Final = 7

#: The second.
ALIVE: Final = 0
CHALLENGE: Final = 1
ANSWER: Final = 2

#: Octets of the plaintext; no frame is so short.
PRESENCE_SIZE: Final = 10

#: Octets of chance in a challenge.
CHANCE: Final = PRESENCE_SIZE - 2

#: The whole plaintext of a keepalive.
SIGN_OF_LIFE: Final = bytes([PRESENCE, ALIVE]).ljust(PRESENCE_SIZE, b"\0")


def challengeOf(chance: bytes) -> bytes:
    """
    The whole plaintext of a challenge.

    @param chance: L{CHANCE} octets that nobody can guess.
    """
    return bytes([PRESENCE, CHALLENGE]) + chance


def answerOf(challenge: memoryview) -> bytes:
    """
    What answers a challenge.
    """
    return bytes([PRESENCE, ANSWER]) + challenge[2:]
