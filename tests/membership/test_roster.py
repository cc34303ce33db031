"""
A directory server lets nodes in, and throws them out.
"""

from __future__ import annotations

from collections.abc import Coroutine
from pathlib import Path
from tempfile import mkdtemp
from typing import Any, TypeVar

import msgspec
from twisted.internet.defer import Deferred, fail, succeed
from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase
from zope.interface import implementer
from zope.interface.verify import verifyObject

from wand.errors import (
    AddressInvalid,
    ConfigurationInvalid,
    MembershipRefused,
    NoSuchMember,
    StateUnavailable,
    StoreUnavailable,
)
from wand.ethernet import MAC
from wand.events import Event, Events
from wand.interfaces import Candidate, IHookListener, IRecords, Verdict
from wand.membership import invitations
from wand.membership.administration import Administration
from wand.membership.certificate import Certificate
from wand.membership.enrolment import Enrolment
from wand.membership.foundation import CERTIFICATE_LIFE, NetworkWish
from wand.membership.identity import Identity, NetworkKey
from wand.membership.invitations import EXPIRED_GRACE
from wand.membership.joining import joinRequest
from wand.membership.limits import Limits
from wand.membership.messages import Admitted, NotNow, Pending, Refused, Renewed, pack, parse
from wand.membership.node_requests import NodeRequests
from wand.membership.offline import signedOffline
from wand.membership.roster import Roster
from wand.membership.signed import signed, verified
from wand.membership.status import MemberStatus
from wand.membership.token import Token
from wand.state import StateDirectory
from wand.stores.memory import MemoryRecords
from wand.testing.context import WallClock
from wand.testing.membership import SlowRecords, entropyFrom, macFrom, octetsFrom

Result = TypeVar("Result")
ENDPOINTS = ("192.0.2.1:44444",)


@implementer(IHookListener)
class Approver:
    """
    A hook that answers as it is told.
    """

    def __init__(self, answer: Deferred[bool] | Verdict | bool | Exception) -> None:
        self.answer = answer
        self.asked: list[Candidate] = []

    def told(self, event: Event) -> None:
        return None

    def admit(self, candidate: Candidate) -> Deferred[bool] | Verdict | bool:
        self.asked.append(candidate)
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer

    def close(self) -> None:
        return None


class Observer:
    """
    Notes what a roster tells.
    """

    def __init__(self) -> None:
        self.issued: list[bytes] = []
        self.revoked: list[tuple[bytes, bytes]] = []

    def certificateIssued(self, identity: Identity, certificate: bytes) -> None:
        self.issued.append(identity)

    def memberRevoked(self, identity: Identity, revocation: bytes) -> None:
        self.revoked.append((identity, revocation))


class RosterCase(SynchronousTestCase):
    """
    A server with an empty store, and as many nodes as a test needs.
    """

    def setUp(self) -> None:
        self.clock = Clock()
        self.clock.advance(1_000_000)
        self.wallClock = WallClock(self.clock)
        self.events = Events(self.wallClock)
        self.told: list[Event] = []
        self.events.subscribe(self.told.append)
        self.state = self.directory()
        self.records: IRecords = MemoryRecords()
        self.hooks: list[IHookListener] = []
        self.roster = self.opened()

    @property
    def operator(self) -> Administration:
        return self.roster.administration

    @property
    def requests(self) -> NodeRequests:
        return self.roster.requests

    def directory(self) -> StateDirectory:
        path = mkdtemp()
        self.addCleanup(lambda: [each.unlink() for each in Path(path).iterdir()] and Path(path).rmdir())
        return StateDirectory(path)

    def now(self, coroutine: Coroutine[Any, Any, Result]) -> Result:
        return self.successResultOf(Deferred.fromCoroutine(coroutine))  # type: ignore[no-any-return]  # trial has no types

    def failing(self, coroutine: Coroutine[Any, Any, Result], kind: type[Exception]) -> str:
        return str(self.failureResultOf(Deferred.fromCoroutine(coroutine), kind).value)

    def opened(self, state: StateDirectory | None = None, **wish: Any) -> Roster:
        return self.now(self.opening(state, **wish))

    def opening(self, state: StateDirectory | None = None, **wish: Any) -> Coroutine[Any, Any, Roster]:
        return Roster.open(
            self.records,
            state or self.state,
            self.clock,
            self.events,
            NetworkWish(**wish),
            self.hooks,
            wallClock=self.wallClock,
        )

    def invite(self, **terms: Any) -> Token:
        return self.now(self.operator.invite(ENDPOINTS, **terms))

    def node(self, token: Token, name: str = "alice") -> Enrolment:
        node = Enrolment(self.directory(), self.clock, entropyFrom(name), wallClock=self.wallClock)
        node.begin(Token.parse(token.text))
        return node

    def redeeming(self, node: Enrolment, name: str = "alice", mac: MAC | None = None) -> Coroutine[Any, Any, Any]:
        assert node.token is not None
        join = joinRequest(node.key, node.token, name, mac or macFrom(node.identity.text))
        return self.requests.redeem(join, node.key.exchangePublic, node.token.invitation, "198.51.100.1:22222")

    def redeem(
        self, node: Enrolment, name: str = "alice", mac: MAC | None = None
    ) -> Admitted | Pending | Refused | NotNow:
        answer: Admitted | Pending | Refused | NotNow = self.now(self.redeeming(node, name, mac))
        self.assertEqual(parse(pack(answer)), answer)
        return answer

    def joined(self, token: Token | None = None, name: str = "alice") -> Enrolment:
        node = self.node(token or self.invite(), name)
        answer = self.redeem(node, name)
        assert isinstance(answer, Admitted), answer
        self.assertTrue(node.admitted(answer))
        return node

    def refusal(self, node: Enrolment, **wish: Any) -> str:
        answer = self.redeem(node, **wish)
        assert isinstance(answer, Refused), answer
        return answer.reason

    def membership(self) -> list[tuple[str, str]]:
        return [(member.name, member.state) for member in self.members() if not member.server]

    def members(self, roster: Roster | None = None) -> list[MemberStatus]:
        everybody = (roster or self.roster).administration.members("", 10_000)
        return sorted(everybody, key=lambda member: (member.name, member.key))


class CreationTests(RosterCase):
    def test_anEmptyStoreGivesANetwork(self) -> None:
        """
        A server on an empty store creates a network, is certified in it, and keeps the keys to itself.
        """
        self.assertTrue(self.roster.created)
        status = self.operator.status
        self.assertEqual((status.name, status.cipher, status.prefix), ("wand", "aes-256-gcm", "10.77.0.0/16"))
        self.assertTrue(status.signs)
        member = self.roster.own.admit(
            self.roster.own.certificate, self.roster.own.exchangeKey.public_key().public_bytes_raw()
        )
        assert member is not None
        self.assertTrue(member.isServer)
        for name in ("network.key", "node.key"):
            self.assertEqual((self.state.path / name).stat().st_mode & 0o777, 0o600)

    def test_noDefaultSecrets(self) -> None:
        """
        Two networks of the same settings have nothing secret in common, and an unset secret is refused (n2n,
        EasyTier#1539).
        """
        first = self.roster
        self.records = MemoryRecords()
        second = self.opened(self.directory())
        self.assertNotEqual(first.own.network, second.own.network)
        self.assertNotEqual(first.own.secret, second.own.secret)
        self.assertEqual(len(first.own.secret), 32)
        self.assertNotEqual(self.invite().secret, self.invite().secret)
        self.records = MemoryRecords()
        unset = Roster.open(
            self.records,
            self.directory(),
            self.clock,
            self.events,
            NetworkWish(),
            entropy=lambda size: bytes(size),
            wallClock=self.wallClock,
        )
        self.failureResultOf(Deferred.fromCoroutine(unset), ValueError)

    def test_settingsAreChecked(self) -> None:
        """
        What cannot be is refused before anything is created.
        """
        for wish in ({"name": "No!"}, {"cipher": "null"}, {"prefix": "10.77.0.1/16"}, {"prefix": "224.0.0.0/8"}):
            self.records = MemoryRecords()
            state = self.directory()
            self.failing(self.opening(state, **wish), ConfigurationInvalid)
            self.assertEqual(list(state.path.iterdir()), [])

    def test_restartLosesNothing(self) -> None:
        """
        After a restart of the server everything is as it was: network, members, invitations, revocations.
        """
        token = self.invite(uses=3)
        alice, bob = self.joined(token, "alice"), self.joined(token, "bob")
        self.now(self.operator.revoke("bob"))
        before = self.roster
        self.roster = self.opened()
        self.assertFalse(self.roster.created)
        self.assertEqual((self.roster.own.network, self.roster.own.secret), (before.own.network, before.own.secret))
        self.assertEqual(self.members(), self.members(before))
        self.assertEqual(self.operator.invitations, before.administration.invitations)
        self.assertTrue(self.roster.trust.isRevoked(bob.identity))
        self.assertIsNotNone(self.roster.own.admit(alice.certificate, alice.key.exchangePublic))
        self.assertIsNone(self.roster.own.admit(bob.certificate, bob.key.exchangePublic))
        self.joined(token, "carol")

    def test_theKeyOfAnotherNetworkIsRefused(self) -> None:
        """
        A server does not start with a network key that is not its network's.
        """
        self.state.write("network.key", octetsFrom("other").hex().encode())
        self.assertIn("another network", self.failing(self.opening(), StateUnavailable))

    def test_theStoreOfAnotherNetworkIsRefused(self) -> None:
        """
        A server whose store was replaced by another network's does not start with it, even if its network key is kept
        elsewhere; and where the key was replaced, too, the secret of the network before is kept.
        """
        other, secret = self.directory(), self.state.read("network")
        self.records = MemoryRecords()
        self.opened(other)
        (self.state.path / "network.key").unlink()
        self.assertIn("a state directory of its own", self.failing(self.opening(), StateUnavailable))
        self.assertEqual(self.state.read("network"), secret)
        self.state.write("network.key", other.read("network.key") or b"")
        self.opened()
        self.assertEqual(self.state.read("network.damaged"), secret)
        self.assertEqual(self.state.read("network"), other.read("network"))

    def test_aCrashWhileCreatingIsMadeUpFor(self) -> None:
        """
        A server that was killed while it created its network creates one when it starts again, as long as the store had
        none; the key gets its name last.
        """
        for files in (("node.key",), ("node.key", "network.key.new")):
            state = self.directory()
            for name in files:
                state.write(name, octetsFrom(name).hex().encode())
            self.records = MemoryRecords()
            roster = self.opened(state)
            self.assertTrue(roster.created and roster.administration.status.signs)

    def test_aKeyWithoutItsNameIsFinished(self) -> None:
        """
        A server that was killed between filling the store and naming the key signs with that key when it starts again.
        """
        (self.state.path / "network.key").rename(self.state.path / "network.key.new")
        (self.state.path / "network").unlink()
        roster = self.opened()
        self.assertEqual((roster.own.network, roster.administration.status.signs), (self.roster.own.network, True))
        self.assertTrue((self.state.path / "network.key").exists())

    def test_anEmptyStoreBesideAKeyIsNoNewNetwork(self) -> None:
        """
        Where a key, or the copy of a network, says that there was a network, an empty store is a loss: nothing is made,
        and the message says how to go on.
        """
        for kept in ("network.key", "network"):
            state = self.directory()
            state.write("node.key", (self.state.path / "node.key").read_bytes())
            state.write(kept, (self.state.path / kept).read_bytes())
            before = {each.name: each.read_bytes() for each in state.path.iterdir()}
            self.records = MemoryRecords()
            reason = self.failing(self.opening(state), StoreUnavailable)
            for part in ("nothing was changed", "wand restore FILE", "--recover=yes"):
                self.assertIn(part, reason)
            self.assertNotIn("move", reason)
            self.assertEqual({each.name: each.read_bytes() for each in state.path.iterdir()}, before)
            self.assertEqual(self.successResultOf(self.records.load("sealed-network")), {})

    def test_theSameNetworkIsRecovered(self) -> None:
        """
        With the operator's word, a lost store begins again as the same network with the same secret; where the secret
        is lost, too, a node's membership has it.
        """
        node = self.joined()
        for source in (self.state, node.state):
            name = "network" if source is self.state else "membership"
            self.state.write("network", source.read(name) or b"")
            self.records = MemoryRecords()
            roster = self.opened(recover=True)
            self.assertEqual((roster.own.network, roster.own.secret), (self.roster.own.network, self.roster.own.secret))
            self.assertEqual(
                (roster.own.identity, roster.administration.status.signs), (self.roster.own.identity, True)
            )
            self.assertTrue(roster.recovered and not roster.created)
            self.assertFalse(self.opened(recover=True).recovered)

    def test_withoutTheSecretNothingIsRecovered(self) -> None:
        """
        A key alone makes no network of the same secret: the operator is told where to find that.
        """
        (self.state.path / "network").unlink()
        self.records = MemoryRecords()
        self.assertIn("membership", self.failing(self.opening(recover=True), StoreUnavailable))

    def test_aServerKeyIsNotMadeAnew(self) -> None:
        """
        A server whose own key is lost is refused: no member would know it.
        """
        (self.state.path / "node.key").unlink()
        self.assertIn("is lost", self.failing(self.opening(), StateUnavailable))
        self.assertFalse((self.state.path / "node.key").exists())

    def test_aDamagedNetworkIsNotReplaced(self) -> None:
        """
        Where the record of the network cannot be read, no new network is created in its place.
        """
        self.now(_awaited(self.records.write("sealed-network", {b"network": b"damaged"})))
        self.assertIn("damaged", self.failing(self.opening(), StoreUnavailable))
        self.flushLoggedErrors()

    def test_twoServersOnOneEmptyStoreMakeOneNetwork(self) -> None:
        """
        Of two servers that start at once on one empty store one creates the network, the other uses it.
        """
        records = self.records = SlowRecords()
        states = self.directory(), self.directory()
        opening = [Deferred.fromCoroutine(self.opening(state)) for state in states]
        records.finish()
        first, second = map(self.successResultOf, opening)
        self.assertEqual(first.own.network, second.own.network)
        self.assertEqual([first.administration.status.signs, second.administration.status.signs].count(True), 1)


class EvidenceTests(RosterCase):
    """
    A store that is older than what members know.
    """

    def restored(self, *, at: float = 0.0) -> None:
        """
        Lose what happened after the roster was created.
        """
        self.clock.advance(at)
        self.records = MemoryRecords()
        self.roster = self.opened(recover=True)

    def meet(self, node: Enrolment) -> None:
        self.roster.own.admit(node.certificate, node.key.exchangePublic)

    def listed(self) -> list[tuple[str, str, bool, tuple[str, ...]]]:
        return [
            (each.name, each.state, each.learned, tuple(each.addresses)) for each in self.members() if not each.server
        ]

    def test_aCertificateIsEvidence(self) -> None:
        """
        Who shows a certificate of the network is a member again, is renewed, keeps its address, and can be revoked.
        """
        alice = self.joined(name="alice")
        self.restored()
        self.meet(alice)
        self.meet(alice)
        self.assertEqual(self.listed(), [("alice", "member", True, ("10.77.0.1/16",))])
        self.assertEqual([event.kind for event in self.told].count("member-learned"), 1)
        bob = self.joined(name="bob")
        assert bob.own is not None
        self.assertEqual(bob.own.addresses, ("10.77.0.2/16",))
        self.assertIsInstance(self.now(self.requests.renew(alice.identity, macFrom(alice.identity.text))), Renewed)
        self.now(self.operator.revoke("alice"))
        self.assertIsNone(self.roster.own.admit(alice.certificate, alice.key.exchangePublic))
        self.assertEqual(self.listed()[0][1], "revoked")

    def test_theEarlierMemberKeepsItsAddress(self) -> None:
        """
        If an address was given away before its member was met, the earlier member has it, and the other gets a new one.
        """
        alice = self.joined(name="alice")
        self.restored(at=60)
        bob = self.joined(name="bob")
        assert bob.own is not None
        self.assertEqual(bob.own.addresses, ("10.77.0.1/16",))
        self.meet(alice)
        self.assertEqual(
            sorted(self.listed()),
            [("alice", "member", True, ("10.77.0.1/16",)), ("bob", "member", False, ("10.77.0.2/16",))],
        )
        self.assertIn("member-readdressed", [event.kind for event in self.told])

    def test_theLaterMemberGetsAnother(self) -> None:
        """
        The other way round, it is the one who is learned that gets a new address.
        """
        alice = self.joined(name="alice")
        self.restored(at=60)
        bob = self.joined(name="bob")
        self.restored(at=60)
        self.meet(alice)
        self.meet(bob)
        self.assertEqual([each[3] for each in sorted(self.listed())], [("10.77.0.1/16",), ("10.77.0.2/16",)])

    def test_anExpiredCertificateWaitsForAnOperator(self) -> None:
        """
        Who shows one that has expired is not let in, since a revocation may be lost, too, but can be approved.
        """
        alice = self.joined(name="alice")
        self.restored(at=4 * 86_400)
        self.assertIsNone(self.roster.own.admit(alice.certificate, alice.key.exchangePublic))
        self.assertEqual(self.listed()[0][:3], ("alice", "pending", True))
        self.now(self.operator.approve("alice"))
        self.assertIsNotNone(self.roster.own.admit(alice.certificate, alice.key.exchangePublic))

    def test_revocationsAreHandedBack(self) -> None:
        """
        A revocation that a member hands back ends what was learned.
        """
        alice = self.joined(name="alice")
        self.now(self.operator.revoke("alice"))
        revocation = self.roster.trust.revocations[0]
        self.restored()
        self.meet(alice)
        self.assertEqual(self.listed()[0][1], "member")
        self.roster.trust.revoke(revocation)
        self.assertEqual(self.listed()[0][1], "revoked")

    def test_aFullDiskEndsNoMembership(self) -> None:
        """
        A certificate that says what is stored is renewed while the store takes nothing; nothing else is.
        """
        alice = self.joined(name="alice")
        self.clock.advance(2 * 86_400)

        def full(*arguments: object) -> Deferred[bool]:
            return fail(StoreUnavailable("the disk is full"))

        self.patch(self.records, "exchange", full)
        self.now(self.roster.certifyItself())
        answer = self.now(self.requests.renew(alice.identity, macFrom(alice.identity.text)))
        assert isinstance(answer, Renewed)
        self.assertTrue(alice.renewed(answer.certificate))
        self.assertIn("full", self.failing(self.operator.revoke("alice"), StoreUnavailable))


class InvitationTests(RosterCase):
    def test_joiningTakesOneToken(self) -> None:
        """
        A node with a token becomes a member with a name, an overlay address and its MAC address.
        """
        node = self.node(self.invite(name="alice", bridge=True), "seed")
        self.assertEqual(node.stage, "joining")
        answer = self.redeem(node, "whatever")
        assert isinstance(answer, Admitted)
        self.assertTrue(node.admitted(answer))
        assert node.own is not None
        self.assertEqual((node.stage, node.own.name, node.own.bridge), ("member", "alice", True))
        self.assertEqual(node.own.addresses, ("10.77.0.1/16",))
        self.assertEqual(node.own.macs, (macFrom(node.identity.text),))
        self.assertEqual((node.secret, node.cipher), (self.roster.own.secret, self.roster.own.cipher))
        self.assertEqual([event.kind for event in self.told], ["member-joined"])

    def test_theSecretIsKnownByItsIdOnly(self) -> None:
        """
        The secret of an invitation is found by the whole id; others are unknown.
        """
        token = self.invite()
        self.assertEqual(self.roster.own.invitationSecret(token.invitation), token.secret)
        self.assertIsNone(self.roster.own.invitationSecret(token.invitation[:15]))
        self.assertIsNone(self.roster.own.invitationSecret(octetsFrom("x")[:16]))

    def test_singleUseKeyUsedTwiceThroughARace(self) -> None:
        """
        Two nodes that redeem the same single-use invitation at the same moment: exactly one is admitted (Tailscale,
        TS-2025-007), on one server as on two that share a store.
        """
        for servers in (1, 2):
            records = self.records = SlowRecords()
            opening = [Deferred.fromCoroutine(self.opening(self.directory())) for _ in range(servers)]
            records.finish()
            rosters = [self.successResultOf(each) for each in opening]
            made = Deferred.fromCoroutine(rosters[0].administration.invite(ENDPOINTS))
            records.finish()
            token = self.successResultOf(made)
            reloading = [Deferred.fromCoroutine(roster.reload()) for roster in rosters]
            records.finish()
            for each in reloading:
                self.successResultOf(each)
            answers = []
            for index, name in enumerate(("alice", "bob", "carol", "dave")):
                self.roster = rosters[index % servers]
                answers.append(Deferred.fromCoroutine(self.redeeming(self.node(token, name), name)))
            records.finish()
            kinds = [type(self.successResultOf(answer)) for answer in answers]
            self.assertEqual(sorted(map(str, kinds)), sorted(map(str, [Admitted, Refused, Refused, Refused])))
            reloading = [Deferred.fromCoroutine(roster.reload()) for roster in rosters]
            records.finish()
            for roster in rosters:
                self.assertEqual(sum(not member.server for member in self.members(roster)), 1)

    def test_aUsedInvitationIsRefusedWithTheReason(self) -> None:
        """
        The second node with a single-use invitation is told that it has been used, and nothing is assigned to it.
        """
        token = self.invite()
        self.joined(token, "alice")
        self.assertIn("used already", self.refusal(self.node(token, "bob")))
        self.assertEqual(self.membership(), [("alice", "member")])
        self.assertEqual(self.joined(name="carol").own.addresses, ("10.77.0.2/16",))  # type: ignore[union-attr]

    def test_redemptionIsIdempotent(self) -> None:
        """
        A node that lost the answer asks again and gets it, and the invitation is used once only.
        """
        token = self.invite(uses=2)
        node = self.node(token)
        first, second = self.redeem(node), self.redeem(node)
        self.assertEqual(first, second)
        self.assertEqual([invitation.left for invitation in self.operator.invitations], [1])
        self.assertEqual(self.membership(), [("alice", "member")])

    def test_invitationsExpire(self) -> None:
        """
        After its time an invitation is refused with the reason, and later not even answered.
        """
        token = self.invite(lifetime=3600.0)
        self.clock.advance(3600)
        self.assertEqual(self.operator.invitations, [])
        self.assertIn("expired", self.refusal(self.node(token)))
        self.clock.advance(EXPIRED_GRACE)
        self.assertIsNone(self.roster.own.invitationSecret(token.invitation))

    def test_invitationsAreWithdrawn(self) -> None:
        """
        A token that fell into the wrong hands is withdrawn; whoever has it is told so for as long as if it had expired.
        """
        token = self.invite(lifetime=3600.0)
        self.now(self.operator.withdraw(token.invitation.hex()))
        self.assertEqual(self.operator.invitations, [])
        self.assertIn("withdrawn", self.refusal(self.node(token)))
        self.failing(self.operator.withdraw(token.invitation.hex()), NoSuchMember)
        self.roster = self.opened()
        self.assertIn("withdrawn", self.refusal(self.node(token)))
        self.clock.advance(3600 + EXPIRED_GRACE)
        self.assertIsNone(self.roster.own.invitationSecret(token.invitation))

    def test_withdrawnInvitationsMakeRoom(self) -> None:
        """
        Invitations that were withdrawn do not count against the limit of how many there may be.
        """
        self.patch(invitations, "INVITATIONS_MAXIMUM", 2)
        first, _ = self.invite(), self.invite()
        self.assertIn("withdraw", self.failing(self.operator.invite(ENDPOINTS), MembershipRefused))
        self.now(self.operator.withdraw(first.invitation.hex()))
        self.invite()
        self.assertIsNone(self.roster.own.invitationSecret(first.invitation))

    def test_termsAreChecked(self) -> None:
        """
        An invitation without an end, a use, a place or a proper name is not made.
        """
        for terms in ({"uses": 0}, {"uses": 1001}, {"lifetime": 0.0}, {"lifetime": 1e9}, {"name": "No!"}):
            self.failing(self.operator.invite(ENDPOINTS, **terms), MembershipRefused)  # type: ignore[arg-type]
        self.failing(self.operator.invite(()), MembershipRefused)
        self.failing(self.operator.invite(["nowhere"]), AddressInvalid)
        self.assertEqual(self.operator.invitations, [])

    def test_theKeyMustBeProved(self) -> None:
        """
        Nobody joins with the identity of another, with another exchange key or with the proof for another invitation.
        """
        token, other = self.invite(), self.invite()
        node, mallory = self.node(token), self.node(other, "mallory")
        join = joinRequest(node.key, node.token, "alice", macFrom("alice"))
        for key, invitation in (
            (mallory.key.exchangePublic, token.invitation),
            (node.key.exchangePublic, other.invitation),
        ):
            answer = self.now(self.requests.redeem(join, key, invitation, ""))
            self.assertIsInstance(answer, Refused)
        stolen = msgspec.structs.replace(join, identity=bytes(mallory.identity))
        self.assertIsInstance(
            self.now(self.requests.redeem(stolen, node.key.exchangePublic, token.invitation, "")), Refused
        )
        self.assertEqual(self.membership(), [])

    def test_aFailingStoreIsNoRefusal(self) -> None:
        """
        When the store fails the node is told to ask again, and nothing of our disk; our operator is told everything,
        once a minute for each node.  As soon as it works the same invitation is good (headscale#1684).
        """
        token = self.invite()
        node = self.node(token)
        works = self.records.exchange
        self.patch(self.records, "exchange", lambda *_: fail(StoreUnavailable("/var/lib/wand: the disk is full")))
        for _ in range(3):
            self.assertEqual(self.redeem(node), NotNow("the server cannot store anything now"))
        self.assertIsNone(self.requests.admitted(node.identity))
        [told] = [event for event in self.told if event.kind == "member-delayed"]
        self.assertIn("/var/lib/wand", str(told.fields["reason"]))
        self.patch(self.records, "exchange", works)
        self.assertIsInstance(self.redeem(node), Admitted)

    def test_nothingIsLostWhereverTheStoreFails(self) -> None:
        """
        Whichever of the writes of a join is the first that fails, the same node is a member when it asks again, with
        the same invitation for one, and has one address, one MAC and one name.
        """
        works = self.records.exchange
        for number in range(8):
            node = self.node(self.invite(), f"node {number}")
            left = number

            def failing(*arguments: Any) -> Deferred[bool]:
                nonlocal left
                left -= 1
                return works(*arguments) if left >= 0 else fail(StoreUnavailable("locked"))

            self.patch(self.records, "exchange", failing)
            first = self.redeem(node)
            self.patch(self.records, "exchange", works)
            answer = self.redeem(node)
            assert isinstance(answer, Admitted), (first, answer)
            self.assertTrue(node.admitted(answer))
            assert node.own is not None
            self.assertEqual(node.own.addresses, (f"10.77.0.{number + 1}/16",))
        self.assertEqual(len(self.membership()), 8)
        self.assertEqual(self.operator.invitations, [])

    def test_renewalWithoutTheStore(self) -> None:
        """
        A member whose certificate cannot be stored now is not told that it is none: it gets a new one that says what
        the old one said; and if it wants something new, it has to ask again.
        """
        alice = self.joined()
        self.clock.advance(CERTIFICATE_LIFE / 2)
        works = self.records.exchange
        self.patch(self.records, "exchange", lambda *_: fail(StoreUnavailable("locked")))
        mac = macFrom(alice.identity.text)
        self.assertIsInstance(self.now(self.requests.renew(alice.identity, mac)), Renewed)
        self.assertIsInstance(self.now(self.requests.renew(alice.identity, macFrom("another"))), NotNow)
        self.patch(self.records, "exchange", works)
        self.assertIsInstance(self.now(self.requests.renew(alice.identity, macFrom("another"))), Renewed)

    def test_oneBadRecordDisturbsNoOther(self) -> None:
        """
        A damaged record in the store drops nobody else (headscale#3346).
        """
        alice = self.joined()
        self.now(_awaited(self.records.write("sealed-member", {octetsFrom("x"): b"damaged"})))
        self.roster = self.opened()
        self.assertEqual(self.membership(), [("alice", "member")])
        self.assertIsNotNone(self.requests.admitted(alice.identity))


class AssignmentTests(RosterCase):
    def test_namesAreUnique(self) -> None:
        """
        Who wishes a name that is taken gets the next one, and whatever it wishes is made a name.
        """
        token = self.invite(uses=4)
        names = [
            self.redeemedName(token, name, wish)
            for name, wish in (("a", "Laptop"), ("b", "laptop"), ("c", "laptop-2"), ("d", "\0\n--"))
        ]
        self.assertEqual(names, ["laptop", "laptop-2", "laptop-2-2", "node"])

    def redeemedName(self, token: Token, name: str, wish: str) -> str:
        answer = self.redeem(self.node(token, name), wish)
        assert isinstance(answer, Admitted)
        content = verified(answer.certificate, Certificate, self.roster.own.network)
        assert content is not None
        return content.name

    def test_addressesAreUniqueAndTheFirstFree(self) -> None:
        """
        Each member gets the first address that was nobody's.
        """
        nodes = [self.joined(name=name) for name in ("alice", "bob", "carol")]
        self.assertEqual([self.address(node) for node in nodes], ["10.77.0.1/16", "10.77.0.2/16", "10.77.0.3/16"])

    def address(self, node: Enrolment) -> str:
        assert node.own is not None
        return node.own.addresses[0]

    def test_theAddressOfARevokedMemberRests(self) -> None:
        """
        What a revoked member had is given to nobody for 30 days, or as long as the operator says, and is free then.
        """
        for name in ("alice", "bob"):
            self.joined(name=name)
        self.now(self.operator.revoke("alice"))
        self.clock.advance(29 * 86_400)
        self.now(self.roster.certifyItself())
        self.assertEqual(self.address(self.joined(name="carol")), "10.77.0.3/16")
        self.clock.advance(2 * 86_400)
        self.now(self.roster.certifyItself())
        self.assertEqual(self.address(self.joined(name="dave")), "10.77.0.1/16")
        self.roster = self.opened(quarantine=0)
        self.now(self.operator.revoke("dave"))
        self.assertEqual(self.address(self.joined(name="erin")), "10.77.0.1/16")

    def test_aFullPrefixTakesWhatRestsTheLongest(self) -> None:
        """
        When nothing else is left, the address of the member that was revoked first is given away before its time.
        """
        self.records = MemoryRecords()
        self.roster = self.opened(self.directory(), prefix="10.9.9.0/29")
        for name in ("a", "b", "c", "d", "e", "f"):
            self.joined(name=name)
        for name in ("d", "b"):
            self.now(self.operator.revoke(name))
            self.clock.advance(60)
        self.assertEqual(self.address(self.joined(name="g")), "10.9.9.4/29")
        self.assertEqual(self.address(self.joined(name="h")), "10.9.9.2/29")

    def test_aFullPrefixIsARefusal(self) -> None:
        """
        When the prefix has no address left the node is told so, and its invitation is not used up.
        """
        self.records = MemoryRecords()
        self.roster = self.opened(self.directory(), prefix="10.9.9.0/30")
        for name in ("alice", "bob"):
            self.joined(name=name)
        token = self.invite()
        self.assertIn("no free address", self.refusal(self.node(token, "carol")))
        self.assertEqual([invitation.left for invitation in self.operator.invitations], [1])
        self.now(self.operator.revoke("bob"))
        self.joined(token, "carol")

    def test_ipv6Prefixes(self) -> None:
        """
        A network of IPv6 addresses begins behind the routers' anycast address.
        """
        self.records = MemoryRecords()
        self.roster = self.opened(self.directory(), prefix="fd00:77::/64", cipher="chacha20-poly1305")
        node = self.joined()
        assert node.own is not None
        self.assertEqual(node.own.addresses, ("fd00:77::1/64",))
        self.assertEqual(node.cipher, "chacha20-poly1305")

    def test_macAddressesAreUnique(self) -> None:
        """
        A MAC address of another member, or a group's, is refused with the reason; the invitation is not used up.
        """
        alice = self.joined()
        token = self.invite()
        taken = macFrom(alice.identity.text)
        bob = self.node(token, "bob")
        self.assertIn("belongs to another member", self.refusal(bob, mac=taken))
        self.assertIn("single host", self.refusal(bob, mac=MAC(b"\xff" * 6)))
        self.assertEqual([invitation.left for invitation in self.operator.invitations], [1])
        self.assertIsInstance(self.redeem(bob), Admitted)


class ApprovalTests(RosterCase):
    def setUp(self) -> None:
        super().setUp()
        self.answers: list[Deferred[bool]] = []

    def ask(self, *answers: Deferred[bool] | Verdict | bool | Exception) -> tuple[Enrolment, Deferred[Any]]:
        self.hooks = [Approver(answer) for answer in answers]
        self.roster = self.opened()
        node = self.node(self.invite(), f"alice {len(self.members())}")
        return node, Deferred.fromCoroutine(self.redeeming(node))

    def test_interfaces(self) -> None:
        """
        The hook and the store of these tests are what they say.
        """
        verifyObject(IHookListener, Approver(True))
        verifyObject(IRecords, SlowRecords())

    def test_twoAsynchronousApproversNoneForgotten(self) -> None:
        """
        Of two hooks that answer later both must approve, whichever answers first (OpenVPN, CVE-2022-0547).
        """
        for late, expected in ((True, Admitted), (False, Refused)):
            for order in ((0, 1), (1, 0)):
                answers: list[Deferred[bool]] = [Deferred(), Deferred()]
                _, answer = self.ask(*answers)
                answers[order[0]].callback(True)
                self.assertNoResult(answer)
                answers[order[1]].callback(late)
                self.assertIsInstance(self.successResultOf(answer), expected)

    def test_anythingButYesIsARefusal(self) -> None:
        """
        A hook that says anything but C{True} refuses.
        """
        for bad in (False, succeed(1), None):
            _, answer = self.ask(True, bad, True)  # type: ignore[arg-type]  # what a wrong hook may answer
            self.assertIn("do not admit", self.successResultOf(answer).reason)
        self.assertEqual(self.membership(), [])
        self.assertEqual({invitation.left for invitation in self.operator.invitations}, {1})

    def test_aHooksReason(self) -> None:
        """
        A node is told why a hook refuses it.
        """
        _, answer = self.ask(True, Verdict(False, "not in the list of hosts"))
        self.assertEqual(self.successResultOf(answer), Refused("not in the list of hosts"))

    def test_whoAsksMeanwhileWaits(self) -> None:
        """
        A node that asks again while the hooks think about it is told to wait; the hooks are not asked again.
        """
        node, answer = self.ask(thinking := Deferred[bool]())
        self.assertIsInstance(self.redeem(node), Pending)
        thinking.callback(True)
        self.assertIsInstance(self.successResultOf(answer), Admitted)
        (hook,) = self.hooks
        assert isinstance(hook, Approver)
        (candidate,) = hook.asked
        self.assertEqual((candidate.key, candidate.name), (node.identity, "alice"))

    def test_membersAreNotAskedAboutAgain(self) -> None:
        """
        A member that asks again is answered without the hooks.
        """
        node, answer = self.ask(True)
        self.hooks[0].answer = False  # type: ignore[attr-defined]  # an Approver
        self.assertEqual(self.successResultOf(answer), self.redeem(node))

    def test_anOperatorApproves(self) -> None:
        """
        Who joins with an invitation that needs approval waits until an operator approves, however long that takes.
        """
        observer = Observer()
        self.roster.observe(observer)
        token = self.invite(approval=True, lifetime=60.0)
        node = self.node(token)
        self.assertIsInstance(self.redeem(node), Pending)
        self.assertEqual(self.membership(), [("alice", "pending")])
        self.assertIsNone(self.requests.admitted(node.identity))
        self.clock.advance(10 * EXPIRED_GRACE)
        self.now(self.roster.reload())
        self.assertEqual(self.roster.own.invitationSecret(token.invitation), token.secret)
        self.assertEqual(self.now(self.operator.approve("alice")).state, "member")
        self.assertEqual(observer.issued, [node.identity])
        self.now(self.roster.certifyItself())
        answer = self.redeem(node)
        assert isinstance(answer, Admitted)
        self.assertTrue(node.admitted(answer))
        self.failing(self.operator.approve("alice"), MembershipRefused)


class MoreRightsTests(RosterCase):
    """
    A member that redeems one more invitation.
    """

    def again(self, node: Enrolment, **terms: Any) -> Any:
        node.begin(Token.parse(self.invite(**terms).text))
        return self.redeem(node)

    def test_theBridgeRight(self) -> None:
        """
        A member that redeems an invitation which gives the bridge right has it, the invitation is used, and whoever
        must know is told (container-keepalived#34).
        """
        alice = self.joined()
        observer = Observer()
        self.roster.observe(observer)
        answer = self.again(alice, bridge=True)
        self.assertEqual(self.redeem(alice), answer)
        self.assertTrue(alice.admitted(answer))
        self.assertTrue(alice.own and alice.own.bridge)
        self.assertEqual((observer.issued, self.operator.invitations), ([alice.identity], []))
        self.assertEqual(
            [event.fields["what"] for event in self.told if event.kind == "member-changed"], ["may bridge now"]
        )
        self.assertEqual([member.bridge for member in self.members() if not member.server], [True])

    def test_largerLimits(self) -> None:
        """
        A member that redeems an invitation with larger limits has them; a usual one leaves what the operator said.
        """
        alice = self.joined()
        answer = self.again(alice, limits=Limits(1000, 9000))
        assert isinstance(answer, Admitted)
        self.assertTrue(alice.admitted(answer))
        assert alice.own is not None
        self.assertEqual(alice.own.limits, Limits(1000, 9000))
        self.assertEqual(
            [event.fields["what"] for event in self.told if event.kind == "member-changed"], ["has larger limits now"]
        )
        lowered = self.now(self.operator.limit("alice", 10, 10))
        self.again(alice)
        member = next(each for each in self.members() if each.key == lowered.key)
        self.assertEqual((member.behind, member.broadcasts), (10, 10))

    def test_nothingMore(self) -> None:
        """
        A member that redeems an invitation which gives it nothing gets what it has, and the invitation is not used.
        """
        alice = self.joined(self.invite(bridge=True))
        for terms in ({}, {"bridge": True}, {"approval": True}):
            answer = self.again(alice, **terms)
            assert isinstance(answer, Admitted)
            self.assertEqual(answer.certificate, alice.certificate)
        self.assertEqual(len(self.operator.invitations), 3)

    def test_refusedWithTheReason(self) -> None:
        """
        An invitation that is used up, or that an operator would have to approve, gives a member nothing and says why.
        """
        alice, bob = self.joined(), self.joined(name="bob")
        token = self.invite(bridge=True)
        bob.begin(Token.parse(token.text))
        self.redeem(bob)
        alice.begin(Token.parse(token.text))
        self.assertIn("used already", self.refusal(alice))
        alice.begin(Token.parse(self.invite(bridge=True, approval=True).text))
        self.assertIn("approval", self.refusal(alice))

    def test_aFailingStoreLosesNothing(self) -> None:
        """
        Whichever write fails first, a member that asks again gets the right.
        """
        works = self.records.exchange
        for number in range(4):
            node = self.joined(name=f"node {number}")
            left = number

            def failing(*arguments: Any) -> Deferred[bool]:
                nonlocal left
                left -= 1
                return works(*arguments) if left >= 0 else fail(StoreUnavailable("locked"))

            node.begin(Token.parse(self.invite(bridge=True).text))
            self.patch(self.records, "exchange", failing)
            self.redeem(node)
            self.patch(self.records, "exchange", works)
            answer = self.redeem(node)
            assert isinstance(answer, Admitted)
            self.assertTrue(node.admitted(answer))
            self.assertTrue(node.own and node.own.bridge)

    def test_whoWaitsIsLetInByAnother(self) -> None:
        """
        Somebody who waits for an approval is let in by an invitation that needs none.
        """
        node = self.node(self.invite(approval=True))
        self.assertIsInstance(self.redeem(node), Pending)
        self.assertIsInstance(self.again(node), Admitted)
        self.assertEqual(self.membership(), [("alice", "member")])

    def test_withTheKeyElsewhere(self) -> None:
        """
        Where the network key is kept elsewhere the right waits for a signature, and the member stays one meanwhile.
        """
        alice = self.joined()
        key = NetworkKey.kept(self.state)
        assert key is not None
        (self.state.path / "network.key").unlink()
        self.roster = self.opened()
        self.assertIsInstance(self.again(alice, bridge=True), Pending)
        self.assertIsNotNone(self.roster.own.admit(alice.certificate, alice.key.exchangePublic))
        signatures = signedOffline(self.operator.signingRequests, key, self.clock.seconds())
        self.assertEqual(self.now(self.operator.importSignatures(signatures)), 1)
        answer = self.redeem(alice)
        assert isinstance(answer, Admitted)
        self.assertTrue(alice.admitted(answer))
        self.assertTrue(alice.own and alice.own.bridge)


class RevocationTests(RosterCase):
    def test_aRevokedMemberIsOut(self) -> None:
        """
        A revoked member is admitted no more, whoever must know is told, and its name is free.
        """
        observer = Observer()
        self.roster.observe(observer)
        alice = self.joined()
        self.assertEqual(self.now(self.operator.revoke("alice")).state, "revoked")
        self.assertIsNone(self.roster.own.admit(alice.certificate, alice.key.exchangePublic))
        ((identity, revocation),) = observer.revoked
        self.assertEqual(identity, alice.identity)
        assert alice.trust is not None
        self.assertTrue(alice.trust.revoke(revocation))
        self.assertIsInstance(self.now(self.requests.renew(alice.identity, macFrom("x"))), Refused)
        again = self.joined(name="bob")
        self.now(self.operator.rename("bob", "alice"))
        self.assertEqual(sorted(self.membership()), [("alice", "member"), ("alice", "revoked")])
        self.assertIsNotNone(self.roster.own.admit(again.certificate, again.key.exchangePublic))

    def test_revocationByWholeNameOrWholeKeyOnly(self) -> None:
        """
        A part of a name or of a key matches nobody, nor does the short form of a key (OpenVPN, CVE-2025-13086;
        ZeroTier, 2021).
        """
        alice = self.joined()
        key = alice.identity.text
        for part in (key[:-1], key[:12], str(alice.identity), "alic", "alice ", "Alice", "", key + "0", "*"):
            self.failing(self.operator.revoke(part), NoSuchMember)
            self.failing(self.operator.rename(part, "bob"), NoSuchMember)
            self.failing(self.operator.approve(part), NoSuchMember)
        self.assertEqual(self.membership(), [("alice", "member")])
        self.now(self.operator.revoke(key))
        self.assertEqual(self.membership(), [("alice", "revoked")])

    def test_revocationSurvivesReissueOfCertificates(self) -> None:
        """
        A revoked key gets no certificate any more, and none that it gets elsewhere is valid (Nebula,
        GHSA-69x3-g4r3-p962): not by renewal, by renaming, by approval, nor with a fresh invitation.
        """
        alice = self.joined()
        self.now(self.operator.revoke("alice"))
        self.assertIsInstance(self.now(self.requests.renew(alice.identity, macFrom("x"))), Refused)
        self.failing(self.operator.rename(alice.identity.text, "other"), MembershipRefused)
        self.failing(self.operator.approve(alice.identity.text), MembershipRefused)
        fresh = self.node(self.invite(), "alice")
        self.assertEqual(fresh.identity, alice.identity)
        self.assertIn("revoked", self.refusal(fresh))
        key = NetworkKey.kept(self.state)
        assert key is not None and alice.own is not None
        later = msgspec.structs.replace(alice.own, issued=alice.own.issued + 100, expires=alice.own.expires + 100)
        reissued = signed(key.signing, later)
        self.assertIsNone(self.roster.own.admit(reissued, alice.key.exchangePublic))

    def test_revokingTwiceChangesNothing(self) -> None:
        """
        A key is revoked once; the same revocation is told again to those who ask.
        """
        alice = self.joined()
        first = self.now(self.operator.revoke("alice"))
        digest = self.roster.trust.digest
        self.clock.advance(100)
        self.assertEqual(self.now(self.operator.revoke(alice.identity.text)), first)
        self.assertEqual(self.roster.trust.digest, digest)

    def test_anUnknownKeyIsRevokedToo(self) -> None:
        """
        A whole key that this server never heard of can be revoked, and then never joins.
        """
        node = self.node(self.invite())
        self.now(self.operator.revoke(node.identity.text))
        self.assertIn("revoked", self.refusal(node))

    def test_aRevocationThatPeersTellIsKept(self) -> None:
        """
        A server whose store was restored from before a revocation learns it from a node, stores it, and does not let
        the key in again.
        """
        alice = self.joined()
        records = self.records
        assert isinstance(records, MemoryRecords)
        backup = {kind: dict(values) for kind, values in records._kinds.items()}
        self.now(self.operator.revoke("alice"))
        (revocation,) = self.roster.trust.revocations
        records._kinds = backup
        self.roster = self.opened()
        self.assertIsNotNone(self.roster.own.admit(alice.certificate, alice.key.exchangePublic))
        observer = Observer()
        self.roster.observe(observer)
        self.assertTrue(self.roster.trust.revoke(revocation))
        self.assertEqual(observer.revoked, [(alice.identity, revocation)])
        self.roster = self.opened()
        self.assertEqual(self.membership(), [("alice", "revoked")])
        self.assertIn("revoked", self.refusal(self.node(self.invite(), "alice")))

    def test_whatAnotherServerRevokesIsTold(self) -> None:
        """
        Of two servers with one store the other ends the sessions of a revoked member when it reads the store anew.
        """
        alice = self.joined()
        other = self.opened(self.directory())
        observer = Observer()
        other.observe(observer)
        self.now(self.operator.revoke("alice"))
        self.now(other.reload())
        self.assertEqual([identity for identity, _ in observer.revoked], [alice.identity])
        self.assertIsNone(other.own.admit(alice.certificate, alice.key.exchangePublic))

    def test_theServerDoesNotRevokeItself(self) -> None:
        """
        The server refuses to revoke itself.
        """
        for name in ("server", self.roster.own.identity.text):
            self.assertIn("itself", self.failing(self.operator.revoke(name), MembershipRefused))

    def test_pendingMembersAreRevoked(self) -> None:
        """
        Who waits for an approval can be refused for ever.
        """
        node = self.node(self.invite(approval=True))
        self.redeem(node)
        self.now(self.operator.revoke("alice"))
        self.assertIn("revoked", self.refusal(node))


class RenewalTests(RosterCase):
    def test_certificatesAreRenewedAfterAThird(self) -> None:
        """
        An online member gets a new certificate after a third of its life, and the same one before.
        """
        alice = self.joined()
        mac = macFrom(alice.identity.text)
        assert alice.own is not None
        self.assertEqual(alice.own.expires - alice.own.issued, CERTIFICATE_LIFE)
        self.assertEqual(alice.renewalIn, alice.own.issued + CERTIFICATE_LIFE / 3 - self.wallClock())
        self.assertEqual(self.now(self.requests.renew(alice.identity, mac)), Renewed(alice.certificate))
        self.clock.advance(CERTIFICATE_LIFE / 3)
        answer = self.now(self.requests.renew(alice.identity, mac))
        assert isinstance(answer, Renewed)
        since = alice.own.since
        self.assertTrue(alice.renewed(answer.certificate))
        self.assertEqual((alice.own.since, alice.own.issued), (since, int(self.clock.seconds())))

    def test_whoWasAwayForLongIsRenewed(self) -> None:
        """
        A member that was switched off until its certificate expired is admitted by the server, and by nobody else, and
        renewed.
        """
        alice = self.joined()
        bob = self.joined(name="bob")
        self.clock.advance(CERTIFICATE_LIFE + 10)
        self.assertIsNone(bob.admit(alice.certificate, alice.key.exchangePublic))
        self.assertIsNotNone(self.roster.own.admit(alice.certificate, alice.key.exchangePublic))
        self.now(self.roster.certifyItself())
        answer = self.now(self.requests.renew(alice.identity, macFrom(alice.identity.text)))
        assert isinstance(answer, Renewed)
        self.assertTrue(alice.renewed(answer.certificate))
        self.assertIsNotNone(bob.admit(alice.certificate, alice.key.exchangePublic))

    def test_theServerRenewsItself(self) -> None:
        """
        The certificate of the server is made anew in time.
        """
        before = self.roster.own.certificate
        self.now(self.roster.certifyItself())
        self.assertEqual(self.roster.own.certificate, before)
        self.clock.advance(CERTIFICATE_LIFE / 2)
        self.now(self.roster.certifyItself())
        self.assertNotEqual(self.roster.own.certificate, before)
        self.assertIsNotNone(self.roster.trust.check(self.roster.own.certificate))

    def test_aNewTapKeepsTheMembership(self) -> None:
        """
        A member whose tap has another MAC address gets a certificate for it, unless the address is another's.
        """
        alice, bob = self.joined(), self.joined(name="bob")
        taken = self.now(self.requests.renew(alice.identity, macFrom(bob.identity.text)))
        assert isinstance(taken, Refused)
        self.assertIn("another member", taken.reason)
        answer = self.now(self.requests.renew(alice.identity, macFrom("new")))
        assert isinstance(answer, Renewed)
        self.assertTrue(alice.renewed(answer.certificate))
        assert alice.own is not None
        self.assertEqual(alice.own.macs, (macFrom("new"),))

    def test_renaming(self) -> None:
        """
        A renamed member gets a certificate with the new name; a name that is taken or wrong is refused.
        """
        alice = self.joined()
        self.joined(name="bob")
        observer = Observer()
        self.roster.observe(observer)
        self.now(self.operator.rename("alice", "alicia"))
        self.assertEqual(observer.issued, [alice.identity])
        answer = self.requests.admitted(alice.identity)
        assert answer is not None
        self.assertTrue(alice.renewed(answer.certificate))
        assert alice.own is not None
        self.assertEqual(alice.own.name, "alicia")
        self.assertIn("another", self.failing(self.operator.rename("alicia", "bob"), MembershipRefused))
        self.assertIn("no name", self.failing(self.operator.rename("alicia", "No!"), MembershipRefused))
        self.now(self.operator.rename("bob", "alice"))
        self.assertEqual([name for name, _ in self.membership()], ["alice", "alicia"])

    def test_limitsStandInTheCertificate(self) -> None:
        """
        The limits of an invitation go to who joins with it, and an operator changes them with a new certificate.
        """
        token = self.now(self.operator.invite(["192.0.2.1:44444"], limits=Limits(1024, 9000)))
        alice = self.joined(token)
        assert alice.own is not None
        self.assertEqual(alice.own.limits, Limits(1024, 9000))
        observer = Observer()
        self.roster.observe(observer)
        self.clock.advance(1)
        self.now(self.operator.limit("alice", broadcasts=50))
        self.assertEqual(observer.issued, [alice.identity])
        answer = self.requests.admitted(alice.identity)
        assert answer is not None
        self.assertTrue(alice.renewed(answer.certificate))
        self.assertEqual(alice.own.limits, Limits(1024, 50))
        self.assertIn("1 to", self.failing(self.operator.limit("alice", macs=0), MembershipRefused))
        self.now(self.operator.revoke("alice"))
        self.failing(self.operator.limit(alice.identity.text, macs=9), MembershipRefused)

    def test_confirmedUntilTheAddressChanges(self) -> None:
        """
        What an operator confirmed holds for this MAC address, and for no other that the member takes later.
        """
        alice = self.joined()
        self.assertTrue(self.now(self.operator.confirm("alice")).confirmed)
        self.now(self.requests.renew(alice.identity, macFrom("new")))
        [member] = [each for each in self.members() if each.name == "alice"]
        self.assertFalse(member.confirmed)


class OfflineTests(RosterCase):
    def setUp(self) -> None:
        super().setUp()
        self.alice = self.joined()
        key = NetworkKey.kept(self.state)
        assert key is not None
        self.key = key
        (self.state.path / "network.key").unlink()
        self.roster = self.opened()

    def sign(self) -> int:
        document = signedOffline(self.operator.signingRequests, self.key, self.clock.seconds())
        return self.now(self.operator.importSignatures(document))

    def test_withoutTheKeyNodesWait(self) -> None:
        """
        On a server without the network key a node waits until its certificate was signed elsewhere.
        """
        observer = Observer()
        self.roster.observe(observer)
        self.assertFalse(self.operator.status.signs)
        node = self.node(self.invite(), "bob")
        self.assertIsInstance(self.redeem(node, "bob"), Pending)
        self.assertEqual(self.operator.status.unsigned, 1)
        self.assertEqual(self.sign(), 1)
        self.assertEqual(observer.issued, [node.identity])
        answer = self.redeem(node, "bob")
        assert isinstance(answer, Admitted)
        self.assertTrue(node.admitted(answer))
        self.assertEqual((self.operator.status.unsigned, self.sign()), (0, 0))

    def test_renewalsAndTheServerWaitToo(self) -> None:
        """
        Certificates that are due stand in the requests, that of the server among them.
        """
        self.clock.advance(CERTIFICATE_LIFE / 2)
        mac = macFrom(self.alice.identity.text)
        self.assertEqual(self.now(self.requests.renew(self.alice.identity, mac)), Renewed(self.alice.certificate))
        self.assertEqual(self.sign(), 2)
        answer = self.now(self.requests.renew(self.alice.identity, mac))
        assert isinstance(answer, Renewed)
        self.assertTrue(self.alice.renewed(answer.certificate))

    def test_revocationsHoldAtOnceAndAreSignedLater(self) -> None:
        """
        A revocation holds on the server at once, and everywhere once it is signed.
        """
        observer = Observer()
        self.roster.observe(observer)
        self.now(self.operator.revoke("alice"))
        self.assertIsNone(self.roster.own.admit(self.alice.certificate, self.alice.key.exchangePublic))
        self.assertEqual(observer.revoked, [(self.alice.identity, b"")])
        self.assertEqual(self.sign(), 1)
        self.assertTrue(self.roster.trust.isRevoked(self.alice.identity))
        identity, revocation = observer.revoked[-1]
        assert self.alice.trust is not None
        self.assertTrue(self.alice.trust.revoke(revocation))
        self.roster = self.opened()
        self.assertTrue(self.roster.trust.isRevoked(identity))

    def test_whatIsNotWaitedForIsNotTaken(self) -> None:
        """
        A certificate that says more than was asked for, or is for somebody unknown, is not imported.
        """
        self.node(self.invite(), "bob")
        self.clock.advance(CERTIFICATE_LIFE / 2)
        document = self.operator.signingRequests.replace(b'"bridge": false', b'"bridge": true')
        forged = signedOffline(document, self.key, self.clock.seconds())
        self.assertEqual(self.now(self.operator.importSignatures(forged)), 0)

    def test_otherNetworksAndNonsenseAreRefused(self) -> None:
        """
        Documents of another network, or that cannot be read, are refused with the reason.
        """
        other = NetworkKey.fromSeed(octetsFrom("other"))
        self.assertRaises(MembershipRefused, signedOffline, self.operator.signingRequests, other, 0.0)
        self.assertRaises(MembershipRefused, signedOffline, b"{nonsense", self.key, 0.0)
        self.failing(self.operator.importSignatures(b"[]"), MembershipRefused)
        wrong = self.operator.signingRequests.replace(b'"certificates": []', b'"certificates": [{"name": "x"}]')
        self.assertRaises(MembershipRefused, signedOffline, wrong, self.key, 0.0)


async def _awaited(deferred: Deferred[Result]) -> Result:
    return await deferred
