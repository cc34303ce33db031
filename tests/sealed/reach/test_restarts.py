"""
A NAT that restarts, and gives its host other ports than before, in front of whoever has nothing to say.
"""

from __future__ import annotations

from reach_case import PING_INTERVAL, ReachTestCase, Resident
from sealed_network_case import frame
from simulated.situations import CONE, Land, Spot

from wand.endpoint import NODE_PORT
from wand.sealed.credentials.identity import Identity
from wand.testing.nats import Nat

#: Seconds until whoever is behind it is reached again, and for which the NAT is away.
LIMIT = 3.0
AWAY = 0.5


class RestartTests(ReachTestCase):
    """
    One member sends, another is behind a NAT that restarts: nobody can tell it, since nobody knows where it is.
    """

    def setUp(self) -> None:
        super().setUp()
        land = Land(self.network)
        spots = land.spot(CONE), land.spot(CONE)
        self.one, self.two = (self.resident(each.region, *each.addresses, port=NODE_PORT) for each in spots)
        self.assertLess(self.firstAnswer(self.one, self.two, LIMIT), LIMIT)

    def test_whoIsPinged(self) -> None:
        """
        Whoever only answers finds out, even if what it heard last was a question whether it is there.
        """
        for moment in (0.01, 0.02, 0.05, 0.1, 0.3):
            self.lostPings(self.one, self.two, 1.0)
            self.one.ping(self.two)
            self.go(0.05)
            self.seek(self.one, self.two)
            self.go(moment)
            self.restart(self.two)
            self.assertLess(self.firstAnswer(self.one, self.two, LIMIT), LIMIT, moment)

    def test_whoOnlyListens(self) -> None:
        """
        Whoever gets frames and answers none finds out, too.
        """
        self.go(12.0)
        self.tell(2.0)
        self.restart(self.two)
        before = len(self.two.received)
        self.tell(LIMIT)
        self.assertGreater(len(self.two.received), before)

    def tell(self, seconds: float) -> None:
        """
        Let one send frames that want no answer.
        """
        for _ in range(round(seconds / PING_INTERVAL)):
            self.one.host.send(frame(self.two.mac, self.one.mac, b"news"))
            self.go(PING_INTERVAL)

    def seek(self, source: Resident, target: Resident) -> None:
        """
        Let a node ask another whether it is where it was.
        """
        identity = Identity.parse(target.own.key)
        assert identity is not None
        source.node.etud.transport.sessions.seek(identity)

    def restart(self, resident: Resident) -> None:
        """
        Let the router restart that a resident is behind.
        """
        router = Spot(resident.region, ()).router
        assert isinstance(router, Nat)
        router.ports = "random"
        router.reboot()
        undo = self.network.drop(lambda each: True)
        self.go(AWAY)
        undo()
