"""
Tests for L{wand.sealed.authority.lost_members}: what an operator hears of members that the store has lost.
"""

from __future__ import annotations

from typing import Any

from two_servers_case import TwoServersCase

from wand.health.notes import Notes
from wand.programs.authority_notes import sayLost
from wand.sealed.authority.authority import Authority
from wand.sealed.authority.lost_members import TOLD_FOR
from wand.sealed.authority.member_records import MEMBER_KIND
from wand.sealed.credentials.identity import Identity
from wand.sealed.credentials.messages import Admitted


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

    def test_itCameBackEmpty(self) -> None:
        """
        Each server counts the members that it knew, says which are missing until they come, whom to revoke again, and
        that all are there again; after a day that is over.
        """
        bob, carol, mallory = map(self.admitted, ("bob", "carol", "mallory"))
        self.now(self.operator.revoke("mallory"))
        self.assertEqual(self.said(self.authority), [])
        self.comesBack()
        self.signed()
        self.signed()
        for server in (self.authority, self.other):
            [(text, isHint)] = self.said(server)
            self.assertIn("lost: 5, there again: 2, missing until they come: bob and 1 more", text)
            self.assertIn(f"to be revoked again: mallory (wand revoke {mallory.text})", text)
            self.assertFalse(isHint)
        for member in (bob, carol):
            self.other.own.learn(member, self.certificates[member])
        [(text, isHint)] = self.said(self.authority)
        self.assertNotIn("bob", text)
        self.now(self.operator.revoke(mallory.text))
        for server in (self.authority, self.other):
            [(text, isHint)] = self.said(server)
            self.assertIn("lost: 5, there again: 5; see", text)
            self.assertTrue(isHint)
        self.clock.advance(TOLD_FOR)
        self.assertEqual(self.said(self.authority), [])

    def test_itCameBackAsItWas(self) -> None:
        """
        A store that is older lacks who joined since, and says of who was revoked since that it is a member: that it is
        not is known here.
        """
        mallory = self.admitted("mallory")
        before = {kind: dict(records) for kind, records in self.store.kinds.items()}
        self.admitted("bob")
        self.now(self.operator.revoke("mallory"))
        self.comesBack(**before)
        self.assertEqual(self.store.kinds[MEMBER_KIND].keys(), before[MEMBER_KIND].keys())
        [(text, _)] = self.said(self.other)
        self.assertIn("lost: 2, there again: 0, missing until they come: bob, to be revoked again: mallory", text)
        self.assertTrue(self.other.trust.isRevoked(mallory))

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
