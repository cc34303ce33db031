"""
Clocks that are wrong by days: what that does to gossip, and what it does not.
"""

from __future__ import annotations

from simulated.members import LIFE, SimulatedMember, SimulatedNetwork
from twisted.trial.unittest import SynchronousTestCase

from wand.interfaces import IMembershipFollower
from wand.sealed.gossip.directory import GossipDirectory
from wand.sealed.gossip.gossip import Gossip
from wand.sealed.sessions.control_messages import ControlMessages

DAY = 86_400

#: How many octets a second a member sends at most, afterwards.
QUIET = 150


class Node(SimulatedMember):
    """
    A node with no server, that notes whom it blames.
    """

    def opened(self, control: ControlMessages) -> IMembershipFollower:
        assert self.context.sealed is not None
        self.blamed: list[bytes] = []
        self.sessions.blame = lambda peer, reason: self.blamed.append(peer)  # type: ignore[method-assign]
        return GossipDirectory(self.context, self.context.sealed)

    @property
    def gossip(self) -> Gossip:
        assert isinstance(self.directory, GossipDirectory) and self.directory._gossip is not None
        return self.directory._gossip

    def meet(self, other: Node) -> None:
        self.claims.offer(*other.announcement())
        self.sessions.introduce(other.identity, other.person.key.exchangePublic, [other.sessions.endpoint])

    @property
    def here(self) -> int:
        return sum(self.gossip.view.isHere(each.identity) for each in self.gossip.view.tree)


class ClockTests(SynchronousTestCase):
    """
    Six nodes, some of which have another day.
    """

    def setUp(self) -> None:
        self.network = SimulatedNetwork.begun()
        self.nodes = [Node(self.network.person(number), []) for number in range(1, 7)]

    def tearDown(self) -> None:
        for node in self.nodes:
            if node.isRunning:
                node.go()

    def gather(self, **days: float) -> None:
        """
        All come.

        @param days: by how many days the clocks of C{node1} to C{node6} are ahead.
        """
        for number, node in enumerate(self.nodes, 1):
            node.wallClock.ahead = days.get(f"node{number}", 0) * DAY
        for node in self.nodes:
            node.come()
            if node is not self.nodes[0]:
                node.meet(self.nodes[0])
        self.network.run(60)

    def assertCalm(self) -> None:
        """
        Nobody sends much, and nobody is blamed.
        """
        before = [each.context.counters["gossip-sent-octets"] for each in self.nodes]
        self.network.run(300)
        sent = [each.context.counters["gossip-sent-octets"] for each in self.nodes]
        self.assertLess(max(now - was for was, now in zip(before, sent, strict=True)) / 300, QUIET)
        self.assertEqual([each.blamed for each in self.nodes], [[]] * 6)

    def test_daysAreNothing(self) -> None:
        """
        The clocks differ by up to 50 days, all within what the certificates are valid for: the nodes do read another
        day, and know each other all the same; who ends is missed as soon as ever, and who moves is known to.
        """
        self.gather(node2=25, node3=-25, node4=3)
        days = [round((each.context.wallClock() - self.network.clock.seconds()) / DAY) for each in self.nodes]
        self.assertEqual(days, [0, 25, -25, 3, 0, 0])
        self.assertEqual([each.here for each in self.nodes], [6] * 6)
        self.nodes[1].local = ["192.168.1.99:1"]
        self.nodes[1].directory.moved()  # type: ignore[attr-defined]
        self.network.run(10)
        for each in self.nodes:
            entry = each.gossip.view.get(self.nodes[1].identity)
            assert entry is not None
            self.assertEqual(entry.endpoints, ("192.168.1.99:1",))
        self.assertCalm()

    def test_beyondTheCertificates(self) -> None:
        """
        For a clock that is ahead by more than the certificates are valid all have expired: the offset reaches gossip.
        Nobody else is disturbed; and once the clock is right, that node knows everybody as the others do.
        """
        self.gather(node6=LIFE / DAY + 5, node3=-400)
        *others, ahead = self.nodes
        for other in others:
            other.meet(ahead)
            other.gossip.meet(ahead.identity)
        self.network.run(60)
        self.assertEqual(ahead.gossip.view.tree.count, 1)
        self.assertGreater(ahead.context.counters["drop-gossip-expired"], 0)
        self.assertEqual([each.here for each in others], [6] * 5)
        self.assertEqual([each.context.counters["drop-gossip-expired"] for each in others], [0] * 5)
        self.assertCalm()
        ahead.wallClock.ahead = 0
        ahead.directory.clockSet()
        self.network.run(300)
        self.assertEqual([each.here for each in self.nodes], [6] * 6)
        self.assertCalm()

    def test_behindTheOthers(self) -> None:
        """
        A member whose certificate expired is still one for a clock that is behind: that the offset does, and it brings
        the member back to nobody else.
        """
        self.gather(node3=-LIFE / DAY - 5)
        *_, gone = self.nodes
        gone.go()
        for node in self.nodes:
            node.wallClock.ahead += LIFE + DAY
        for node in self.nodes[:-1]:
            node.directory._renew()  # type: ignore[attr-defined]
        self.network.run(120)
        behind = self.nodes[2]
        self.assertIsNotNone(behind.gossip.view.get(gone.identity))
        for node in self.nodes[:-1]:
            if node is not behind:
                self.assertIsNone(node.gossip.view.get(gone.identity))
                self.assertEqual(node.blamed, [])
