"""
Two servers on one store, in simulated time.
"""

from __future__ import annotations

from typing import Any

from authority_case import ENDPOINTS, AuthorityCase, Observer
from simulated.membership import macFrom

from wand.sealed.authority.authority import Authority
from wand.sealed.authority.other_servers import SIGNING_GRACE
from wand.sealed.authority.stored_network import NetworkSettings
from wand.sealed.node.enrolment import Enrolment
from wand.sealed.node.joining import joinRequest
from wand.testing.shared_store import SharedStore

OTHER_ENDPOINTS = ("192.0.2.2:44444",)


class TwoServersCase(AuthorityCase):
    """
    The server C{authority} has the network key, C{other} has not.
    """

    prefix = "10.77.0.0/16"

    def setUp(self) -> None:
        self.store = SharedStore()
        super().setUp()
        self.authority = self.openedFrom(self.directory(), "one")
        self.other = self.openedFrom(self.directory(), "two")
        self.observer, self.otherObserver = Observer(), Observer()
        self.authority.observe(self.observer)
        self.other.observe(self.otherObserver)
        self.now(self.authority.servers.tell(ENDPOINTS))
        self.now(self.other.servers.tell(OTHER_ENDPOINTS))
        self.addCleanup(self.authority.stop)
        self.addCleanup(self.other.stop)

    def openedFrom(self, state: Any, name: str) -> Authority:
        self.records = self.store.open()
        settings = NetworkSettings(server=name, prefix=self.prefix)
        return self.now(
            Authority.open(self.records, state, self.clock, self.events, settings, self.hooks, wallClock=self.wallClock)
        )

    def joinAt(self, server: Authority, node: Enrolment, name: str = "alice") -> Any:
        return self.now(self.joiningAt(server, node, name))

    def joiningAt(self, server: Authority, node: Enrolment, name: str = "alice") -> Any:
        assert node.token is not None
        join = joinRequest(node.key, node.token, name, macFrom(node.identity.text))
        return server.requests.redeem(join, node.key.exchangePublic, node.token.invitation, "198.51.100.1:22222")

    def signed(self) -> None:
        """
        Let the first server sign what the second left.
        """
        self.clock.advance(SIGNING_GRACE)
