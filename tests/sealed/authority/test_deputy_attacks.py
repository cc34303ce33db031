"""
What dishonest members that admit others try, and dishonest nodes that they admit.
"""

from __future__ import annotations

from ipaddress import ip_interface, ip_network
from types import SimpleNamespace
from typing import Any

from adoption_case import AdoptionCase
from simulated.membership import TestNetwork, octetsFrom
from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase

from wand.ethernet import MAC
from wand.sealed.credentials.certificate import Certificate
from wand.sealed.credentials.claim import Announcement
from wand.sealed.credentials.identity import Identity, NodeKey
from wand.sealed.credentials.key_binding import bindingOf
from wand.sealed.credentials.messages import NotNow, Renewed
from wand.sealed.credentials.signed import unverified
from wand.sealed.credentials.trust import Trust
from wand.sealed.node.expulsion import Expulsion

NETWORK = TestNetwork()
HONEST, DISHONEST, GUEST, ACCOMPLICE = (NodeKey.fromSeed(octetsFrom(each)) for each in ("h", "d", "g", "a"))


class DishonestDeputyTests(AdoptionCase):
    """
    A deputy whose word the founder is to sign for.
    """

    def test_addressesOfOthers(self) -> None:
        """
        It gives somebody addresses outside the network, that of the network itself, the broadcast address, or all that
        it can: the network signs for one of its prefix, and no more.
        """
        prefix = ip_network("10.77.0.0/16")
        attempts = (
            ("192.168.1.1/24",),
            ("10.77.9.9/8",),
            ("10.77.9.9/32",),
            ("10.77.0.0/16",),
            ("10.77.255.255/16",),
            ("2001:db8::1/64",),
            ("10.0.0.1/16", "10.77.9.9/16", "10.77.9.8/16"),
        )
        for number, addresses in enumerate(attempts):
            self.wallClock.step(31 * 86_400)
            self.now(self.operator.appoint("deputy", 2))
            own = unverified(self.operator.certificateOf(self.deputy.identity), Certificate)
            assert own is not None
            self.own = own
            [given] = self.meet(f"n{number}", addresses=addresses).addresses
            self.assertEqual(ip_interface(given).network, prefix)
            self.assertNotIn(ip_interface(given).ip, (prefix.network_address, prefix.broadcast_address))
        self.assertEqual(given, "10.77.9.9/16")

    def test_earlierThanItself(self) -> None:
        """
        It says that somebody has been a member for longer than itself: that is no certificate.
        """
        granted = self.own.granted
        assert granted is not None
        with self.assertRaises(ValueError):
            self.meet("eve", since=granted.since - 1)

    def test_theGrantOfAnother(self) -> None:
        """
        It signs under the grant of another deputy, which everybody has read.
        """
        other = self.joined(self.invite(admits=2), name="other")
        assert other.own is not None
        self.assertEqual(self.meet("eve", grant=other.own.grant).name, "nobody")

    def test_inTheNameOfAnother(self) -> None:
        """
        It puts its own exchange key beside the identity of somebody else, whose word on another key it has read.
        """
        alice, ours = NodeKey.fromSeed(octetsFrom("alice")), NodeKey.fromSeed(octetsFrom("eve"))
        changes: dict[str, Any] = {"exchangeKey": ours.exchangePublic, "binding": bindingOf(alice)}
        self.assertEqual(self.meet("alice", **changes).name, "nobody")

    def test_aDeputyOfItsOwn(self) -> None:
        """
        It makes somebody a deputy, a server, or lets it bridge without having that right itself.
        """
        for right in ({"admission": True}, {"role": 1}, {"bridge": True}, {"relay": True}, {"confirmed": True}):
            with self.assertRaises(ValueError):
                self.meet("eve", **right)

    def test_moreOfTheSame(self) -> None:
        """
        Somebody for whom the network signed comes with a later certificate of it, with another name: nothing changes.
        """
        before = self.meet("carol")
        self.clock.advance(60)
        now = int(self.wallClock())
        self.assertEqual(self.meet("carol", name="founder", addresses=(), issued=now, since=now), before)


class DishonestMemberTests(AdoptionCase):
    """
    A member that asks for another certificate again and again.
    """

    def test_oneAddressAfterTheOther(self) -> None:
        """
        It names one MAC address after the other, each of which takes a signature and the disk: that is bounded, and an
        honest change later goes through.
        """
        alice = self.joined(name="alice")
        answers = [self.renewed(alice.identity, number) for number in range(100)]
        self.assertEqual([type(each) for each in answers[9:12]], [Renewed, NotNow, NotNow])
        self.assertLessEqual(sum(isinstance(each, Renewed) for each in answers), 10)
        self.clock.advance(60.0)
        self.assertIsInstance(self.renewed(alice.identity, 200), Renewed)

    def renewed(self, identity: bytes, number: int) -> object:
        return self.now(self.requests.renew(identity, MAC(b"\2\7\7\7\7" + bytes([number]))))


class SeatsOfOthersTests(SynchronousTestCase):
    """
    A node that knows a guest of an honest deputy, and hears of certificates that a dishonest one made.
    """

    def setUp(self) -> None:
        clock = Clock()
        clock.advance(1000)
        self.trust = Trust(NETWORK.key.network, clock.seconds)
        guest = NETWORK.certificate(GUEST, grant=NETWORK.grant(HONEST), by=HONEST, since=900)
        announcement = Announcement.verified(guest, NETWORK.claim(GUEST, admitter=HONEST.identity), self.trust.check)
        assert announcement is not None
        self.standing = {GUEST.identity: announcement}
        self.ended: list[bytes] = []
        claims: Any = SimpleNamespace(announcement=self.standing.get, drop=self.ended.append)
        sessions: Any = SimpleNamespace(end=self.ended.append, isUp=lambda peer: False)
        enrolment: Any = SimpleNamespace(
            trust=self.trust, own=None, isListed=lambda identity: False, identity=Identity(bytes(32))
        )
        notes: Any = SimpleNamespace(clear=lambda key: None)
        context: Any = SimpleNamespace(notes=notes, events=SimpleNamespace(publish=lambda *what, **more: None))
        expulsion = Expulsion(enrolment, claims, sessions, context, lambda: None, lambda: None)
        self.trust.displaced = expulsion.displaced
        self.trust.observe(expulsion.revoked)
        self.trust.observeAllowances(expulsion.lessened)

    def seat(self, person: NodeKey, since: int, by: NodeKey = DISHONEST) -> bool:
        grant = NETWORK.grant(by)
        return self.trust.check(NETWORK.certificate(person, grant=grant, by=by, since=since)) is not None

    def test_puttingOutTheGuestOfAnother(self) -> None:
        """
        It puts the guest of the other on a seat of its own, and somebody older in its place: the guest stays.
        """
        self.assertTrue(self.seat(GUEST, 800))
        self.assertTrue(self.seat(ACCOMPLICE, 700))
        self.assertEqual(self.ended, [])
        self.assertIsNotNone(self.trust.check(self.standing[GUEST.identity].signedCertificate))

    def test_goingWithIt(self) -> None:
        """
        It does so before it is revoked: the guest of the other stays.
        """
        self.seat(GUEST, 800)
        self.trust.revoke(NETWORK.revocation(DISHONEST.identity))
        self.assertNotIn(GUEST.identity, self.ended)

    def test_itsOwnGuest(self) -> None:
        """
        What it does to those that it admitted itself is its own affair: the older one has the seat.
        """
        self.assertTrue(self.seat(ACCOMPLICE, 700, by=HONEST))
        self.assertEqual(self.ended, [GUEST.identity, GUEST.identity])
