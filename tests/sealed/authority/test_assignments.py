"""
Tests for L{wand.sealed.authority.assignments}: a name, a MAC address or an overlay address has one member only.
"""

from __future__ import annotations

from collections.abc import Coroutine
from ipaddress import ip_network
from typing import Any

from simulated.membership import macFrom, octetsFrom
from twisted.internet.defer import Deferred
from twisted.trial.unittest import SynchronousTestCase

from wand.address_ranges import AddressRanges
from wand.errors import MembershipRefused
from wand.ethernet import MAC
from wand.interfaces import IRecords
from wand.sealed.authority.assignments import Assignments
from wand.stores.memory import MemoryRecords
from wand.testing.shared_store import SharedStore

PREFIX = ip_network("10.77.0.0/30")
ALICE, BOB, CAROL = map(octetsFrom, ("alice", "bob", "carol"))


class AssignmentsTests(SynchronousTestCase):
    """
    A network of two hosts' addresses, C{10.77.0.1} and C{10.77.0.2}.
    """

    def setUp(self) -> None:
        self.records: IRecords = MemoryRecords()
        self.time = 0.0
        self.revoked: dict[bytes, float] = {}
        self.assignments = self.server()

    def server(self) -> Assignments:
        assignments = Assignments(self.records, [PREFIX], self.revoked.get, lambda: self.time)
        assignments.follow()
        self.now(assignments.load())
        return assignments

    def now(self, coroutine: Coroutine[Any, Any, Any]) -> Any:
        return self.successResultOf(Deferred.fromCoroutine(coroutine))

    def refusal(self, coroutine: Coroutine[Any, Any, Any]) -> str:
        return str(self.failureResultOf(Deferred.fromCoroutine(coroutine), MembershipRefused).value)

    def test_aNameHasOneOwner(self) -> None:
        """
        Who has a name gets it again; nobody else gets it.
        """
        self.assertTrue(self.now(self.assignments.names.take("printer", ALICE)))
        self.assertTrue(self.now(self.assignments.names.take("printer", ALICE)))
        self.assertFalse(self.now(self.assignments.names.take("printer", BOB)))

    def test_theNextNameThatIsFree(self) -> None:
        """
        A wish that is taken gets a number, and whoever asks again gets the same name.
        """
        for identity, name in ((ALICE, "printer"), (BOB, "printer-2"), (CAROL, "printer-3"), (BOB, "printer-2")):
            self.assertEqual(self.now(self.assignments.names.takeLike("printer", identity)), name)
        name = self.now(self.assignments.names.takeLike("x" * 32, ALICE))
        self.assertEqual(self.now(self.assignments.names.takeLike(name, BOB)), "x" * 30 + "-2")

    def test_aNewNameFreesTheOld(self) -> None:
        """
        A member that is renamed keeps one name.
        """
        self.now(self.assignments.names.take("old", ALICE))
        self.now(self.assignments.names.take("new", ALICE))
        self.now(self.assignments.names.keep("new", ALICE))
        self.assertTrue(self.now(self.assignments.names.take("old", BOB)))
        self.assertFalse(self.now(self.assignments.names.take("new", BOB)))

    def test_aMACHasOneOwner(self) -> None:
        """
        A MAC address is one host's, and one member's, until that member takes another.
        """
        tap, other = macFrom("tap"), macFrom("other")
        self.now(self.assignments.macs.take(tap, ALICE))
        self.assertIn("belongs to another", self.refusal(self.assignments.macs.take(tap, BOB)))
        self.assertIn("single host", self.refusal(self.assignments.macs.take(MAC(b"\xff" * 6), BOB)))
        self.now(self.assignments.macs.take(other, ALICE))
        self.now(self.assignments.macs.keep(other, ALICE))
        self.now(self.assignments.macs.take(tap, BOB))

    def test_theFirstAddressThatIsFree(self) -> None:
        """
        Each member gets an address of its own, the same again, until there are none left.
        """
        for identity, number in ((ALICE, 1), (BOB, 2), (ALICE, 1)):
            self.assertEqual(self.now(self.assignments.addresses.take(identity, PREFIX)), f"10.77.0.{number}/30")
        self.assertEqual(self.assignments.addresses.holderOf("10.77.0.2/30"), BOB)
        self.assertIn("no free address", self.refusal(self.assignments.addresses.take(CAROL, PREFIX)))

    def test_whatSeveralReserve(self) -> None:
        """
        What anybody sets aside is given to nobody.  What changes nothing is no change, and who sets nothing aside any
        more leaves nothing behind.
        """
        reserve = self.assignments.addresses.pool.reserve
        self.assertTrue(reserve(AddressRanges(["10.77.0.1-10.77.0.2"]), b"one"))
        self.assertFalse(reserve(AddressRanges(["10.77.0.1"]), b"two"))
        self.assertIn("reserve fewer", self.refusal(self.assignments.addresses.takeEach(ALICE)))
        self.assertTrue(reserve(AddressRanges(), b"one"))
        self.assertEqual(self.now(self.assignments.addresses.takeEach(ALICE)), ("10.77.0.2/30",))
        self.assertTrue(reserve(AddressRanges(), b"two"))
        self.assertEqual([*self.assignments.addresses.pool._reserved], [b""])

    def test_theAddressOfARevokedMemberRests(self) -> None:
        """
        It is given to others once its time is over, or if there is no other.
        """
        self.now(self.assignments.addresses.take(ALICE, PREFIX))
        self.now(self.assignments.names.take("alice", ALICE))
        self.revoked[ALICE] = 100.0
        self.now(self.assignments.retire(ALICE))
        self.assertTrue(self.now(self.assignments.names.take("alice", BOB)))
        self.assertEqual(self.now(self.assignments.addresses.take(BOB, PREFIX)), "10.77.0.2/30")
        self.assertEqual(self.now(self.assignments.addresses.take(CAROL, PREFIX)), "10.77.0.1/30")
        self.now(self.assignments.release(CAROL))
        self.time = 100.0
        self.assertEqual(self.now(self.assignments.addresses.take(CAROL, PREFIX)), "10.77.0.1/30")

    def test_whatIsReleasedIsFree(self) -> None:
        """
        Who does not become a member after all gives everything back.
        """
        self.now(self.assignments.addresses.take(ALICE, PREFIX))
        self.now(self.assignments.macs.take(macFrom("tap"), ALICE))
        self.now(self.assignments.names.take("alice", ALICE))
        self.now(self.assignments.release(ALICE))
        self.assertEqual(self.now(self.assignments.addresses.take(BOB, PREFIX)), "10.77.0.1/30")
        self.now(self.assignments.macs.take(macFrom("tap"), BOB))
        self.assertTrue(self.now(self.assignments.names.take("alice", BOB)))

    def test_anAddressIsGivenToWhoHadItFirst(self) -> None:
        """
        After a store was lost an earlier member gets its address back, whoever has it.
        """
        self.now(self.assignments.addresses.take(BOB, PREFIX))
        self.now(self.assignments.addresses.give("10.77.0.1/30", ALICE))
        self.assertEqual(self.assignments.addresses.holderOf("10.77.0.1/30"), ALICE)
        self.assertEqual(self.now(self.assignments.addresses.take(BOB, PREFIX)), "10.77.0.2/30")

    def test_whatAnotherServerReleasesIsFree(self) -> None:
        """
        An address that another server took back is given here.
        """
        store = SharedStore()
        self.records = store.open()
        other = self.server()
        self.records = store.open()
        self.assignments = self.server()
        for identity in (ALICE, BOB):
            self.now(other.addresses.take(identity, PREFIX))
        self.assertIn("no free address", self.refusal(self.assignments.addresses.take(CAROL, PREFIX)))
        self.now(other.release(ALICE))
        self.assertEqual(self.now(self.assignments.addresses.take(CAROL, PREFIX)), "10.77.0.1/30")

    def test_twoServersGiveNothingTwice(self) -> None:
        """
        A server that has not seen what another gave away finds out when it takes it.
        """
        other = self.server()
        self.assertEqual(self.now(other.addresses.take(ALICE, PREFIX)), "10.77.0.1/30")
        self.assertEqual(self.now(self.assignments.addresses.take(BOB, PREFIX)), "10.77.0.2/30")
        self.now(other.names.take("alice", ALICE))
        self.assertEqual(self.now(self.assignments.names.takeLike("alice", BOB)), "alice-2")
