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
        self.assertTrue(self.now(self.assignments.takeName("printer", ALICE)))
        self.assertTrue(self.now(self.assignments.takeName("printer", ALICE)))
        self.assertFalse(self.now(self.assignments.takeName("printer", BOB)))

    def test_theNextNameThatIsFree(self) -> None:
        """
        A wish that is taken gets a number, and whoever asks again gets the same name.
        """
        for identity, name in ((ALICE, "printer"), (BOB, "printer-2"), (CAROL, "printer-3"), (BOB, "printer-2")):
            self.assertEqual(self.now(self.assignments.takeNameLike("printer", identity)), name)
        name = self.now(self.assignments.takeNameLike("x" * 32, ALICE))
        self.assertEqual(self.now(self.assignments.takeNameLike(name, BOB)), "x" * 30 + "-2")

    def test_aNewNameFreesTheOld(self) -> None:
        """
        A member that is renamed keeps one name.
        """
        self.now(self.assignments.takeName("old", ALICE))
        self.now(self.assignments.takeName("new", ALICE))
        self.now(self.assignments.keepName("new", ALICE))
        self.assertTrue(self.now(self.assignments.takeName("old", BOB)))
        self.assertFalse(self.now(self.assignments.takeName("new", BOB)))

    def test_aMACHasOneOwner(self) -> None:
        """
        A MAC address is one host's, and one member's, until that member takes another.
        """
        tap, other = macFrom("tap"), macFrom("other")
        self.now(self.assignments.takeMAC(tap, ALICE))
        self.assertIn("belongs to another", self.refusal(self.assignments.takeMAC(tap, BOB)))
        self.assertIn("single host", self.refusal(self.assignments.takeMAC(MAC(b"\xff" * 6), BOB)))
        self.now(self.assignments.takeMAC(other, ALICE))
        self.now(self.assignments.keepMAC(other, ALICE))
        self.now(self.assignments.takeMAC(tap, BOB))

    def test_theFirstAddressThatIsFree(self) -> None:
        """
        Each member gets an address of its own, the same again, until there are none left.
        """
        for identity, number in ((ALICE, 1), (BOB, 2), (ALICE, 1)):
            self.assertEqual(self.now(self.assignments.takeAddress(identity, PREFIX)), f"10.77.0.{number}/30")
        self.assertEqual(self.assignments.holderOfAddress("10.77.0.2/30"), BOB)
        self.assertIn("no free address", self.refusal(self.assignments.takeAddress(CAROL, PREFIX)))

    def test_whatSeveralReserve(self) -> None:
        """
        What anybody sets aside is given to nobody.  What changes nothing is no change, and who sets nothing aside any
        more leaves nothing behind.
        """
        reserve = self.assignments.reserve
        self.assertTrue(reserve(AddressRanges(["10.77.0.1-10.77.0.2"]), b"one"))
        self.assertFalse(reserve(AddressRanges(["10.77.0.1"]), b"two"))
        self.assertIn("reserve fewer", self.refusal(self.assignments.takeAddresses(ALICE)))
        self.assertTrue(reserve(AddressRanges(), b"one"))
        self.assertEqual(self.now(self.assignments.takeAddresses(ALICE)), ("10.77.0.2/30",))
        self.assertTrue(reserve(AddressRanges(), b"two"))
        self.assertEqual([*self.assignments._reserved], [b""])

    def test_theAddressOfARevokedMemberRests(self) -> None:
        """
        It is given to others once its time is over, or if there is no other.
        """
        self.now(self.assignments.takeAddress(ALICE, PREFIX))
        self.now(self.assignments.takeName("alice", ALICE))
        self.revoked[ALICE] = 100.0
        self.now(self.assignments.retire(ALICE))
        self.assertTrue(self.now(self.assignments.takeName("alice", BOB)))
        self.assertEqual(self.now(self.assignments.takeAddress(BOB, PREFIX)), "10.77.0.2/30")
        self.assertEqual(self.now(self.assignments.takeAddress(CAROL, PREFIX)), "10.77.0.1/30")
        self.now(self.assignments.release(CAROL))
        self.time = 100.0
        self.assertEqual(self.now(self.assignments.takeAddress(CAROL, PREFIX)), "10.77.0.1/30")

    def test_whatIsReleasedIsFree(self) -> None:
        """
        Who does not become a member after all gives everything back.
        """
        self.now(self.assignments.takeAddress(ALICE, PREFIX))
        self.now(self.assignments.takeMAC(macFrom("tap"), ALICE))
        self.now(self.assignments.takeName("alice", ALICE))
        self.now(self.assignments.release(ALICE))
        self.assertEqual(self.now(self.assignments.takeAddress(BOB, PREFIX)), "10.77.0.1/30")
        self.now(self.assignments.takeMAC(macFrom("tap"), BOB))
        self.assertTrue(self.now(self.assignments.takeName("alice", BOB)))

    def test_anAddressIsGivenToWhoHadItFirst(self) -> None:
        """
        After a store was lost an earlier member gets its address back, whoever has it.
        """
        self.now(self.assignments.takeAddress(BOB, PREFIX))
        self.now(self.assignments.giveAddress("10.77.0.1/30", ALICE))
        self.assertEqual(self.assignments.holderOfAddress("10.77.0.1/30"), ALICE)
        self.assertEqual(self.now(self.assignments.takeAddress(BOB, PREFIX)), "10.77.0.2/30")

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
            self.now(other.takeAddress(identity, PREFIX))
        self.assertIn("no free address", self.refusal(self.assignments.takeAddress(CAROL, PREFIX)))
        self.now(other.release(ALICE))
        self.assertEqual(self.now(self.assignments.takeAddress(CAROL, PREFIX)), "10.77.0.1/30")

    def test_twoServersGiveNothingTwice(self) -> None:
        """
        A server that has not seen what another gave away finds out when it takes it.
        """
        other = self.server()
        self.assertEqual(self.now(other.takeAddress(ALICE, PREFIX)), "10.77.0.1/30")
        self.assertEqual(self.now(self.assignments.takeAddress(BOB, PREFIX)), "10.77.0.2/30")
        self.now(other.takeName("alice", ALICE))
        self.assertEqual(self.now(self.assignments.takeNameLike("alice", BOB)), "alice-2")
