"""
Tests of L{wand.rel2.wire}.
"""

from __future__ import annotations

from ipaddress import IPv4Address

from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from wand.ethernet import BROADCAST, MAC
from wand.rel2.wire import (
    REQUEST_SIZE,
    buildListing,
    buildRequest,
    entrySize,
    parseHost,
    parseListing,
    parseRequest,
)
from wand.underlay.ports import DATAGRAM_MAXIMUM

ALICE = MAC.parse("02:00:00:00:00:0a")
BOB = MAC.parse("02:00:00:00:00:0b")

macs = st.binary(min_size=6, max_size=6).map(MAC).filter(lambda mac: mac.isUnicast)
hosts = st.integers(0x01000000, 0xDFFFFFFF).map(lambda number: str(IPv4Address(number)))
scraps = st.sampled_from([b"02:00:00:00:00:0a", b"192.0.2.1", b"\0", b"\0\0", b":", b"ff", b"1.2.3", b"\xff"])


class RequestTests(SynchronousTestCase):
    def test_requestIsTextAndNUL(self) -> None:
        """
        A request is the lower-case text of the MAC address and one NUL.
        """
        self.assertEqual(buildRequest(ALICE), b"02:00:00:00:00:0a\0")

    def test_upperCaseIsRead(self) -> None:
        """
        A request in upper-case digits is as good.
        """
        self.assertEqual(parseRequest(memoryview(b"02:00:00:00:00:0A\0")), ALICE)

    def test_anythingElseIsNoRequest(self) -> None:
        """
        A request without its NUL, too long, with other separators, other digits, or of a group's address, is none.
        """
        for datagram in (
            b"",
            b"02:00:00:00:00:0a",
            b"02:00:00:00:00:0a\n",
            b"02:00:00:00:00:0a\0\0",
            b"02-00-00-00-00-0a\0",
            b"02:00:00:00:00:0g\0",
            b"0200:00:00:00:00a\0",
            b"00:00:00:00:00:00\0",
            buildRequest(BROADCAST),
            b"\xb2:00:00:00:00:0a\0",
        ):
            self.assertIsNone(parseRequest(datagram), datagram)

    @given(macs)
    def test_requestSurvivesTheRoundTrip(self, mac: MAC) -> None:
        """
        Whatever the address, the request of a node is read as the node's.
        """
        self.assertEqual(len(buildRequest(mac)), REQUEST_SIZE)
        self.assertEqual(parseRequest(memoryview(buildRequest(mac))), mac)

    @given(st.binary(max_size=40))
    def test_randomOctetsNeverRaise(self, datagram: bytes) -> None:
        """
        No octets make the parser of requests raise.
        """
        parseRequest(memoryview(datagram))


class ListingTests(SynchronousTestCase):
    def test_listingIsTextAndNULs(self) -> None:
        """
        A listing is the text of the MAC address and of the IP address of every entry, each with a NUL.
        """
        self.assertEqual(
            buildListing([(ALICE, "192.0.2.1"), (BOB, "192.0.2.20")]),
            b"02:00:00:00:00:0a\x00192.0.2.1\x0002:00:00:00:00:0b\x00192.0.2.20\0",
        )

    def test_oneBadEntryDoesNotCostTheOthers(self) -> None:
        """
        Entries of groups, of unreadable addresses and of no single host are skipped and counted.
        """
        listing = parseListing(
            b"02:00:00:00:00:0a\x00192.0.2.1\0"
            b"ff:ff:ff:ff:ff:ff\x00192.0.2.2\0"
            b"rubbish\x00192.0.2.3\0"
            b"02:00:00:00:00:0c\x00224.0.0.1\0"
            b"02:00:00:00:00:0b\x00192.0.2.4\0"
        )
        assert listing is not None
        self.assertEqual(listing.hosts, {ALICE: "192.0.2.1", BOB: "192.0.2.4"})
        self.assertEqual(listing.bad, 3)

    def test_missingFieldDoesNotShiftTheOthers(self) -> None:
        """
        Where the IP address of an entry is missing, the entries after it are read all the same.
        """
        listing = parseListing(b"02:00:00:00:00:0a\x0002:00:00:00:00:0b\x00192.0.2.4\0")
        assert listing is not None
        self.assertEqual((listing.hosts, listing.bad), ({BOB: "192.0.2.4"}, 1))

    def test_lastNULMayBeMissing(self) -> None:
        """
        A listing without its last NUL is read.
        """
        listing = parseListing(b"02:00:00:00:00:0a\x00192.0.2.1")
        assert listing is not None
        self.assertEqual((listing.hosts, listing.bad), ({ALICE: "192.0.2.1"}, 0))

    def test_listingWithoutAGoodEntryIsNone(self) -> None:
        """
        A datagram without a single good entry is not a listing: a server names at least whoever asks it.
        """
        for datagram in (b"", b"\0", b"hello", b"02:00:00:00:00:0a\0", b"02:00:00:00:00:0a\x001.2.3\0"):
            self.assertIsNone(parseListing(datagram), datagram)

    def test_onlySingleHostsAreHosts(self) -> None:
        """
        An address that is not a single host's, or not written the one way, is refused.
        """
        for text in (b"0.0.0.0", b"0.1.2.3", b"224.0.0.1", b"240.0.0.1", b"255.255.255.255", b"::1", b"01.2.3.4"):
            self.assertIsNone(parseHost(text), text)
        self.assertEqual(parseHost(b"127.0.0.1"), "127.0.0.1")
        self.assertEqual(parseHost(b"10.1.2.3"), "10.1.2.3")

    def test_listingIsNeverCutShort(self) -> None:
        """
        The largest table that fits into a datagram is built whole, and one entry more is not built at all.
        """
        host = "100.100.100.100"
        count = DATAGRAM_MAXIMUM // entrySize(host)
        entries = [(MAC(b"\x02\0" + number.to_bytes(4, "big")), host) for number in range(count + 1)]
        listing = buildListing(entries[:count])
        assert listing is not None
        self.assertEqual(len(listing), count * entrySize(host))
        self.assertIsNone(buildListing(entries))

    @given(st.dictionaries(macs, hosts, min_size=1))
    def test_listingSurvivesTheRoundTrip(self, table: dict[MAC, str]) -> None:
        """
        Whatever the table, its listing is read as that table.
        """
        datagram = buildListing(table.items())
        assert datagram is not None
        listing = parseListing(memoryview(datagram))
        assert listing is not None
        self.assertEqual((listing.hosts, listing.bad), (table, 0))

    @given(st.one_of(st.binary(max_size=200), st.lists(scraps, max_size=20).map(b"".join)))
    def test_randomOctetsNeverRaise(self, datagram: bytes) -> None:
        """
        No octets make the parser of listings raise, and it never believes in more entries than there is room for.
        """
        listing = parseListing(memoryview(datagram))
        if listing is not None:
            self.assertLessEqual(len(listing.hosts) * entrySize("1.1.1.1"), len(datagram) + 1)
