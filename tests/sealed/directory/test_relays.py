"""
Tests for L{wand.sealed.directory.relays}.
"""

from __future__ import annotations

from simulated.members import SimulatedNetwork, macOf
from twisted.trial.unittest import SynchronousTestCase

from wand.sealed.credentials.claim import Announcement, Claim
from wand.sealed.credentials.signed import unverified
from wand.sealed.directory.announcement_log import AnnouncementLog
from wand.sealed.directory.relays import Relays
from wand.sealed.reach.home_relays import RELAYS_MAXIMUM


def member(who: int, mac: int, *, relay: bool = True) -> Announcement:
    person = SimulatedNetwork.begun().person(who, macs=[macOf(mac)], relay=relay)
    signedClaim = person.claim()
    claim = unverified(signedClaim, Claim)
    assert claim is not None
    return Announcement(person.certificate, claim, person.signedCertificate, signedClaim)


class RelaysTests(SynchronousTestCase):
    """
    L{Relays}.
    """

    def test_onlyThoseThatAreToldAreNews(self) -> None:
        """
        Those with the lowest identities are told, and are news when they come or go; the others are neither.
        """
        relays, row = Relays(), [number.to_bytes(32, "big") for number in range(1, RELAYS_MAXIMUM + 3)]
        for each in row[1:]:
            relays.add(each)
        self.assertEqual([relays.takeNews(each) for each in row], [False, *[True] * RELAYS_MAXIMUM, False])
        relays.add(row[0])
        self.assertEqual((relays.takeNews(row[0]), relays.takeNews(row[0])), (True, False))
        self.assertEqual(relays.page(bytes(32), 4), row[:4])
        self.assertEqual(relays.page(row[RELAYS_MAXIMUM - 2], 4), row[RELAYS_MAXIMUM - 1 : RELAYS_MAXIMUM])
        relays.discard(row[5])
        relays.discard(row[-1])
        self.assertEqual((relays.takeNews(row[5]), relays.takeNews(row[-1])), (True, False))
        relays.add(row[5])
        relays.discard(row[5])
        self.assertFalse(relays.takeNews(row[5]))
        relays.forget(row[6])
        self.assertFalse(relays.takeNews(row[6]))


class RightTests(SynchronousTestCase):
    """
    The right in the L{AnnouncementLog}.
    """

    def test_theRightAloneIsNews(self) -> None:
        """
        A relay that claims something else is none, nor is a right something that several members claim.
        """
        log = AnnouncementLog()
        one = log.change(member(1, 1), (), 0.0)
        log.change(member(2, 2), (), 0.0)
        self.assertEqual(log.claimants.contested, 0)
        self.assertTrue(log.relays.takeNews(one))
        log.change(member(1, 3), (), 0.0)
        self.assertFalse(log.relays.takeNews(one))
        log.change(member(1, 3, relay=False), (), 0.0)
        self.assertTrue(log.relays.takeNews(one))
        self.assertEqual(log.relays.page(bytes(32), 4), [member(2, 2).identity])
        log.forget(member(2, 2).identity)
        self.assertEqual(log.relays.page(bytes(32), 4), [])
