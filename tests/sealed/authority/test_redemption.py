"""
Tests for L{wand.sealed.authority.redemption}: invitations make members, and give members more.
"""

from __future__ import annotations

from collections.abc import Coroutine
from ipaddress import ip_network
from typing import Any
from unittest import mock

from simulated.membership import TestNetwork, entropyFrom, macFrom, octetsFrom
from twisted.internet.defer import Deferred
from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase
from zope.interface import implementer

from wand.errors import MembershipRefused, TemporarilyUnavailable
from wand.events import Event, Events
from wand.hooks.approval import CANDIDATES_MAXIMUM, HOOK_PATIENCE, Approval
from wand.interfaces import Candidate, IAddressApprover, IHookListener, IRouteApprover, Verdict
from wand.sealed.authority.address_assignments import AddressAssignments
from wand.sealed.authority.address_pool import DECLINED
from wand.sealed.authority.approval_questions import ADDRESSES_ASKED
from wand.sealed.authority.assignments import Assignments
from wand.sealed.authority.invitations import Invitation, Invitations
from wand.sealed.authority.issuer import Issuer
from wand.sealed.authority.member_record import MemberRecord
from wand.sealed.authority.member_records import MemberRecords
from wand.sealed.authority.name_assignments import NameAssignments
from wand.sealed.authority.redemption import Redemption
from wand.sealed.authority.signing import NetworkSigning
from wand.sealed.authority.stored_network import StoredNetwork
from wand.sealed.credentials.descriptor import Descriptor
from wand.sealed.credentials.fields import withoutPrefix
from wand.sealed.credentials.handed import HandedRequest
from wand.sealed.credentials.identity import Identity, NodeKey
from wand.sealed.credentials.limits import Limits
from wand.sealed.credentials.token import Token
from wand.sealed.credentials.trust import Trust
from wand.sealed.node.joining import joinRequest
from wand.stores.memory import MemoryRecords

NETWORK = TestNetwork()
ALICE, BOB = (NodeKey.fromSeed(octetsFrom(name)) for name in ("alice", "bob"))


@implementer(IHookListener)
class Doorkeeper:
    """
    A hook that thinks for as long as a test likes.
    """

    def __init__(self) -> None:
        self.asked: list[Candidate] = []
        self.answers: list[Deferred[Verdict]] = []

    def told(self, event: Event) -> None:
        """
        See L{IHookListener}.
        """

    def admit(self, candidate: Candidate) -> Deferred[Verdict]:
        """
        See L{IHookListener}.
        """
        self.asked.append(candidate)
        self.answers.append(Deferred())
        return self.answers[-1]

    def close(self) -> None:
        """
        See L{IHookListener}.
        """


@implementer(IAddressApprover)
class Registrar:
    """
    A hook that knows which addresses others have.
    """

    def __init__(self, *taken: str) -> None:
        self.taken: set[str] = set(taken)
        self.asked: list[str] = []
        self.thinking: Deferred[bool] | None = None

    def told(self, event: Event) -> None:
        """
        See L{IHookListener}.
        """

    def admit(self, candidate: Candidate) -> bool:
        """
        See L{IHookListener}.
        """
        return True

    def assignAddress(self, candidate: Candidate, address: str) -> Verdict | Deferred[bool]:
        """
        See L{IAddressApprover}.
        """
        self.asked.append(address)
        return self.thinking or Verdict(address not in self.taken, f"{address} is a printer's")

    def close(self) -> None:
        """
        See L{IHookListener}.
        """


@implementer(IRouteApprover)
class Gatekeeper(Doorkeeper):
    """
    A hook that admits everybody, and thinks about routes.
    """

    def __init__(self) -> None:
        super().__init__()
        self.hosts: list[int] = []

    def admit(self, candidate: Candidate) -> Any:
        """
        See L{IHookListener}.
        """
        return True

    def allowRoute(self, candidate: Candidate, hosts: int) -> Deferred[Verdict]:
        """
        See L{IRouteApprover}.
        """
        self.hosts.append(hosts)
        return super().admit(candidate)


class RedemptionTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.clock = Clock()
        self.clock.advance(1000)
        self.hooks: list[IHookListener] = []
        self.serve("10.77.0.0/24")

    def serve(self, *prefixes: str) -> None:
        """
        Begin anew, with an empty store.
        """
        self.records = records = MemoryRecords()
        wallClock = self.clock.seconds
        descriptor = Descriptor("test", "aes-256-gcm", "10.77.0.0/24", 0)
        network = StoredNetwork(NETWORK.key.network, NETWORK.key, descriptor, b"", NETWORK.secrets(), created=True)
        self.trust = Trust(NETWORK.key.network, wallClock)
        self.members = MemberRecords(records, self.trust)
        issuer = Issuer(
            self.members,
            NetworkSigning(network.identity, network.key),
            self.trust,
            self,
            wallClock,
            3600,
            Events(wallClock),
        )
        self.assignments = assignments = Assignments(
            records, [ip_network(each) for each in prefixes], lambda identity: None, wallClock
        )
        self.invitations = Invitations(records, wallClock, entropyFrom("invitations"), lambda invitation: False)
        approval = Approval(self.hooks, self.clock)
        self.redemption = Redemption(
            self.members, assignments, self.invitations, issuer, self.trust, approval, wallClock
        )

    def certificateIssued(self, identity: Identity, certificate: bytes) -> None:
        """
        See L{wand.sealed.authority.issuer.IssuerObserver}.
        """

    def invitation(self, **terms: Any) -> Invitation:
        made: Invitation = self.successResultOf(
            Deferred.fromCoroutine(self.invitations.make(terms.pop("uses", 1), 600.0, **terms))
        )
        return made

    def redeeming(
        self, invitation: Invitation, key: NodeKey = ALICE, name: str = "alice", wish: tuple[str, ...] = ()
    ) -> Coroutine[Any, Any, MemberRecord | None]:
        token = Token(
            network=NETWORK.key.network,
            identity=octetsFrom("server"),
            server=octetsFrom("server's exchange key"),
            endpoints=("192.0.2.1:44444",),
            invitation=invitation.invitation,
            secret=invitation.secret,
            cipher="aes-256-gcm",
        )
        join = joinRequest(key, token, name, macFrom(name), wish)
        return self.redemption.redeem(join, key.exchangePublic, invitation.invitation, "198.51.100.1:22222")

    def redeem(self, invitation: Invitation, key: NodeKey = ALICE, name: str = "alice") -> MemberRecord:
        record = self.successResultOf(Deferred.fromCoroutine(self.redeeming(invitation, key, name)))
        assert isinstance(record, MemberRecord)
        return record

    def refusal(self, invitation: Invitation, key: NodeKey = ALICE, name: str = "alice") -> str:
        redeeming = Deferred.fromCoroutine(self.redeeming(invitation, key, name))
        return str(self.failureResultOf(redeeming, MembershipRefused).value)

    def test_anInvitationMakesAMember(self) -> None:
        """
        It gets a name, an overlay address, its MAC address, what the invitation says, and a certificate.
        """
        record = self.redeem(self.invitation(bridge=True, limits=Limits(300, 400)))
        self.assertEqual((record.state, record.name, record.addresses), ("member", "alice", ("10.77.0.1/24",)))
        self.assertEqual((record.macs, record.bridge, record.limits), ((macFrom("alice"),), True, Limits(300, 400)))
        self.assertIsNotNone(self.trust.admit(record.certificate, ALICE.exchangePublic))

    def test_askingAgainGivesTheSame(self) -> None:
        """
        Who lost the answer asks again, and the invitation is used once.
        """
        invitation = self.invitation()
        self.assertEqual(self.redeem(invitation), self.redeem(invitation))
        self.assertIn("used already", self.refusal(invitation, BOB, "bob"))

    def test_anApprovalIsWaitedFor(self) -> None:
        """
        With an invitation that asks for an approval one waits; another, which asks for none, lets one in.
        """
        self.assertEqual(self.redeem(self.invitation(approval=True)).state, "pending")
        self.assertEqual(self.redeem(self.invitation()).state, "member")

    def test_membersGetMore(self) -> None:
        """
        One more invitation gives a member what it has not; it is not used if that is nothing.
        """
        self.redeem(self.invitation())
        raising = self.invitation(uses=2, bridge=True)
        self.assertTrue(self.redeem(raising).bridge)
        self.redeem(raising, BOB, "bob")
        plain = self.invitation()
        self.redeem(plain)
        self.assertEqual([each.invitation for each in self.invitations.open], [plain.invitation.hex()])

    def test_nothingIsTakenInVain(self) -> None:
        """
        Who is refused in the end leaves no name and no address taken.
        """
        self.redeem(self.invitation())
        invitation = self.invitation()
        self.assertIn("belongs to another", self.refusal(invitation, BOB, "alice"))
        self.assertEqual(self.redeem(invitation, BOB, "bob").addresses, ("10.77.0.2/24",))

    def enlisting(self, key: NodeKey, name: str) -> Deferred[MemberRecord]:
        """
        Somebody brings the request of a node, which is to be called as it likes.
        """
        request = HandedRequest.of(key, name, macFrom(name))
        return Deferred.fromCoroutine(self.redemption.enlist(request, Invitation(b"", b"", 1, 0)))

    def test_nothingIsTakenInVainByARequest(self) -> None:
        """
        A request that is refused in the end, here because there is no address any more, leaves nothing taken either.
        """
        with mock.patch.object(AddressAssignments, "take", side_effect=MembershipRefused("all are taken")):
            self.failureResultOf(self.enlisting(ALICE, "alice"), MembershipRefused)
        with mock.patch.object(NameAssignments, "takeLike", side_effect=MembershipRefused("too many")):
            self.failureResultOf(self.enlisting(ALICE, "alice"), MembershipRefused)
        self.assertEqual(self.assignments.addresses.holderOf("10.77.0.1/24"), None)
        record = self.successResultOf(self.enlisting(BOB, "alice"))
        self.assertEqual((record.macs, record.addresses), ((macFrom("alice"),), ("10.77.0.1/24",)))

    def test_theRevokedStayOut(self) -> None:
        """
        An invitation does not help a key that was revoked.
        """
        self.trust.revoke(NETWORK.revocation(ALICE.identity))
        self.assertIn("revoked", self.refusal(self.invitation()))

    def test_theHooksAreAskedOnce(self) -> None:
        """
        Who asks again while a hook thinks waits; what the hook says counts, and its reason is passed on.
        """
        doorkeeper = Doorkeeper()
        self.hooks.append(doorkeeper)
        invitation = self.invitation()
        first = Deferred.fromCoroutine(self.redeeming(invitation))
        self.assertIsNone(self.successResultOf(Deferred.fromCoroutine(self.redeeming(invitation))))
        [candidate] = doorkeeper.asked
        self.assertEqual((candidate.name, candidate.key), ("alice", ALICE.identity))
        doorkeeper.answers[0].callback(Verdict(False, "not on a Sunday"))
        self.assertEqual(str(self.failureResultOf(first, MembershipRefused).value), "not on a Sunday")
        again = Deferred.fromCoroutine(self.redeeming(invitation))
        doorkeeper.answers[1].callback(Verdict(True))
        self.assertIsInstance(self.successResultOf(again), MemberRecord)

    def test_theHooksSeeTheNameOfTheInvitation(self) -> None:
        """
        Where the invitation says what the node is called, the hooks are asked about that name, not the one it chose.
        """
        doorkeeper = Doorkeeper()
        self.hooks.append(doorkeeper)
        redeeming = Deferred.fromCoroutine(self.redeeming(self.invitation(name="printer"), name="alice"))
        doorkeeper.answers[0].callback(Verdict(True))
        record = self.successResultOf(redeeming)
        assert record is not None
        self.assertEqual((doorkeeper.asked[0].name, record.name), ("printer", "printer"))

    def test_notTooManyAtOnce(self) -> None:
        """
        The hooks think about so many and no more; the others are told to try again.
        """
        doorkeeper = Doorkeeper()
        self.hooks.append(doorkeeper)
        invitation = self.invitation(uses=1000)
        waiting = []
        for number in range(CANDIDATES_MAXIMUM):
            key = NodeKey.fromSeed(octetsFrom(f"node {number}"))
            waiting.append(Deferred.fromCoroutine(self.redeeming(invitation, key, f"node-{number}")))
        one = Deferred.fromCoroutine(self.redeeming(invitation))
        self.failureResultOf(one, TemporarilyUnavailable)
        doorkeeper.answers[0].callback(Verdict(True))
        self.assertIsInstance(self.successResultOf(waiting[0]), MemberRecord)
        for each in waiting[1:]:
            each.addErrback(lambda _: None)
            self.assertNoResult(each)
        self.clock.advance(60)

    def test_theHooksHaveASayInAddresses(self) -> None:
        """
        An address that a hook refuses is nobody's for an hour, and the next one is asked about.
        """
        registrar = Registrar("10.77.0.1", "10.77.0.2")
        self.hooks.append(registrar)
        invitation = self.invitation(uses=9)
        self.assertEqual(self.redeem(invitation).addresses, ("10.77.0.3/24",))
        self.assertEqual(registrar.asked, ["10.77.0.1", "10.77.0.2", "10.77.0.3"])
        registrar.asked.clear()
        self.assertEqual(self.redeem(invitation, BOB, "bob").addresses, ("10.77.0.4/24",))
        self.assertEqual(registrar.asked, ["10.77.0.4"])
        self.clock.advance(DECLINED)
        carol = NodeKey.fromSeed(octetsFrom("carol"))
        self.assertEqual(self.redeem(self.invitation(), carol, "carol").addresses, ("10.77.0.5/24",))
        self.assertEqual(registrar.asked, ["10.77.0.4", "10.77.0.1", "10.77.0.2", "10.77.0.5"])

    def test_noAddressIsGood(self) -> None:
        """
        Of so many addresses and no more a hook is asked for one node; then it has to try again, and has none.
        """
        registrar = Registrar(*(f"10.77.0.{number}" for number in range(1, ADDRESSES_ASKED + 1)))
        self.hooks.append(registrar)
        invitation = self.invitation()
        one = Deferred.fromCoroutine(self.redeeming(invitation))
        said = str(self.failureResultOf(one, TemporarilyUnavailable).value)
        self.assertIn(f"10.77.0.{ADDRESSES_ASKED} is a printer's", said)
        self.assertEqual(self.assignments.addresses.of(ALICE.identity), ())
        self.assertEqual(self.redeem(invitation).addresses, (f"10.77.0.{ADDRESSES_ASKED + 1}/24",))

    def test_whoIsRefusedOneAddressKeepsNone(self) -> None:
        """
        Who asks for addresses of both kinds, of which a hook gives one, has none: else whoever has an invitation could
        come under one key after the other until none is left.
        """
        self.serve("10.77.0.0/24", "fd77::/64")
        self.hooks.append(Registrar("fd77::9"))
        invitation = self.invitation()
        for number in range(9):
            key = NodeKey.fromSeed(octetsFrom(f"key {number}"))
            wish = (f"10.77.0.{20 + number}", "fd77::9")
            one = Deferred.fromCoroutine(self.redeeming(invitation, key, f"host-{number}", wish))
            self.assertIn("cannot have the address fd77::9", str(self.failureResultOf(one, MembershipRefused).value))
            self.assertEqual(self.assignments.addresses.of(key.identity), ())

    def test_whoIsRefusedCostsLittle(self) -> None:
        """
        Who asks for what another member has is refused before the store is read, however many members are in it.
        """
        alice = self.redeem(self.invitation())
        loads: list[str] = []
        load = self.records.load
        invitation = self.invitation()
        with mock.patch.object(self.records, "load", lambda kind: loads.append(kind) or load(kind)):
            wish = (withoutPrefix(alice.addresses[0]),)
            one = Deferred.fromCoroutine(self.redeeming(invitation, BOB, "bob", wish))
            self.failureResultOf(one, MembershipRefused)
            self.assertIn("belongs to another member", self.refusal(invitation, BOB, "alice"))
        self.assertEqual(loads, [])
        self.assertEqual(self.redeem(invitation, BOB, "bob").state, "member")

    def test_aHookThatDoesNotSayNow(self) -> None:
        """
        Where a hook cannot say whether an address is good, the node has none, and asks again; meanwhile it waits.
        """
        registrar = Registrar()
        registrar.thinking = Deferred()
        self.hooks.append(registrar)
        invitation = self.invitation()
        one = Deferred.fromCoroutine(self.redeeming(invitation))
        self.assertIsNone(self.successResultOf(Deferred.fromCoroutine(self.redeeming(invitation))))
        self.clock.advance(HOOK_PATIENCE)
        self.failureResultOf(one, TemporarilyUnavailable)
        self.assertEqual(self.assignments.addresses.of(ALICE.identity), ())
        registrar.thinking = None
        self.assertEqual(self.redeem(invitation).addresses, ("10.77.0.1/24",))

    # Routes.

    def test_aHookHasASayInBridges(self) -> None:
        """
        Where an invitation gives the bridge right, hooks are asked for how many hosts it is; meanwhile the node waits.
        """
        gate = Gatekeeper()
        self.hooks.append(gate)
        invitation = self.invitation(bridge=True, limits=Limits(300, 400))
        one = Deferred.fromCoroutine(self.redeeming(invitation))
        self.assertIsNone(self.successResultOf(Deferred.fromCoroutine(self.redeeming(invitation))))
        self.assertEqual((gate.hosts, [each.name for each in gate.asked]), ([300], ["alice"]))
        gate.answers[0].callback(Verdict(True))
        record = self.successResultOf(one)
        assert record is not None
        self.assertTrue(record.bridge)

    def test_aBridgeThatIsRefused(self) -> None:
        """
        A refusal has its reason, the invitation stays good, and nothing is taken; a failure refuses for now.
        """
        gate = Gatekeeper()
        self.hooks.append(gate)
        invitation = self.invitation(bridge=True)
        one = Deferred.fromCoroutine(self.redeeming(invitation))
        gate.answers[0].callback(Verdict(False, "no bridges in this building"))
        self.assertEqual(str(self.failureResultOf(one, MembershipRefused).value), "no bridges in this building")
        self.assertIsNone(self.assignments.names.holderOf("alice"))
        again = Deferred.fromCoroutine(self.redeeming(invitation))
        self.clock.advance(HOOK_PATIENCE)
        self.failureResultOf(again, TemporarilyUnavailable)
        again = Deferred.fromCoroutine(self.redeeming(invitation, BOB, "bob"))
        gate.answers[2].callback(Verdict(True))
        self.assertIsInstance(self.successResultOf(again), MemberRecord)

    def test_aMemberThatBecomesABridge(self) -> None:
        """
        A member that redeems one more invitation is asked about, too, if it gets the right or may have more hosts.
        """
        self.redeem(self.invitation())
        gate = Gatekeeper()
        self.hooks.append(gate)
        invitation = self.invitation(bridge=True)
        one = Deferred.fromCoroutine(self.redeeming(invitation))
        self.assertIsNone(self.successResultOf(Deferred.fromCoroutine(self.redeeming(invitation))))
        gate.answers[0].callback(Verdict(False, "no"))
        self.failureResultOf(one, MembershipRefused)
        self.assertFalse(self.members.find("alice").bridge)
        one = Deferred.fromCoroutine(self.redeeming(invitation))
        gate.answers[1].callback(Verdict(True))
        self.successResultOf(one)
        self.assertTrue(self.members.find("alice").bridge)
        self.redeem(self.invitation(bridge=True, relay=True))
        self.assertEqual(len(gate.answers), 2)
        one = Deferred.fromCoroutine(self.redeeming(self.invitation(limits=Limits(1000, 400))))
        gate.answers[2].callback(Verdict(True))
        self.successResultOf(one)
        self.assertEqual(gate.hosts[2], 1000)

    def test_aMemberThatIsRevokedMeanwhile(self) -> None:
        """
        Whoever is revoked while a hook thinks about its route gets nothing, and uses no invitation.
        """
        self.redeem(self.invitation())
        gate = Gatekeeper()
        self.hooks.append(gate)
        invitation = self.invitation(bridge=True)
        one = Deferred.fromCoroutine(self.redeeming(invitation))
        self.trust.revoke(NETWORK.revocation(ALICE.identity))
        gate.answers[0].callback(Verdict(True))
        self.failureResultOf(one, MembershipRefused)
        self.assertFalse(self.members.find("alice").bridge)

    def test_noBridgeNoQuestion(self) -> None:
        """
        Nobody is asked about the hosts behind a node that may not be a bridge.
        """
        gate = Gatekeeper()
        self.hooks.append(gate)
        self.redeem(self.invitation(limits=Limits(300, 400)))
        self.assertEqual(gate.hosts, [])
