"""
Rotations: signed statements of the network that its members have another secret from now on.
"""

from __future__ import annotations

from hashlib import sha256
from typing import ClassVar, Final

from wand.sealed.credentials.fields import Count, Octets32, checkSecret
from wand.sealed.credentials.signed import Body

#: How many bits of a number are not the seconds at which it was made, but those with which the digest of its secret
#: begins.
DIGEST_BITS: Final = 21

#: The last moment that a number has room for: in the year 2106.
MADE_MAXIMUM: Final = (1 << 32) - 1


def numberOf(made: int, secret: bytes) -> int:
    """
    The number of a secret.  Two servers that know nothing of each other give two secrets two numbers, also at the same
    moment; and everybody agrees which of them is the later one.

    @param made: when it was made, in seconds since the epoch.
    """
    return made << DIGEST_BITS | int.from_bytes(sha256(secret).digest(), "big") >> 256 - DIGEST_BITS


def madeAt(number: int) -> int:
    """
    About when the secret of a number was made, in seconds since the epoch; 0 for the one that the network began with.
    """
    return number >> DIGEST_BITS


class Rotation(Body, frozen=True, array_like=True):
    """
    Another secret takes the place of the one that members had.  It travels in sessions of members only.

    @ivar number: that of the new secret, see L{numberOf}; higher than that of every one that its maker knew.
    @ivar former: the number of the secret whose place it takes; it takes that of later ones, too, which its maker did
        not know.  0 for the one that the network began with.
    @ivar until: how long the former ones count between members, in seconds since the epoch.
    """

    domain: ClassVar[str] = "wand rotation 1"

    network: Octets32
    number: Count
    former: Count
    until: Count
    secret: Octets32

    def __post_init__(self) -> None:
        checkSecret(self.secret)
        if self.former >= self.number:
            raise ValueError("a secret takes the place of a later one")

    def __repr__(self) -> str:
        return f"Rotation({self.number})"  # the secret stays out of logs
