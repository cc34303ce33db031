"""
Revocations: signed statements of the network that a key is no longer a member.
"""

from __future__ import annotations

from typing import ClassVar

from wand.sealed.credentials.fields import Count, Octets32
from wand.sealed.credentials.signed import Body


class Revocation(Body, frozen=True, array_like=True):
    """
    No certificate of this identity is valid, whenever it was issued.

    @ivar revoked: when, in seconds since the epoch.
    """

    domain: ClassVar[str] = "wand revocation 1"

    network: Octets32
    identity: Octets32
    revoked: Count
