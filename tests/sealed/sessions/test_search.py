"""
Tests for hosts that move: the ways to their peers are tried anew, L{wand.sealed.sessions.wayfinding}.
"""

from __future__ import annotations

from simulated.sealed import SealedNetwork, SealedNode
from twisted.trial.unittest import SynchronousTestCase

from wand.endpoint import NODE_PORT, Endpoint
from wand.sealed.sessions.packets import INITIATION
from wand.testing.inbox import Datagram

#: Where a host moves to.
NEW = "198.51.100.7"


class SearchTests(SynchronousTestCase):
    """
    Two members who talk, and one of which moves.
    """

    def setUp(self) -> None:
        self.net = SealedNetwork()
        self.low, self.high = self.net.pair()
        self.assertTrue(self.pings())
        self.net.run(5.0)

    def move(self, node: SealedNode, host: str = NEW) -> None:
        """
        From now on a host has another address.
        """
        for port in node.transport.ways.ports.values():
            port.move(host)
        node.host = host

    def pings(self) -> bool:
        """
        Does a frame from the low one reach the high one?
        """
        before = len(self.high.frames)
        self.low.send(self.high.peer, self.low.frameTo(self.high))
        self.net.run(0.2)
        return len(self.high.frames) > before

    def initiations(self) -> int:
        """
        How many handshakes were begun.
        """
        return sum(each.payload[0] == INITIATION for each in self.net.underlay.sent)

    def test_movedAndOnlyPinged(self) -> None:
        """
        A host that moved says so at once, so that who only sends to it reaches it again.
        """
        self.move(self.high)
        self.assertFalse(self.pings())
        self.high.transport.moved()
        self.net.run(0.2)
        self.assertTrue(self.pings())

    def test_lateRoute(self) -> None:
        """
        Where all questions are lost, because the new address works only later, a handshake follows.
        """
        self.move(self.high)
        undo = self.net.underlay.drop(lambda each: each.sender.host == NEW)
        self.high.transport.moved()
        self.net.run(2.0)
        self.net.underlay.sent.clear()
        undo()
        self.net.run(1.2)
        self.assertGreater(self.initiations(), 0)
        self.assertTrue(self.pings())

    def test_answeredMeansNoHandshake(self) -> None:
        """
        A change that concerns no way to a peer costs a question or two, and their answers.
        """
        self.net.run(2.0)
        self.net.underlay.sent.clear()
        self.high.transport.moved()
        self.net.run(5.0)
        self.assertEqual(self.initiations(), 0)
        self.assertLessEqual(len(self.net.underlay.sent), 6)
        self.assertTrue(all(len(each.payload) < 64 for each in self.net.underlay.sent))

    def test_onlyThoseInUse(self) -> None:
        """
        Who is not talked with is not asked.
        """
        for node in (self.low, self.high):
            for conversation in node.transport._conversations.members.values():
                conversation.schedule.usedAt = float("-inf")
        self.net.underlay.sent.clear()
        self.high.transport.moved()
        self.net.run(3.0)
        self.assertEqual(list(self.net.underlay.sent), [])

    def test_attemptUnderWay(self) -> None:
        """
        A handshake that nobody answered yet, and whose next repetition is seconds away, is repeated at once.
        """
        undo = self.net.underlay.drop(lambda each: True)
        other = self.net.node("other", "192.0.2.9")
        self.high.meet(other)
        self.high.send(other.peer, self.high.frameTo(other))
        self.net.run(20.0, 1.0)
        undo()
        self.net.underlay.sent.clear()
        self.high.transport.moved()
        self.net.run(1.2)
        self.assertEqual(len(other.frames), 1)

    def test_bothBehindNATs(self) -> None:
        """
        Two behind NATs that let nothing in but answers: the one that moved asks in vain, until the other hears from a
        server where it is, and asks there.
        """
        opened: set[tuple[Endpoint, Endpoint]] = set()

        def filtered(each: Datagram) -> bool:
            opened.add((each.sender, each.destination))
            return (each.destination, each.sender) not in opened

        self.net.underlay.drop(filtered)
        for one, other in ((self.low, self.high), (self.high, self.low)):
            opened.add((one.endpoint, other.endpoint))
        self.assertTrue(self.pings())
        self.move(self.high)
        self.high.transport.moved()
        self.net.run(0.3)
        self.assertFalse(self.pings())
        self.low.transport.introduce(self.high.peer, self.high.key.exchangePublic, [Endpoint(NEW, NODE_PORT)])
        self.net.run(2.0)
        self.assertTrue(self.pings())

    def test_serverThatLies(self) -> None:
        """
        A server that says again and again that a peer is elsewhere makes us send little, and moves nobody.
        """
        self.net.underlay.sent.clear()
        for number in range(200):
            where = [Endpoint(f"203.0.113.{number % 250 + 1}", 53)]
            self.low.transport.introduce(self.high.peer, self.high.key.exchangePublic, where)
            self.net.run(0.01, 0.01)
        self.assertLess(len(self.net.underlay.sent), 60)
        self.assertTrue(self.pings())

    def test_thousandsArePaced(self) -> None:
        """
        With very many peers the questions go out a few at a time.
        """
        asked: list[object] = []
        transport = self.high.transport
        transport._searching._do = asked.append
        transport._searching.begin(range(500))
        self.assertLessEqual(len(asked), 50)
        self.net.clock.pump([0.01] * 9)
        self.assertEqual(len(asked), 500)
