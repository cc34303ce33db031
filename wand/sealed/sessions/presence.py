"""
Presence: signs of life, and questions whether a peer is at a place.  A datagram that opens proves who sealed it, not
where that one is: somebody on the path may send it on with the address of a victim, and a dishonest member may forge
its own.  Whoever answers a challenge where it was sent is there (RFC 9000, section 8.2, has the same idea).

    kind 7 (1) | 0 a sign of life, 1 a challenge, 2 its answer, 3 a challenge because nothing is heard (1) |
    8 octets: zeros, chance, those of the challenge | 4 octets: zeros, the challenge's counter, what came before it

All have one length, so that no answer is longer than its challenge, and no challenge than what it answers.  A sign of
life says besides: this is the way by which I send.
"""

from __future__ import annotations

from typing import Final

#: The first octet of the plaintext.
PRESENCE: Final = 7

#: The second.
ALIVE: Final = 0
CHALLENGE: Final = 1
ANSWER: Final = 2
UNHEARD: Final = 3

#: Octets of the plaintext; no frame is so short.
PRESENCE_SIZE: Final = 14

#: Octets of chance in a challenge, and where it ends.
CHANCE: Final = 8
CHANCE_END: Final = 2 + CHANCE

#: What the counter in a challenge has of the whole one.
_COUNTER: Final = 0xFFFFFFFF

#: The whole plaintext of a keepalive.
SIGN_OF_LIFE: Final = bytes([PRESENCE, ALIVE]).ljust(PRESENCE_SIZE, b"\0")


def challengeOf(chance: bytes, counter: int, *, isUnheard: bool = False) -> bytes:
    """
    The whole plaintext of a challenge.

    @param chance: L{CHANCE} octets that nobody can guess.
    @param counter: its own.
    @param isUnheard: is it asked because frames wait for an answer and nothing is heard?
    """
    what = UNHEARD if isUnheard else CHALLENGE
    return bytes([PRESENCE, what]) + chance + (counter & _COUNTER).to_bytes(4, "big")


def answerOf(challenge: memoryview, came: int) -> bytes:
    """
    What answers a challenge.

    @param came: see L{wand.sealed.sessions.replay.Window.cameBefore}.
    """
    return bytes([PRESENCE, ANSWER]) + challenge[2:CHANCE_END] + came.to_bytes(4, "big")


def counterOf(challenge: memoryview) -> int:
    """
    The lower 32 bits of the counter of a challenge.
    """
    return int.from_bytes(challenge[CHANCE_END:], "big")


def sampleOf(size: int) -> bytes:
    """
    A plaintext that says nothing, and that nobody can tell from a frame who cannot open it.

    @param size: its octets, more than L{PRESENCE_SIZE}.
    """
    return bytes([PRESENCE]).ljust(size, b"\0")
