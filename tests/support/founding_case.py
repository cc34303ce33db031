"""
A network without a server for tests: its founder, and nodes that it admits, in simulated time.
"""

from __future__ import annotations

from collections.abc import Coroutine
from typing import Any

from sealed_network_case import Dwelling, SealedNetworkTestCase
from twisted.internet.defer import Deferred

from wand.control.network_administration import InvitationSettings
from wand.sealed.credentials.member_status import MemberStatus


class FoundingCase(SealedNetworkTestCase):
    """
    Nodes, and no server.
    """

    def setUp(self) -> None:
        super().setUp()
        self.end(self.server)

    def done(self, coroutine: Coroutine[Any, Any, Any], seconds: float = 0.2) -> Any:
        doing = Deferred.fromCoroutine(coroutine)
        self.go(seconds)
        return self.successResultOf(doing)

    def failing(self, coroutine: Coroutine[Any, Any, Any], kind: type[Exception]) -> str:
        doing = Deferred.fromCoroutine(coroutine)
        self.go(0.2)
        return str(self.failureResultOf(doing, kind).value)

    def founder(self, number: int = 1, **keys: object) -> tuple[Dwelling, str]:
        """
        A node that has founded a network, and the first invitation.
        """
        dwelling = self.dwelling(number, joins=False, **keys)
        token: str = self.done(dwelling.node.found("home", ""))
        return dwelling, token

    def invited(self, founder: Dwelling, **terms: Any) -> str:
        token: str = self.done(founder.node.network.invite(InvitationSettings(**terms)))
        return token

    def membersOf(self, founder: Dwelling) -> dict[str, MemberStatus]:
        return {each.name: each for each in founder.node.network.members(None, 99)}
