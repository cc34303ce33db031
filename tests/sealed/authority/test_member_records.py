"""
Tests for L{wand.sealed.authority.member_records}, and for the issuer and the revoker that change them.
"""

from __future__ import annotations

from collections.abc import Coroutine
from ipaddress import ip_network
from typing import Any

import msgspec
from simulated.membership import TestNetwork, octetsFrom
from twisted.internet.defer import Deferred
from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase

from wand.errors import MembershipRefused, NoSuchMember, TemporarilyUnavailable
from wand.events import Event, Events
from wand.sealed.authority.assignments import Assignments
from wand.sealed.authority.issuer import Issuer
from wand.sealed.authority.kept_records import KeptRecords
from wand.sealed.authority.member_record import MemberRecord
from wand.sealed.authority.member_records import MemberRecords
from wand.sealed.authority.revoker import Revoker
from wand.sealed.authority.signing import NetworkSigning
from wand.sealed.authority.stored_network import StoredNetwork
from wand.sealed.credentials.certificate import Certificate
from wand.sealed.credentials.descriptor import Descriptor
from wand.sealed.credentials.identity import Identity, NetworkKey
from wand.sealed.credentials.revocation import Revocation
from wand.sealed.credentials.signed import signed, verified
from wand.sealed.credentials.trust import Trust
from wand.stores.memory import MemoryRecords

NETWORK = TestNetwork()
ALICE, BOB, CAROL = (Identity(octetsFrom(name)) for name in ("alice", "bob", "carol"))
LIFE = 3000


def recordOf(identity: Identity, name: str, state: Any = "unsigned") -> MemberRecord:
    return MemberRecord(identity, octetsFrom(f"exchange {name}"), name, state, since=0)


class RecordsCase(SynchronousTestCase):
    """
    A server with C{alice}, who needs a certificate, and C{bob}, who waits for an approval.
    """

    hasKey = True

    def setUp(self) -> None:
        self.time = 1000.0
        self.told: list[Event] = []
        self.issued: list[Identity] = []
        self.revoked: list[tuple[Identity, bytes]] = []
        self.records = MemoryRecords()
        self.members = self.open(NETWORK.key if self.hasKey else None)
        self.now(self.members.add(recordOf(ALICE, "alice")))
        self.now(self.members.add(recordOf(BOB, "bob", "pending")))

    def open(self, key: NetworkKey | None) -> MemberRecords:
        def wallClock() -> float:
            return self.time

        events = Events(wallClock)
        events.subscribe(self.told.append)
        descriptor = Descriptor("test", "aes-256-gcm", "10.77.0.0/24", 0)
        network = StoredNetwork(NETWORK.key.network, key, descriptor, b"", NETWORK.secrets(), created=True)
        self.trust = Trust(NETWORK.key.network, wallClock)
        members = MemberRecords(self.records, self.trust)
        self.issuer = Issuer(
            members, NetworkSigning(network.identity, network.key), self.trust, self, wallClock, LIFE, events
        )
        assignments = Assignments(self.records, [ip_network("10.77.0.0/24")], lambda identity: None, wallClock)
        self.revoker = Revoker(members, assignments, network, self.trust, self, wallClock, events)
        KeptRecords(CAROL, members, assignments, self.revoker, self.trust, Clock(), events)
        self.now(members.load())
        return members

    def certificateIssued(self, identity: Identity, certificate: bytes) -> None:
        self.issued.append(identity)

    def memberRevoked(self, identity: Identity, revocation: bytes) -> None:
        self.revoked.append((identity, revocation))

    def now(self, coroutine: Coroutine[Any, Any, Any]) -> Any:
        return self.successResultOf(Deferred.fromCoroutine(coroutine))

    def fails(self, coroutine: Coroutine[Any, Any, Any], kind: type[Exception]) -> None:
        self.failureResultOf(Deferred.fromCoroutine(coroutine), kind)


class MemberRecordsTests(RecordsCase):
    def test_membersAreFound(self) -> None:
        """
        By a whole name or a whole key, and by nothing else; a revoked one by its key only.
        """
        self.assertEqual(self.members.find("alice").identity, ALICE)
        self.assertEqual(self.members.find(ALICE.text).name, "alice")
        self.now(self.revoker.revoke(BOB))
        for text in ("ali", "", ALICE.text[:-1], str(ALICE), CAROL.text):
            self.assertRaises(NoSuchMember, self.members.find, text)
        self.assertRaises(MembershipRefused, self.members.find, "bob")
        self.assertEqual(self.members.find(BOB.text).state, "revoked")

    def test_membersByTheirState(self) -> None:
        """
        Nobody looks at all members for those who wait for something.
        """
        self.now(self.members.add(recordOf(CAROL, "a-carol")))
        self.assertEqual([each.name for each in self.members.inState("unsigned")], ["a-carol", "alice"])
        self.assertEqual([each.name for each in self.members.inState("pending")], ["bob"])
        self.assertEqual(
            [each.name for each in self.members.inState("pending", "unsigned")], ["a-carol", "alice", "bob"]
        )
        self.assertEqual(self.members.inState("member"), [])

    def test_whoWaitsWithAnInvitation(self) -> None:
        """
        Whether somebody waits who joined with an invitation is known without a look at those who wait.
        """
        waiting = msgspec.structs.replace(recordOf(CAROL, "carol", "pending"), invitation=b"i" * 16)
        self.now(self.members.add(waiting))
        self.patch(MemberRecords, "inState", None)
        self.patch(MemberRecords, "__iter__", None)
        self.assertEqual([self.members.isAwaited(each * 16) for each in (b"i", b"j")], [True, False])
        for state, isAwaited in (("unsigned", True), ("member", False), ("revoked", False)):
            self.now(self.members.change(CAROL, lambda record, to=state: msgspec.structs.replace(record, state=to)))
            self.assertEqual(self.members.isAwaited(b"i" * 16), isAwaited, state)

    def test_membersInPages(self) -> None:
        """
        In the order of their keys.
        """
        first, second = sorted([ALICE, BOB])
        self.assertEqual([each.identity for each in self.members.page(b"", 1)], [first])
        self.assertEqual([each.identity for each in self.members.page(first, 9)], [second])
        self.assertEqual(self.members.page(second, 9), [])
        self.now(self.members.add(recordOf(CAROL, "carol")))
        self.assertEqual([each.identity for each in self.members.page(b"", 9)], sorted([ALICE, BOB, CAROL]))

    def test_whoIsThereStays(self) -> None:
        """
        Of two records of one identity the one that was added first is kept.
        """
        kept = self.now(self.members.add(recordOf(ALICE, "impostor")))
        self.assertEqual(kept.name, "alice")

    def test_changesOfOthersAreNotLost(self) -> None:
        """
        A change is made to what the record says now, whoever changed it meanwhile; at the worst it is tried later.
        """
        other = self.open(NETWORK.key)
        self.now(other.change(ALICE, lambda before: msgspec.structs.replace(before, bridge=True)))
        changed = self.now(self.members.change(ALICE, lambda before: msgspec.structs.replace(before, name="alicia")))
        self.assertEqual((changed.name, changed.bridge), ("alicia", True))
        self.fails(self.members.change(CAROL, lambda before: before), NoSuchMember)

        def disturbed(before: MemberRecord) -> MemberRecord:
            self.now(other.change(ALICE, lambda each: msgspec.structs.replace(each, since=each.since + 1)))
            return msgspec.structs.replace(before, name="never")

        self.fails(self.members.change(ALICE, disturbed), TemporarilyUnavailable)

    def test_theTrustIsTold(self) -> None:
        """
        What another server revoked is known once the store is read again.
        """
        mine, trust = self.members, self.trust
        self.open(NETWORK.key)
        self.now(self.revoker.revoke(ALICE))
        self.assertFalse(trust.isRevoked(ALICE))
        self.now(mine.load())
        self.assertTrue(trust.isRevoked(ALICE))


class IssuerTests(RecordsCase):
    def test_aCertificateSaysWhatTheRecordSays(self) -> None:
        """
        It is signed by the network, and the member is told.
        """
        record = self.now(self.issuer.issue(ALICE))
        content = verified(record.certificate, Certificate, NETWORK.key.network)
        assert content is not None
        self.assertEqual((content.name, content.issued, content.expires), ("alice", 1000, 1000 + LIFE))
        self.assertEqual((record.state, self.issued), ("member", [ALICE]))

    def test_whenACertificateIsDue(self) -> None:
        """
        Without one, after a third of its life, when it says something else, and when a clock was ahead.
        """
        self.assertEqual([each.name for each in self.issuer.due], ["alice"])
        self.now(self.issuer.issue(ALICE))
        self.assertEqual(self.issuer.due, [])
        self.time += LIFE / 3
        self.assertEqual([each.name for each in self.issuer.due], ["alice"])
        self.now(self.issuer.issue(ALICE))
        self.now(self.members.change(ALICE, lambda before: msgspec.structs.replace(before, bridge=True)))
        self.assertEqual([each.name for each in self.issuer.due], ["alice"])
        self.now(self.issuer.issue(ALICE))
        self.time = 100.0
        self.assertEqual([each.name for each in self.issuer.due], ["alice"])

    def test_noneForTheRevoked(self) -> None:
        """
        A key that was revoked is never certified again.
        """
        self.now(self.revoker.revoke(ALICE))
        self.fails(self.issuer.issue(ALICE), MembershipRefused)
        self.assertEqual((self.issuer.due, self.issued), ([], []))


class IssuerWithoutTheKeyTests(RecordsCase):
    hasKey = False

    def test_whatIsSignedElsewhereIsTaken(self) -> None:
        """
        A certificate for what the record says is taken; one for anything else, or one that is older, is not.
        """
        self.assertEqual(self.now(self.issuer.issue(ALICE)).state, "unsigned")
        record = self.members.find("alice")
        wrong = msgspec.structs.replace(record, name="admin").certificateFor(NETWORK.key.network, 1000, LIFE)
        right = record.certificateFor(NETWORK.key.network, 1000, LIFE)
        older = record.certificateFor(NETWORK.key.network, 900, LIFE)
        for content, isTaken in ((wrong, False), (right, True), (right, False), (older, False)):
            taken = self.now(self.issuer.accept(signed(NETWORK.key.signing, content)))
            self.assertEqual(taken, isTaken)
        self.assertEqual((self.members.find("alice").state, self.issued), ("member", [ALICE]))
        self.assertEqual([event.kind for event in self.told], [])
        newer = record.certificateFor(NETWORK.key.network, 1100, LIFE)
        self.assertTrue(self.now(self.issuer.accept(signed(NETWORK.key.signing, newer))))
        [told] = self.told
        self.assertEqual((told.kind, told.fields["expires"]), ("member-renewed", newer.expires))

    def test_aRevocationHoldsBeforeItIsSigned(self) -> None:
        """
        This server ends the membership at once, and takes the signature later, once.
        """
        self.now(self.revoker.revoke(ALICE))
        self.assertEqual(self.revoked, [(ALICE, b"")])
        self.assertEqual([each.name for each in self.revoker.unsigned], ["alice"])
        revocation = signed(NETWORK.key.signing, Revocation(NETWORK.key.network, ALICE, 1000))
        self.assertEqual([self.now(self.revoker.accept(revocation)) for _ in range(2)], [True, False])
        self.assertEqual((self.revoked[1:], self.revoker.unsigned), ([(ALICE, revocation)], []))
        self.assertFalse(self.now(self.revoker.accept(NETWORK.revocation(BOB))))


class RevokerTests(RecordsCase):
    def test_aRevocationIsSignedAndTold(self) -> None:
        """
        The observer gets it, the operator an event, and a second one changes nothing.
        """
        record = self.now(self.revoker.revoke(ALICE))
        self.assertEqual((record.state, self.revoked), ("revoked", [(ALICE, record.revocation)]))
        self.assertTrue(self.trust.isRevoked(ALICE))
        self.assertEqual([event.kind for event in self.told], ["member-revoked"])
        self.assertEqual(self.now(self.revoker.revoke(ALICE)), record)

    def test_strangersAreRevoked(self) -> None:
        """
        Also a key that never was a member, so that it never becomes one.
        """
        self.assertEqual(self.now(self.revoker.revoke(CAROL)).state, "revoked")

    def test_whatPeersTellIsKept(self) -> None:
        """
        A revocation that a peer hands over is told, and stands in the store from then on.
        """
        for identity in (ALICE, CAROL):
            self.trust.revoke(NETWORK.revocation(identity, 5))
            self.assertEqual(self.revoked[-1], (identity, NETWORK.revocation(identity, 5)))
            record = self.open(NETWORK.key).find(identity.text)
            self.assertEqual((record.state, record.revoked), ("revoked", 5))
