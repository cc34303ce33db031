"""
Tests for L{wand.sealed.directory.presence}.
"""

from __future__ import annotations

from random import Random

from simulated.members import LIFE, SimulatedNetwork
from twisted.internet.defer import Deferred
from twisted.trial.unittest import SynchronousTestCase

from wand.sealed.credentials.claim import Announcement
from wand.sealed.credentials.identity import Identity
from wand.sealed.credentials.trust import Trust
from wand.sealed.directory.announcement_log import AnnouncementLog
from wand.sealed.directory.presence import CHANGE_BURST, CHANGE_RATE, SILENCE, Presence, PresentMembers
from wand.sealed.directory.stored_log import StoredLog
from wand.stores.memory import MemoryRecords
from wand.testing.context import simulatedContext
from wand.testing.network import Network

HOME = ("203.0.113.1:22222",)
PRESENCE = Presence(1, 1, ())


class PresentMembersTests(SynchronousTestCase):
    """
    L{PresentMembers}.
    """

    def setUp(self) -> None:
        self.network = SimulatedNetwork.begun()
        self.clock = self.network.clock
        self.context = simulatedContext(self.clock, Network(self.clock, Random(0)), "203.0.113.1")
        self.trust = Trust(self.network.key.network, self.clock.seconds)
        person = self.network.person(1)
        said = Announcement.verified(person.signedCertificate, person.claim(), self.trust.check)
        assert said is not None
        self.alice = said
        self.records = MemoryRecords()
        self.gone: list[Identity] = []
        self.events: list[str] = []
        self.context.events.subscribe(lambda event: self.events.append(event.kind))
        self.begin()

    def begin(self) -> None:
        own = self.network.person(0, server=True).key.identity
        self.log = AnnouncementLog()
        stored = StoredLog(own, self.log, self.records, self.context, Random(0).randbytes, lambda: None)
        self.present = PresentMembers(self.log, stored, self.context, self.gone.append, 1000)
        self.successResultOf(Deferred.fromCoroutine(stored.load(self.trust.check, self.present.loaded)))

    def come(self, *endpoints: str) -> bool:
        """
        Alice announces herself, and is heard at these endpoints.
        """
        isSettled = self.present.settle(self.alice, endpoints or HOME)
        if isSettled:
            self.present.announced(self.alice.identity, PRESENCE)
        return isSettled

    def where(self) -> tuple[str, ...] | None:
        entry = self.log.get(self.alice.identity)
        return None if entry is None else entry.endpoints

    def test_whoAnnouncesItselfIsHere(self) -> None:
        """
        A member that announced itself is in the log, an event tells that it is online, and to hear the same again
        changes nothing.
        """
        self.assertIsNone(self.present.get(self.alice.identity))
        for _ in range(50):
            self.assertTrue(self.come())
        self.assertEqual((self.where(), self.log.version, self.events), (HOME, 1, ["member-online"]))
        self.assertEqual(self.present.get(self.alice.identity), PRESENCE)

    def test_whoFallsSilentIsOffline(self) -> None:
        """
        A member that is heard stays; one of which nothing is heard for minutes is offline.
        """
        self.come()
        for _ in range(5):
            self.clock.advance(SILENCE - 1)
            self.present.heard(self.alice.identity)
        self.assertEqual(self.where(), HOME)
        self.clock.advance(SILENCE + 1)
        self.assertEqual((self.where(), self.gone), ((), [self.alice.identity]))
        self.assertEqual((self.events[-1], self.context.counters["directory-silent"]), ("member-offline", 1))

    def test_whoseSessionEndsIsOffline(self) -> None:
        """
        The end of a session makes a member offline at once; its announcement stays in the log.
        """
        self.come()
        self.present.sessionEnded(self.alice.identity)
        self.assertEqual((self.where(), self.present.get(self.alice.identity)), ((), None))

    def test_whoChangesAllTheTimeHasToWait(self) -> None:
        """
        Each change goes to everybody, so that a member has some at once and then few; its sessions that end do not
        count for more.
        """
        settled = [self.come(f"203.0.113.1:{port}") for port in range(1, 40)]
        self.assertEqual(settled.count(True), CHANGE_BURST)
        self.assertEqual(self.context.counters["drop-directory-throttled"], 39 - CHANGE_BURST)
        self.present.sessionEnded(self.alice.identity)
        self.assertNotEqual(self.where(), ())
        self.clock.advance(1 / CHANGE_RATE)
        self.assertTrue(self.come("203.0.113.1:99"))

    def test_whoseCertificateIsNewHasNot(self) -> None:
        """
        What somebody announces with a new certificate counts at once, as an operator changed something; once for each.
        """
        for port in range(1, 40):
            self.come(f"203.0.113.1:{port}")
        self.present.certified(self.alice.identity, bytes(100))
        self.assertFalse(self.come("203.0.113.1:40"))
        self.present.certified(self.alice.identity, self.alice.signedCertificate)
        self.assertTrue(self.come("203.0.113.1:41"))
        self.assertFalse(self.come("203.0.113.1:42"))

    def test_whoWasOnlineBeforeARestart(self) -> None:
        """
        After a start whoever was online counts as such until there was time to be heard.
        """
        self.come()
        self.present.stop()
        self.begin()
        self.clock.advance(SILENCE - 1)
        self.assertEqual(self.where(), HOME)
        self.clock.advance(2)
        self.assertEqual(self.where(), ())

    def test_whoseCertificateExpires(self) -> None:
        """
        A member whose certificate expires is forgotten, unless it is here and waits for another.
        """
        self.come()
        while self.clock.seconds() < self.alice.certificate.expires + 10 * SILENCE:
            self.clock.advance(SILENCE / 2)
            self.present.heard(self.alice.identity)
        self.assertEqual(self.where(), HOME)
        self.clock.pump([SILENCE] * 4)
        self.assertIsNone(self.where())
        self.assertLess(LIFE, self.clock.seconds())

    def test_whoIsRevoked(self) -> None:
        """
        A member that was revoked is not in the log any more, nor after a restart.
        """
        self.come()
        self.present.forget(self.alice.identity)
        self.assertEqual((self.where(), self.gone), (None, [self.alice.identity]))
        self.present.stop()
        self.begin()
        self.assertEqual(len(self.log), 0)

    def test_stopLeavesNoTimer(self) -> None:
        """
        After the end nobody falls silent.
        """
        self.come()
        self.present.stop()
        self.clock.advance(2 * SILENCE)
        self.assertEqual(self.where(), HOME)
