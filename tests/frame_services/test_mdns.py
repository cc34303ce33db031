"""
Tests for L{wand.frame_services.mdns} and what it is made of; tests/integration/test_mdns.py has it on real links.
"""

from __future__ import annotations

from collections.abc import Callable
from random import Random
from types import SimpleNamespace
from typing import Any, cast

import attrs
from hypothesis import given
from hypothesis import strategies as st
from simulated.host import SimulatedHost
from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase
from zope.interface.verify import verifyObject

from wand.errors import ConfigurationInvalid
from wand.ethernet import MAC
from wand.frame_services.checksum import checksum
from wand.frame_services.mdns import NOTE_LIFETIME, Reflecting, Reflector, ReflectorSettings
from wand.frame_services.mdns_packets import (
    LONGEST,
    PORT,
    REFLECTED,
    SHORTEST,
    Packet,
    frameOf,
    isForGroup,
    packetIn,
)
from wand.interfaces import IFrameService, IFrameWatcher, NodeContext
from wand.testing.context import simulatedNode
from wand.testing.frame_services import FrameServiceContract
from wand.testing.network import Network
from wand.testing.typical_frames import PASSING, TYPICAL

OWN = MAC(b"\2\0\0\0\0\1")
PAYLOAD = bytes(SHORTEST) + b"question"


class Link:
    """
    A link that notes what is sent.
    """

    def __init__(self, index: int, heard: Callable[[str, Packet], object]) -> None:
        self.index, self.heard = index, heard
        self.sent: list[bytes] = []
        self.isOpen = True

    def send(self, payload: bytes) -> bool:
        """
        See L{wand.frame_services.mdns_lan.MulticastLink}.
        """
        self.sent.append(payload)
        return self.isOpen

    def close(self) -> None:
        """
        See L{wand.frame_services.mdns_lan.MulticastLink}.
        """
        self.isOpen = False


def memberAt(*addresses: str) -> Any:
    """
    As much of a member as the reflector looks at.

    @param addresses: its own, with their prefix lengths.
    """
    own = SimpleNamespace(claim=SimpleNamespace(addresses=addresses))
    claims = SimpleNamespace(announcement=lambda identity: own)
    return SimpleNamespace(participant=SimpleNamespace(claims=claims, identity=b"i"))


def frameFrom(payload: bytes, hops: int = 255, port: int = PORT, source: str = "10.77.0.9") -> bytes:
    """
    A frame of somebody who is no reflector.
    """
    frame = bytearray(frameOf(b"\2\0\0\0\0\7", source, payload))
    at = 14 + (40 if ":" in source else 20)
    frame[at : at + 2] = port.to_bytes(2, "big")
    frame[21 if ":" in source else 22] = hops
    return bytes(frame)


class ReflectorTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.clock = Clock()
        self.clock.advance(1000)
        self.host = SimulatedHost()
        self.links: list[Link] = []
        self.passed: list[bytes] = []
        self.lan = self.host.addLink("lan0")
        self.host.addAddress(self.lan, "192.168.7.1")
        self.reflector = self.open()

    def open(self, *addresses: str, packets: int = 100) -> Reflector:
        context = simulatedNode(self.clock, Network(self.clock, Random(0)), "192.0.2.1", OWN)
        sealed = memberAt(*(addresses or ("10.77.0.1/24",)))
        self.context = attrs.evolve(context, hostChanges=self.host, sealed=sealed, readAgain=self.passed.append)
        opened = Reflector(ReflectorSettings("lan0", packets), self.context, self.openLink)
        opened.follow()
        self.addCleanup(opened.close)
        return opened

    def openLink(self, index: int, heard: Callable[[str, Packet], object]) -> Link:
        self.links.append(Link(index, heard))
        return self.links[-1]

    def counted(self) -> dict[str, int]:
        return {
            name: self.context.counters[name]
            for name in self.context.counters
            if "mdns" in name and self.context.counters[name]
        }

    def hear(self, payload: bytes = PAYLOAD, hops: int = 255, port: int = PORT, source: str = "192.168.7.9") -> None:
        """
        Somebody on the LAN says something.
        """
        self.links[-1].heard(source, Packet(hops, port, payload))

    def test_interfaces(self) -> None:
        """
        It is what it says it is.
        """
        verifyObject(IFrameService, Reflecting())
        verifyObject(IFrameWatcher, self.reflector)

    def test_settings(self) -> None:
        """
        The interface has to be named; nonsense is refused.
        """
        for wrong in ({}, {"interface": ""}, {"interface": "x" * 16}, {"interface": "lan0", "packets": 0}):
            self.assertRaises(ConfigurationInvalid, Reflecting().open, wrong, self.context, self.fail)

    def test_membersAreHeardOnTheLan(self) -> None:
        """
        What a member says goes to the LAN, whole, and on to the host.
        """
        self.assertIs(self.reflector.arriving("peer", memoryview(frameFrom(PAYLOAD))), True)
        self.assertEqual((self.links[0].index, self.links[0].sent), (self.lan, [PAYLOAD]))
        self.assertEqual(self.counted(), {"mdns-to-lan": 1})

    def test_theLanIsHeardByMembers(self) -> None:
        """
        What a host of the LAN says goes to the members, from our own addresses, and is marked.
        """
        self.hear()
        [frame] = self.passed
        self.assertEqual(frame[6:12], OWN)
        self.assertEqual(packetIn(frame, isIPv6=False), Packet(REFLECTED, PORT, PAYLOAD))
        self.assertEqual((frame[26:30], checksum(frame[14:34])), (bytes([10, 77, 0, 1]), 0))
        self.assertEqual(self.counted(), {"mdns-to-members": 1})

    def test_anOverlayOfIPv6(self) -> None:
        """
        Where the overlay's addresses are of IPv6, mDNS of that family is reflected there, and by IPv4 on the LAN.
        """
        reflector = self.open("fd77::1/64")
        reflector.arriving("peer", frameFrom(PAYLOAD, source="fd77::9"))
        reflector.arriving("peer", frameFrom(PAYLOAD))
        self.assertEqual(self.links[-1].sent, [PAYLOAD])
        self.hear()
        self.assertEqual(packetIn(self.passed[0], isIPv6=True), Packet(REFLECTED, PORT, PAYLOAD))

    def test_nothingIsReflectedTwice(self) -> None:
        """
        What a reflector sent, this or another one, is left, from whichever side it comes: so there is no loop.
        """
        self.hear()
        for frame in self.passed:
            self.reflector.arriving("peer", frame)
        self.hear(hops=REFLECTED)
        self.assertEqual((len(self.passed), self.links[0].sent), (1, []))
        self.assertEqual(self.counted(), {"mdns-to-members": 1, "mdns-reflected-before": 2})

    def test_thisHostSpeaksForItself(self) -> None:
        """
        What this host says on the LAN or to the members it says to the others, too, and is not reflected.
        """
        self.hear(source="192.168.7.1")
        self.assertIs(self.reflector.leaving(frameFrom(PAYLOAD)), True)
        self.assertEqual((self.passed, self.links[0].sent), ([], []))
        self.host.removeAddress(self.lan, "192.168.7.1")
        self.hear(source="192.168.7.1")
        self.assertEqual(len(self.passed), 1)

    def test_whatIsUnfit(self) -> None:
        """
        Packets that are cut, do not fit into a frame, or come from a port at which nobody would hear the answer.
        """
        for payload, port in ((PAYLOAD[: SHORTEST - 1], PORT), (bytes(LONGEST + 1), PORT), (PAYLOAD, 40_000)):
            self.hear(payload, port=port)
            self.reflector.arriving("peer", frameFrom(payload, port=port))
        self.assertEqual((self.passed, self.links[0].sent, self.counted()), ([], [], {"drop-mdns-unfit": 6}))

    def test_theLimit(self) -> None:
        """
        So many a second go each way, and twice as many at once; a note says so until it is over.
        """
        reflector = self.open(packets=10)
        for number in range(50):
            reflector.arriving(f"peer {number % 2}", frameFrom(PAYLOAD))
            self.hear(source=f"192.168.7.{100 + number % 2}")
        self.assertEqual((len(self.links[-1].sent), len(self.passed)), (20, 20))
        self.assertEqual(self.context.counters["drop-mdns-limit"], 60)
        [note] = self.context.notes.texts
        self.assertIn("more than 10 mDNS packets a second", note)
        self.clock.advance(1)
        for number in range(50):
            self.hear(source=f"192.168.7.{100 + number % 2}")
        self.assertEqual(len(self.passed), 30)
        self.clock.advance(NOTE_LIFETIME + 0.1)
        self.assertEqual(self.context.notes.texts, [])

    def test_oneWhoFloods(self) -> None:
        """
        Whoever floods, on either side, takes half of it, and the others are heard.
        """
        reflector = self.open(packets=10)
        for second in range(20):
            for _ in range(100):
                reflector.arriving("flooding", frameFrom(PAYLOAD))
                self.hear(source="192.168.7.66")
            before = len(self.links[-1].sent), len(self.passed)
            reflector.arriving("quiet", frameFrom(PAYLOAD))
            self.hear(source="192.168.7.9")
            after = len(self.links[-1].sent), len(self.passed)
            self.assertEqual(after, (before[0] + 1, before[1] + 1), second)
            self.clock.advance(1)

    def test_theInterfaceComesAndGoes(self) -> None:
        """
        It is listened on while it is there and up, whatever its number is.
        """
        self.host.change(self.lan, mtu=1400)
        self.assertEqual(len(self.links), 1)
        self.host.change(self.lan, isUp=False)
        self.assertFalse(self.links[0].isOpen)
        self.reflector.arriving("peer", frameFrom(PAYLOAD))
        self.assertEqual(self.counted(), {"drop-mdns-unsent": 1})
        self.host.change(self.lan, isUp=True)
        self.host.deleteLink(self.lan)
        self.assertFalse(self.links[1].isOpen)
        self.host.addLink("eth7")
        again = self.host.addLink("lan0")
        self.assertEqual([each.index for each in self.links if each.isOpen], [again])
        self.host.change(again, name="other")
        self.reflector.close()
        self.reflector.close()
        self.assertFalse(any(each.isOpen for each in self.links))

    def test_anInterfaceThatIsNotThere(self) -> None:
        """
        A name that no interface has, or one that is down, is a note as long as that is so: it may be a slip.
        """
        self.host.change(self.lan, isUp=False)
        self.assertIn("the interface lan0 is down", self.context.notes.texts[0])
        self.host.change(self.lan, name="lna0")
        [note] = self.context.notes.texts
        self.assertIn("there is no interface lan0; did you mean lna0?", note)
        self.host.deleteLink(self.lan)
        self.assertIn("there is no interface lan0; there are none", self.context.notes.texts[0])
        self.host.addLink("lan0")
        self.assertEqual(self.context.notes.texts, [])

    def test_theNoteEndsWithTheReflector(self) -> None:
        """
        Nothing is missing that nobody wants.
        """
        self.host.deleteLink(self.lan)
        self.assertEqual(len(self.context.notes.texts), 1)
        self.reflector.close()
        self.assertEqual(self.context.notes.texts, [])

    def test_whatTheSystemRefuses(self) -> None:
        """
        An interface on which nobody may listen is a note.
        """

        def refuse(index: int, heard: object) -> Any:
            raise OSError(1, "Operation not permitted")

        opened = Reflector(ReflectorSettings("lan0"), self.context, refuse)
        opened.follow()
        self.addCleanup(opened.close)
        [note] = self.context.notes.texts
        self.assertIn("lan0 cannot be listened on: Operation not permitted", note)

    def test_withoutAnAddress(self) -> None:
        """
        A node that is no member yet has no address to speak from; in a network without members it never has.
        """
        for sealed in (memberAt(), None):
            self.context = attrs.evolve(self.context, sealed=cast(Any, sealed))
            opened = Reflector(ReflectorSettings("lan0"), self.context, self.openLink)
            opened.follow()
            self.addCleanup(opened.close)
            self.hear()
        self.assertEqual((self.passed, self.counted()), ([], {"drop-mdns-unsent": 2}))


class PacketTests(SynchronousTestCase):
    @given(st.binary(max_size=LONGEST), st.sampled_from(["10.77.0.1", "fd77::1"]))
    def test_whatIsMadeIsRead(self, payload: bytes, source: str) -> None:
        """
        A frame that is made is read as what it was made of, and its checksums are right.
        """
        frame, isIPv6 = frameOf(OWN, source, payload), ":" in source
        self.assertTrue(isForGroup(frame))
        self.assertEqual(packetIn(memoryview(frame), isIPv6=isIPv6), Packet(REFLECTED, PORT, payload))
        self.assertIsNone(packetIn(frame, isIPv6=not isIPv6))
        addresses, datagram = (frame[22:54], frame[54:]) if isIPv6 else (frame[26:34], frame[34:])
        pseudo = addresses + (17).to_bytes(4, "big") + len(datagram).to_bytes(4, "big")
        self.assertEqual(checksum(pseudo + datagram), 0)

    @given(st.data(), st.sampled_from(["10.77.0.1", "fd77::1"]))
    def test_anythingIsReadOrNot(self, data: st.DataObject, source: str) -> None:
        """
        A frame that is cut, or has anything in it, is read or not, and what is read was in it.
        """
        frame = bytearray(frameOf(OWN, source, PAYLOAD))
        for _ in range(data.draw(st.integers(0, 4))):
            frame[data.draw(st.integers(0, len(frame) - 1))] = data.draw(st.integers(0, 255))
        cut = bytes(frame[: data.draw(st.integers(14, len(frame)))])
        packet = packetIn(cut, isIPv6=":" in source)
        if packet is not None:
            self.assertIn(packet.payload, cut)

    def test_fragments(self) -> None:
        """
        A part of a packet is none.
        """
        frame = bytearray(frameOf(OWN, "10.77.0.1", PAYLOAD))
        for flags in (0x2000, 0x0001):
            frame[20:22] = flags.to_bytes(2, "big")
            self.assertIsNone(packetIn(frame, isIPv6=False))


class ReflectorContractTests(FrameServiceContract, SynchronousTestCase):
    """
    The contract, of a node that is a member.
    """

    settings = {"interface": "lan0"}

    def makeService(self) -> Reflecting:
        return Reflecting()

    def nodeContext(self) -> NodeContext:
        return attrs.evolve(super().nodeContext(), sealed=memberAt("10.77.0.1/24"))

    def passing(self) -> tuple[bytes, ...]:
        return *PASSING, *TYPICAL
