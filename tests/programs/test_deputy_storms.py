"""
Many at once at a member that admits others, a disk that is full, and a clock that is wrong, in simulated time.
"""

from __future__ import annotations

from unittest import mock

import attrs
from founding_case import FoundingCase
from sealed_network_case import Dwelling
from twisted.internet.defer import Deferred, fail

from wand.endpoint import Endpoint
from wand.errors import StoreUnavailable
from wand.interfaces import Context
from wand.sealed.sessions.joiners import JOINERS_MAXIMUM
from wand.sealed.sessions.packets import HANDSHAKE_SIZE, INITIATION
from wand.stores.sqlite import SQLiteRecords
from wand.testing.context import WallClock

YEAR = 365 * 86_400

#: How many nodes come at once, and how often what they sent is sent again by somebody else.
COMING = 24
REPEATED = 3_000


class StormCase(FoundingCase):
    """
    A founder that is off, and a deputy.
    """

    def setUp(self) -> None:
        super().setUp()
        self.one, _ = self.founder()
        self.two = self.dwelling(2, joins=False)
        self.join(self.two, self.invited(self.one, admits=40))
        self.go(2.0)
        self.one.stop()

    def coming(self, count: int, first: int = 10) -> list[Dwelling]:
        return [self.dwelling(first + number, joins=False) for number in range(count)]

    def begin(self, dwelling: Dwelling, token: str) -> None:
        Deferred.fromCoroutine(dwelling.node.join(token))

    def stages(self, dwellings: list[Dwelling]) -> set[str]:
        return {each.own.stage for each in dwellings}


class StormTests(StormCase):
    def test_manyAtOnce(self) -> None:
        """
        Of many that come at once, all get in who have an invitation, each with a seat and an address of its own, while
        somebody repeats and changes what they send, thousands of times; what is kept is bounded, and all is counted.
        """
        token = self.invited(self.two, uses=COMING)
        nodes = self.coming(COMING)
        self.network.sent.clear()
        for each in nodes:
            self.begin(each, token)
        self.go(0.5)
        deputy = Endpoint(self.two.address, self.port())
        recorded = [
            each.payload
            for each in tuple(self.network.sent)
            if each.destination == deputy and each.payload[0] == INITIATION and len(each.payload) == HANDSHAKE_SIZE
        ]
        self.assertGreaterEqual(len(recorded), COMING)
        for number in range(REPEATED):
            payload = bytearray(recorded[number % len(recorded)])
            if number % 3 == 0:
                payload[100 + number % 700] ^= 1
            sender = Endpoint(f"198.51.{number // 250 % 250}.{number % 250 + 1}", 1000 + number % 7)
            self.network.carry(bytes(payload), sender, deputy)
            if number % 100 == 99:
                self.go(0.05)
                self.assertLessEqual(self.joiners(), JOINERS_MAXIMUM)
        self.go(60.0)
        self.assertEqual(self.stages(nodes), {"member"})
        found = [each.node.etud.member.enrolment.own for each in nodes]  # type: ignore[union-attr]
        self.assertEqual(len({each.seat for each in found if each is not None}), COMING)
        self.assertEqual(len({each.addresses for each in found if each is not None}), COMING)
        self.assertEqual(list(self.two.node.network.invitations()), [])
        late = self.coming(1, 90)[0]
        self.join(late, token)
        self.assertEqual(late.own.stage, "new")
        counters = self.two.context.counters
        self.assertGreater(sum(counters[name] for name in counters if "sealed" in name), REPEATED // 3)
        self.assertEqual(self.two.lost, [])

    def joiners(self) -> int:
        return len(self.two.node.etud.transport._conversations.joiners)  # type: ignore[attr-defined]

    def port(self) -> int:
        return int(self.two.node.status().listening.partition(",")[0].rpartition(":")[2])


class FullDiskTests(StormCase):
    def test_aFullDisk(self) -> None:
        """
        While the disk of the deputy is full nobody is admitted, and nothing is said that is not kept; its operator is
        told.  When there is room again everybody gets in, the invitation is used once for each, and no seat twice.
        """
        token = self.invited(self.two, uses=3)
        before, during = self.coming(1, 10), self.coming(2, 20)
        self.join(before[0], token)
        self.assertEqual(self.stages(before), {"member"})
        full = mock.patch.object(SQLiteRecords, "exchange", lambda *_: fail(StoreUnavailable("the disk is full")))
        with full:
            for each in during:
                self.begin(each, token)
            self.go(20.0)
            self.assertEqual(self.stages(during), {"joining"})
            self.assertIn("the disk is full", " ".join(self.two.node.status().notes))
        self.go(90.0)
        self.assertEqual(self.stages(during), {"member"})
        self.assertNotIn("the disk is full", " ".join(self.two.node.status().notes))
        self.two.stop()
        self.two.start()
        self.go(2.0)
        self.assertEqual(list(self.two.node.network.invitations()), [])
        found = [each.node.etud.member.enrolment.own for each in (*before, *during)]  # type: ignore[union-attr]
        self.assertEqual(sorted(each.seat for each in found if each is not None), [0, 1, 2])


class ClockTests(StormCase):
    """
    Hosts whose clocks can be set.
    """

    def setUp(self) -> None:
        self.clocks: dict[str, WallClock] = {}
        make = Dwelling.makeContext

        def makeContext(dwelling: Dwelling) -> Context:
            clock = self.clocks.setdefault(dwelling.address, WallClock(self.clock))
            return attrs.evolve(make(dwelling), wallClock=clock)

        self.patch(Dwelling, "makeContext", makeContext)
        super().setUp()

    def test_aYearAhead(self) -> None:
        """
        While the clock of a deputy is a year ahead, whoever has an invitation waits, which is not lost; when the clock
        is right again the node gets in, and the founder signs for it.
        """
        token = self.invited(self.two, lifetime=366 * 86_400.0)
        self.clocks[self.two.address].step(YEAR)
        node = self.coming(1)[0]
        self.begin(node, token)
        self.go(20.0)
        self.assertEqual(node.own.stage, "joining")
        self.clocks[self.two.address].step(-YEAR)
        self.go(60.0)
        self.assertEqual(node.own.stage, "member")
        self.meetsTheFounder(node)

    def test_aYearBehind(self) -> None:
        """
        While the clock of a deputy is a year behind, it admits, with certificates that others take.
        """
        self.clocks[self.two.address].step(-YEAR)
        node = self.coming(1)[0]
        self.join(node, self.invited(self.two))
        self.assertEqual(node.own.stage, "member")
        self.meetsTheFounder(node)
        self.clocks[self.two.address].step(YEAR)
        other = self.coming(1, 20)[0]
        self.join(other, self.invited(self.two))
        self.assertEqual(other.own.stage, "member")
        self.assertTrue(self.reaches(node, other))

    def meetsTheFounder(self, node: Dwelling) -> None:
        self.one.start()
        self.go(40.0)
        self.assertTrue(self.membersOf(self.one)[node.own.name].admitter)
        self.assertTrue(self.reaches(self.one, node))
