"""
Tests for the directory server of sealed networks.
"""

from __future__ import annotations

import msgspec
from simulated.members import LIFE, Person, SimulatedNetwork, SimulatedServer, macOf
from simulated.sessions import SimulatedSessions
from twisted.internet.defer import Deferred, fail
from twisted.trial.unittest import SynchronousTestCase

from wand.endpoint import Endpoint
from wand.errors import StoreUnavailable
from wand.sealed.credentials.messages import MESSAGE_MAXIMUM
from wand.sealed.directory.messages import (
    PAGE_ROOM,
    Announce,
    Announced,
    Ask,
    Message,
    Page,
    PageRecord,
    pack,
    parse,
    parseRecord,
)
from wand.sealed.directory.page_sender import PUSH_INTERVAL
from wand.sealed.directory.presence import CHANGE_BURST, SILENCE
from wand.sealed.directory.stored_log import DIRECTORY_KIND
from wand.stores.memory import MemoryRecords
from wand.stores.write_behind import RETRY_FIRST

LOCAL = ("192.168.1.5:22222",)


class Client:
    """
    A member that says to a server what a test wants, and remembers what it hears.
    """

    def __init__(self, person: Person, server: SimulatedServer) -> None:
        self.person = person
        self.sessions: SimulatedSessions = person.sessions()
        self.sessions.onControl(lambda peer, member, octets: self.heard.append(parse(octets)))
        self.heard: list[Message | None] = []
        self._server = server.person.key.identity
        self._epoch = 1

    def say(self, message: Message) -> None:
        self.sessions.sendControl(self._server, pack(message))

    def announce(self, number: int = 1, epoch: int = 1, local: tuple[str, ...] = LOCAL) -> None:
        self.say(Announce(number, self.person.signedCertificate, self.person.claim(epoch), local))

    def ask(self, after: int = 0, instance: bytes = b"", upto: int = 0, number: int = 1) -> None:
        self.say(Ask(number, instance, after, upto, 16))

    @property
    def pages(self) -> list[Page]:
        return [each for each in self.heard if isinstance(each, Page)]

    @property
    def standings(self) -> list[Announced]:
        return [each for each in self.heard if isinstance(each, Announced)]

    @property
    def records(self) -> list[PageRecord]:
        return [record for page in self.pages for each in page.records if (record := parseRecord(each))]


class Failing(MemoryRecords):
    """
    A store that takes nothing while it is broken.
    """

    broken = False

    def write(self, kind: str, records: object) -> Deferred[None]:
        return fail(StoreUnavailable("no room")) if self.broken else super().write(kind, records)


class Slow(MemoryRecords):
    """
    A store that takes its time.
    """

    def __init__(self) -> None:
        super().__init__()
        self.waiting: list[Deferred[None]] = []

    def write(self, kind: str, records: object) -> Deferred[None]:
        waiting: Deferred[None] = Deferred()
        waiting.addCallback(lambda _: MemoryRecords.write(self, kind, records))
        self.waiting.append(waiting)
        return waiting


class SealedDirectoryTests(SynchronousTestCase):
    """
    L{wand.sealed.directory.server.SealedDirectoryServer}.
    """

    def setUp(self) -> None:
        self.network = SimulatedNetwork.begun()
        self.store = Failing()
        self.server = SimulatedServer(self.network.person(0, server=True), self.store)
        self.server.come()
        self.alice, self.bob = (Client(self.network.person(number), self.server) for number in (1, 2))

    def count(self, name: str) -> int:
        return self.server.context.counters[name]

    def known(self) -> dict[str, str]:
        return {each.mac: each.peer for each in self.server.directory.entries(None, 100)}

    def test_aMemberIsListedWhereItIsSeenAndWhereItSays(self) -> None:
        """
        Others are told the endpoint from which the server hears a member, with its port, and then its local ones.
        """
        self.alice.announce()
        self.network.run(1)
        self.bob.ask()
        self.network.run(1)
        [record] = self.bob.records
        self.assertEqual(record.certificate, self.alice.person.signedCertificate)
        self.assertEqual(record.endpoints, ("198.51.0.2:22222", *LOCAL))
        self.assertLess(record.age, 2)
        self.assertEqual(self.alice.standings[-1].number, 1)

    def test_nothingIsSentThatWasNotAskedFor(self) -> None:
        """
        Whoever never asked is told only what the server has of itself.
        """
        self.bob.announce()
        self.alice.announce()
        self.network.run(5)
        self.assertEqual(self.bob.pages, [])

    def test_theListingComesPageByPageAndNoMoreThanAsked(self) -> None:
        """
        A question is answered with at most as many pages as it allows, each one datagram, in the order of the log.
        """
        for number in range(10, 110):
            Client(self.network.person(number), self.server).announce()
        self.network.run(2)
        self.alice.ask()
        self.network.run(1)
        pages = self.alice.pages
        self.assertEqual((len(pages), [page.last for page in pages]), (16, [False] * 15 + [True]))
        self.assertEqual([page.after for page in pages], [0, *(page.upto for page in pages[:-1])])
        self.assertTrue(all(len(pack(page)) <= MESSAGE_MAXIMUM for page in pages))
        self.assertGreater(len(pack(pages[0])), PAGE_ROOM // 2)
        while self.alice.pages[-1].upto < 100:
            self.alice.ask(self.alice.pages[-1].upto, pages[0].instance)
            self.network.run(1)
        self.assertEqual([record.version for record in self.alice.records], list(range(1, 101)))

    def test_whoKnowsAnotherLogIsToldEverything(self) -> None:
        """
        What a node saw of another instance, or beyond the end of this one, counts for nothing.
        """
        self.alice.announce()
        self.network.run(1)
        self.bob.ask(1, b"another!")
        self.network.run(1)
        self.bob.ask(900, self.bob.pages[0].instance, number=2)
        self.network.run(1)
        self.assertEqual([(page.after, len(page.records)) for page in self.bob.pages], [(0, 1), (0, 1)])

    def test_aHoleIsFilledAlone(self) -> None:
        """
        A node that lacks a part in the middle asks for it, and is sent nothing else.
        """
        for number in range(10, 60):
            Client(self.network.person(number), self.server).announce()
        self.network.run(2)
        self.bob.ask()
        self.network.run(1)
        self.alice.ask(10, self.bob.pages[0].instance, upto=12)
        self.network.run(1)
        self.assertEqual([record.version for record in self.alice.records], [11, 12])
        self.assertTrue(self.alice.pages[-1].last)

    def test_aChangeIsPushedAtOnceAndFurtherOnesTogether(self) -> None:
        """
        Who knows everything is told of the first change at once, and of those that follow in batches.
        """
        self.bob.ask()
        self.network.run(1)
        before = len(self.bob.pages)
        self.alice.announce()
        self.network.run(0.1)
        self.assertEqual(len(self.bob.pages), before + 1)
        for number in range(10, 16):
            Client(self.network.person(number), self.server).announce()
            self.network.run(0.01)
        self.assertEqual(len(self.bob.pages), before + 1)
        self.network.run(2 * PUSH_INTERVAL)
        pushed = self.bob.pages[before:]
        self.assertLessEqual(len(pushed), 4)
        self.assertEqual(len(self.bob.records), 7)
        self.assertEqual([page.after for page in pushed[1:]], [page.upto for page in pushed[:-1]])

    def test_muchAtOnceIsNotPushedButToldOf(self) -> None:
        """
        Where very much changed, a node is told to ask instead.
        """
        self.bob.ask()
        self.alice.announce()
        self.network.run(1)
        for number in range(10, 60):
            Client(self.network.person(number), self.server).announce()
        before = len(self.bob.pages)
        self.network.run(1)
        self.assertEqual(self.count("directory-hints"), 1)
        self.assertEqual(self.bob.pages[-1].newest, 51)
        self.assertLessEqual(len(self.bob.pages) - before, 3)

    def test_nobodyAnnouncesSomebodyElse(self) -> None:
        """
        The announcement of another member, though validly signed, is refused.
        """
        self.bob.say(Announce(1, self.alice.person.signedCertificate, self.alice.person.claim(), LOCAL))
        self.network.run(1)
        self.assertEqual((self.known(), self.count("drop-directory-foreign")), ({}, 1))

    def test_aForgedClaimIsRefused(self) -> None:
        """
        A claim that the member did not sign, or that its certificate does not allow, is refused.
        """
        self.alice.say(Announce(1, self.alice.person.signedCertificate, self.bob.person.claim(), LOCAL))
        self.alice.say(Announce(1, self.alice.person.signedCertificate, self.alice.person.claim()[:-1] + b"\0", LOCAL))
        self.network.run(1)
        self.assertEqual((self.known(), self.count("drop-directory-invalid")), ({}, 2))

    def test_anOldAnnouncementThatArrivesLateChangesNothing(self) -> None:
        """
        Messages overtake each other: what was said first does not replace what was said last.
        """
        self.alice.announce(number=2, epoch=5, local=("192.168.9.9:1",))
        self.alice.announce(number=1, epoch=5)
        self.alice.announce(number=9, epoch=4)
        self.network.run(1)
        self.bob.ask()
        self.network.run(1)
        self.assertEqual(self.bob.records[0].endpoints[-1], "192.168.9.9:1")
        self.assertEqual({(each.epoch, each.number) for each in self.alice.standings if each.number}, {(5, 2)})

    def test_aNodeThatWasKilledIsBackAtOnce(self) -> None:
        """
        A node killed with SIGKILL announces a higher epoch from elsewhere and is listed there, without any wait.
        """
        self.alice.announce(epoch=1, number=7)
        self.network.run(1)
        self.alice.sessions.leave()
        again = Client(self.alice.person, self.server)
        again.sessions.endpoint = Endpoint("203.0.113.99", 4711)
        again.announce(epoch=2, number=1)
        self.network.run(0.1)
        self.assertEqual(again.standings[-1].epoch, 2)
        self.assertEqual(self.known(), {str(macOf(1)): "node-1 (203.0.113.99:4711)"})

    def test_aMemberThatEndsItsSessionIsOffline(self) -> None:
        """
        When the session ends others are told that the member is nowhere; its claim stays listed.
        """
        self.alice.announce()
        self.bob.ask()
        self.network.run(1)
        self.server.sessions.lapse(self.alice.sessions.identity)
        self.network.run(1)
        self.assertEqual(self.bob.records[-1].endpoints, ())
        self.assertEqual(self.bob.records[-1].claim, self.alice.person.claim())

    def test_aSilentMemberIsOffline(self) -> None:
        """
        A member of which nothing is heard for long is nowhere; one that asks from time to time stays.
        """
        self.alice.announce()
        self.bob.announce()
        for _ in range(4):
            self.bob.ask()
            self.network.run(SILENCE / 3)
        self.assertEqual(self.count("directory-silent"), 1)
        self.assertEqual(sorted(self.known().values()), ["node-1 (offline)", "node-2 (198.51.0.3:22222)"])

    def test_aMemberThatMovedIsFollowed(self) -> None:
        """
        The endpoint of the session is looked at with every question: a new one is told to everybody.
        """
        self.alice.announce()
        self.bob.ask()
        self.network.run(1)
        self.alice.sessions.endpoint = Endpoint("203.0.113.50", 1025)
        self.alice.ask(number=2)
        self.network.run(1)
        self.assertEqual(self.bob.records[-1].endpoints[0], "203.0.113.50:1025")

    def test_overlayAddressesAreNoEndpoints(self) -> None:
        """
        The tunnel never runs inside itself: a local endpoint of the overlay is not told to anybody.
        """
        self.alice.announce(local=("10.77.0.2:22222", "224.0.0.1:5", "nonsense", "192.168.1.7:22222"))
        self.bob.ask()
        self.network.run(1)
        self.assertEqual(self.bob.records[0].endpoints[1:], ("192.168.1.7:22222",))

    def test_aMemberThatChangesAllTheTimeIsSlowedDown(self) -> None:
        """
        Each change goes to everybody, so a member has few; what it says meanwhile is not acknowledged.
        """
        self.bob.ask()
        for number in range(1, 60):
            self.alice.announce(number, local=(f"192.168.1.5:{1000 + number}",))
            self.network.run(0.1)
        self.assertLessEqual(len(self.bob.records), CHANGE_BURST + 2)
        self.assertGreater(self.count("drop-directory-throttled"), 40)

    def test_anExpiredOrRevokedMemberIsForgotten(self) -> None:
        """
        When a certificate expires, or its member is revoked, nobody is told of it any more.
        """
        self.alice.announce()
        self.bob.announce()
        self.network.run(1)
        self.server.directory.forget(self.alice.sessions.identity)
        self.assertEqual(list(self.known()), [str(macOf(2))])
        self.network.run(LIFE)
        self.assertEqual(self.known(), {})

    def test_aRestartForgetsNobody(self) -> None:
        """
        After a restart everybody is listed at the last endpoint, the log goes on, and who knew everything before is
        sent nothing.
        """
        self.alice.announce()
        self.bob.ask()
        self.network.run(1)
        before = self.bob.pages[-1]
        self.server.go()
        self.network.run(300)
        self.server.come()
        self.bob = Client(self.bob.person, self.server)
        self.bob.ask(before.upto, before.instance)
        self.bob.ask(number=2)
        self.network.run(1)
        [nothing, everything] = self.bob.pages
        self.assertEqual((nothing.records, nothing.instance, nothing.newest), ((), before.instance, before.newest))
        record = parseRecord(everything.records[0])
        assert record is not None
        self.assertEqual(record.endpoints[0], "198.51.0.2:22222")

    def test_whoDoesNotComeBackAfterARestartIsOffline(self) -> None:
        """
        Those listed at their last endpoint have the usual time to be heard.
        """
        self.alice.announce()
        self.network.run(1)
        self.server.go()
        self.server.come()
        self.network.run(SILENCE + 1)
        self.assertEqual(self.known(), {str(macOf(1)): "node-1 (offline)"})

    def test_aServerThatStartedAsksForAnnouncements(self) -> None:
        """
        A member that talks to a server that started meanwhile is told what the server has of it, which is old.
        """
        self.alice.announce(epoch=3, number=4)
        self.network.run(1)
        self.server.go()
        self.server.come()
        self.alice = Client(self.alice.person, self.server)
        self.alice.ask()
        self.network.run(1)
        self.assertEqual({(each.epoch, each.number) for each in self.alice.standings}, {(3, 0)})

    def test_nobodyIsToldWhatIsNotStored(self) -> None:
        """
        A change is told when the store has it, so that a crash leaves no node knowing more than the server.
        """
        network, slow = SimulatedNetwork.begun(), Slow()
        server = SimulatedServer(network.person(0, server=True), slow)
        server.come()
        slow.waiting.pop().callback(None)
        alice, bob = (Client(network.person(number), server) for number in (1, 2))
        bob.ask()
        alice.announce()
        network.run(3)
        self.assertEqual(bob.records, [])
        bob.ask(number=2)
        network.run(1)
        self.assertEqual((bob.records, bob.pages[-1].newest), ([], 0))
        slow.waiting.pop().callback(None)
        network.run(1)
        self.assertEqual(len(bob.records), 1)

    def test_aFailingStoreIsToldAndNodesAreServed(self) -> None:
        """
        With a store that takes nothing nodes are served all the same, under a new name for the log: what they learn
        now would be unknown after a crash.
        """
        self.bob.ask()
        self.network.run(1)
        events: list[str] = []
        self.server.context.events.subscribe(lambda event: events.append(event.kind))
        self.store.broken = True
        self.alice.announce()
        self.network.run(RETRY_FIRST + 1)
        self.assertEqual(len(self.bob.records), 1)
        self.assertNotEqual(self.bob.pages[0].instance, self.bob.pages[-1].instance)
        self.store.broken = False
        self.network.run(40)
        self.assertEqual([each for each in events if each.startswith("store")], ["store-failed", "store-recovered"])
        self.flushLoggedErrors()

    def test_aDamagedRecordInTheStoreDisturbsNoOther(self) -> None:
        """
        What cannot be read in the store is left out, and the rest is served.
        """
        self.alice.announce()
        self.network.run(1)
        self.server.go()
        kind = DIRECTORY_KIND + self.server.person.key.identity.text
        self.store.write(kind, {b"x" * 32: b"rubbish", b"short": msgspec.msgpack.encode(["a"])})
        self.server.come()
        self.assertEqual(list(self.known()), [str(macOf(1))])

    def test_serversThatShareAStoreHaveTheirOwnLogs(self) -> None:
        """
        Another server with the same store begins with an empty log, and disturbs that of the first in nothing.
        """
        self.alice.announce()
        self.network.run(1)
        second = SimulatedServer(self.network.person(3, server=True), self.store)
        second.come()
        self.assertEqual(len(second.directory), 0)
        second.go()
        self.server.go()
        self.server.come()
        self.assertEqual(list(self.known()), [str(macOf(1))])

    def test_messagesThatAreNoneAreCounted(self) -> None:
        """
        What cannot be read, or is for nodes, is counted and answered by nobody.
        """
        for octets in (b"\x91\x10", b"\x92\x12\x01", pack(Announced(1, 1, b"i" * 8, 1)), b"\x92\x1f\x00"):
            self.alice.sessions.sendControl(self.server.sessions.identity, octets)
        self.network.run(1)
        self.assertEqual(self.count("drop-directory-malformed"), 4)
        self.assertEqual(self.alice.pages, [])

    def test_itLeavesNoTimerBehind(self) -> None:
        """
        After the end nothing is due.
        """
        self.alice.announce()
        self.bob.ask()
        self.network.run(1)
        self.server.go()
        self.assertEqual(self.network.clock.getDelayedCalls(), [])
