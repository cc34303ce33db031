"""
Copies of frames to groups, on their way from here.
"""

from __future__ import annotations

import attrs


@attrs.define(eq=False)
class Copy:
    """
    A frame for one range.

    @ivar originator: whose it is.
    @ivar parts: it, in parts.
    @ivar limit: where the range ends.
    @ivar givenUp: how many members did not take it.
    @ivar refused: how many of these take others.
    """

    originator: bytes
    parts: list[bytes]
    limit: bytes
    givenUp: int = 0
    refused: int = 0
    sent: int = 0
    sentAt: float = 0.0
    dueAt: float = 0.0
