"""
Tests for L{wand.drivers.vxlan_offload}, in simulated time.
"""

from __future__ import annotations

from twisted.trial.unittest import SynchronousTestCase
from vxlan_hosts import Host, Meadow

from wand.drivers.vxlan_messages import Message, Place, messageIn
from wand.drivers.vxlan_offload import ANSWER_BURST, ASK_INTERVAL, BLOCKED_INTERVAL, PATIENCE, RENEW_INTERVAL, TRIES
from wand.ethernet import HEADER_SIZE, MAC


class OffloadTests(SynchronousTestCase):
    """
    Two hosts and what becomes of the way from the first to the second.
    """

    def setUp(self) -> None:
        self.meadow = Meadow(2)
        self.one, self.two = self.meadow.hosts

    def moved(self, host: Host | None = None) -> dict[str, Place]:
        return (host or self.one).forwarding.places

    def notes(self) -> str:
        return " ".join(self.one.context.notes.texts)

    def test_theKernelGetsTheWay(self) -> None:
        """
        After the first frame to an address its owner is asked, and the kernel sends there from then on; an event tells
        it.  The other direction is the other host's own business.
        """
        self.one.sends(self.two.mac)
        self.assertEqual({"02:00:00:00:00:02": Place("192.0.2.2", 4789, 77)}, self.moved())
        self.assertEqual([("offload-began", {"mac": "02:00:00:00:00:02", "host": "192.0.2.2"})], self.one.events)
        self.assertEqual({}, self.moved(self.two))

    def test_oneQuestion(self) -> None:
        """
        Whatever the host sends meanwhile, an owner is asked once, with frames as long as any: what carries them carries
        all.
        """
        self.two.hasVXLAN = False
        for _ in range(100):
            self.one.sends(self.two.mac)
        (question,) = self.two.arrived
        self.assertEqual(HEADER_SIZE + self.one.mtu, len(question))
        self.assertEqual(bytes(self.two.mac) + bytes(self.one.mac), question[:12])

    def test_thoseWithoutAreAskedNowAndThen(self) -> None:
        """
        An owner that says nothing is asked again after a while, if the host still sends to it.
        """
        self.two.hasVXLAN = False
        self.one.sends(self.two.mac)
        self.meadow.pass_(ASK_INTERVAL * 3)
        self.assertEqual(1, len(self.two.arrived))
        self.two.hasVXLAN = True
        self.one.sends(self.two.mac)
        self.assertEqual(["02:00:00:00:00:02"], list(self.moved()))

    def test_groupsAndRuntsAreNotAskedAbout(self) -> None:
        """
        Nobody owns the address of a group, and a frame that is cut has none.
        """
        for frame in (b"\xff" * 60, b"\x01\0\x5e" + bytes(57), b"\2\0\0\0\0\2", b""):
            self.one.offload.noticed(frame)
        self.assertEqual([], self.two.arrived)
        self.assertEqual([], self.meadow.clock.getDelayedCalls())

    def test_aClosedWay(self) -> None:
        """
        Where VXLAN does not get through, frames stay with the node; a note says what to look for, and is taken back
        when the way is open.
        """
        self.meadow.closed.add("192.0.2.2")
        self.one.sends(self.two.mac)
        self.meadow.pass_(PATIENCE * (TRIES + 1))
        self.assertEqual({}, self.moved())
        self.assertIn("02:00:00:00:00:02 go through this node and not as VXLAN", self.notes())
        self.assertIn("datagrams with 1330 octets", self.notes())
        self.meadow.closed.clear()
        self.one.sends(self.two.mac)
        self.assertEqual({}, self.moved())
        self.meadow.pass_(BLOCKED_INTERVAL)
        self.one.sends(self.two.mac)
        self.assertEqual(["02:00:00:00:00:02"], list(self.moved()))
        self.assertEqual("", self.notes())

    def test_aWayIsLookedAfter(self) -> None:
        """
        A way that the kernel has is asked about again and again, and said to the kernel again, in case somebody took it
        out; one or two questions that are lost do not matter.
        """
        self.one.sends(self.two.mac)
        self.meadow.pass_(RENEW_INTERVAL * 6)
        self.assertGreaterEqual(len(self.two.came), 6)
        self.assertEqual(len(self.two.came), self.one.forwarding.writes)
        for _ in range(20):
            self.meadow.closed.add("192.0.2.2")
            self.meadow.pass_(PATIENCE * (TRIES - 1) - 1)
            self.meadow.closed.clear()
            self.meadow.pass_(PATIENCE + 1)
        self.assertEqual(1, len(self.one.events))

    def test_aMemberThatIsGone(self) -> None:
        """
        When nothing is answered any more the kernel loses the way, within 20 s, and an event says why.
        """
        self.one.sends(self.two.mac)
        self.meadow.closed.add("192.0.2.2")
        self.meadow.pass_(20)
        self.assertEqual({}, self.moved())
        self.assertEqual("offload-ended", self.one.events[-1][0])
        self.assertEqual("nothing gets there as VXLAN any more", self.one.events[-1][1]["reason"])

    def test_aMemberThatMoves(self) -> None:
        """
        A member that has another address is found there.
        """
        self.one.sends(self.two.mac)
        self.two.place = Place("192.0.2.222", 4789, 77)
        self.meadow.pass_(20)
        self.one.sends(self.two.mac)
        self.assertEqual({"02:00:00:00:00:02": self.two.place}, self.moved())

    def test_theTableDecides(self) -> None:
        """
        When the table of the network loses an address or has it elsewhere, the kernel loses the way at once, and the
        new owner is asked.
        """
        for kind in ("entry-changed", "entry-removed"):
            self.one.sends(self.two.mac)
            self.assertEqual(1, len(self.moved()))
            self.one.context.events.publish(kind, mac=str(self.two.mac), peer="elsewhere")
            self.assertEqual({}, self.moved())
        self.one.context.events.publish("entry-removed", mac="nonsense")
        self.one.context.events.publish("entry-removed", mac="02:00:00:00:00:99")
        self.assertEqual("the table changed", self.one.events[-3][1]["reason"])

    def test_ownersDecide(self) -> None:
        """
        What is answered to a question of ours counts, and nothing else: not an answer to another's question, nor an
        answer past the network, nor one that is late.
        """
        self.two.hasVXLAN = False
        self.one.sends(self.two.mac)
        question = messageIn(self.two.arrived[0])
        assert question is not None
        liar = Place("192.0.2.66", 4789, 77)
        for nonce, asked, isDirect in (
            (b"another!", self.two.mac, False),
            (question.nonce, MAC.parse("02:00:00:00:00:03"), False),
            (question.nonce, self.two.mac, True),
        ):
            answer = Message(True, False, nonce, asked, liar).frame(self.one.mac, self.two.mac, 1280)
            self.assertTrue(self.one.offload.arrived(answer, isDirect=isDirect))
        self.meadow.pass_(ASK_INTERVAL + 1)
        answer = Message(True, False, question.nonce, self.two.mac, liar).frame(self.one.mac, self.two.mac, 1280)
        self.one.offload.arrived(answer)
        self.meadow.pass_(10)
        self.assertEqual({}, self.moved())
        self.assertEqual(3, self.one.context.counters["drop-vxlan-answer"])

    def test_placesAreProven(self) -> None:
        """
        A member that names the place of somebody else gets nobody's frames sent there: what it was asked through the
        network does not tell it what was asked at that place.
        """
        self.two.hasVXLAN = False
        self.one.sends(self.two.mac)
        question = messageIn(self.two.arrived[0])
        assert question is not None
        for isDirect in (False, True, True):
            answer = Message(True, isDirect, question.nonce, self.two.mac, Place("192.0.2.66", 4789, 77))
            self.one.offload.arrived(answer.frame(self.one.mac, self.two.mac, 1280))
        self.assertEqual({}, self.moved())
        self.assertEqual(2, self.one.context.counters["drop-vxlan-answer"])

    def test_directQuestionsAreAnsweredAtABoundedRate(self) -> None:
        """
        Everybody on the underlay can send questions; so many are answered, and the rest is counted.
        """
        question = Message(False, True, b"a nonce!", self.two.mac, Place("192.0.2.1", 4789, 77))
        frame = question.frame(self.two.mac, self.one.mac, 1280)
        for _ in range(int(ANSWER_BURST) + 100):
            self.two.offload.arrived(frame, isDirect=True)
        self.assertEqual(ANSWER_BURST, len(self.one.arrived))
        self.assertEqual(100, self.two.context.counters["drop-vxlan-flood"])

    def test_noAnswersToGroups(self) -> None:
        """
        A question that comes from a group, or from ourselves, is not answered.
        """
        question = Message(False, True, b"a nonce!", self.two.mac, Place("192.0.2.1", 4789, 77))
        for sender in (b"\xff" * 6, bytes(self.two.mac)):
            self.two.offload.arrived(question.frame(self.two.mac, sender, 1280), isDirect=True)
        self.assertEqual(0, self.two.context.counters["vxlan-questions"])

    def test_hostsBehindABridge(self) -> None:
        """
        For an address that nobody is known to own a question may come to several members: nobody answers who only may
        have it behind a bridge, and the frames stay with the node.
        """
        mac = MAC.parse("02:00:00:00:00:99")
        self.meadow.owners[bytes(mac)] = self.two
        self.one.sends(mac)
        self.assertEqual((1, {}), (len(self.two.arrived), self.moved()))

    def test_otherFramesAreTheHosts(self) -> None:
        """
        What is no message is not taken from the host.
        """
        self.assertFalse(self.one.offload.arrived(bytes(12) + b"\x88\xb6" + bytes(46)))

    def test_whoDoesNotKnowWhereItIs(self) -> None:
        """
        A host that knows no address of its own asks nobody, and answers nobody.
        """
        self.one.place = None
        self.one.sends(self.two.mac)
        self.two.sends(self.one.mac)
        self.assertEqual(({}, {}), (self.moved(), self.moved(self.two)))

    def test_most(self) -> None:
        """
        Of more addresses than the setting allows, the rest stays with the node, and a note says which setting it is.
        """
        meadow = Meadow(5, most=3)
        one, *others = meadow.hosts
        for other in others:
            one.sends(other.mac)
        self.assertEqual(3, len(one.forwarding.places))
        self.assertIn("raise the driver setting 'most'", " ".join(one.context.notes.texts))

    def test_stop(self) -> None:
        """
        Afterwards there is no timer, and nothing more is asked or told.
        """
        self.one.sends(self.two.mac)
        self.one.offload.stop()
        self.assertEqual([], self.meadow.clock.getDelayedCalls())
        self.one.context.events.publish("entry-removed", mac=str(self.two.mac))
        self.assertEqual(1, self.one.forwarding.writes)
