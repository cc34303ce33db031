"""
Tests for L{wand.sealed.directory.page_sender}.
"""

from __future__ import annotations

from random import Random

from simulated.members import SimulatedNetwork
from twisted.internet.defer import Deferred
from twisted.trial.unittest import SynchronousTestCase

from wand.sealed.credentials.claim import Announcement
from wand.sealed.credentials.identity import Identity
from wand.sealed.credentials.messages import MESSAGE_MAXIMUM
from wand.sealed.credentials.trust import Trust
from wand.sealed.directory.announcement_log import AnnouncementLog
from wand.sealed.directory.messages import Ask, Page, PageRecord, parse, parseRecord
from wand.sealed.directory.page_sender import BODY_LIFE, PUSH_INTERVAL, PUSHED_PAGES_MAXIMUM, PageSender
from wand.sealed.directory.stored_log import StoredLog
from wand.stores.memory import MemoryRecords
from wand.testing.context import simulatedContext
from wand.testing.network import Network
from wand.timing.rounds import PORTION_INTERVAL

LISTENER, OTHER = Identity(b"l" * 32), Identity(b"o" * 32)


class PageSenderTests(SynchronousTestCase):
    """
    L{PageSender}.
    """

    def setUp(self) -> None:
        self.network = SimulatedNetwork.begun()
        self.clock = self.network.clock
        self.context = simulatedContext(self.clock, Network(self.clock, Random(0)), "203.0.113.1")
        self.trust = Trust(self.network.key.network, self.clock.seconds)
        self.log = AnnouncementLog()
        own = self.network.person(0, server=True).key.identity
        self.stored = StoredLog(
            own, self.log, MemoryRecords(), self.context, Random(0).randbytes, lambda: self.sender.changed()
        )
        self.successResultOf(Deferred.fromCoroutine(self.stored.load(self.trust.check)))
        self.sent: dict[bytes, list[Page]] = {LISTENER: [], OTHER: []}
        self.sender = PageSender(self.log, self.stored, self.clock, self.context.counters, self.send)

    def send(self, identity: bytes, octets: bytes) -> None:
        page = parse(octets)
        assert isinstance(page, Page) and len(octets) <= MESSAGE_MAXIMUM
        self.sent[identity].append(page)

    def change(self, first: int, last: int) -> None:
        """
        Members from one number to another change.
        """
        for number in range(first, last + 1):
            person = self.network.person(number)
            said = Announcement.verified(person.signedCertificate, person.claim(), self.trust.check)
            assert said is not None
            self.log.change(said, (f"198.51.100.{number}:22222",), self.clock.seconds())
            self.stored.write(said.identity)

    def ask(self, after: int = 0, upto: int = 0, count: int = 16, instance: bytes | None = None) -> list[Page]:
        """
        Ask as the listener.

        @return: the pages that answer.
        """
        before = len(self.sent[LISTENER])
        known = self.stored.instance if instance is None else instance
        self.sender.answer(LISTENER, Ask(7, known, after, upto, count))
        return self.sent[LISTENER][before:]

    def versions(self, pages: list[Page]) -> list[int]:
        records = [parseRecord(each) for page in pages for each in page.records]
        return [record.version for record in records if isinstance(record, PageRecord)]

    def test_aQuestionIsAnsweredInPages(self) -> None:
        """
        The answer is pages that follow each other, each one datagram; the last one says so.
        """
        self.change(1, 20)
        pages = self.ask()
        self.assertGreater(len(pages), 2)
        self.assertEqual([page.after for page in pages], [0, *(page.upto for page in pages[:-1])])
        self.assertEqual([page.last for page in pages], [False] * (len(pages) - 1) + [True])
        self.assertEqual({(page.number, page.newest) for page in pages}, {(7, 20)})
        self.assertEqual(self.versions(pages), list(range(1, 21)))

    def test_noMorePagesThanWanted(self) -> None:
        """
        A node that wants few pages gets few, and asks on from where the last one ended.
        """
        self.change(1, 20)
        first = self.ask(count=2)
        rest = self.ask(after=first[-1].upto)
        self.assertEqual((len(first), first[-1].last), (2, True))
        self.assertEqual(self.versions(first + rest), list(range(1, 21)))

    def test_aNodeWithAnotherLogIsToldEverything(self) -> None:
        """
        A node that knows another log, or more than there is, is answered from the beginning.
        """
        self.change(1, 2)
        for pages in (self.ask(after=1, instance=b"another!"), self.ask(after=99)):
            self.assertEqual((pages[0].after, self.versions(pages)), (0, [1, 2]))

    def test_whoKnowsEverythingIsPushedTheNews(self) -> None:
        """
        A node that was told everything is sent what changed, at once and then in rounds; others are not.
        """
        self.ask()
        self.change(1, 1)
        self.assertEqual(self.versions(self.sent[LISTENER]), [1])
        self.change(2, 3)
        self.assertEqual(self.versions(self.sent[LISTENER]), [1])
        self.clock.advance(PUSH_INTERVAL)
        self.assertEqual(self.versions(self.sent[LISTENER]), [1, 2, 3])
        self.assertEqual(self.sent[LISTENER][-1].number, 0)
        self.assertEqual(self.sent[OTHER], [])

    def test_whoReadsOnIsNotPushed(self) -> None:
        """
        A node that is far behind asks on by itself; pushes would only disturb.
        """
        self.change(1, 30)
        self.ask(count=1)
        before = len(self.sent[LISTENER])
        self.change(31, 31)
        self.clock.advance(1)
        self.assertEqual(len(self.sent[LISTENER]), before)

    def test_muchAtOnceIsHintedAt(self) -> None:
        """
        Where more changed than some pages take, an empty page says how far the log goes, so that the node asks.
        """
        self.ask()
        self.change(1, 1)
        self.change(2, 60)
        self.clock.advance(PUSH_INTERVAL)
        hint = self.sent[LISTENER][-1]
        self.assertEqual((hint.records, hint.after, hint.newest), ((), 60, 60))
        self.assertEqual(self.context.counters["directory-hints"], 1)
        pages = self.ask(after=1)
        self.assertGreater(len(pages), PUSHED_PAGES_MAXIMUM)

    def test_hintsComeOneAfterTheOther(self) -> None:
        """
        Those who are told to ask are told a few at a time, for what they ask takes more than the hint.
        """
        everybody = [Identity(bytes([number]) * 32) for number in range(50)]
        self.sent |= {each: [] for each in everybody}
        for each in everybody:
            self.sender.answer(each, Ask(1, self.stored.instance, 0, 0, 16))
        self.change(1, 60)
        self.clock.advance(PUSH_INTERVAL)
        first = self.context.counters["directory-hints"]
        self.assertTrue(0 < first < 20)
        self.clock.pump([PORTION_INTERVAL] * 100)
        self.assertEqual(self.context.counters["directory-hints"], 50)

    def test_manyQuestionsAtOnce(self) -> None:
        """
        When more is asked than can be sent, each question gets a page, and what is missing is asked for later.
        """
        self.change(1, 60)
        counts = [len(self.ask(after=1)) for _ in range(300)]
        self.assertEqual((counts[0], counts[-1]), (16, 1))
        self.clock.advance(10)
        self.assertEqual(len(self.ask(after=1)), 16)

    def test_pagesAreKeptForAWhile(self) -> None:
        """
        Who asks for the same gets the same page, without another look at its members; a later change is further on.
        """
        self.change(1, 20)
        first = self.ask(count=1)
        self.change(1, 1)
        again = self.ask(count=1)
        self.assertEqual(first[0].records, again[0].records)
        self.assertEqual(self.versions(self.ask(after=20)), [21])
        self.clock.advance(BODY_LIFE)
        self.assertNotEqual(self.ask(count=1)[0].records, first[0].records)

    def test_whoLeftIsToldNothing(self) -> None:
        """
        A node that is not online any more is forgotten, and after the end nothing is sent to anybody.
        """
        self.ask()
        self.sender.forget(LISTENER)
        before = len(self.sent[LISTENER])
        self.change(1, 1)
        self.clock.advance(1)
        self.sender.stop()
        self.assertEqual(len(self.sent[LISTENER]), before)
        self.assertEqual(self.clock.getDelayedCalls(), [])

    def test_recordsSayHowLongAgo(self) -> None:
        """
        A record says how long ago the server heard the member.
        """
        self.change(1, 1)
        self.stored.noteHeard(next(iter(self.log)).identity)
        self.clock.advance(90)
        [page] = self.ask()
        record = parseRecord(page.records[0])
        assert record is not None
        self.assertEqual((record.age, record.endpoints), (90, ("198.51.100.1:22222",)))
