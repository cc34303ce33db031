"""
Tests for L{wand.sealed.sessions.packets} and L{wand.sealed.sessions.cookies}.
"""

from __future__ import annotations

from random import Random

import msgspec
from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from wand.sealed.credentials.certificate import Certificate
from wand.sealed.credentials.identity import NetworkKey
from wand.sealed.credentials.limits import BROADCASTS_MAXIMUM, MACS_MAXIMUM, Limits
from wand.sealed.credentials.signed import SIGNED_MAXIMUM, signed
from wand.sealed.sessions.cookies import CookieJar, openCookie
from wand.sealed.sessions.hurry import Hurry
from wand.sealed.sessions.packets import (
    COOKIE_SIZE,
    HANDSHAKE_SIZE,
    CookieMessage,
    Greeting,
    Initiation,
    Reply,
    Response,
    macKey,
    macOne,
    macOneRight,
    macTwoRight,
    packGreeting,
    packInitiation,
    packReply,
    packResponse,
    parseGreeting,
    parseReply,
)
from wand.sealed.sessions.timers import DEMANDS_ALL, INITIATIONS_ADDRESS, INITIATIONS_ALL, INITIATIONS_ENDPOINT
from wand.underlay.place_kinds import subscriberOf

KEY = macKey(b"k" * 32)
SENDER = ("192.0.2.1", 22222)


def initiation(cookie: bytes = b"") -> bytes:
    return packInitiation(7, b"n" * (HANDSHAKE_SIZE - 40), KEY, cookie)


class HandshakeMessageTests(SynchronousTestCase):
    """
    What is packed is parsed, and nothing else is.
    """

    def test_initiation(self) -> None:
        """
        An initiation has 832 octets and comes apart as it was put together.
        """
        datagram = initiation()
        self.assertEqual(len(datagram), 832)
        self.assertEqual(Initiation.parse(datagram), Initiation(1, 7, b"n" * (HANDSHAKE_SIZE - 40)))

    def test_responseIsNotLonger(self) -> None:
        """
        A response has as many octets as the initiation that it answers, so nobody can be flooded through us.
        """
        datagram = packResponse(7, 8, b"n" * (HANDSHAKE_SIZE - 44), KEY)
        self.assertEqual(len(datagram), len(initiation()))
        self.assertEqual(Response.parse(datagram), Response(1, 7, 8, b"n" * (HANDSHAKE_SIZE - 44)))

    def test_largestCertificateFits(self) -> None:
        """
        A certificate with everything that it may have fits into both messages.
        """
        largest = signed(
            NetworkKey.fromSeed(b"n" * 32).signing,
            Certificate(
                network=b"n" * 32,
                identity=b"i" * 32,
                exchangeKey=b"e" * 32,
                role=1,
                name="n" * 32,
                addresses=tuple(f"2001:db8:1111:2222:3333:4444:5555:666{n}/128" for n in range(4)),
                macs=tuple(bytes([2, 0, 0, 0, 0, n]) for n in range(4)),
                bridge=True,
                since=2**50,
                issued=2**51,
                expires=2**52,
                limits=Limits(MACS_MAXIMUM, BROADCASTS_MAXIMUM),
                confirmed=True,
            ),
        )
        for greeting in (Greeting(1, 2**53, 0, largest, 2**53, b"\xff" * 16), Greeting(1, 2**53, 0, largest)):
            self.assertEqual(parseGreeting(packGreeting(greeting)), greeting)
        self.assertEqual(parseReply(packReply(Reply(1, largest, 2**53))), Reply(1, largest, 2**53))
        packGreeting(Greeting(0xFFFF, 2**53, 255, bytes(SIGNED_MAXIMUM), 2**53, bytes(16)))
        self.assertRaises(ValueError, packGreeting, Greeting(1, 0, 0, bytes(HANDSHAKE_SIZE)))

    def test_laterVersionMayAppend(self) -> None:
        """
        Fields that a later version appends to a payload are ignored.
        """
        later = msgspec.msgpack.encode([2, 5, 0, b"credential", 6, b"cookie", [0], "more", {"and": "more"}])
        payload = len(later).to_bytes(2, "big") + later + bytes(9)
        self.assertEqual(parseGreeting(payload), Greeting(2, 5, 0, b"credential", 6, b"cookie", (0,)))
        later = msgspec.msgpack.encode([2, b"credential", 6, [0], [1, 2, 3]])
        self.assertEqual(parseReply(len(later).to_bytes(2, "big") + later), Reply(2, b"credential", 6, (0,)))

    @given(st.binary(max_size=900))
    def test_anythingCanArrive(self, octets: bytes) -> None:
        """
        Every parser takes any octets and raises nothing.
        """
        for parse in (Initiation.parse, Response.parse, CookieMessage.parse, parseGreeting, parseReply):
            parse(octets)
        if len(octets) >= 32:
            self.assertFalse(macOneRight(octets, KEY))

    @given(st.binary(min_size=HANDSHAKE_SIZE, max_size=HANDSHAKE_SIZE))
    def test_rightLengthIsNotEnough(self, octets: bytes) -> None:
        """
        Octets of the right length come apart, but without the key nobody has the right mac1.
        """
        self.assertIsNotNone(Initiation.parse(octets))
        self.assertIsNotNone(Response.parse(memoryview(octets)))
        self.assertFalse(macOneRight(octets, KEY))

    @given(st.integers(0, 0xFFFF), st.recursive(st.none() | st.integers() | st.binary(), st.lists))
    def test_anyPayloadCanArrive(self, size: int, content: object) -> None:
        """
        A payload that says anything, of any length, raises nothing.
        """
        try:
            packed = msgspec.msgpack.encode(content)
        except OverflowError:
            return
        parseGreeting(size.to_bytes(2, "big") + packed)
        parseReply(len(packed).to_bytes(2, "big") + packed)


class CookieTests(SynchronousTestCase):
    """
    A cookie proves that its owner receives where it says it is.
    """

    def setUp(self) -> None:
        self.jar = CookieJar(b"k" * 32, Random(0).randbytes)

    def demanded(self, datagram: bytes, now: float = 0.0) -> bytes:
        message = CookieMessage.parse(self.jar.demand(memoryview(datagram), 7, SENDER, now))
        assert message is not None
        self.assertEqual(message.receiver, 7)
        cookie = openCookie(message, b"k" * 32, macOne(datagram))
        assert cookie is not None
        return cookie

    def test_cookieProvesAnAddress(self) -> None:
        """
        An initiation with the cookie is right from the address that it was made for, and from no other.
        """
        datagram = memoryview(initiation(self.demanded(initiation())))
        self.assertTrue(self.jar.isProven(datagram, SENDER, 1.0))
        self.assertFalse(self.jar.isProven(datagram, ("192.0.2.1", 22223), 1.0))
        self.assertFalse(self.jar.isProven(datagram, ("192.0.2.2", 22222), 1.0))
        self.assertFalse(self.jar.isProven(memoryview(initiation()), SENDER, 1.0))

    def test_cookieAges(self) -> None:
        """
        After 120 seconds a cookie is worth nothing.
        """
        datagram = memoryview(initiation(self.demanded(initiation())))
        self.assertTrue(self.jar.isProven(datagram, SENDER, 119.0))
        self.assertFalse(self.jar.isProven(datagram, SENDER, 120.0))

    def test_demandIsShort(self) -> None:
        """
        The demand is much shorter than the initiation.
        """
        self.assertEqual(len(self.jar.demand(memoryview(initiation()), 7, SENDER, 0.0)), COOKIE_SIZE)
        self.assertLess(COOKIE_SIZE, HANDSHAKE_SIZE)

    def test_forgedCookieIsRefused(self) -> None:
        """
        A cookie for another initiation, or of somebody else, does not open.
        """
        message = CookieMessage.parse(self.jar.demand(memoryview(initiation()), 7, SENDER, 0.0))
        assert message is not None
        self.assertIsNone(openCookie(message, b"k" * 32, bytes(16)))
        self.assertIsNone(openCookie(message, b"x" * 32, macOne(initiation())))

    def test_bitFlippedMacsAreWrong(self) -> None:
        """
        A single changed bit anywhere makes mac2 wrong, and mac1 too if it is before it.
        """
        cookie = self.demanded(initiation())
        good = initiation(cookie)
        self.assertTrue(macTwoRight(good, cookie))
        for place in (0, 100, HANDSHAKE_SIZE - 33, HANDSHAKE_SIZE - 20, HANDSHAKE_SIZE - 1):
            bad = bytearray(good)
            bad[place] ^= 1
            self.assertFalse(macTwoRight(bytes(bad), cookie))
            self.assertEqual(macOneRight(bytes(bad), KEY), place >= HANDSHAKE_SIZE - 16)

    def test_hurryIsCountedBySecond(self) -> None:
        """
        More than 50 initiations in a second are a hurry, in that second and in the next.
        """
        hurry = Hurry()
        self.assertFalse(any(hurry.countOne(10.0) for _ in range(50)))
        self.assertTrue(hurry.countOne(10.9))
        self.assertTrue(hurry.countOne(11.0))
        self.assertFalse(hurry.countOne(12.0))
        self.assertFalse(hurry.countOne(99.0))

    def test_demandsAreBoundedInAll(self) -> None:
        """
        In a second, so many demands for a cookie are sent in all, however many ask, and no matter from where.
        """
        hurry = Hurry()
        self.assertEqual(sum(hurry.mayDemand() for _ in range(2 * DEMANDS_ALL)), DEMANDS_ALL)
        hurry.countOne(1.0)
        self.assertTrue(hurry.mayDemand())

    def test_provenInitiationsAreBounded(self) -> None:
        """
        What an endpoint, an address and all together may cost in a second is bounded.
        """
        hurry = Hurry()
        self.assertEqual(tried(hurry, [("192.0.2.1", 1)] * 100), INITIATIONS_ENDPOINT)
        self.assertEqual(tried(hurry, [("192.0.2.2", port) for port in range(1000)]), INITIATIONS_ADDRESS)
        many = [(f"198.51.{each // 250}.{each % 250}", 1) for each in range(10_000)]
        self.assertEqual(tried(hurry, many), INITIATIONS_ALL - INITIATIONS_ADDRESS - INITIATIONS_ENDPOINT)
        hurry.countOne(1.0)
        self.assertEqual(tried(hurry, many[:400]), 400)

    def test_aSubscriberHasAWholeNetworkOfIPv6(self) -> None:
        """
        All addresses of one /64 together may do what one address of IPv4 may.
        """
        self.assertEqual(subscriberOf("2001:db8::1"), subscriberOf("2001:db8:0:0:ffff::9"))
        self.assertNotEqual(subscriberOf("2001:db8::1"), subscriberOf("2001:db8:0:1::1"))
        self.assertEqual(subscriberOf("fe80::1%eth0"), subscriberOf("fe80::2"))
        spread = [(f"2001:db8::{number:x}", 1) for number in range(1000)]
        self.assertEqual(tried(Hurry(), spread), INITIATIONS_ADDRESS)

    def test_neighboursBehindANATCanNotKeepAPeerOut(self) -> None:
        """
        When an address has used up what it may, and all have, a member in session at that address still renews it.
        """
        hurry = Hurry()
        tried(hurry, [(f"198.51.{each // 250}.{each % 250}", 1) for each in range(10_000)])
        tried(hurry, [("192.0.2.2", port) for port in range(1000)])
        self.assertFalse(hurry.mayTry(("192.0.2.2", 22222), isPeer=False))
        self.assertTrue(hurry.mayTry(("192.0.2.2", 22223), isPeer=True))

    def test_addressesAreBounded(self) -> None:
        """
        However many addresses try in a second, the memory for their counts is the same, and most others may still
        try.
        """
        hurry = Hurry()
        memory = len(hurry._endpoints), len(hurry._addresses), len(hurry._asked)
        for number in range(10_000):
            hurry.mayTry((f"address {number}", 1), isPeer=True)
            hurry.isFirst(f"address {number}")
        self.assertEqual((len(hurry._endpoints), len(hurry._addresses), len(hurry._asked)), memory)
        self.assertTrue(all(hurry.mayTry((f"another {number}", 1), isPeer=True) for number in range(100)))
        self.assertGreater(sum(hurry.isFirst(f"another {number}") for number in range(100)), 70)


def tried(hurry: Hurry, senders: list[tuple[str, int]]) -> int:
    """
    How many of these are looked into.
    """
    return sum(hurry.mayTry(each, isPeer=False) and hurry.mayTryNow() for each in senders)
