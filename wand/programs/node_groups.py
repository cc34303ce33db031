"""
Frames to groups, as a node of a sealed network sends and takes them.
"""

from __future__ import annotations

from typing import Final

from wand.config import EtudConfiguration
from wand.interfaces import Context, ISessionTransport
from wand.sealed.groups.groups import Groups, GroupSettings
from wand.sealed.node.node_membership import NodeMembership
from wand.table import Table

#: What the operator of a node is told whose network, or whose own configuration, wants no frames to groups.
UNWANTED: Final = (
    "broadcast and multicast are off in this network (groups = false, at the server or here): what asks everybody, "
    "such as DHCP or mDNS, finds nobody; addresses of members are still found"
)


class NodeGroups(Groups):
    """
    Sends and takes them, and says whether there are any.
    """

    def __init__(
        self,
        configuration: EtudConfiguration,
        member: NodeMembership,
        transport: ISessionTransport,
        table: Table,
        context: Context,
    ) -> None:
        settings = GroupSettings(configuration.groups, configuration.groupDirect, configuration.groupCopies)
        super().__init__(member.sealed, transport.sessions, member.claims, table, context, settings)
        self._notes = context.notes

    def look(self) -> None:
        """
        Say what an operator has to know.
        """
        if self.isWanted:
            self._notes.clear("groups")
        else:
            self._notes.say("groups", UNWANTED, isHint=True)
