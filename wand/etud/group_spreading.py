"""
Frames to groups in a network that may be too large to send them to each peer.
"""

from __future__ import annotations

from typing import Protocol

from wand.ethernet import Frame


class GroupSpreading(Protocol):
    """
    Sends frames to groups otherwise than to each peer directly; L{wand.sealed.groups.groups.Groups} provides it.
    """

    @property
    def isTaking(self) -> bool:
        """
        Do such frames of the host go that way?
        """

    def spread(self, frame: Frame) -> None:
        """
        Send a frame of the host to everybody.
        """

    def mayArrive(self) -> bool:
        """
        May a frame to a group that came directly go to the host?
        """
