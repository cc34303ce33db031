"""
Nodes that use a server and gossip at once: whose word counts when the network comes apart.
"""

from __future__ import annotations

from collections.abc import Iterable

import attrs
from simulated.members import SimulatedMember, SimulatedNetwork, SimulatedServer, macOf
from twisted.internet.defer import succeed
from twisted.trial.unittest import SynchronousTestCase

from wand.interfaces import IMembershipFollower
from wand.sealed.directory.client import SealedDirectoryClient
from wand.sealed.gossip.directory import RENEWAL, GossipDirectory
from wand.sealed.node.directory_words import DIRECTORY_SILENCE
from wand.sealed.node.member_entries import OFFLINE_LIFETIME, ONLINE_LIFETIME
from wand.sealed.sessions.control_messages import ControlMessages
from wand.stores.memory import MemoryRecords

#: Seconds until everybody knows that a few members are gone, or here again.
SETTLING = 120.0

#: Seconds until those who are gone are in no table.
GONE = DIRECTORY_SILENCE + SETTLING + OFFLINE_LIFETIME


@attrs.frozen
class _Both:
    """
    A server and gossip.
    """

    parts: tuple[SealedDirectoryClient, GossipDirectory]

    def __getattr__(self, name: str) -> object:
        return lambda: [getattr(part, name)() for part in self.parts]


class Node(SimulatedMember):
    """
    A node with both directories.
    """

    def opened(self, control: ControlMessages) -> IMembershipFollower:
        client = SealedDirectoryClient(self.context, self, self.sessions, control, lambda name: succeed([]))
        assert self.context.sealed is not None
        return _Both((client, GossipDirectory(self.context, self.context.sealed)))  # type: ignore[return-value]


class PrecedenceTests(SynchronousTestCase):
    """
    A server and four nodes that know each other.
    """

    def setUp(self) -> None:
        self.network = SimulatedNetwork.begun()
        person = self.network.person(100, server=True)
        self.server = SimulatedServer(person, MemoryRecords())
        self.server.come()
        self.nodes = [Node(self.network.person(number), [person]) for number in range(1, 5)]
        for node in self.nodes:
            node.come()
        self.addCleanup(self.end)
        self.network.run(60)
        for node in self.nodes:
            self.assertEqual(self.known(node), self.numbers(*self.nodes) - {node.person.number})

    def end(self) -> None:
        for each in (*self.nodes, self.server):
            if each.isRunning:
                each.go()

    def numbers(self, *nodes: Node) -> set[int]:
        return {node.person.number for node in nodes}

    def known(self, node: Node) -> set[int]:
        """
        The numbers of those in a node's table.
        """
        return {each.person.number for each in self.nodes if macOf(each.person.number) in node.table}

    def cut(self, *parts: Iterable[Node | SimulatedServer]) -> None:
        """
        The network comes apart.
        """
        part = {each.person.key.identity: number for number, members in enumerate(parts) for each in members}
        self.network.wire.cut = lambda one, other: part[one] != part[other]  # type: ignore[index]

    def mend(self) -> None:
        self.network.wire.cut = lambda one, other: False

    def test_gossipDeniesWhatASilentServerSaid(self) -> None:
        """
        A member dies after the server did: by what the server said it would be here for a day, but the others know
        better.
        """
        *_, gone = self.nodes
        self.server.crash()
        self.network.run(10)
        gone.go()
        self.network.run(GONE)
        for node in self.nodes[:-1]:
            self.assertEqual(self.known(node), self.numbers(*self.nodes[:-1]) - {node.person.number})

    def test_aServerThatIsHeardHolds(self) -> None:
        """
        A member that takes no part in gossip any more is here for as long as the server hears it.
        """
        quiet = self.nodes[-1]
        quiet.directory.parts[1].stop()  # type: ignore[attr-defined]
        self.network.run(2 * GONE)
        for node in self.nodes[:-1]:
            self.assertIn(quiet.person.number, self.known(node))

    def test_theServerDeniesWhatSilentGossipSaid(self) -> None:
        """
        Of two nodes one is left: it hears no gossip any more, but the server, which says that the other is gone.
        """
        one, *others = self.nodes
        for each in others:
            each.go()
        self.network.run(GONE + 300)
        self.assertEqual(self.known(one), set())

    def test_whoIsCutOffForgetsNobody(self) -> None:
        """
        A node that hears no directory knows everybody for as long as that lasts, and is soon back after it.
        """
        one, *others = self.nodes
        self.cut([one], [*others, self.server])
        self.network.run(GONE + 300)
        for node in others:
            self.assertEqual(self.known(node), self.numbers(*others) - {node.person.number})
            node.go()
        self.network.run(ONLINE_LIFETIME + 2 * RENEWAL)
        self.assertEqual(self.known(one), self.numbers(*others))
        self.mend()
        for node in others:
            node.come()
        self.network.run(SETTLING)
        for node in self.nodes:
            self.assertEqual(self.known(node), self.numbers(*self.nodes) - {node.person.number})

    def test_twoHalves(self) -> None:
        """
        Each half forgets the other, the one by gossip alone, the other by the server and by gossip; both are whole
        again soon after they meet.
        """
        near, far = self.nodes[:2], self.nodes[2:]
        self.cut(near, [*far, self.server])
        self.network.run(GONE + 300)
        for half in (near, far):
            for node in half:
                self.assertEqual(self.known(node), self.numbers(*half) - {node.person.number})
        self.mend()
        self.network.run(SETTLING)
        for node in self.nodes:
            self.assertEqual(self.known(node), self.numbers(*self.nodes) - {node.person.number})

    def test_theServerComesBack(self) -> None:
        """
        A server that was away, and took those for online who were so when it crashed, disturbs nobody who is here, and
        holds nobody who is gone.
        """
        *here, gone = self.nodes
        self.server.crash()
        self.network.run(10)
        gone.go()
        self.network.run(GONE)
        self.server.come()
        self.network.run(GONE)
        for node in here:
            self.assertEqual(self.known(node), self.numbers(*here) - {node.person.number})
