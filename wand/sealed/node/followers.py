"""
What follows a node's membership: a directory that tells others about the node, whichever it is.
"""

from __future__ import annotations

from typing import Protocol, runtime_checkable


@runtime_checkable
class MembershipFollower(Protocol):
    """
    A directory that wants to know when the node's own membership changes.  Whatever a protocol's native directory is,
    asked of servers or gossiped, it is told if it has these methods.
    """

    def announcementChanged(self) -> None:
        """
        The node's claim, its certificate or its local endpoints may have changed: announce them if so.
        """

    def serversChanged(self) -> None:
        """
        The node may know other servers than before; see L{wand.interfaces.participant.Participant.servers}.
        """

    def clockSet(self) -> None:
        """
        Somebody set the clock: a certificate that was not valid may be valid now.
        """
