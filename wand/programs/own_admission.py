"""
How a node comes to admit others: it founded its network, or the network lets it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

from twisted.application.service import MultiService
from twisted.internet.defer import Deferred

from wand.control.network_administration import NetworkAdministration
from wand.interfaces import Context
from wand.programs.hooks import HookService
from wand.programs.reserved_anew import takeReserve
from wand.sealed.node.enrolment_files import FOUNDED
from wand.sealed.node.node_membership import NodeMembership

if TYPE_CHECKING:
    from wand.programs.deputy_admission import DeputyAdmission
    from wand.programs.node_admission import NodeAdmission


class OwnAdmission:
    """
    Begins to admit others, as a service of the node, as soon as there is a reason.

    @ivar service: what admits others; C{None} while nothing does.
    """

    def __init__(
        self, node: MultiService, context: Context, hooks: HookService, reserve: Callable[[], Sequence[str]]
    ) -> None:
        """
        @param hooks: those that are asked before somebody is admitted.
        @param reserve: gives ranges of addresses that nobody gets, see L{wand.address_ranges}.
        """
        self.service: NodeAdmission | DeputyAdmission | None = None
        self._node = node
        self._context = context
        self._hooks = hooks
        self._reserve = reserve

    def resume(self, member: NodeMembership) -> None:
        """
        Admit others again, if this node founded its network.
        """
        if member.enrolment.state.has(FOUNDED):
            self._founding(member)

    def certified(self, member: NodeMembership) -> None:
        """
        Our certificate may be another one: admit others, if it lets us.
        """
        if member.enrolment.isGranted and self.service is None:
            from wand.programs.deputy_admission import DeputyAdmission  # as below

            self.service = DeputyAdmission(self._context, self._hooks, member, self._reserve)
            self.service.setServiceParent(self._node)

    async def found(self, member: NodeMembership, name: str, prefix: str, prefix6: str) -> str:
        """
        See L{wand.programs.node_admission.NodeAdmission.found}.
        """
        try:
            return await self._founding(member).found(name, prefix, prefix6)
        except BaseException:
            if not member.enrolment.state.has(FOUNDED):
                await self._end()
            raise

    def _founding(self, member: NodeMembership) -> NodeAdmission:
        from wand.programs.node_admission import NodeAdmission  # 1.2 MB that most nodes do not need

        service = self.service
        if not isinstance(service, NodeAdmission):
            self.service = service = NodeAdmission(self._context, self._hooks, member, self._reserve)
            service.setServiceParent(self._node)
        return service

    async def _end(self) -> None:
        service, self.service = self.service, None
        if service is not None:
            await service.disownServiceParent()

    def takeReserve(self, before: Sequence[str], after: Sequence[str]) -> Iterator[str]:
        """
        See L{wand.programs.reserved_anew.takeReserve}.
        """
        service = self.service
        return takeReserve(before, after, Deferred if service is None else service.opened)

    def look(self) -> None:
        """
        Say what needs a person.
        """
        if self.service is not None:
            self.service.look()

    @property
    def administration(self) -> NetworkAdministration | None:
        """
        What operators see and change of the members; C{None} where nobody is admitted.
        """
        if self.service is None:
            return None
        from wand.programs.server_administration import OpeningService, ServerAdministration

        service: OpeningService[Any] = self.service
        return ServerAdministration(service)
