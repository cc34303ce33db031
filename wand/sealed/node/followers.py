"""
What a node's membership tells of its changes to: the directories that it has, whichever they are.
"""

from __future__ import annotations

from typing import Protocol


class MembershipFollower(Protocol):
    """
    Is told when the node's own membership changes.  A node's directories service is, and passes that on to each
    directory that provides L{wand.interfaces.IMembershipFollower}.
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
