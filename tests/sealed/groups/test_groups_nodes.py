"""
Tests for L{wand.sealed.groups.groups}, with whole nodes in simulated time.
"""

from __future__ import annotations

from socket import inet_aton

from sealed_network_case import Dwelling, SealedNetworkTestCase, frame

from wand.health.notes import Note
from wand.programs.node_groups import UNWANTED

BROADCAST = b"\xff" * 6

#: The group of mDNS (RFC 6762, section 3).
MDNS = bytes.fromhex("01005e0000fb")


class GroupsTests(SealedNetworkTestCase):
    """
    Nodes that hand frames to groups on, however few they are.
    """

    def village(self, count: int = 5, **keys: object) -> list[Dwelling]:
        dwellings = [self.dwelling(number, groupDirect=0, **keys) for number in range(1, count + 1)]
        self.go(2.0)
        for each in dwellings:
            each.received.clear()
        return dwellings

    def assertReaches(self, sender: Dwelling, others: list[Dwelling], sent: bytes, times: int = 1) -> None:
        before = [each.received.count(sent) for each in others]
        sender.host.send(sent)
        self.go(2.0)
        self.assertEqual([each.received.count(sent) for each in others], [each + times for each in before])

    def test_everybodyOnce(self) -> None:
        """
        A frame to a group comes out at everybody else once, whatever its length.
        """
        first, *others = self.village()
        for size in (1, 300, 985, 986, 1400):
            self.assertReaches(first, others, frame(BROADCAST, first.mac, b"x" * size))
            self.assertReaches(first, others, frame(MDNS, first.mac, b"y" * size))
        self.assertEqual(first.received, [])
        self.assertEqual(first.context.counters["groups-sent"], 10)
        self.assertEqual(first.context.counters["sent-group-frames"], 0)
        self.assertEqual({each.context.counters.drops() for each in [first, *others]}, {0})

    def test_copiesAreFew(self) -> None:
        """
        There are as many copies as others.
        """
        dwellings = self.village(8)
        for sender in dwellings:
            before = sum(each.context.counters["groups-handed"] for each in dwellings)
            self.assertReaches(sender, [each for each in dwellings if each != sender], frame(BROADCAST, sender.mac))
            self.assertEqual(sum(each.context.counters["groups-handed"] for each in dwellings) - before, 7)

    def test_aMemberThatIsGone(self) -> None:
        """
        Somebody that was killed keeps nothing from others.
        """
        first, *others = self.village(6)
        self.assertReaches(first, others, frame(BROADCAST, first.mac))
        for number, gone in enumerate(others[:2]):  # it is silent, and nobody is told
            self.network.drop(lambda each, gone=gone: gone.address in (each.sender.host, each.destination.host))
            rest, sent = others[number + 1 :], frame(BROADCAST, first.mac, b"%d" % number)
            first.host.send(sent)
            self.go(6.0)
            self.assertEqual([each.received.count(sent) for each in rest], [1] * len(rest))

    def test_hostsBehindBridges(self) -> None:
        """
        A host behind a bridge asks, and is answered directly; a frame that it did not send is nobody's.
        """
        first, *others = self.village(4)
        bridge = self.settle(Dwelling(self, 9, groupDirect=0), joins=False)
        self.join(bridge, self.invitation(bridge=True))
        self.go(2.0)
        host = b"\2\0\0\0\7\7"
        self.assertReaches(bridge, [first, *others], frame(BROADCAST, host, b"who has?"))
        answer = frame(host, first.mac, b"I have")
        first.host.send(answer)
        self.go(1.0)
        self.assertEqual(bridge.received.count(answer), 1)
        self.assertEqual([each.received.count(answer) for each in others], [0] * len(others))

    def test_notWanted(self) -> None:
        """
        Where they are not wanted none are sent and none are taken, that is said, and whoever wants them gets them.
        """
        first, *others = self.village(4)
        deaf = self.dwelling(8, groupDirect=0, groups=False)
        self.go(2.0)
        self.assertReaches(first, others, frame(BROADCAST, first.mac, b"who?"))
        self.assertEqual(deaf.received, [])
        self.assertReaches(deaf, [first, *others], frame(BROADCAST, deaf.mac, b"me"), times=0)
        self.assertEqual(deaf.context.counters["drop-groups-unwanted"], 2)
        self.go(12.0)
        self.assertIn(UNWANTED, deaf.context.notes.texts)
        notes: list[Note] = list(deaf.context.notes)
        self.assertTrue(all(each.isHint for each in notes))
        self.assertNotIn(UNWANTED, first.context.notes.texts)
        self.assertTrue(self.reaches(first, deaf))

    def test_fewAreReachedDirectly(self) -> None:
        """
        Where there are few everything is as it was.
        """
        dwellings = [self.dwelling(number) for number in (1, 2, 3)]
        self.go(2.0)
        sent = frame(BROADCAST, dwellings[0].mac, b"all of you")
        dwellings[0].host.send(sent)
        self.go(0.5)
        self.assertEqual([each.received.count(sent) for each in dwellings[1:]], [1, 1])
        self.assertEqual(dwellings[0].context.counters["groups-sent"], 0)
        self.assertEqual(dwellings[0].context.counters["sent-group-frames"], 1)

    def test_whereNobodyIsToldOfEverybody(self) -> None:
        """
        Members are looked for: those that hand frames on, and those that are answered.
        """
        wansd = {"wansd": {"everybody-up-to": 0}}
        first, *others = self.village(5, directories=wansd)
        self.assertReaches(first, others, frame(BROADCAST, first.mac, b"who?"))
        self.assertReaches(others[2], [first, *others[:2], *others[3:]], frame(MDNS, others[2].mac, b"I am here"))
        question = _arp(others[0], others[0].own.addresses[0])
        self.assertReaches(others[0], [first, *others[1:]], question)  # the guard knows whose address it is
        self.assertTrue(self.reaches(others[1], first))
        self.assertEqual({each.context.counters.drops() for each in [first, *others]}, {0})

    def test_addressesOfStrangers(self) -> None:
        """
        Nobody asks in the name of another member that is known to nobody but the directory.
        """
        first, *others = self.village(4, directories={"wansd": {"everybody-up-to": 0}})
        self.assertReaches(first, others, _arp(first, others[0].own.addresses[0]), times=0)
        self.assertGreater(others[1].context.counters["guard-address"], 0)


def _arp(sender: Dwelling, address: str) -> bytes:
    """
    A gratuitous ARP request (RFC 5227, section 3).
    """
    ip = inet_aton(address.partition("/")[0])
    fixed = bytes.fromhex("08060001080006040001")
    return BROADCAST + sender.mac + fixed + sender.mac + ip + bytes(6) + ip
