"""
Tests for a whole sealed network whose nodes follow nobody, and look for whom they need; in simulated time.
"""

from __future__ import annotations

from ipaddress import ip_address

from sealed_network_case import Dwelling, SealedNetworkTestCase, frame
from twisted.internet.defer import Deferred

from wand.control.network_administration import InvitationSettings
from wand.ethernet import MAC
from wand.sealed.node.directory_words import DIRECTORY_SILENCE
from wand.sealed.node.member_search import ABSENT_LIFETIME
from wand.sealed.node.members_in_use import LOOK_INTERVAL, UNUSED_LIFETIME

#: Seconds after which a session without frames ends.
IDLE = 200.0


def arp(asker: Dwelling, target: str) -> bytes:
    """
    Who has an address?
    """
    kinds = bytes.fromhex("0806 0001 0800 06 04 0001")
    source = ip_address(asker.own.addresses[0].partition("/")[0]).packed
    return b"\xff" * 6 + asker.mac + kinds + asker.mac + source + bytes(6) + ip_address(target).packed + bytes(18)


class PartialNetworkTests(SealedNetworkTestCase):
    """
    Three nodes that are told of nobody.
    """

    def setUp(self) -> None:
        super().setUp()
        self.nodes = [self.partial(number) for number in (1, 2, 3)]

    def partial(self, number: int) -> Dwelling:
        """
        A node that follows nobody.
        """
        return self.dwelling(number, directories={"wansd": {"everybody-up-to": 0}})

    def count(self, node: Dwelling, name: str) -> int:
        """
        What a node counted.
        """
        return node.node.counters[name]

    def test_frames(self) -> None:
        """
        Nobody is told of anybody; the first frame to each waits until its destination is found, and the answer finds
        its way without any question.
        """
        one, two, three = self.nodes
        self.go(90)
        self.assertEqual([node.table() for node in self.nodes], [set()] * 3)
        self.assertTrue(self.reaches(one, two))
        self.assertEqual((one.table(), two.table(), three.table()), ({str(two.mac)}, {str(one.mac)}, set()))
        self.assertTrue(self.reaches(two, one))
        self.assertEqual((self.count(one, "held-frames"), self.count(two, "held-frames")), (1, 0))
        self.assertTrue(self.reaches(three, one))
        self.assertTrue(self.reaches(one, three))
        self.assertEqual(self.count(one, "held-frames"), 1)
        [directory] = one.node.status().directories
        self.assertEqual((directory.state, directory.entries, directory.members), ("answered", 2, 3))

    def test_nobodyHasIt(self) -> None:
        """
        A frame to an address that nobody has is dropped and counted, as ever.
        """
        one = self.nodes[0]
        for _ in range(10):
            one.host.send(frame(MAC(b"\2\0\0\0\0\x63"), one.mac))
            self.go(0.2)
        self.assertEqual(self.count(one, "drop-unknown-unicast"), 10)
        self.assertEqual(self.count(one, "directory-looks-sent") <= 8, True)

    def test_oneJoinsLater(self) -> None:
        """
        Whoever was looked for before it was there is found soon after it came.
        """
        one = self.nodes[0]
        one.host.send(frame(MAC(b"\2\0\0\0\0\4"), one.mac))
        self.go(0.5)
        four = self.partial(4)
        self.go(ABSENT_LIFETIME)
        self.assertTrue(self.reaches(one, four))
        self.assertTrue(self.reaches(four, self.nodes[1]))

    def test_oneMoves(self) -> None:
        """
        A member that was looked for is started elsewhere: those who were told of it are told where.
        """
        one, two, _ = self.nodes
        self.assertTrue(self.reaches(one, two))
        two.stop()
        two.address = two._keys["listen"] = "192.0.2.52"
        two.start()
        self.go(3)
        self.assertTrue(self.reaches(one, two))
        self.go(IDLE)
        self.assertTrue(self.reaches(one, two))

    def test_oneGoes(self) -> None:
        """
        A member that stopped leaves the table, and is asked for no more often than one that never was; when it comes
        back, it is found.
        """
        one, two, _ = self.nodes
        self.assertTrue(self.reaches(one, two))
        two.stop()
        self.go(400)
        self.assertEqual(one.table(), set())
        before = self.count(one, "directory-looks-sent")
        for _ in range(20):
            one.host.send(frame(two.mac, one.mac))
            self.go(0.2)
        self.assertLessEqual(self.count(one, "directory-looks-sent") - before, 3)
        two.start()
        self.go(ABSENT_LIFETIME + 1)
        self.assertTrue(self.reaches(one, two))

    def test_whoIsNotUsedIsForgotten(self) -> None:
        """
        After ten minutes without a session or a frame; and found again.
        """
        one, two, _ = self.nodes
        self.assertTrue(self.reaches(one, two))
        for node in (one, two):
            node.node.etud.member._revocations.stop()  # it compares with somebody once a minute, and there are only two
        self.go(2 * IDLE + UNUSED_LIFETIME + 2 * LOOK_INTERVAL)
        self.assertEqual((one.table(), two.table()), (set(), set()))
        self.assertEqual(self.count(one, "members-forgotten"), 1)
        self.assertTrue(self.reaches(one, two))
        self.assertTrue(self.reaches(two, one))

    def test_withoutAServer(self) -> None:
        """
        Where the servers are gone, whoever introduces itself is answered, also after a silence; and nobody forgets it.
        """
        one, two, _ = self.nodes
        self.assertTrue(self.reaches(one, two))
        self.server.stopService()
        self.go(DIRECTORY_SILENCE + 1)
        two.stop()
        two.start()
        self.go(240)
        self.assertTrue(self.reaches(one, two))
        self.assertTrue(self.reaches(two, one))
        self.go(UNUSED_LIFETIME + IDLE + 2 * LOOK_INTERVAL)
        self.assertTrue(self.reaches(one, two))

    def test_oneIsRevoked(self) -> None:
        """
        Revocations reach those who follow nobody, too.
        """
        one, two, _ = self.nodes
        self.assertTrue(self.reaches(one, two))
        revoked = Deferred.fromCoroutine(self.server.network.revoke("node-2"))
        self.go(2)
        self.successResultOf(revoked)
        self.assertEqual(one.table(), set())
        self.assertFalse(self.reaches(one, two))

    def test_relays(self) -> None:
        """
        Everybody knows the same members with the relay right, and nothing else.
        """
        settings = InvitationSettings([], 2, 3600.0, relay=True)
        asked = Deferred.fromCoroutine(self.server.network.invite(settings))
        self.go(0.1)
        token = str(self.successResultOf(asked))
        relays = [self.settle(Dwelling(self, number), joins=False) for number in (4, 5)]
        for each in relays:
            self.join(each, token)
        self.go(5)
        macs = {str(each.mac) for each in relays}
        self.assertEqual([node.table() for node in self.nodes], [macs] * 3)
        late = self.partial(6)
        self.go(5)
        self.assertEqual(late.table(), macs)

    def test_questionsForAddresses(self) -> None:
        """
        ARP is answered for whoever has the address, without anybody hearing it.
        """
        one, two, three = self.nodes
        address = two.own.addresses[0].partition("/")[0]
        one.host.send(arp(one, address))
        self.go(0.2)
        [answer] = one.received
        self.assertEqual((answer[:12], answer[28:32]), (one.mac + two.mac, ip_address(address).packed))
        self.assertEqual((two.received, three.received), ([], []))
        self.assertTrue(self.reaches(one, two))

    def test_theOperatorsCommands(self) -> None:
        """
        A member that is named to a command is looked for.
        """
        pinged = Deferred.fromCoroutine(self.nodes[0].node.reach.ping("node-3", None))
        self.go(1)
        self.assertLess(self.successResultOf(pinged), 0.1)

    def test_theServerIsStartedAgain(self) -> None:
        """
        What was looked for before is looked for again: so what happens from then on is told.
        """
        one, two, _ = self.nodes
        self.assertTrue(self.reaches(one, two))
        self.server.stopService()
        self.go(1)
        self.assertTrue(self.reaches(one, two))
        self.server = self.serve()
        self.go(60)
        before = self.count(one, "directory-looks-sent")
        self.assertGreater(before, 2)
        two.stop()
        two.address = two._keys["listen"] = "192.0.2.52"
        two.start()
        self.go(3)
        self.assertTrue(self.reaches(one, two))
