"""
Tests for L{wand.sealed.authority.lost_members}: what an operator hears of members that the store has lost.
"""

from __future__ import annotations

from typing import Any
from unittest.mock import patch

import msgspec
from two_servers_case import TwoServersCase

from wand.health.notes import Notes
from wand.programs.authority_notes import sayLost
from wand.sealed.authority.authority import Authority
from wand.sealed.authority.kept_revocations import PAUSE, RETRY
from wand.sealed.authority.lost_members import TOLD_FOR
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
        self.clock.advance(PAUSE)
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
        Each server counts the members that it knew, and says which are missing until they come, who is revoked again,
        and that all are there again; after a day that is over.
        """
        bob, carol, mallory = map(self.admitted, ("bob", "carol", "mallory"))
        self.now(self.operator.revoke("mallory"))
        self.assertEqual(self.said(self.authority), [])
        self.comesBack()
        for server in (self.authority, self.other):
            [(text, isHint)] = self.said(server)
            self.assertIn("missing until they come: bob and 3 more", text)
            self.assertIn("revoked, which the store does not take yet: mallory", text)
        self.putBack()
        for server in (self.authority, self.other):
            [(text, isHint)] = self.said(server)
            self.assertIn("lost: 5, there again: 3, missing until they come: bob and 1 more", text)
            self.assertIn("revoked again by themselves: mallory; see", text)
            self.assertFalse(isHint)
        self.assertTrue(self.isRevoked(mallory))
        for member in (bob, carol):
            self.other.own.learn(member, self.certificates[member])
        for server in (self.authority, self.other):
            [(text, isHint)] = self.said(server)
            self.assertIn("lost: 5, there again: 5, revoked again by themselves: mallory; see", text)
            self.assertTrue(isHint)
        self.clock.advance(TOLD_FOR)
        self.assertEqual(self.said(self.authority), [])

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
        self.assertIn("lost: 2, there again: 1, missing until they come: bob, revoked again by themselves: m", text)
        self.assertNotIn(b"mallory", self.store.kinds[NAME_KIND])

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
        self.clock.advance(PAUSE)
        self.assertFalse(self.isRevoked(mallory))
        self.assertIn(b"mallory", self.store.kinds[MEMBER_KIND][mallory])
        self.store.opened[0].mend()
        self.putBack()
        self.assertTrue(self.isRevoked(mallory))
        self.assertTrue(self.other.trust.isRevoked(mallory))

    def test_whenItIsAwayAgain(self) -> None:
        """
        A store that goes away at any step of it has all revocations later, and who ends alone leaves them to the other.
        """
        everybody = [self.admitted(f"mallory{number}") for number in range(5)]
        for identity in everybody:
            self.now(self.operator.revoke(identity.text))
        whole = {kind: dict(records) for kind, records in self.store.kinds.items()}
        for steps in range(25):
            with self.subTest(steps=steps):
                self.comesBack()
                with self.goingAwayAfter(steps):
                    self.clock.advance(PAUSE)
                self.store.mend()
                self.clock.advance(RETRY)
                self.putBack()
                self.assertTrue(all(map(self.isRevoked, everybody)))
        self.comesBack()
        self.authority.stop()
        self.putBack()
        self.assertTrue(all(map(self.isRevoked, everybody)))
        self.assertLessEqual(self.store.kinds[MEMBER_KIND].keys(), whole[MEMBER_KIND].keys())

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
