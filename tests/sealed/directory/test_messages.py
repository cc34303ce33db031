"""
Tests for the messages of the directory, and for how control messages find their readers.
"""

from __future__ import annotations

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st
from simulated.members import SimulatedNetwork
from twisted.trial.unittest import SynchronousTestCase

from wand.sealed.credentials.messages import MESSAGE_MAXIMUM
from wand.sealed.directory.messages import (
    ENDPOINTS_MAXIMUM,
    KEYS_MAXIMUM,
    PAGE_ROOM,
    PAIR_MAXIMUM,
    Announce,
    Announced,
    Ask,
    Found,
    Key,
    Look,
    Page,
    PageRecord,
    pack,
    parse,
    parseRecord,
)
from wand.sealed.sessions.control_messages import MEMBER_BURST, ControlMessages, numberOf

LONGEST_ENDPOINT = "[ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff]:65535"
COUNT = 2**53


def maximalRecord() -> PageRecord:
    half = PAIR_MAXIMUM // 2
    return PageRecord(b"c" * half, b"l" * half, (LONGEST_ENDPOINT,) * ENDPOINTS_MAXIMUM, 2**32 - 1, COUNT)


class DirectoryMessagesTests(SynchronousTestCase):
    """
    Messages of the directory.
    """

    def test_theLongestMessagesFitIntoADatagram(self) -> None:
        """
        With every field at its limit, no message is longer than a control message may be.
        """
        record = pack(maximalRecord())
        self.assertLessEqual(len(record), PAGE_ROOM)
        page = Page(2**32 - 1, True, b"i" * 8, COUNT, COUNT, COUNT, (msgspec.Raw(record),))
        half = b"c" * (PAIR_MAXIMUM // 2)
        announce = Announce(2**32 - 1, half, half, (LONGEST_ENDPOINT,) * ENDPOINTS_MAXIMUM)
        self.assertLessEqual(len(pack(page)) - len(record), MESSAGE_MAXIMUM - PAGE_ROOM)
        look = Look(2**32 - 1, (Key(4, b"k" * 32),) * KEYS_MAXIMUM)
        found = Found(2**32 - 1, True, b"i" * 8, COUNT, (msgspec.Raw(record),), tuple(range(KEYS_MAXIMUM)))
        for message in (page, announce, Announced(COUNT, 2**32 - 1, b"i" * 8, COUNT, COUNT), look, found):
            self.assertLessEqual(len(pack(message)), MESSAGE_MAXIMUM)
            self.assertIsNotNone(parse(pack(message)))

    def test_whatAMemberMayHaveFits(self) -> None:
        """
        The certificate and the claim of a member with all the addresses that it may have fit into a record.
        """
        network = SimulatedNetwork.begun()
        person = network.person(1)
        address = "fdff:ffff:ffff:ffff:ffff:ffff:ffff:fff{}/128"
        said = msgspec.structs.replace(
            person.certificate,
            name="n" * 32,
            addresses=tuple(address.format(digit) for digit in "abcd"),
            macs=tuple(bytes([2, 0, 0, 0, 0, number]) for number in range(4)),
        )
        from wand.sealed.credentials.signed import signed

        person.certificate, person.signedCertificate = said, signed(network.key.signing, said)
        claim = person.claim(epoch=COUNT)
        self.assertLessEqual(len(person.signedCertificate) + len(claim), PAIR_MAXIMUM)

    def test_laterFieldsAreIgnored(self) -> None:
        """
        A message of a later version with one more field is understood.
        """
        content = msgspec.msgpack.decode(pack(Ask(1, b"", 0, 0, 16)))
        self.assertEqual(parse(msgspec.msgpack.encode([*content, "new"])), Ask(1, b"", 0, 0, 16))

    def test_aBadRecordLeavesThePage(self) -> None:
        """
        A page is read although one of its records is none.
        """
        good = pack(maximalRecord())
        bad = msgspec.Raw(msgspec.msgpack.encode({"no": "record"}))
        page = parse(pack(Page(0, True, b"i" * 8, 0, 2, 2, (bad, msgspec.Raw(b"\x01")))))
        self.assertIsInstance(page, Page)
        assert isinstance(page, Page)
        self.assertEqual([parseRecord(each) for each in page.records], [None, None])
        self.assertEqual(parseRecord(good), maximalRecord())

    @given(st.binary(max_size=1300))
    @settings(deadline=None)
    def test_anythingCanBeParsed(self, octets: bytes) -> None:
        """
        Whatever arrives is a message or none, and nothing raises.
        """
        parse(octets)
        parseRecord(octets)
        self.assertTrue(-1 <= numberOf(octets) <= 255)

    @given(
        st.recursive(
            st.one_of(st.none(), st.booleans(), st.integers(-(2**63), 2**64 - 1), st.binary(max_size=40), st.text()),
            lambda inner: st.lists(inner, max_size=8),
            max_leaves=20,
        ),
        st.integers(16, 19),
    )
    @settings(deadline=None)
    def test_anyArrayCanBeParsed(self, fields: object, number: int) -> None:
        """
        An array of anything under one of our numbers is a message or none.
        """
        body = fields if isinstance(fields, list) else [fields]
        parse(msgspec.msgpack.encode([number, *body]))

    @given(st.binary(max_size=8), st.integers(0, COUNT), st.integers(0, COUNT), st.integers(1, 16))
    @settings(deadline=None)
    def test_aQuestionSurvivesTheWay(self, instance: bytes, after: int, upto: int, count: int) -> None:
        """
        What is asked is what is understood.
        """
        ask = Ask(7, instance, after, upto, count)
        self.assertEqual(parse(pack(ask)), ask)
        self.assertEqual(numberOf(pack(ask)), 18)

    @given(st.integers(0, 255), st.integers(0, 20))
    @settings(deadline=None)
    def test_numbersAreFound(self, number: int, fields: int) -> None:
        """
        The number of a message is read whatever comes after it.
        """
        self.assertEqual(numberOf(msgspec.msgpack.encode([number, *range(fields)])), number)


class ControlMessagesTests(SynchronousTestCase):
    """
    L{ControlMessages}.
    """

    def setUp(self) -> None:
        self.network = SimulatedNetwork.begun()
        self.here = self.network.person(1).sessions()
        self.there = self.network.person(2).sessions()
        from wand.counters import Counters

        self.counters = Counters()
        self.control = ControlMessages(self.here, self.network.clock, self.counters)
        self.read: list[bytes] = []

    def reader(self, peer: bytes, member: object, message: bytes) -> None:
        self.read.append(message)

    def test_unknownNumbersAreCounted(self) -> None:
        """
        A message that this version does not know is counted, and harms nobody.
        """
        self.control.read(range(16, 32), self.reader)
        for message in (b"\x92\x10\x01", b"\x92\x63\x01", b"", b"\x90", b"rubbish"):
            self.there.sendControl(self.here.identity, message)
        self.network.run(1)
        self.assertEqual(self.read, [b"\x92\x10\x01"])
        self.assertEqual(self.counters["drop-control-unknown"], 4)

    def test_aReaderCanEnd(self) -> None:
        """
        A reader that ended is handed nothing more, and its end takes nothing from who came after it.
        """
        end = self.control.read(range(16, 32), self.reader)
        end()
        self.control.read(range(16, 32), lambda *_: self.read.append(b"second"))
        end()
        self.there.sendControl(self.here.identity, b"\x91\x10")
        self.network.run(1)
        self.assertEqual(self.read, [b"second"])

    def test_aFloodIsReadWithinABudget(self) -> None:
        """
        A member that sends more control messages than it should is not read for a while; others are.
        """
        self.control.read(range(16, 32), self.reader)
        for _ in range(2 * int(MEMBER_BURST)):
            self.there.sendControl(self.here.identity, b"\x91\x10")
        self.network.run(1)
        self.assertEqual(
            (len(self.read), self.counters["drop-control-throttled"]), (int(MEMBER_BURST), int(MEMBER_BURST))
        )
        self.network.person(3).sessions().sendControl(self.here.identity, b"\x91\x11")
        self.network.run(1)
        self.assertEqual(self.read[-1], b"\x91\x11")
