"""
Tests for L{wand.host.messages}.
"""

from __future__ import annotations

import struct

from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from wand.host.changes import Address, Link
from wand.host.messages import addressOf, linkOf, routeOf
from wand.host.rtnetlink import messagesOf


def attribute(kind: int, octets: bytes) -> bytes:
    """
    An attribute of a message.
    """
    return (struct.pack("=HH", 4 + len(octets), kind) + octets).ljust((len(octets) + 7) & ~3, b"\0")


def route(length: int = 0, table: int = 254, maker: int = 3, kind: int = 1, flags: int = 0, rest: bytes = b"") -> bytes:
    """
    What is said of a route.
    """
    return struct.pack("=BBBBBBBBI", 2, length, 0, 0, table, maker, 0, kind, flags) + attribute(4, b"\7\0\0\0") + rest


class MessageTests(SynchronousTestCase):
    """
    The few messages that are read.
    """

    def test_link(self) -> None:
        """
        An interface has a name, an address, an MTU, and is up or not; one that is not hardware has a kind, and may have
        an alias, and a bridge.
        """
        rest = attribute(3, b"wan0\0") + attribute(1, b"\2\0\0\0\0\1") + attribute(4, struct.pack("=I", 900))
        said = linkOf(struct.pack("=BxHiII", 0, 1, 5, 0x41, 0) + rest)
        self.assertEqual(said, Link(5, "wan0", b"\2\0\0\0\0\1", 900, True, True))
        rest += attribute(18, attribute(1, b"tun\0")) + attribute(10, b"\7\0\0\0") + attribute(20, b"wandaemon\0")
        said = linkOf(struct.pack("=BxHiII", 0, 1, 5, 0x41, 0) + rest)
        self.assertEqual(said, Link(5, "wan0", b"\2\0\0\0\0\1", 900, True, True, "tun", 7, "wandaemon"))

    def test_portOfABridge(self) -> None:
        """
        An interface that leaves a bridge is said in the words of one that is deleted, but for its family.
        """
        self.assertIsNone(linkOf(struct.pack("=BxHiII", 7, 1, 5, 0x41, 0)))

    def test_addresses(self) -> None:
        """
        Addresses of one link, and those that are still tested, are of no use to others.
        """
        four = attribute(1, bytes([192, 0, 2, 1]))
        self.assertEqual(addressOf(struct.pack("=BBBBI", 2, 24, 0, 0, 3) + four), Address(3, "192.0.2.1", 24, True))
        self.assertEqual(addressOf(struct.pack("=BBBBI", 2, 24, 0, 254, 3) + four), Address(3, "192.0.2.1", 24, False))
        six = attribute(1, bytes([0x20, 1] + [0] * 13 + [1]))
        self.assertEqual(addressOf(struct.pack("=BBBBI", 10, 64, 0x40, 0, 3) + six), Address(3, "2001::1", 64, False))

    def test_routes(self) -> None:
        """
        Routes of people and of the kernel count, and the default routes of routing daemons; not those to ourselves, to
        one link, or that are remembered only.
        """
        self.assertEqual(routeOf(route()), 7)
        self.assertEqual(routeOf(route(16)), 7)
        self.assertEqual(routeOf(route(0, maker=186)), 7)
        self.assertIsNone(routeOf(route(16, maker=186)))
        self.assertIsNone(routeOf(route(table=255)))
        self.assertIsNone(routeOf(route(kind=2)))
        self.assertIsNone(routeOf(route(flags=0x200)))
        self.assertIsNone(routeOf(route(64, rest=attribute(1, bytes([0xFE, 0x80] + [0] * 14)))))

    @given(st.binary(max_size=200))
    def test_anything(self, octets: bytes) -> None:
        """
        Anything is read or refused.
        """
        for _, body in messagesOf(octets):
            for read in (linkOf, addressOf, routeOf):
                read(body)
        for read in (linkOf, addressOf, routeOf):
            read(octets)

    @given(st.lists(st.binary(max_size=40), max_size=4), st.binary(max_size=8))
    def test_severalInOne(self, bodies: list[bytes], rubbish: bytes) -> None:
        """
        Messages stand one behind the other, each at a multiple of four octets; rubbish behind them is left.
        """
        octets = b"".join(
            (struct.pack("=IHHII", 16 + len(body), 16, 0, 0, 0) + body).ljust((16 + len(body) + 3) & ~3, b"\0")
            for body in bodies
        )
        self.assertEqual([body for _, body in messagesOf(octets + rubbish)], bodies)
