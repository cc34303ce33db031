"""
Allowances: signed statements of the network that a member may admit fewer than its grant says.
"""

from __future__ import annotations

from typing import Annotated, ClassVar

from msgspec import Meta

from wand.sealed.credentials.admission_limits import ADMITS_MAXIMUM
from wand.sealed.credentials.fields import Count, Octets32
from wand.sealed.credentials.grant import Grant
from wand.sealed.credentials.signed import Body


class Allowance(Body, frozen=True, array_like=True):
    """
    Of what this member signed under the grants that it had then, only seats below a number count.  A grant itself
    cannot be taken back: it stands in the certificates of those whom the member admitted.

    @ivar number: of several about one member the one with the highest counts; about when it was signed, in seconds
        since the epoch.
    @ivar expires: it is about grants that expire then or before; those that are given later are as they say.
    @ivar members: how many seats count.
    """

    domain: ClassVar[str] = "wand allowance 1"

    network: Octets32
    identity: Octets32
    number: Count
    expires: Count
    members: Annotated[int, Meta(ge=0, le=ADMITS_MAXIMUM)]

    def seatsOf(self, grant: Grant) -> int:
        """
        How many seats of a grant count.
        """
        return min(grant.members, self.members) if grant.expires <= self.expires else grant.members
