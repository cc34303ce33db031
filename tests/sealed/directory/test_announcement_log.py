"""
Tests for L{wand.sealed.directory.announcement_log}.
"""

from __future__ import annotations

from random import Random

from attrs import evolve
from simulated.members import SimulatedNetwork
from twisted.trial.unittest import SynchronousTestCase

from wand.sealed.credentials.claim import Announcement
from wand.sealed.credentials.identity import Identity
from wand.sealed.credentials.kept_announcement import KeptAnnouncement
from wand.sealed.credentials.trust import Trust
from wand.sealed.directory.announcement_log import AnnouncementLog

HOME = ("203.0.113.1:22222",)


class AnnouncementLogTests(SynchronousTestCase):
    """
    L{AnnouncementLog}.
    """

    def setUp(self) -> None:
        self.network = SimulatedNetwork.begun()
        trust = Trust(self.network.key.network, self.network.clock.seconds)
        people = [self.network.person(number) for number in range(1, 6)]
        found = [Announcement.verified(each.signedCertificate, each.claim(), trust.check) for each in people]
        self.said = [each for each in found if each is not None]
        self.log = AnnouncementLog()

    def change(self, number: int, *endpoints: str) -> None:
        self.log.change(self.said[number], endpoints, 1000.0)

    def changed(self, after: int, upto: int = 1000) -> list[Identity]:
        return [entry.identity for entry in self.log.changed(after, upto)]

    def test_eachMemberIsInItOnce(self) -> None:
        """
        A member that changes moves to the end of the log: who reads it from the beginning hears of each once.
        """
        self.change(0, *HOME)
        self.change(1, *HOME)
        self.change(0)
        alice, bob = (each.identity for each in self.said[:2])
        self.assertEqual(self.changed(0), [bob, alice])
        self.assertEqual((self.log.version, len(self.log)), (3, 2))

    def test_theNewsSinceAVersion(self) -> None:
        """
        Whoever knows the log up to a version reads on from there, and a page may end anywhere.
        """
        for number in range(5):
            self.change(number, *HOME)
        identities = [each.identity for each in self.said]
        self.assertEqual(self.changed(3), identities[3:])
        self.assertEqual(self.changed(1, 3), identities[1:3])
        self.assertEqual(self.changed(5), [])

    def test_aCertificateIsKeptOnce(self) -> None:
        """
        A certificate that is kept elsewhere is the same object there and in the log; and one that was announced before.
        """
        first, second = self.said[:2]
        elsewhere = bytes(bytearray(first.signedCertificate))
        self.log = AnnouncementLog(lambda identity: elsewhere)
        for said in (first, second, evolve(second, signedCertificate=bytes(bytearray(second.signedCertificate)))):
            self.log.change(said, HOME, 1000.0)
        one, two = (self.log.get(each.identity) for each in (first, second))
        assert one is not None and two is not None
        self.assertIs(one.announcement.signedCertificate, elsewhere)
        self.assertIs(two.announcement.signedCertificate, second.signedCertificate)

    def test_anEntrySaysWhereAMemberIs(self) -> None:
        """
        An entry has what the member announced, where it is, since when, and its place in the log; a member that is not
        online is nowhere.
        """
        self.change(0, *HOME)
        entry = self.log.get(self.said[0].identity)
        assert entry is not None
        self.assertEqual(
            (entry.announcement, entry.endpoints, entry.since, entry.version),
            (KeptAnnouncement.of(self.said[0]), HOME, 1000, 1),
        )
        self.change(0)
        entry = self.log.get(self.said[0].identity)
        assert entry is not None
        self.assertEqual((entry.endpoints, entry.version), ((), 2))

    def test_whoIsNoMemberAnyMoreIsGone(self) -> None:
        """
        To forget a member changes no version: nobody has to be told.
        """
        self.change(0, *HOME)
        self.change(1, *HOME)
        self.assertTrue(self.log.forget(self.said[0].identity))
        self.assertFalse(self.log.forget(self.said[0].identity))
        self.assertEqual((self.changed(0), self.log.version), ([self.said[1].identity], 2))
        self.assertIsNone(self.log.get(self.said[0].identity))

    def test_itGoesOnWhereItWasStored(self) -> None:
        """
        What was stored is read in any order, and the next change comes after the last version, even if that change was
        of somebody who is gone.
        """
        for number in range(3):
            self.change(number, *HOME)
        again = AnnouncementLog()
        again.load([(each, each.announcement) for each in reversed(list(self.log))], 7)
        again.change(self.said[0], HOME, 2000.0)
        self.assertEqual(again.version, 8)
        self.assertEqual(
            [entry.identity for entry in again.changed(0, 1000)], [self.said[at].identity for at in (1, 2, 0)]
        )

    def test_aMemberThatChangesAllTheTimeFillsNoMemory(self) -> None:
        """
        Places that were left are forgotten, however often members change; what is read stays the same.
        """
        random = Random(0)
        newest: dict[Identity, int] = {}
        for _ in range(2000):
            number = random.randrange(5)
            self.change(number, *HOME)
            newest[self.said[number].identity] = self.log.version
        self.assertEqual(self.changed(0, 2000), sorted(newest, key=lambda identity: newest[identity]))
        self.assertLessEqual(len(self.log._order), 2 * len(self.log) + 64)
