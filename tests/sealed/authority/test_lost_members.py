"""
Tests for L{wand.sealed.authority.lost_members}: what an operator hears of members that the store has lost.
"""

from __future__ import annotations

from typing import Any
from unittest.mock import patch

import msgspec
from twisted.internet.defer import FirstError
from two_servers_case import TwoServersCase

from wand.errors import StoreHindered
from wand.health.notes import Notes
from wand.programs.authority_notes import sayLost
from wand.sealed.authority.address_assignments import ADDRESS_KIND
from wand.sealed.authority.assignments import Assignments
from wand.sealed.authority.authority import Authority
from wand.sealed.authority.kept_records import PAUSE, RETRY
from wand.sealed.authority.lost_members import TOLD_FOR
from wand.sealed.authority.mac_assignments import MAC_KIND
from wand.sealed.authority.member_record import MemberRecord
from wand.sealed.authority.member_records import MEMBER_KIND
from wand.sealed.authority.name_assignments import NAME_KIND
from wand.sealed.credentials.identity import Identity
from wand.sealed.credentials.messages import Admitted
from wand.testing.shared_store import SharedRecords


class LostMembersTests(TwoServersCase):
    def setUp(self) -> None:
        super().setUp()
        self.signed()
        self.notes = Notes(self.clock, self.events)
        self.certificates: dict[Identity, bytes] = {}

    def admitted(self, name: str) -> Identity:
        """
        A new member.
        """
        node = self.node(self.invite(), name)
        answer = self.joinAt(self.authority, node, name)
        assert isinstance(answer, Admitted)
        self.certificates[node.identity] = answer.certificate
        return node.identity

    def comesBack(self, **kinds: Any) -> None:
        """
        The store was away, and is as it was once.
        """
        self.store.cut()
        self.store.kinds.clear()
        self.store.kinds.update(kinds)
        self.store.mend()

    def said(self, server: Authority) -> list[tuple[str, bool]]:
        """
        What a server says of it, and whether that is a hint.
        """
        sayLost(server, self.notes)
        return [(note.text, note.isHint) for note in self.notes]

    def putBack(self) -> None:
        """
        Let the servers put back what they know, and sign.
        """
        self.clock.advance(2 * PAUSE)
        self.clock.advance(2 * RETRY)
        self.signed()
        self.signed()

    def isRevoked(self, identity: Identity) -> bool:
        """
        Does the store have the signed revocation of somebody?
        """
        octets = self.store.kinds[MEMBER_KIND].get(identity)
        record = None if octets is None else msgspec.msgpack.decode(octets, type=MemberRecord)
        return record is not None and record.state == "revoked" and bool(record.revocation)

    def test_itCameBackEmpty(self) -> None:
        """
        Each server counts the members that it knew, and puts them back with all that they had, and revocations; it says
        who is revoked again, and that all are there again; after a day that is over.
        """
        bob, mallory = self.admitted("bob"), self.admitted("mallory")
        self.now(self.operator.revoke("mallory"))
        self.assertEqual(self.said(self.authority), [])
        whole = {kind: dict(records) for kind, records in self.store.kinds.items()}
        self.comesBack()
        for server in (self.authority, self.other):
            [(text, isHint)] = self.said(server)
            self.assertIn("lost: 4, there again: 0, missing until they come: bob and 2 more", text)
            self.assertIn("revoked, which the store does not take yet: mallory", text)
            self.assertFalse(isHint)
        self.putBack()
        for server in (self.authority, self.other):
            [(text, isHint)] = self.said(server)
            self.assertIn("lost: 4, there again: 4, revoked again by themselves: mallory; see", text)
            self.assertTrue(isHint)
        self.assertTrue(self.isRevoked(mallory))
        for identity in (bob, mallory):
            self.assertEqual(self.store.kinds[MEMBER_KIND][identity], whole[MEMBER_KIND][identity])
        for kind in (NAME_KIND, MAC_KIND):
            self.assertEqual(self.store.kinds[kind], whole[kind])
        self.assertLess(self.store.kinds[ADDRESS_KIND].items(), whole[ADDRESS_KIND].items())
        self.clock.advance(TOLD_FOR)
        self.assertEqual(self.said(self.authority), [])

    def test_aFaultOnTheWay(self) -> None:
        """
        What fails as nobody thought of is logged, and tried again.
        """
        self.admitted("bob")
        whole = set(self.store.kinds[MEMBER_KIND])
        self.comesBack()
        with patch.object(Assignments, "takeAll", side_effect=ZeroDivisionError):
            self.clock.advance(2 * PAUSE)
        self.assertTrue(self.flushLoggedErrors(FirstError))
        self.assertNotEqual(set(self.store.kinds[MEMBER_KIND]), whole)
        self.putBack()
        self.assertEqual(set(self.store.kinds[MEMBER_KIND]), whole)

    def test_whoIsNotPutBackIsLearned(self) -> None:
        """
        A member of whose things somebody else has some now is missing until it comes, and then it comes first.
        """
        bob = self.admitted("bob")
        self.comesBack()
        self.signed()
        another = self.node(self.invite(), "another")
        answer = self.joinAt(self.authority, another, "bob")
        assert isinstance(answer, Admitted)
        self.putBack()
        [(text, isHint)] = self.said(self.authority)
        self.assertIn("missing until they come: bob; see", text)
        self.assertFalse(isHint)
        self.authority.own.learn(bob, self.certificates[bob])
        self.assertEqual(self.names(), {"one", "two", "bob", "bob-2"})
        [(text, isHint)] = self.said(self.authority)
        self.assertTrue(isHint)

    def names(self) -> set[str]:
        return {each.name for each in self.other.administration.members("", 99)}

    def test_itCameBackAsItWas(self) -> None:
        """
        A store that is older lacks who joined since, and says of who was revoked since that it is a member, with a name
        and addresses: that it is not is known here, and the store has it again; its name is free.
        """
        mallory = self.admitted("mallory")
        before = {kind: dict(records) for kind, records in self.store.kinds.items()}
        self.admitted("bob")
        self.now(self.operator.revoke("mallory"))
        self.comesBack(**before)
        self.assertEqual(self.store.kinds[MEMBER_KIND].keys(), before[MEMBER_KIND].keys())
        self.assertTrue(self.other.trust.isRevoked(mallory))
        self.assertFalse(self.isRevoked(mallory))
        self.putBack()
        self.assertTrue(self.isRevoked(mallory))
        [(text, _)] = self.said(self.other)
        self.assertIn("lost: 2, there again: 2, revoked again by themselves: mallory", text)
        self.assertEqual(self.names(), {"one", "two", "bob", "mallory"})
        self.assertNotIn(b"mallory", self.store.kinds[NAME_KIND])

    def test_whoIsRevokedJustThen(self) -> None:
        """
        Whoever is revoked before anybody has noticed that it is lost is revoked, and stays so.
        """
        bob = self.admitted("bob")
        for server in (self.authority, self.other):
            self.store.kinds.clear()
            self.now(server.administration.revoke("bob" if server is self.authority else bob.text))
            self.putBack()
            self.assertTrue(self.isRevoked(bob))
            self.assertEqual({each.state for each in self.other.administration.members("", 99)}, {"member", "revoked"})

    def test_aRightThatWasTakenBack(self) -> None:
        """
        A store that says that a member may admit others, though the network took that back, does not say so for long;
        nor does it of one that a server learns which was started later.
        """
        bob = self.admitted("bob")
        self.now(self.operator.appoint("bob", 7))
        certificate = self.authority.administration.certificateOf(bob)
        before = {kind: dict(records) for kind, records in self.store.kinds.items()}
        self.now(self.operator.appoint("bob", 2))
        [notice] = self.authority.trust.notices.all
        self.comesBack(**before)
        self.putBack()
        self.assertEqual([self.admits(bob, each) for each in (self.authority, self.other)], [2, 2])
        for each in (self.authority, self.other):
            each.stop()
        self.comesBack(**before)
        del self.store.kinds[MEMBER_KIND][bob]
        third = self.openedFrom(self.directory(), "three")
        self.addCleanup(third.stop)
        third.trust.take(notice)
        third.own.learn(bob, certificate)
        self.assertEqual(self.admits(bob, third), 2)

    def admits(self, identity: Identity, server: Authority) -> int:
        """
        How many members somebody may admit, as a server has it.
        """
        [found] = [each.admits for each in server.administration.members("", 99) if each.key == identity.hex()]
        return found

    def test_whatWasNotSigned(self) -> None:
        """
        A revocation that waited for a signature is put back, too, also by a server that has no key; and signed.
        """
        mallory = self.admitted("mallory")
        self.store.opened[0].cut()
        self.now(self.other.administration.revoke("mallory"))
        self.store.opened[1].cut()
        self.store.kinds.clear()
        self.store.opened[1].mend()
        self.clock.advance(2 * PAUSE)
        self.assertFalse(self.isRevoked(mallory))
        self.assertIn(b"mallory", self.store.kinds[MEMBER_KIND][mallory])
        self.store.opened[0].mend()
        self.putBack()
        self.assertTrue(self.isRevoked(mallory))
        self.assertTrue(self.other.trust.isRevoked(mallory))

    def test_whenItIsAwayAgain(self) -> None:
        """
        A store that goes away at any step of it has everybody later, and who ends leaves them to the other.
        """
        everybody = [self.admitted(f"mallory{number}") for number in range(5)]
        for identity in everybody:
            self.now(self.operator.revoke(identity.text))
        bob = self.admitted("bob")
        whole = dict(self.store.kinds[MEMBER_KIND])
        for steps in range(25):
            with self.subTest(steps=steps):
                self.comesBack()
                with self.goingAwayAfter(steps):
                    self.clock.advance(2 * PAUSE)
                self.store.mend()
                self.clock.advance(2 * RETRY)
                self.putBack()
                self.assertTrue(all(map(self.isRevoked, everybody)))
                self.assertEqual(self.store.kinds[MEMBER_KIND][bob], whole[bob])
        self.comesBack()
        self.authority.stop()
        self.putBack()
        self.assertTrue(all(map(self.isRevoked, everybody)))
        self.assertEqual(self.store.kinds[MEMBER_KIND].keys(), whole.keys())

    def test_aNameThatIsLeftOver(self) -> None:
        """
        The name of somebody whose revocation was stored, and no more, goes to whoever asks for it.
        """
        self.admitted("mallory")
        with patch.object(self.authority._assignments, "retire", side_effect=StoreHindered("away")):
            self.failing(self.operator.revoke("mallory"), StoreHindered)
        another = self.node(self.invite(), "another")
        self.assertIsInstance(self.joinAt(self.authority, another, "mallory"), Admitted)
        self.assertEqual([each.name for each in self.other.administration.members("", 99)].count("mallory"), 2)

    def test_whatItCosts(self) -> None:
        """
        A few changes for each member; how often everything is read does not depend on how many they are.
        """
        for number in range(60):
            self.admitted(f"node{number}")
        self.comesBack()
        load, exchange = SharedRecords.load, SharedRecords.exchangeIf
        with (
            patch.object(SharedRecords, "load", autospec=True, side_effect=load) as loads,
            patch.object(SharedRecords, "exchangeIf", autospec=True, side_effect=exchange) as exchanges,
        ):
            self.putBack()
        self.assertEqual(len(self.store.kinds[MEMBER_KIND]), 62)
        self.assertLess(loads.call_count, 30)
        self.assertLess(exchanges.call_count, 60 * 5 + 20)

    def goingAwayAfter(self, steps: int) -> Any:
        """
        The store is away for everybody after so many more changes.
        """
        left = [steps]
        exchange = SharedRecords.exchangeIf

        def counted(records: SharedRecords, *words: Any) -> Any:
            left[0] -= 1
            if left[0] == 0:
                self.store.cut()
            return exchange(records, *words)

        return patch.object(SharedRecords, "exchangeIf", counted)

    def test_aServerThatKnowsLessLearnsThem(self) -> None:
        """
        A member that a server learned anew, which knew of no revocation, is no member for long.
        """
        mallory = self.admitted("mallory")
        self.now(self.operator.revoke("mallory"))
        self.comesBack()
        self.signed()
        third = self.openedFrom(self.directory(), "three")
        self.addCleanup(third.stop)
        third.own.learn(mallory, self.certificates[mallory])
        self.assertIn("mallory", [each.name for each in third.administration.members("", 99)])
        self.putBack()
        self.assertTrue(self.isRevoked(mallory))
        self.assertTrue(third.trust.isRevoked(mallory))

    def test_whoWasStartedAfterThat(self) -> None:
        """
        A server that was started after the loss says for a day who came that the store did not know; nobody who was
        only admitted elsewhere a moment ago is among them.
        """
        bob, carol = self.admitted("bob"), self.admitted("carol")
        del self.store.kinds[MEMBER_KIND][bob]
        third = self.openedFrom(self.directory(), "three")
        self.addCleanup(third.stop)
        self.assertEqual(self.said(third), [])
        third.own.learn(bob, self.certificates[bob])
        third.own.learn(carol, self.certificates[carol])
        [(text, isHint)] = self.said(third)
        self.assertIn("did not know members that came with a certificate: bob; another", text)
        self.assertTrue(isHint)
        self.store.opened[2].isDeaf = True
        dave = self.admitted("dave")
        third.own.learn(dave, self.certificates[dave])
        [(text, isHint)] = self.said(third)
        self.assertIn(": bob; another", text)
        self.clock.advance(TOLD_FOR)
        self.assertEqual(self.said(third), [])

    def test_itWasOnlyAway(self) -> None:
        """
        What others changed while it was away for us is no loss.
        """
        self.admitted("bob")
        self.store.opened[1].cut()
        self.now(self.operator.revoke("bob"))
        self.admitted("carol")
        self.store.opened[1].mend()
        self.assertEqual(self.said(self.other), [])
