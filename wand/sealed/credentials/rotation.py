"""
Rotations: signed statements of the network that its members have another secret from now on.
"""

from __future__ import annotations

from typing import ClassVar

from wand.sealed.credentials.fields import Count, Octets32, checkSecret
from wand.sealed.credentials.signed import Body


class Rotation(Body, frozen=True, array_like=True):
    """
    Another secret takes the place of the one that members had.  It travels in sessions of members only.

    @ivar number: that of the new secret, higher than that of every earlier one: about when it was made, in seconds
        since the epoch, so that two never have one number, whatever was restored from a backup between them.
    @ivar former: the number of the secret whose place it takes; 0 for the one that the network began with.
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
