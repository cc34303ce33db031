"""
What all nodes have in common that admit members: they answer who joins, and know who is there.
"""

from __future__ import annotations

from typing import Generic, TypeVar

from wand.errors import PortUnavailable
from wand.interfaces import Context
from wand.sealed.authority.admissions import Admissions
from wand.sealed.authority.member_authority import MemberAuthority
from wand.sealed.credentials.identity import Identity
from wand.sealed.credentials.token import ENDPOINTS_MAXIMUM
from wand.sealed.node.node_membership import NodeMembership

Decider = TypeVar("Decider", bound=MemberAuthority)


class AdmittingNode(Generic[Decider]):
    """
    Admits members; see L{wand.programs.server_administration.Admitting}.

    @ivar authority: the members that it decides about.
    """

    def __init__(self, authority: Decider, member: NodeMembership, context: Context) -> None:
        self.authority = authority
        self._member = member
        self._admissions = Admissions(authority, member.sessions, member.sealed.control, context, lambda identity: None)
        authority.observe(self._admissions)

    def stop(self) -> None:
        """
        Leave no timer behind.
        """
        self._admissions.stop()
        self.authority.stop()

    def presenceOf(self, identity: Identity) -> tuple[bool, float | None, str]:
        """
        Is a member online, when was it last heard, in seconds since the epoch, and which version does it run?
        """
        seen = self._member.seen.of(identity)
        return seen.online, seen.seen, seen.version

    @property
    def secretHolders(self) -> int:
        """
        How many members said that they have the newest secret of the network.
        """
        return self._member.secretHolders

    def endpoints(self) -> list[str]:
        """
        Where others reach this node.

        @raise PortUnavailable: if nobody knows.
        """
        found = [str(each.endpoint) for each in self._member.candidates.candidates()]
        if not found:
            raise PortUnavailable("this node does not know where others reach it: say so with --endpoint HOST:PORT")
        return found[:ENDPOINTS_MAXIMUM]
