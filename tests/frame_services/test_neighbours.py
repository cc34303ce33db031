"""
Tests for L{wand.frame_services.neighbours}: questions that are answered without asking anybody.
"""

from __future__ import annotations

from ipaddress import ip_address
from random import Random

import attrs
from hypothesis import given, settings
from hypothesis import strategies as st
from twisted.internet.defer import Deferred, succeed
from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase
from zope.interface.verify import verifyObject

from wand.counters import Counters
from wand.errors import ConfigurationInvalid
from wand.ethernet import MAC
from wand.etud.forwarding import Etud
from wand.frame_services.neighbour_questions import Question, questionOf
from wand.frame_services.neighbours import HELD_MAXIMUM, Neighbours, NeighboursWatcher
from wand.frame_services.speech import spokenFor
from wand.interfaces import CONSUMED, IFrameService, IFrameWatcher, NodeContext
from wand.interfaces.participant import MemberContext
from wand.interfaces.search import Sought
from wand.sealed.sessions.peers import PeerKey
from wand.table import Rank, Source
from wand.testing.context import simulatedNode
from wand.testing.frame_services import FrameServiceContract
from wand.testing.network import Network

ASKER = bytes.fromhex("020000000001")
OWNER = bytes.fromhex("020000000002")


def arp(target: str, source: str = "10.77.0.1", operation: int = 1) -> bytes:
    kinds = bytes.fromhex("0806 0001 0800 06 04") + operation.to_bytes(2, "big")
    addresses = ASKER + ip_address(source).packed + bytes(6) + ip_address(target).packed
    return b"\xff" * 6 + ASKER + kinds + addresses + bytes(18)


def solicitation(target: str, source: str = "fd77::1", hops: int = 255) -> bytes:
    wanted = ip_address(target).packed
    message = bytes.fromhex("87000000 00000000") + wanted + bytes((1, 1)) + ASKER
    group = ip_address("ff02::1:ff00:0").packed[:13] + wanted[13:]
    header = bytes.fromhex("60000000") + len(message).to_bytes(2, "big") + bytes((58, hops))
    packet = header + ip_address(source).packed + group + message
    return b"\x33\x33\xff" + wanted[13:] + ASKER + b"\x86\xdd" + packet


def sumOf(octets: bytes) -> int:
    """
    The sum of the Internet checksum, word by word as RFC 1071 says it.
    """
    total = sum(octets[at] << 8 | octets[at + 1] for at in range(0, len(octets), 2))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return total


class QuestionTests(SynchronousTestCase):
    """
    Reading and answering.
    """

    def test_arp(self) -> None:
        """
        The answer to a question of ARP goes to who asked, and says where the address is.
        """
        question = questionOf(memoryview(arp("10.77.0.2")))
        self.assertEqual(question, Question(ASKER, bytes((10, 77, 0, 1)), bytes((10, 77, 0, 2))))
        assert question is not None
        answer = question.answer(OWNER)
        self.assertEqual((answer[:6], answer[6:12], len(answer)), (ASKER, OWNER, 60))
        self.assertEqual(answer[20:42].hex(), "0002" + OWNER.hex() + "0a4d0002" + ASKER.hex() + "0a4d0001")
        self.assertEqual(list(spokenFor(answer)), ["10.77.0.2"])

    def test_neighbourDiscovery(self) -> None:
        """
        The answer to a solicitation is an advertisement with a right checksum: to who asked, or to all if somebody
        wants to know whether the address is free.
        """
        for source, to, flags, where in (
            ("fd77::1", ASKER, 0x60, "fd77::1"),
            ("::", bytes.fromhex("333300000001"), 0x20, "ff02::1"),
        ):
            question = questionOf(memoryview(solicitation("fd77::2", source)))
            assert question is not None
            answer = question.answer(OWNER)
            self.assertEqual((answer[:6], answer[6:12]), (to, OWNER))
            self.assertEqual((answer[54], answer[58]), (136, flags))
            self.assertEqual(answer[38:54], ip_address(where).packed)
            self.assertEqual(answer[62:], ip_address("fd77::2").packed + bytes((2, 1)) + OWNER)
            self.assertEqual(sumOf(answer[22:54] + bytes((0, 32, 0, 58)) + answer[54:]), 0xFFFF)
            self.assertEqual(list(spokenFor(answer)), ["fd77::2"])

    def test_noQuestions(self) -> None:
        """
        What tells only where its own address is, answers, asks in the name of another, or came from afar, is none.
        """
        inAnothersName = bytearray(arp("10.77.0.2"))
        inAnothersName[22] ^= 4
        for frame in (
            arp("10.77.0.1"),
            arp("10.77.0.2", operation=2),
            bytes(inAnothersName),
            solicitation("fd77::2", hops=64),
            arp("10.77.0.2")[:41],
            solicitation("fd77::2")[:77],
            b"",
        ):
            self.assertIsNone(questionOf(memoryview(frame)))

    @settings(max_examples=300, deadline=None)
    @given(
        st.sampled_from([arp("10.77.0.2"), solicitation("fd77::2"), solicitation("fd77::2", "::")]),
        st.integers(0, 86),
        st.binary(max_size=40),
        st.binary(min_size=6, max_size=6),
    )
    def test_anythingIsAsked(self, start: bytes, kept: int, octets: bytes, mac: bytes) -> None:
        """
        No frame makes it fail; an answer speaks for what was asked, and is as long as Ethernet wants.
        """
        question = questionOf(memoryview(start[:kept] + octets))
        if question is not None:
            answer = question.answer(mac)
            self.assertEqual(list(spokenFor(answer)), [str(ip_address(question.target))])
            self.assertGreaterEqual(len(answer), 60)
            if len(question.target) == 16:
                self.assertEqual(sumOf(answer[22:54] + bytes((0, 32, 0, 58)) + answer[54:]), 0xFFFF)


@attrs.define
class Known:
    """
    A participant, its claims, and one announcement, as the service sees them.
    """

    owners: dict[str, bytes]
    macs: list[bytes]

    @property
    def claims(self) -> Known:
        return self

    @property
    def claim(self) -> Known:
        return self

    def isOverlay(self, address: str) -> bool:
        return address.startswith(("10.77.", "fd77:"))

    def announcement(self, identity: bytes) -> Known:
        return self

    def ownerOf(self, kind: str, what: str) -> bytes | None:
        assert kind == "address"
        return self.owners.get(what)


class Searching:
    """
    A search that a test answers.

    @ivar absent: what nobody has, as is known already.
    """

    isPartial = True

    def __init__(self) -> None:
        self.asked: list[tuple[str, Sought]] = []
        self.absent: set[Sought] = set()
        self._open: dict[Sought, Deferred[bool]] = {}

    def find(self, kind: str, what: Sought) -> Deferred[bool]:
        if what in self.absent:
            return succeed(False)
        self.asked.append((kind, what))
        answer = self._open[what] = Deferred()
        return answer

    def after(self, identity: bytes) -> Deferred[bytes | None]:
        return succeed(None)

    def answer(self, what: Sought, isThere: bool) -> None:
        self._open.pop(what).callback(isThere)


class Silent:
    """
    A transport over which nothing goes.
    """

    def peerAdded(self, peer: object) -> None:
        """
        There is another peer.
        """


class NeighboursTests(SynchronousTestCase):
    """
    The service at work.
    """

    def setUp(self) -> None:
        self.clock = Clock()
        self.context = simulatedNode(self.clock, Network(self.clock, Random(0)), "192.0.2.1", MAC(ASKER))
        self.owner = PeerKey(b"o" * 32)
        self.known = Known({"10.77.0.2": self.owner, "fd77::2": self.owner}, [OWNER])
        self.sealed = MemberContext(self.known, None, None)  # type: ignore[arg-type]  # as much as it looks at
        self.context.table.put(MAC(OWNER), self.owner, Source("claims", Rank.DIRECTORY))
        self.counters = Counters()
        self.injected: list[bytes] = []
        self.passed: list[bytes] = []
        self.service = self.opened(1)

    def opened(self, members: int) -> NeighboursWatcher:
        context = attrs.evolve(self.context, sealed=self.sealed, counters=self.counters, readAgain=self.passed.append)
        return NeighboursWatcher(members, context, self.injected.append)

    def test_answers(self) -> None:
        """
        Whoever asks for the address of a member in the table is answered, nobody else is asked, and that is no drop.
        """
        for number, frame in enumerate((arp("10.77.0.2"), solicitation("fd77::2")), 1):
            self.assertIs(self.service.leaving(memoryview(frame)), CONSUMED)
            self.assertEqual(self.injected[-1][:12], ASKER + OWNER)
            self.assertEqual(self.counters["neighbours-answered"], number)

    def test_leftToTheOwner(self) -> None:
        """
        Addresses that nobody has, members with several MAC addresses or none, and those to whom frames would not get,
        are asked for as ever; so is everything in small networks and in those without members.
        """
        frame = memoryview(arp("10.77.0.2"))
        self.assertIs(self.service.leaving(memoryview(arp("10.77.0.3"))), True)
        self.assertIs(self.opened(2).leaving(frame), True)
        for macs in ([], [OWNER, ASKER], [ASKER]):
            self.known.macs = macs
            self.assertIs(self.service.leaving(frame), True)
        self.sealed = None  # type: ignore[assignment]  # a network without members
        self.assertIs(self.opened(0).leaving(frame), True)
        self.assertEqual(self.injected, [])

    def test_whatArrives(self) -> None:
        """
        The host answers the others itself.
        """
        self.assertIs(self.service.arriving(self.owner, arp("10.77.0.1")), True)

    def seeking(self) -> Searching:
        """
        Let not everybody be known.
        """
        search = Searching()
        self.sealed = attrs.evolve(self.sealed, search=search)
        self.known.owners = {}
        self.service = self.opened(1000)
        return search

    def test_whoIsNotKnownIsLookedFor(self) -> None:
        """
        In a network where not everybody is known a question for an overlay address waits until its owner is found, and
        is answered then, however few are in the table; repeated meanwhile it is not asked again.
        """
        search = self.seeking()
        for _ in range(3):
            self.assertIs(self.service.leaving(memoryview(arp("10.77.0.2"))), CONSUMED)
        self.assertEqual((search.asked, self.injected), ([("address", "10.77.0.2")], []))
        self.known.owners = {"10.77.0.2": self.owner}
        search.answer("10.77.0.2", True)
        self.assertEqual([each[:12] for each in self.injected], [ASKER + OWNER])
        self.assertEqual(self.passed, [])
        self.assertIs(self.service.leaving(memoryview(arp("10.77.0.2"))), CONSUMED)
        self.assertEqual((len(search.asked), len(self.injected)), (1, 2))

    def test_whomNobodyKnowsIsAskedForAsEver(self) -> None:
        """
        A question for an address that no member has goes on, since it may be a host's behind a bridge: at once, if that
        is known already.
        """
        search, frame = self.seeking(), arp("10.77.0.9")
        self.assertIs(self.service.leaving(memoryview(frame)), CONSUMED)
        again: list[object] = []
        self.service._readAgain = lambda each: again.append(self.service.leaving(each))
        search.answer("10.77.0.9", False)
        self.assertEqual(again, [True])
        search.absent.add("10.77.0.9")
        self.assertIs(self.service.leaving(memoryview(frame)), True)
        self.assertEqual(self.injected, [])

    def test_whatIsNotLookedFor(self) -> None:
        """
        Addresses beyond the overlay, and more questions than are held back, go on; at the end all are dropped.
        """
        search = self.seeking()
        self.assertIs(self.service.leaving(memoryview(arp("192.0.2.1"))), True)
        self.assertEqual(search.asked, [])
        for number in range(HELD_MAXIMUM):
            frame = arp(f"10.77.{number // 250 + 1}.{number % 250 + 1}")
            self.assertIs(self.service.leaving(frame), CONSUMED)
        self.assertIs(self.service.leaving(arp("10.77.9.9")), True)
        self.service.close()
        search.answer("10.77.1.1", True)
        self.assertEqual((self.injected, self.passed), ([], []))

    def test_plugin(self) -> None:
        """
        It is a frame service with one setting.
        """
        verifyObject(IFrameService, Neighbours())
        self.assertIsNone(Neighbours().unusable())
        watcher = Neighbours().open({"members": 5}, self.context, self.injected.append)
        verifyObject(IFrameWatcher, watcher)
        watcher.close()
        for refused in ({"members": -1}, {"member": 5}):
            self.assertRaises(ConfigurationInvalid, Neighbours().open, refused, self.context, self.injected.append)

    def test_consumedIsNoDrop(self) -> None:
        """
        What the service has answered does not go on, and counts as no drop; what another service refuses does.
        """
        tap = attrs.make_class("Tap", ["mac", "mtu", "write"])(MAC(ASKER), 1400, lambda frame: True)
        table = self.context.table
        etud = Etud(tap, Silent(), table, self.counters, self.fail, self.context.failures)  # type: ignore[arg-type]  # nothing is sent
        etud.watchers = [self.service]
        etud.fromHost.frameRead(arp("10.77.0.2"))
        self.assertEqual((self.counters["drop-sent-watched"], len(self.injected)), (0, 1))
        etud.watchers = [attrs.make_class("Refusing", ["leaving", "arriving"])(lambda frame: False, None)]
        etud.fromHost.frameRead(arp("10.77.0.2"))
        self.assertEqual((self.counters["drop-sent-watched"], self.counters["sent-group-frames"]), (1, 0))


class NeighboursContractTests(FrameServiceContract, SynchronousTestCase):
    """
    The contract, in a network where not everybody is known.
    """

    settings = {"members": 1}

    def makeService(self) -> Neighbours:
        return Neighbours()

    def nodeContext(self) -> NodeContext:
        known = Known({}, [OWNER])
        sealed = MemberContext(known, None, None, search=Searching())  # type: ignore[arg-type]  # as much as it looks at
        return attrs.evolve(super().nodeContext(), sealed=sealed)
