"""
Control messages about membership.
"""

from __future__ import annotations

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st
from simulated.membership import TestNetwork, macFrom
from twisted.trial.unittest import SynchronousTestCase

from wand.sealed.credentials.identity import NodeKey
from wand.sealed.credentials.messages import (
    MESSAGE_MAXIMUM,
    REVOCATIONS_PAGE,
    Admitted,
    Join,
    Message,
    NotNow,
    Pending,
    Refused,
    Renew,
    Renewed,
    Reserved,
    ReserveWanted,
    Revocations,
    RevocationsDigest,
    RevocationsWanted,
    ServersTold,
    Twice,
    pack,
    parse,
)
from wand.sealed.credentials.signed import SIGNED_MAXIMUM

KEY = bytes(range(32))
MESSAGES: list[tuple[int, Message]] = [
    (1, Join(KEY, "alice", KEY[:6], KEY * 2)),
    (2, Admitted(b"certificate", b"descriptor", KEY, b"server")),
    (3, Pending()),
    (4, Refused("because")),
    (7, NotNow("because")),
    (5, Renew(KEY[:6])),
    (6, Renewed(b"certificate")),
    (10, RevocationsDigest(KEY[:16])),
    (11, RevocationsWanted(b"")),
    (12, Revocations((b"one", b"two"), KEY)),
    (81, ServersTold((KEY[:8], KEY[8:16]))),
    (82, Reserved(1, 2, (KEY[:8], KEY), KEY[:8])),
    (83, ReserveWanted()),
]


class MessageTests(SynchronousTestCase):
    def test_whatIsWrittenIsRead(self) -> None:
        """
        Every message is read as it was written, and begins with its number.
        """
        for number, message in MESSAGES:
            octets = pack(message)
            self.assertEqual(parse(octets), message)
            self.assertEqual(msgspec.msgpack.decode(octets)[0], number)

    def test_textsAreFitForLogsAndTerminals(self) -> None:
        """
        What another says for people has nothing in it with which it could write lines of its own, or command a
        terminal.
        """
        hostile = "no\n2026-01-01 all is well\x1b]0;x\x07"
        for number in (4, 7):
            message = parse(msgspec.msgpack.encode([number, hostile]))
            assert isinstance(message, Refused | NotNow)
            self.assertEqual(message.reason, "no 2026-01-01 all is well ]0;x ")
        twice = parse(msgspec.msgpack.encode([9, ["192.0.2.1:22222", "\x1b[2J"]]))
        self.assertEqual(twice, Twice(("192.0.2.1:22222", " [2J")))

    @given(st.binary(max_size=400))
    @settings(deadline=None)
    def test_noiseIsNoMessage(self, octets: bytes) -> None:
        """
        Random octets are no message, or one that can be written again; they never raise.
        """
        message = parse(octets)
        if message is not None:
            self.assertEqual(parse(pack(message)), message)

    @given(st.sampled_from(MESSAGES), st.data())
    @settings(deadline=None)
    def test_damageDoesNotRaise(self, numbered: tuple[int, Message], data: st.DataObject) -> None:
        """
        A message with a few octets changed or cut off is read as something or not at all, and never raises.
        """
        octets = bytearray(pack(numbered[1]))
        for index in data.draw(st.lists(st.integers(0, len(octets) - 1), max_size=4)):
            octets[index] = data.draw(st.integers(0, 255))
        parse(bytes(octets[: data.draw(st.integers(0, len(octets)))]))

    @given(st.integers(-(2**63), 2**64 - 1), st.lists(st.binary(max_size=8), max_size=4))
    @settings(deadline=None)
    def test_unknownNumbersAreIgnored(self, number: int, rest: list[bytes]) -> None:
        """
        A message of a number that this version does not know is none.
        """
        if number not in {each for each, _ in MESSAGES}:
            self.assertIsNone(parse(msgspec.msgpack.encode([number, *rest])))

    def test_laterVersionsMayAppend(self) -> None:
        """
        Fields that a later version appends are ignored.
        """
        for _, message in MESSAGES:
            longer = [*msgspec.msgpack.decode(pack(message)), "new", [1, 2]]
            self.assertEqual(parse(msgspec.msgpack.encode(longer)), message)

    def test_limitsHold(self) -> None:
        """
        Keys of a wrong length, lists and texts beyond their limits and huge messages are refused.
        """
        for wrong in (
            [1, KEY[:31], "alice", KEY[:6], KEY * 2],
            [1, KEY, "a" * 65, KEY[:6], KEY * 2],
            [1, KEY, b"alice", KEY[:6], KEY * 2],
            [2, b"", b"", bytes(32), b""],
            [2, bytes(SIGNED_MAXIMUM + 1), b"", KEY, b""],
            [4, "a" * 301],
            [12, [b""] * (REVOCATIONS_PAGE + 1), b""],
            [4, "a", bytes(MESSAGE_MAXIMUM)],
            [],
            {},
            4,
        ):
            self.assertIsNone(parse(msgspec.msgpack.encode(wrong)))
        self.assertIsNone(parse(b"\x93\x04\xa0" + b"\x91" * 1000))

    def test_theLargestAdmissionFits(self) -> None:
        """
        An admission fits into one message, even of a member that has as much as a member may have.
        """
        key, network = NodeKey.fromSeed(KEY), TestNetwork(prefix="2001:db8:1111:2222:3333:4444:5555:6600/120")
        addresses = tuple(f"2001:db8:1111:2222:3333:4444:5555:66{number:02x}/120" for number in range(16, 20))
        macs = tuple(macFrom(str(number)) for number in range(4))
        largest = network.certificate(key, "a" * 32, macs, addresses, bridge=True, since=2**40, expires=2**53)
        server = network.certificate(key, "s" * 32, (), server=True, since=2**40, expires=2**53)
        answer = Admitted(largest, network.descriptor, KEY, server)
        self.assertLessEqual(len(largest), SIGNED_MAXIMUM)
        self.assertEqual(parse(pack(answer)), answer)

    def test_theSecretStaysOutOfLogs(self) -> None:
        """
        The representation of an admission does not show the network secret.
        """
        self.assertNotIn("x01", repr(MESSAGES[1][1]))
