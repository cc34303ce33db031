"""
Grants: signed statements of the network that a member may admit others (docs/sealed.md, Admitting members).
"""

from __future__ import annotations

from typing import Annotated, ClassVar, Final

from msgspec import Meta

from wand.sealed.credentials.admission_limits import ADMITS_MAXIMUM
from wand.sealed.credentials.fields import Count, Octets32
from wand.sealed.credentials.signed import Body, unverified, verified

#: The rights that an admitting member may pass on, as they stand in a grant.
BRIDGE: Final = 1
RELAY: Final = 2

#: The largest signed grant, in octets.
GRANT_MAXIMUM: Final = 128


class Grant(Body, frozen=True, array_like=True):
    """
    What the network lets a member do.  It is short, because it travels in the certificate of everybody whom that member
    admits.

    @ivar identity: the member that may admit others.
    @ivar since: when it became a member itself; it makes nobody older than that.
    @ivar expires: from when on nothing that it signed is valid.
    @ivar rights: L{BRIDGE} and L{RELAY}, those that it may pass on.
    @ivar members: how many seats it has: the certificates that it signs are numbered, and of two with one number only
        one counts.
    """

    domain: ClassVar[str] = "wand grant 1"

    identity: Octets32
    since: Count
    expires: Count
    rights: Annotated[int, Meta(ge=0, le=BRIDGE | RELAY)]
    members: Annotated[int, Meta(ge=1, le=ADMITS_MAXIMUM)]

    def __post_init__(self) -> None:
        if not self.since < self.expires:
            raise ValueError("a grant expires after its member became one")

    def hasRights(self, *, bridge: bool, relay: bool) -> bool:
        """
        May these be passed on?
        """
        return not rightsOf(bridge=bridge, relay=relay) & ~self.rights


def rightsOf(*, bridge: bool, relay: bool) -> int:
    """
    Rights as they stand in a grant.
    """
    return BRIDGE * bridge | RELAY * relay


def readGrant(octets: bytes) -> Grant | None:
    """
    Read a grant before it is known whether the network signed it.
    """
    return unverified(octets, Grant) if 0 < len(octets) <= GRANT_MAXIMUM else None


def isGrantOf(network: bytes, octets: bytes) -> bool:
    """
    Is this a grant that the network signed?
    """
    return len(octets) <= GRANT_MAXIMUM and verified(octets, Grant, network) is not None
