"""
Tests for L{wand.sealed.authority.other_servers} and L{wand.sealed.authority.servers}: two servers on one store.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any
from unittest.mock import patch

from simulated.membership import macFrom
from twisted.internet.defer import Deferred, fail
from two_servers_case import OTHER_ENDPOINTS, TwoServersCase

from wand.errors import MembershipRefused, StoreHindered
from wand.ethernet import MAC
from wand.interfaces import Held
from wand.sealed.authority.authority import Authority
from wand.sealed.authority.holders import UNRECORDED_KEPT
from wand.sealed.authority.issuer import ASKING_INTERVAL
from wand.sealed.authority.member_records import MEMBER_KIND
from wand.sealed.authority.other_servers import SIGNING_RETRY
from wand.sealed.authority.servers import SERVER_SILENCE
from wand.sealed.authority.stored_network import CERTIFICATE_LIFE, NetworkSettings
from wand.sealed.credentials.messages import Admitted, NotNow, Pending, Refused, Renewed
from wand.sealed.credentials.token import TOKEN_MAXIMUM, Token
from wand.testing.shared_store import SharedStore


class TwoServersTests(TwoServersCase):
    def test_aServerWithoutTheKeyIsCertified(self) -> None:
        """
        The server that has the network key signs for a second one, within seconds.
        """
        self.assertEqual(self.other.own.certificate, b"")
        self.signed()
        self.assertTrue(self.other.own.certificate)
        self.assertEqual(self.other.own.network, self.authority.own.network)
        self.assertEqual([each.name for each in self.other.administration.servers], ["two", "one"])

    def test_joiningAtEither(self) -> None:
        """
        An invitation of one server admits at the other; what is assigned is never the same.
        """
        self.signed()
        token = self.invite(uses=4)
        joined = []
        for number, server in enumerate((self.authority, self.other, self.authority, self.other)):
            node = self.node(token, f"node-{number}")
            answer = self.joinAt(server, node)
            if isinstance(answer, Pending):
                self.signed()
                answer = self.joinAt(server, node)
            assert isinstance(answer, Admitted)
            content = self.authority.trust.check(answer.certificate)
            assert content is not None
            joined.append(content)
        self.assertEqual(len({each.addresses for each in joined}), 4)
        self.assertEqual(sorted(each.name for each in joined), ["alice", "alice-2", "alice-3", "alice-4"])
        for server in (self.authority, self.other):
            self.assertEqual(len(server.administration.members("", 100)), 6)
            self.assertEqual(server.administration.invitations, [])

    def test_whoWaitsAtTheOtherIsTold(self) -> None:
        """
        When one server has signed, the other hears of the certificate, and tells its node.
        """
        self.signed()
        node = self.node(self.invite(), "bob")
        self.assertIsInstance(self.joinAt(self.other, node), Pending)
        self.otherObserver.issued.clear()
        self.signed()
        self.assertEqual(self.otherObserver.issued, [node.identity])

    def test_whatIsLeftOverIsNobodys(self) -> None:
        """
        The store fails just after a name and an address were taken for a member and before its record says so: others
        get them, at either server, and the member keeps what its record says.
        """
        self.signed()
        token = self.invite(uses=2)
        for name in ("alice", "bob"):
            self.assertIsInstance(self.joinAt(self.authority, self.node(token, name), name), Admitted)
        ours, address = self.store.opened[0], "10.77.0.99"
        had = {each.name: each.addresses for each in self.authority.administration.members("", 99)}
        with patch.object(ours, "exchangeIf", partial(_refused, ours.exchangeIf)):
            self.failing(self.authority.administration.rename("alice", "carol"), StoreHindered)
            self.failing(self.authority.administration.address("alice", [address]), StoreHindered)
        for server in (self.authority, self.other):
            self.assertIsNotNone(server._assignments.addresses.holderOf(address))
        self.now(self.other.administration.rename("bob", "carol"))
        self.now(self.authority.administration.address("carol", [address]))
        for server in (self.authority, self.other):
            has = {each.name: each.addresses for each in server.administration.members("", 99)}
            self.assertEqual(has["alice"], had["alice"])
            self.assertEqual(has["carol"], [f"{address}/16"])
            self.assertIn("alice", self.failing(server.administration.rename("carol", "alice"), MembershipRefused))
            self.assertIn("carol", self.failing(server.administration.address("alice", [address]), MembershipRefused))

    def test_whoNeverCameLosesWhatWasKept(self) -> None:
        """
        The store fails just before the record of a newcomer is written, who never comes again: what was assigned to it
        is kept for an hour after somebody else asked, and then given away; a record that cannot be read keeps it.
        """
        self.signed()
        token = self.invite(uses=3)
        self.assertIsInstance(self.joinAt(self.authority, self.node(token, "alice"), "alice"), Admitted)
        ours, gone = self.store.opened[0], self.node(token, "gone")
        with patch.object(ours, "exchangeIf", partial(_refused, ours.exchangeIf)):
            self.assertIsInstance(self.joinAt(self.authority, gone, "gone"), NotNow)
        assigned = self.other._assignments
        [address] = assigned.addresses.of(gone.identity)
        alice, mac = self.authority._members.find("alice"), macFrom(gone.identity.text)

        def asked() -> str:
            return self.failing(self.other.administration.address("alice", [address]), MembershipRefused)

        self.assertIn("try again in an hour", asked())
        self.clock.advance(UNRECORDED_KEPT - 1)
        self.assertIn("try again in an hour", asked())
        self.failing(assigned.macs.take(mac, alice.identity), MembershipRefused)
        self.clock.advance(1)
        self.store.set(ours, MEMBER_KIND, {gone.identity: b"damaged"})
        self.assertIn("try again in an hour", asked())
        self.flushLoggedErrors()
        self.store.set(ours, MEMBER_KIND, {gone.identity: None})
        self.now(self.other.administration.address("alice", [address]))
        self.assertEqual(self.authority._assignments.addresses.holderOf(address), alice.identity)
        self.now(assigned.macs.take(mac, alice.identity))
        self.now(assigned.macs.keep(MAC(alice.macs[0]), alice.identity))
        answer = self.joinAt(self.authority, gone, "gone")
        assert isinstance(answer, Admitted)
        content = self.authority.trust.check(answer.certificate)
        assert content is not None
        self.assertNotIn(f"{address}/16", content.addresses)

    def test_oneWinner(self) -> None:
        """
        Of two that redeem one invitation for one node at two servers at the same moment, exactly one is admitted, and
        the address of the other is free again.
        """
        self.signed()
        token = self.invite()
        self.store.opened[-1].isDeaf = True
        first, second = self.node(token, "first"), self.node(token, "second")
        self.assertIsInstance(self.joinAt(self.authority, first), Admitted)
        self.assertIsInstance(self.joinAt(self.other, second), Refused)
        self.store.opened[-1].isDeaf = False
        third = self.node(self.invite(), "third")
        answer = self.joinAt(self.authority, third)
        assert isinstance(answer, Admitted)
        content = self.authority.trust.check(answer.certificate)
        assert content is not None
        self.assertEqual(content.addresses, ("10.77.0.2/16",))

    def test_whoWasNeverHereIsRevokedInOneStep(self) -> None:
        """
        A key that no server has heard of is revoked in one change of the store: if the store is away right after it, no
        member is left that seems to wait for an approval.
        """
        ours, calls = self.store.opened[0], iter((self.store.opened[0].exchangeIf,))

        def once(*asked: Any) -> Deferred[bool]:
            exchange = next(calls, None)
            return fail(StoreHindered("the shared store does not answer")) if exchange is None else exchange(*asked)

        with patch.object(ours, "exchangeIf", once):
            self.now(self.authority.administration.revoke("17" * 32))
        for server in (self.authority, self.other):
            self.assertEqual(server.administration.pending, [])
            self.assertTrue(server.trust.isRevoked(bytes.fromhex("17" * 32)))

    def test_revokedAtTheOther(self) -> None:
        """
        Who is revoked at one server is refused at the other at once, and so is told to its members; where the network
        key is not, the other signs.
        """
        self.signed()
        nodes = [self.node(self.invite(), name) for name in ("bob", "carol")]
        for node, name in zip(nodes, ("bob", "carol"), strict=True):
            self.joinAt(self.authority, node, name)
        self.now(self.authority.administration.revoke("bob"))
        [(identity, revocation)] = self.otherObserver.revoked
        self.assertEqual(identity, nodes[0].identity)
        self.assertTrue(revocation)
        self.assertTrue(self.other.trust.isRevoked(nodes[0].identity))
        self.now(self.other.administration.revoke("carol"))
        self.assertEqual(self.observer.revoked[-1], (nodes[1].identity, b""))
        self.signed()
        self.assertTrue(self.other.trust.isRevoked(nodes[1].identity))
        self.assertEqual(self.otherObserver.revoked[-1][0], nodes[1].identity)

    def test_renamedAtTheOther(self) -> None:
        """
        A member that is renamed where the key is not gets its certificate from where it is.
        """
        self.signed()
        node = self.node(self.invite(), "bob")
        self.joinAt(self.authority, node, "bob")
        self.now(self.other.administration.rename("bob", "robert"))
        self.signed()
        self.assertEqual(self.otherObserver.issued[-1], node.identity)
        self.assertEqual(self.authority.administration.members("", 9), self.other.administration.members("", 9))

    def test_whileTheStoreIsAway(self) -> None:
        """
        While the store is away members are known as before, and who wants to join is asked to wait; nothing forks.
        """
        self.signed()
        token = self.invite(uses=2)
        member, late = self.node(token, "bob"), self.node(token, "late")
        answer = self.joinAt(self.authority, member, "bob")
        assert isinstance(answer, Admitted)
        self.store.cut()
        for server in (self.authority, self.other):
            self.assertIsNotNone(server.own.admit(answer.certificate, member.key.exchangePublic))
            self.assertIsInstance(self.joinAt(server, late, "late"), NotNow)
            self.assertEqual(len(server.administration.members("", 9)), 3)
        self.store.mend()
        self.assertIsInstance(self.joinAt(self.authority, late, "late"), Admitted)

    def test_whatWasMissed(self) -> None:
        """
        A server for which the store was away learns all that it missed, and tells its members of it.
        """
        self.signed()
        bob, carol = (self.node(self.invite(), name) for name in ("bob", "carol"))
        self.joinAt(self.authority, bob, "bob")
        self.store.opened[-1].cut()
        self.joinAt(self.authority, carol, "carol")
        self.now(self.authority.administration.revoke("bob"))
        self.assertEqual(self.otherObserver.revoked, [])
        self.store.opened[-1].mend()
        self.assertEqual(self.otherObserver.revoked[0][0], bob.identity)
        self.assertIn(carol.identity, self.otherObserver.issued)

    def test_signingIsTriedAgain(self) -> None:
        """
        What cannot be signed because the store is away is signed later.
        """
        self.store.opened[0].cut()
        self.signed()
        self.store.opened[0].mend()
        self.clock.advance(SIGNING_RETRY)
        self.assertTrue(self.other.own.certificate)

    def test_agedCertificatesAreRenewed(self) -> None:
        """
        A server without the key, and members that reach that one alone, get new certificates in time: it asks for them
        in the store, at most once a minute, and the other signs.
        """
        self.signed()
        node = self.node(self.invite(), "bob")
        answer = self.joinAt(self.authority, node, "bob")
        assert isinstance(answer, Admitted)
        own, mac = self.other.own.certificate, macFrom(node.identity.text)
        self.clock.advance(CERTIFICATE_LIFE / 3)
        self.store.opened[0].isDeaf = True
        for _ in range(3):
            self.now(self.other.certifyItself())
            self.assertEqual(self.now(self.other.requests.renew(node.identity, mac)), Renewed(answer.certificate))
            asked = {each.asked for each in self.other._members}
            self.clock.advance(1)
        self.assertEqual(asked, {0, int(self.wallClock()) - 3})
        self.store.opened[0].isDeaf = False
        self.clock.advance(ASKING_INTERVAL)
        self.now(self.other.certifyItself())
        self.now(self.other.requests.renew(node.identity, mac))
        self.signed()
        self.assertNotEqual(self.other.own.certificate, own)
        self.assertEqual(self.otherObserver.issued[-2:], [self.other.own.identity, node.identity])
        self.assertNotEqual(self.now(self.other.requests.renew(node.identity, mac)), Renewed(answer.certificate))
        self.assertEqual({each.asked for each in self.other._members}, {0})

    def test_whoStoppedDoesNothing(self) -> None:
        """
        A server that stopped signs nothing more for the other, and leaves no timer behind.
        """
        self.signed()
        self.authority.stop()
        self.joinAt(self.other, self.node(self.invite(), "bob"))
        self.assertEqual(self.clock.getDelayedCalls(), [])

    def test_aStoreThatComesBackEmpty(self) -> None:
        """
        Servers whose store has lost everything are certified again within seconds, also if it is away once more before;
        members are known as before, and a server that starts then finds the network.
        """
        self.signed()
        node = self.node(self.invite(), "bob")
        answer = self.joinAt(self.authority, node, "bob")
        assert isinstance(answer, Admitted)
        network = self.authority.own.network
        self.store.cut()
        self.store.kinds.clear()
        self.store.mend()
        self.store.cut()
        self.signed()
        self.store.mend()
        self.clock.advance(SIGNING_RETRY)
        self.signed()
        for server in (self.authority, self.other):
            self.assertTrue(server.own.certificate)
            self.assertIsNotNone(server.own.admit(answer.certificate, node.key.exchangePublic))
        third = self.openedFrom(self.directory(), "three")
        self.addCleanup(third.stop)
        self.assertEqual(third.own.network, network)

    def test_invitationsNameAllServers(self) -> None:
        """
        An invitation names the server that made it first, then the others.
        """
        self.assertEqual(self.invite().others, ())
        self.signed()
        token = Token.parse(self.invite().text)
        self.assertEqual(
            [each.identity for each in token.servers], [self.authority.own.identity, self.other.own.identity]
        )
        self.assertEqual(token.others[0].endpoints, OTHER_ENDPOINTS)
        self.assertEqual(token.others[0].server, self.other.own.exchangePublic)

    def test_howServersDo(self) -> None:
        """
        A server is listed as running for as long as it says so, as stopped if it said that, and not when it was
        revoked; one that is reached elsewhere is told of.
        """
        self.assertEqual(self.states(), ["this", "unsigned"])
        self.signed()
        self.assertEqual(self.states(), ["this", "running"])
        self.clock.advance(SERVER_SILENCE)
        self.assertEqual(self.states(), ["this", "silent"])
        told: list[bytes] = []
        self.authority.servers.observe(told.append)
        self.now(self.other.servers.tell(OTHER_ENDPOINTS))
        self.assertEqual(self.states(), ["this", "running"])
        self.assertEqual(told, [])
        self.now(self.other.servers.tell(("192.0.2.3:44444",)))
        self.assertEqual(told, [self.other.own.identity])
        self.now(self.other.servers.tellStopped())
        self.assertEqual(self.states(), ["this", "stopped"])
        self.now(self.authority.administration.revoke("two"))
        self.assertEqual(self.states(), ["this"])
        self.assertEqual(self.invite().others, ())

    def states(self) -> list[str]:
        return [each.state for each in self.authority.administration.servers]

    def test_noMoreThanATokenHolds(self) -> None:
        """
        Where there are many servers with long names, an invitation has as many as it has room for.
        """
        self.signed()
        token = self.invite()
        other = token.others[0]
        endpoints = tuple(f"{'x' * 60}.{'y' * 60}.{number}.example:44444" for number in range(8))
        many = [type(other)(bytes([number]) * 32, other.server, endpoints) for number in range(1, 10)]
        longest = token.withOthers(many)
        self.assertLessEqual(len(longest.text), TOKEN_MAXIMUM)
        self.assertGreater(len(longest.others), 1)
        self.assertEqual(Token.parse(longest.text), longest)

    def test_bothStartAtOnce(self) -> None:
        """
        Two servers that find the store empty at the same moment make one network.
        """
        self.store = store = SharedStore()
        both = []
        for name in ("one", "two"):
            records = store.open()
            opening = Authority.open(
                records,
                self.directory(),
                self.clock,
                self.events,
                NetworkSettings(server=name),
                self.hooks,
                wallClock=self.wallClock,
            )
            both.append(Deferred.fromCoroutine(opening))
        first, second = map(self.successResultOf, both)
        self.addCleanup(first.stop)
        self.addCleanup(second.stop)
        self.assertEqual(first.own.network, second.own.network)
        self.assertEqual((first.created, second.created), (True, False))


class SmallPrefixTests(TwoServersCase):
    """
    A network of two hosts' addresses.
    """

    prefix = "10.77.0.0/30"

    def test_whatTheOtherFreed(self) -> None:
        """
        A server whose addresses are used up gives those that are free again since, whichever server freed them.
        """
        self.signed()
        nodes = [self.node(self.invite(), name) for name in ("alice", "bob", "carol")]
        for node in nodes[:2]:
            self.assertIsInstance(self.joinAt(self.authority, node), Admitted)
        self.assertIsInstance(self.joinAt(self.other, nodes[2]), Refused)
        self.now(self.authority.administration.revoke("alice"))
        self.assertIsInstance(self.joinAt(self.other, nodes[2]), Pending)
        self.signed()
        answer = self.joinAt(self.other, nodes[2])
        assert isinstance(answer, Admitted)
        content = self.authority.trust.check(answer.certificate)
        assert content is not None
        self.assertEqual(content.addresses, ("10.77.0.1/30",))


def _refused(
    exchangeIf: Callable[..., Deferred[bool]],
    kind: str,
    key: bytes,
    expected: bytes | None,
    value: bytes | None,
    others: Sequence[Held],
) -> Deferred[bool]:
    """
    A store that is away when a member's record is to be changed.
    """
    if kind == MEMBER_KIND:
        return fail(StoreHindered("the shared store does not answer"))
    return exchangeIf(kind, key, expected, value, others)
