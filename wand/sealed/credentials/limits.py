"""
Limits: how much a single member may burden all others.  They stand in its certificate.
"""

from __future__ import annotations

from typing import Annotated, Final

import msgspec
from msgspec import Meta

from wand.errors import MembershipRefused

#: How many MAC addresses may be behind a member with the bridge right, if the operator says nothing else, and at most.
MACS: Final = 256
MACS_MAXIMUM: Final = 65_536

#: How many broadcast and multicast frames a member may send in a second, if the operator says nothing else, and at
#: most.  A multicast stream of 40 Mbit/s has 4,000; a loop of bridges, or somebody who wants to drown others, more.
BROADCASTS: Final = 4000
BROADCASTS_MAXIMUM: Final = 1_000_000

#: The largest document of requests or signatures, in octets.
DOCUMENT_MAXIMUM: Final = 64_000_000

#: For how many seconds the former secret counts between members, if nobody says otherwise; and at most.
OVERLAP: Final = 7 * 86_400.0
OVERLAP_MAXIMUM: Final = 366 * 86_400.0


class Limits(msgspec.Struct, frozen=True, array_like=True):
    """
    The limits of a member.

    @ivar macs: how many MAC addresses may be behind it, if it has the bridge right.
    @ivar broadcasts: how many frames to groups it may send in a second; twice as many at once.
    """

    macs: Annotated[int, Meta(ge=1, le=MACS_MAXIMUM)] = MACS
    broadcasts: Annotated[int, Meta(ge=1, le=BROADCASTS_MAXIMUM)] = BROADCASTS

    def changed(self, macs: int | None = None, broadcasts: int | None = None) -> Limits:
        """
        The same with other numbers; C{None} leaves one as it is.

        @raise MembershipRefused: if a number is out of range.
        """
        wanted = Limits(self.macs if macs is None else macs, self.broadcasts if broadcasts is None else broadcasts)
        if not 1 <= wanted.macs <= MACS_MAXIMUM:
            raise MembershipRefused(f"behind a member there may be 1 to {MACS_MAXIMUM} MAC addresses")
        if not 1 <= wanted.broadcasts <= BROADCASTS_MAXIMUM:
            raise MembershipRefused(f"a member may send 1 to {BROADCASTS_MAXIMUM} broadcasts a second")
        return wanted

    def raisedBy(self, offered: Limits) -> Limits:
        """
        The same with what an invitation offers, where that is more, and more than the usual: one that says nothing of
        limits does not undo it when an operator lowered one.
        """
        return Limits(_raised(self.macs, offered.macs, MACS), _raised(self.broadcasts, offered.broadcasts, BROADCASTS))


def _raised(own: int, offered: int, usual: int) -> int:
    return max(own, offered) if offered > usual else own


#: What holds if the operator says nothing else.
DEFAULT_LIMITS: Final = Limits()
