"""
Tests for L{wand.sealed.authority.readdressing}: what two operators say at once.  What one says, is in
C{tests/sealed/node/test_addresses.py}.
"""

from __future__ import annotations

from authority_case import ENDPOINTS, AuthorityCase
from simulated.membership import SlowRecords
from twisted.internet.defer import Deferred


class ReaddressingTests(AuthorityCase):
    def test_twoAtOnce(self) -> None:
        """
        Of two that give a member another address at the same time the later counts, and the address stays the member's.
        """
        self.records = slow = SlowRecords()
        self.state = self.directory()
        opening = Deferred.fromCoroutine(self.opening())
        slow.finish()
        self.authority = self.successResultOf(opening)
        inviting = Deferred.fromCoroutine(self.operator.invite(ENDPOINTS))
        slow.finish()
        bob = self.node(self.successResultOf(inviting), "bob")
        joining = Deferred.fromCoroutine(self.redeeming(bob, "bob"))
        slow.finish()
        self.successResultOf(joining)
        wishes = ("10.77.0.5", "10.77.0.6")
        giving = [Deferred.fromCoroutine(self.operator.address("bob", [wish])) for wish in wishes]
        slow.finish()
        found = [self.successResultOf(each).addresses for each in giving]
        self.assertEqual(found, [["10.77.0.5/16"], ["10.77.0.6/16"]])
        self.assertEqual(self.authority._assignments.addresses.of(bob.identity), ("10.77.0.6",))
