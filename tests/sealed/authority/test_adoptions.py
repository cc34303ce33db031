"""
The network signs for those whom a deputy admitted.
"""

from __future__ import annotations

from copy import deepcopy

from adoption_case import DAY, AdoptionCase
from authority_case import Observer
from msgspec.structs import replace
from simulated.membership import macFrom, octetsFrom

from wand.errors import MembershipRefused, StoreUnavailable
from wand.sealed.credentials.certificate import Certificate
from wand.sealed.credentials.identity import NodeKey
from wand.sealed.credentials.signed import unverified
from wand.stores.memory import MemoryRecords


class AdoptionTests(AdoptionCase):
    def test_whoeverMayAdmit(self) -> None:
        """
        The invitation gave the deputy its right, with a grant of the network.
        """
        granted = self.own.granted
        assert granted is not None
        self.assertEqual(
            (granted.identity, granted.members, granted.expires), (self.deputy.identity, 2, self.own.expires)
        )
        self.assertTrue(self.own.admission)

    def test_adopted(self) -> None:
        """
        Whoever comes with a certificate of a deputy gets one of the network, and keeps what it has; that is told.
        """
        certificate = self.meet("carol")
        self.assertEqual((certificate.admitter, certificate.name), (b"", "carol"))
        self.assertEqual(certificate.addresses, ("10.77.9.9/16",))
        listed = self.status("carol")
        self.assertEqual((listed.admitter, listed.learned), (self.deputy.identity.hex(), False))
        self.assertEqual([each.kind for each in self.told].count("member-adopted"), 1)
        self.clock.advance(60)
        self.assertEqual(self.meet("carol", issued=int(self.wallClock()), name="other"), certificate)

    def test_whoComesFirst(self) -> None:
        """
        Nobody for whom the network signed loses a name or an address to somebody whom a deputy admitted.
        """
        before = [self.status("deputy")]
        certificate = self.meet("eve", name="deputy", addresses=self.own.addresses, since=self.own.since)
        self.assertEqual((certificate.name, len(certificate.addresses)), ("deputy-2", 1))
        self.assertNotEqual(certificate.addresses, self.own.addresses)
        self.assertEqual([self.status("deputy")], before)

    def test_notMoreThanItMay(self) -> None:
        """
        A deputy that names one after the other for its seats has no more of them adopted than it may, also
        after a restart.
        """
        names = [self.meet(f"n{number}", since=int(self.wallClock()) - number).name for number in range(4)]
        self.assertEqual(names, ["n0", "n1", "nobody", "nobody"])
        self.authority = self.opened(mac=macFrom("founder"), life=30 * DAY)
        self.assertEqual(self.meet("n5", seat=1).name, "nobody")

    def test_aStoreThatFails(self) -> None:
        """
        Whoever comes again and again while the store takes nothing uses up one place of its deputy's, and no more.
        """
        broken = self.authority._members._stored.exchange
        self.authority._members._stored.exchange = _refused  # type: ignore[method-assign]
        for _ in range(5):
            self.assertEqual(self.meet("carol").name, "nobody")
        self.authority._members._stored.exchange = broken  # type: ignore[method-assign]
        self.assertEqual([self.meet("carol").name, self.meet("dave", seat=1).name], ["carol", "dave"])

    def test_severalServers(self) -> None:
        """
        What one server adopted counts at the others that share its store.
        """
        other = self.opened(self.state)
        self.assertEqual([self.meet("carol").name, self.meet("dave", seat=1).name], ["carol", "dave"])
        self.authority = other
        self.now(other.reload())
        self.clock.advance(1)
        self.assertEqual(self.meet("eve", seat=0, since=int(self.wallClock()) - 900).name, "nobody")

    def test_takenBack(self) -> None:
        """
        From whom the right was taken, or a part of it, no more are adopted at once, whatever its grant says, which it
        may hold for long.
        """
        self.assertEqual(self.meet("carol").name, "carol")
        self.now(self.operator.appoint("deputy", 0))
        self.assertEqual(self.meet("dave", seat=1).name, "nobody")
        self.now(self.operator.appoint("deputy", 2))
        self.assertEqual(self.meet("dave", seat=1).name, "dave")

    def test_whoeverHasTheKeyNow(self) -> None:
        """
        Whom a deputy admitted that has the network key by now is adopted, as its grant says.
        """
        self.now(
            self.authority._members.change(
                self.deputy.identity, lambda before: replace(before, admits=0, admission=True)
            )
        )
        self.assertEqual([self.meet("carol").name, self.meet("dave", seat=1).name], ["carol", "dave"])
        self.assertEqual(self.meet("eve", seat=1, since=int(self.wallClock()) - 900).name, "nobody")

    def test_tooLong(self) -> None:
        """
        Where a certificate would be too long, that is said in words before anything is changed.
        """
        long = tuple(f"2001:db8:1111:2222:3333:4444:5555:{number:x}/128" for number in range(0x1000, 0x1004))
        carol = self.joined(name="c" * 32)
        for each in long:
            self.now(self.authority._assignments.addresses.give(each, carol.identity))
        self.now(self.authority._members.change(carol.identity, lambda before: replace(before, addresses=long)))
        self.assertIn("too long", self.failing(self.operator.appoint("c" * 32, 9), MembershipRefused))
        self.assertEqual(self.status("c" * 32).admits, 0)
        self.assertEqual(self.now(self.operator.limit("c" * 32, macs=9)).behind, 9)

    def test_takenBackEverywhere(self) -> None:
        """
        When a member may admit fewer, the network says so to everybody, and those that it admitted beyond lose their
        sessions; when it may admit more again, its new grant counts.
        """
        trust = self.authority.trust
        strangers = [self.unadopted(f"n{number}", number) for number in range(2)]
        told = Observer()
        self.authority.observe(told)
        self.now(self.operator.appoint("deputy", 1))
        [notice] = trust.notices.all
        self.assertEqual([trust.check(each) is not None for each in strangers], [True, False])
        self.assertEqual(told.revoked, [(NodeKey.fromSeed(octetsFrom("n1")).identity, notice)])
        self.authority = self.opened(mac=macFrom("founder"), life=30 * DAY)
        self.assertEqual(self.authority.trust.notices.all, (notice,))
        self.clock.advance(1)
        self.now(self.operator.appoint("deputy", 7))
        self.assertEqual(self.authority.trust.notices.all, (notice,))
        own = unverified(self.operator.certificateOf(self.deputy.identity), Certificate)
        assert own is not None and own.granted is not None
        self.assertEqual(self.authority.trust.seatsOf(own.granted), 7)

    def test_givenAgainInTheSameSecond(self) -> None:
        """
        Whatever the clock says, who may admit again does so: an allowance that would bind the new grant is replaced.
        """
        self.now(self.operator.appoint("deputy", 0))
        self.now(self.operator.appoint("deputy", 3))
        own = unverified(self.operator.certificateOf(self.deputy.identity), Certificate)
        assert own is not None and own.granted is not None
        self.assertEqual(self.authority.trust.seatsOf(own.granted), 3)
        self.wallClock.step(-9 * DAY)
        self.now(self.operator.appoint("deputy", 2))
        self.now(self.operator.appoint("deputy", 4))
        own = unverified(self.operator.certificateOf(self.deputy.identity), Certificate)
        assert own is not None and own.granted is not None
        self.assertEqual(self.authority.trust.seatsOf(own.granted), 4)

    def test_aStoreFromBefore(self) -> None:
        """
        Where the store is one from before, the others tell that a member may admit fewer, and it is not given more.
        """
        before = deepcopy(self.records)
        self.now(self.operator.appoint("deputy", 1))
        [notice] = self.authority.trust.notices.all
        self.records = before
        self.authority = self.opened(mac=macFrom("founder"), life=30 * DAY)
        self.assertEqual(self.status("deputy").admits, 2)
        self.authority.trust.take(notice)
        self.assertEqual(self.status("deputy").admits, 1)

    def test_appointing(self) -> None:
        """
        The right is given and taken; the deputy hears of it with its certificate.
        """
        bob = self.joined(name="bob")
        for admits in (7, 0):
            status = self.now(self.operator.appoint("bob", admits))
            self.assertEqual((status.admits, status.admission), (admits, bool(admits)))
            own = unverified(self.operator.certificateOf(bob.identity), Certificate)
            assert own is not None
            self.assertEqual((own.admission, bool(own.grant)), (bool(admits), bool(admits)))
        for wrong in (-1, 65_537):
            self.failing(self.operator.appoint("bob", wrong), MembershipRefused)

    def test_serversAppointToo(self) -> None:
        """
        In a network with servers members are appointed just so; a server itself is not.
        """
        self.records, self.state = MemoryRecords(), self.directory()
        self.authority = self.opened()
        bob = self.joined(name="bob")
        self.assertEqual(self.now(self.operator.appoint("bob", 7)).admits, 7)
        own = unverified(self.operator.certificateOf(bob.identity), Certificate)
        assert own is not None and own.granted is not None
        self.assertEqual(own.granted.members, 7)
        carol = self.joined(self.invite(admits=3), name="carol")
        assert carol.own is not None
        self.assertTrue(carol.own.admission)
        self.assertIn("anyway", self.failing(self.operator.appoint("server", 7), MembershipRefused))


async def _refused(*what: object) -> bool:
    raise StoreUnavailable("the disk is full")
