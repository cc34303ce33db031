"""
What the control socket can look at of how a node reaches others.
"""

from __future__ import annotations

from typing import Protocol

from wand.reach_status import NetworkCheckStatus, WaysStatus, WhyStatus


class ReachInspection(Protocol):
    """
    How a node reaches others, as its operator sees it.  Methods raise only L{wand.errors.WandError}.
    """

    async def why(self, peer: str) -> WhyStatus:
        """
        Why a member is reached the way it is.  It is asked what it says of its network, which takes a second at most.

        @param peer: its name, its key, one of its overlay addresses or of its MAC addresses.
        @raise wand.errors.NoSuchMember: if there is no such member.
        """

    async def ways(self, peer: str) -> WaysStatus:
        """
        The ways to a member, without asking it anything.

        @raise wand.errors.NoSuchMember: if there is no such member.
        """

    async def ping(self, peer: str, place: str | None) -> float:
        """
        Ask a member to answer.

        @param place: over which of its ways; C{None} for the one in use.
        @return: the seconds that it took.
        @raise wand.errors.NoAnswer: if it does not answer.
        """

    async def check(self) -> NetworkCheckStatus:
        """
        Look at what the network around the node allows.
        """
