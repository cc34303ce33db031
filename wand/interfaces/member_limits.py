"""
How much a member may bring.
"""

from __future__ import annotations

from typing import Protocol


class MemberLimits(Protocol):
    """
    The limits of a member; see L{wand.sealed.credentials.limits.Limits}.

    @ivar macs: how many MAC addresses may be behind it.
    @ivar broadcasts: how many frames to groups it may send in a second; twice as many at once.
    """

    @property
    def macs(self) -> int: ...

    @property
    def broadcasts(self) -> int: ...
