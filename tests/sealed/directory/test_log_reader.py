"""
Tests for L{wand.sealed.directory.log_reader}.
"""

from __future__ import annotations

import msgspec
from simulated.members import SimulatedNetwork
from twisted.trial.unittest import SynchronousTestCase

from wand.counters import Counters
from wand.sealed.directory.client import COUNTERS
from wand.sealed.directory.following import NextStep
from wand.sealed.directory.listed_members import COUNTERS as RECORD_COUNTERS
from wand.sealed.directory.log_reader import LogReader
from wand.sealed.directory.messages import Ask, Page, PageRecord, pack, parse

LOG, OTHER_LOG = b"instance", b"another!"


class LogReaderTests(SynchronousTestCase):
    """
    L{LogReader}.
    """

    def setUp(self) -> None:
        network = SimulatedNetwork.begun()
        self.server, self.alice = network.person(0, server=True), network.person(1)
        sessions = network.person(2).sessions()
        self.asked: list[Ask] = []
        self.patch(sessions, "sendControl", lambda peer, octets: self.asked.append(parse(octets)))
        self.told: list[int] = []
        self.restarts = 0
        self.counters = Counters()
        self.counters.declare({**COUNTERS, **RECORD_COUNTERS})
        self.reader = LogReader(
            self.server.key.identity,
            sessions,
            self.counters,
            told=lambda server, record: self.told.append(record.version),
            restarted=self.restarted,
        )

    def restarted(self, server: bytes) -> None:
        self.assertEqual(server, self.server.key.identity)
        self.restarts += 1

    def page(
        self, after: int, upto: int, newest: int, *, number: int = 0, last: bool = True, log: bytes = LOG
    ) -> NextStep:
        """
        Let a page arrive, with one record: of the last version in it.

        @param number: of the question that it answers; 0 for a push.
        """
        record = PageRecord(self.alice.signedCertificate, self.alice.claim(), (), 0, upto)
        records = (msgspec.Raw(pack(record)),) if upto > after else ()
        return self.reader.take(Page(number, last, log, after, upto, newest, records))

    def begin(self, version: int) -> None:
        """
        Know the log up to a version, and have nothing more to ask.
        """
        self.reader.ask()
        self.assertIs(self.page(0, version, version, number=1), NextStep.REST)

    def test_itAsksForEverythingAndThenForNews(self) -> None:
        """
        The first question is about everything, the next one about what came after.
        """
        self.begin(5)
        self.reader.ask()
        [first, second] = self.asked
        self.assertEqual((first.instance, first.after, first.upto), (b"", 0, 0))
        self.assertEqual((second.instance, second.after, second.upto), (LOG, 5, 0))
        self.assertEqual([first.number, second.number], [1, 2])

    def test_aLongAnswerGoesOn(self) -> None:
        """
        Between the pages of an answer there is nothing to do; after the last one the reader asks on at once, as long as
        that brings something new.
        """
        self.reader.ask()
        self.assertIs(self.page(0, 3, 9, number=1, last=False), NextStep.WAIT)
        self.assertTrue(self.reader.isAsking)
        self.assertIs(self.page(3, 6, 9, number=1), NextStep.ASK)
        self.assertFalse(self.reader.isAsking)
        self.reader.ask()
        self.assertIs(self.page(3, 6, 9, number=2), NextStep.WAIT)

    def test_aPushThatFollowsIsEnough(self) -> None:
        """
        A push that goes on where we are needs no question.
        """
        self.begin(5)
        self.assertIs(self.page(5, 6, 6), NextStep.WAIT)
        self.assertEqual(self.told, [5, 6])

    def test_aPushBeyondAHole(self) -> None:
        """
        A push that shows that another was lost is taken, and what lies between is asked for soon.
        """
        self.begin(5)
        self.assertIs(self.page(8, 9, 9), NextStep.ASK_SOON)
        self.reader.ask()
        self.assertEqual((self.asked[-1].after, self.asked[-1].upto), (5, 8))
        self.assertIs(self.page(5, 8, 9, number=2), NextStep.REST)
        self.assertEqual(self.told, [5, 9, 8])

    def test_aServerThatLostItsLog(self) -> None:
        """
        A push of another log is not taken, but a reason to ask; the answer begins that log, and who reads is told.
        """
        self.begin(5)
        self.assertIs(self.page(0, 1, 1, log=OTHER_LOG), NextStep.ASK_SOON)
        self.assertEqual((self.restarts, self.told), (0, [5]))
        self.reader.ask()
        self.assertIs(self.page(0, 1, 1, number=2, log=OTHER_LOG), NextStep.REST)
        self.assertEqual((self.restarts, self.told, self.reader.seen.instance), (1, [5, 1], OTHER_LOG))

    def test_whatTheServerSaysOfItsLog(self) -> None:
        """
        By the name of its log, and by how far that goes, the server says whether we know it.
        """
        self.begin(5)
        self.assertFalse(self.reader.isBehind(LOG, 5))
        self.assertTrue(self.reader.isBehind(OTHER_LOG, 1))
        self.assertTrue(self.reader.isBehind(LOG, 6))

    def test_theWholeLogCanBeReadAgain(self) -> None:
        """
        When everything is to be read again the next question is about everything, and who reads is told before.
        """
        self.begin(5)
        self.reader.readAgain()
        self.reader.ask()
        self.assertEqual((self.restarts, self.asked[-1].instance, self.asked[-1].after), (1, b"", 0))

    def test_whatIsNoRecordOfThePage(self) -> None:
        """
        What cannot be read, and a record of a version that is not in the page, are counted, and disturb no other.
        """
        record = PageRecord(self.alice.signedCertificate, self.alice.claim(), (), 0, 4)
        elsewhere = msgspec.structs.replace(record, version=9)
        records = tuple(msgspec.Raw(octets) for octets in (b"\xc0", pack(record), pack(elsewhere)))
        self.reader.ask()
        self.reader.take(Page(1, True, LOG, 3, 5, 5, records))
        self.assertEqual((self.told, self.counters["drop-directory-record"]), ([4], 2))
