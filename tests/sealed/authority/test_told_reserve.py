"""
Tests for L{wand.sealed.authority.reserve_news} and L{wand.sealed.authority.told_reserve}: what one sets aside, and
another is told.
"""

from __future__ import annotations

from collections.abc import Callable
from hashlib import sha256
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from types import SimpleNamespace
from typing import Any

from attrs import evolve
from hypothesis import given, settings
from hypothesis import strategies as st
from simulated.members import SimulatedNetwork
from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase

from wand.address_ranges import RANGES_MAXIMUM, AddressRanges
from wand.sealed.authority.reserve_news import ReserveNews, messagesOf
from wand.sealed.authority.told_reserve import ASKING_INTERVAL, RESERVE_FILE, TELLERS_MAXIMUM, ToldReserve
from wand.sealed.credentials.messages import RESERVED_PARTS, Reserved, ReserveWanted, pack, parse
from wand.sealed.credentials.revocation import Revocation
from wand.sealed.credentials.signed import signed
from wand.sealed.credentials.trust import Trust
from wand.state import StateDirectory
from wand.testing.context import simulatedContext
from wand.testing.network import Network

MANY = AddressRanges(f"10.77.{number}.0/25" for number in range(RANGES_MAXIMUM))


class Line:
    """
    Sessions and their control messages.
    """

    def __init__(self) -> None:
        self.sent: list[tuple[bytes, object]] = []

    def onSession(self, reader: Any) -> None:
        self.began = reader

    def read(self, numbers: range, reader: Any) -> Callable[[], None]:
        self.received = reader
        return lambda: None

    def sendControl(self, peer: bytes, message: bytes) -> None:
        self.sent.append((peer, parse(message)))


class ToldReserveTests(SynchronousTestCase):
    """
    A member that admits others, and a server that tells it.
    """

    def setUp(self) -> None:
        network = SimulatedNetwork.begun()
        self.network, self.trust = network, Trust(network.key.network, lambda: 0.0)
        self.server = network.person(1, server=True).certificate.member
        self.member = network.person(2).certificate.member
        folder = TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.state = StateDirectory(str(Path(folder.name) / "state"))
        self.clock = Clock()
        self.context = simulatedContext(self.clock, Network(self.clock, Random(1)), "192.0.2.1")
        self.asking = self.begun()

    def begun(self) -> ToldReserve:
        self.line: Any = Line()
        self.known: dict[bytes, list[Any]] = {}
        return ToldReserve(self.state, self.line, self.line, self.context, self.trust, self.learn)

    def learn(self, ranges: AddressRanges, source: bytes) -> None:
        self.known[source] = list(ranges)

    def tell(self, ranges: AddressRanges, teller: Any = None) -> None:
        teller = teller or self.server
        for message in messagesOf(ranges):
            self.line.received(teller.identity, teller, message)

    def test_asked(self) -> None:
        """
        Whoever decides is asked when a session begins, and now and then while it lasts; nobody else is.
        """
        self.line.began(self.server.identity, self.server, True)
        self.line.began(self.member.identity, self.member, True)
        self.clock.advance(ASKING_INTERVAL)
        self.line.began(self.server.identity, self.server, False)
        self.clock.advance(ASKING_INTERVAL)
        self.assertEqual(self.line.sent, [(self.server.identity, ReserveWanted())] * 2)
        self.asking.stop()
        self.assertEqual(self.clock.getDelayedCalls(), [])

    def test_asManyAsThereMayBe(self) -> None:
        """
        As many ranges as a configuration may have are told, and fewer take their place; over a restart, too.
        """
        self.assertEqual(len(messagesOf(MANY)), RESERVED_PARTS)
        for ranges in (MANY, AddressRanges(["fd77::/120", "10.77.3.0/24"]), AddressRanges()):
            self.tell(ranges)
            self.assertEqual(self.known[self.server.identity], list(ranges))
            self.begun()
            self.assertEqual(self.known[self.server.identity], list(ranges))

    def test_whoIsNotBelieved(self) -> None:
        """
        Who does not speak for the network sets nothing aside.
        """
        self.tell(MANY, self.member)
        self.tell(MANY, evolve(self.member, admission=True))
        self.assertEqual(self.known, {})

    def test_many(self) -> None:
        """
        What a bounded number of them say is remembered, and of the others nothing is left.
        """
        for number in range(TELLERS_MAXIMUM + 5):
            self.tell(AddressRanges([f"10.77.{number}.0/24"]), evolve(self.server, identity=bytes([number]) * 32))
        self.assertEqual(sum(map(bool, self.known.values())), TELLERS_MAXIMUM)

    def test_revoked(self) -> None:
        """
        What one said that was revoked since counts no more, also if that was while we were off.
        """
        self.tell(MANY)
        before = self.state.read(RESERVE_FILE)
        self.trust.take(signed(self.network.key.signing, Revocation(self.network.key.network, self.server.identity, 1)))
        self.assertEqual(self.known[self.server.identity], [])
        self.begun()
        self.assertEqual(self.known, {})
        assert before is not None
        self.state.write(RESERVE_FILE, before)
        self.begun()
        self.assertEqual(self.known, {})

    def test_noAuthorityAnyMore(self) -> None:
        """
        Nor does it if that one comes back without the right to speak for the network.
        """
        self.tell(MANY)
        self.line.began(self.server.identity, evolve(self.server, isAuthority=False), True)
        self.assertEqual(self.known[self.server.identity], [])

    @given(st.permutations(range(2 * RESERVED_PARTS)), st.sets(st.integers(0, 2 * RESERVED_PARTS - 1)))
    @settings(deadline=None)
    def test_partsAreLost(self, order: list[int], lost: set[int]) -> None:
        """
        Whatever comes of two times, in whatever order: what is known is what was said at one of them, never a mixture.
        """
        other = AddressRanges(f"10.99.{number}.0/25" for number in range(RANGES_MAXIMUM))
        self.known.clear()
        messages = [*messagesOf(MANY), *messagesOf(other)]
        for each in order:
            if each not in lost:
                self.line.received(self.server.identity, self.server, messages[each])
            self.assertIn(self.known.get(self.server.identity, []), ([], list(MANY), list(other)))

    def test_stopped(self) -> None:
        """
        One that was stopped changes nothing any more.
        """
        self.tell(MANY)
        before = self.state.read(RESERVE_FILE)
        self.asking.stop()
        self.trust.take(signed(self.network.key.signing, Revocation(self.network.key.network, self.server.identity, 1)))
        self.line.began(self.server.identity, self.server, True)
        self.assertEqual((self.state.read(RESERVE_FILE), self.clock.getDelayedCalls()), (before, []))

    def test_aDamagedFile(self) -> None:
        """
        What cannot be read is not known until it is said again.
        """
        for content in (b"", b"\xff", pack(ReserveWanted()), b"\x91\x92\xc4\x01a\x81\x00\x91\xc4\x03abc"):
            self.state.write(RESERVE_FILE, content)
            self.begun()
            self.assertEqual(self.known, {})
            self.tell(MANY)
            self.assertEqual(self.known[self.server.identity], list(MANY))

    @given(st.lists(st.tuples(st.integers(0, 7), st.integers(1, 8), st.lists(st.binary(max_size=40), max_size=4))))
    @settings(deadline=None)
    def test_anything(self, messages: list[tuple[int, int, list[bytes]]]) -> None:
        """
        Whatever a server says is taken or not, and never raises.
        """
        for part, parts, ranges in messages:
            try:
                octets = pack(Reserved(part, parts, tuple(ranges), bytes(8)))
            except ValueError:
                continue
            self.line.received(self.server.identity, self.server, octets)

    def test_telling(self) -> None:
        """
        Who admits members is answered, at a bounded rate, and told of changes; others are not answered.
        """
        deputy = evolve(self.member, identity=bytes(32))
        observers: list[Callable[[], object]] = []
        administration: Any = SimpleNamespace(
            reserve=SimpleNamespace(ranges=MANY, observe=observers.append),
            deputies=[deputy.identity],
            isDeputy=lambda each: each == deputy.identity,
        )
        ReserveNews(administration, self.line, self.line, self.context)
        self.line.received(self.member.identity, self.member, pack(ReserveWanted()))
        self.assertEqual(self.line.sent, [])
        for _ in range(10):
            self.line.received(deputy.identity, deputy, pack(ReserveWanted()))
        self.assertEqual(len(self.line.sent), 3 * RESERVED_PARTS)
        self.assertEqual(self.context.counters["drop-control-reserve"], 7)
        administration.reserve.ranges = AddressRanges()
        self.line.sent.clear()
        observers[0]()
        self.assertEqual(self.line.sent, [(deputy.identity, Reserved(0, 1, (), sha256(b"").digest()[:8]))])
