"""
Tests for L{wand.sealed.directory.looking}, in the directory server to which it belongs.
"""

from __future__ import annotations

from collections.abc import Sequence
from ipaddress import ip_address

from hypothesis import given, settings
from hypothesis import strategies as st
from simulated.members import BEGIN, Person, SimulatedNetwork, SimulatedServer, macOf
from simulated.sessions import SimulatedSessions
from twisted.internet.defer import Deferred
from twisted.trial.unittest import SynchronousTestCase

from wand.endpoint import Endpoint
from wand.ethernet import MAC
from wand.sealed.credentials.certificate import Certificate
from wand.sealed.credentials.messages import MESSAGE_MAXIMUM
from wand.sealed.credentials.signed import unverified
from wand.sealed.directory import relays as relays_module
from wand.sealed.directory.interests import INTERESTS_MAXIMUM
from wand.sealed.directory.looking import AWAITED_MAXIMUM, KEYS_BURST, KEYS_RATE
from wand.sealed.directory.messages import (
    AFTER,
    BY_ADDRESS,
    BY_IDENTITY,
    BY_MAC,
    BY_NAME,
    KEYS_MAXIMUM,
    RELAYS,
    Announce,
    Announced,
    Ask,
    Found,
    Key,
    Look,
    Message,
    Page,
    PageRecord,
    pack,
    parse,
    parseRecord,
)
from wand.sealed.directory.page_sender import PUSH_INTERVAL
from wand.sealed.directory.presence import SILENCE
from wand.sealed.directory.settings import DirectorySettings
from wand.stores.memory import MemoryRecords
from wand.timing import turns
from wand.timing.turns import WAITING_MAXIMUM


class Seeker:
    """
    A member that looks for others, and remembers what it hears.
    """

    def __init__(self, person: Person, server: SimulatedServer) -> None:
        self.person = person
        self.sessions: SimulatedSessions = person.sessions()
        self.sessions.onControl(lambda peer, member, octets: self._take(octets))
        self.heard: list[Message | None] = []
        self._server = server.person.key.identity
        self._number = 0

    def _take(self, octets: bytes) -> None:
        assert len(octets) <= MESSAGE_MAXIMUM
        self.heard.append(parse(octets))

    def say(self, message: Message) -> None:
        self.sessions.sendControl(self._server, pack(message))

    def announce(self, number: int = 1, epoch: int = 1, local: tuple[str, ...] = ("192.168.1.5:22222",)) -> None:
        self.say(Announce(number, self.person.signedCertificate, self.person.claim(epoch), local))

    def look(self, *keys: tuple[int, bytes]) -> int:
        self._number += 1
        self.say(Look(self._number, tuple(Key(kind, bytes(what)) for kind, what in keys)))
        return self._number

    def found(self, number: int) -> list[Found]:
        return [each for each in self.heard if isinstance(each, Found) and each.number == number]

    def records(self, number: int) -> list[PageRecord]:
        return [record for each in self.found(number) for raw in each.records if (record := parseRecord(raw))]

    def told(self) -> list[str]:
        """
        Of whom it was told without asking.
        """
        return [nameIn(record) for record in self.records(0)]


def certificateIn(record: PageRecord) -> Certificate:
    said = unverified(record.certificate, Certificate)
    assert said is not None
    return said


def nameIn(record: PageRecord) -> str:
    return certificateIn(record).name


def identityIn(record: PageRecord) -> bytes:
    return certificateIn(record).identity


class Slow(MemoryRecords):
    """
    A store that takes its time.
    """

    isSlow = False

    def __init__(self) -> None:
        super().__init__()
        self.waiting: list[Deferred[None]] = []

    def write(self, kind: str, records: object) -> Deferred[None]:
        if not self.isSlow:
            return super().write(kind, records)
        waiting: Deferred[None] = Deferred()
        waiting.addCallback(lambda _: MemoryRecords.write(self, kind, records))
        self.waiting.append(waiting)
        return waiting


class LookingCase(SynchronousTestCase):
    """
    A server and three members that look for others.
    """

    settings = DirectorySettings()

    def setUp(self) -> None:
        self.network = SimulatedNetwork.begun()
        self.store = Slow()
        self.server = SimulatedServer(self.network.person(0, server=True), self.store, self.settings)
        self.server.come()
        self.alice, self.bob, self.carol = (self.seeker(number) for number in (1, 2, 3))

    def seeker(self, number: int, macs: Sequence[MAC] = (), since: int = BEGIN) -> Seeker:
        return Seeker(self.network.person(number, macs=macs, since=since), self.server)

    def announced(self, *seekers: Seeker) -> None:
        for each in seekers:
            each.announce()
        self.network.run(1)

    def count(self, name: str) -> int:
        return self.server.context.counters[name]

    def ask(self, *keys: tuple[int, bytes], seconds: float = 0.1) -> tuple[list[str], list[int]]:
        """
        Look as alice.

        @return: the names of those that were found, and the places of what was not.
        """
        number = self.alice.look(*keys)
        self.network.run(seconds)
        found = self.alice.found(number)
        self.assertEqual([each.last for each in found], [False] * (len(found) - 1) + [True])
        return [nameIn(each) for each in self.alice.records(number)], [n for each in found for n in each.absent]


class LookingTests(LookingCase):
    """
    L{wand.sealed.directory.looking.Looking}.
    """

    def test_aMemberIsFoundByWhateverItHas(self) -> None:
        """
        By its identity, its MAC address, its overlay address, its name; and where it is is told.
        """
        self.announced(self.bob)
        said = self.bob.person.certificate
        address = ip_address(said.addresses[0].partition("/")[0]).packed
        for key in ((BY_IDENTITY, said.identity), (BY_MAC, macOf(2)), (BY_ADDRESS, address), (BY_NAME, b"node-2")):
            self.assertEqual(self.ask(key), (["node-2"], []))
        [record] = self.alice.records(1)
        self.assertEqual(record.endpoints, ("198.51.0.3:22222", "192.168.1.5:22222"))

    def test_whatNobodyHasIsSaid(self) -> None:
        """
        The answer says for which keys there is nobody, those that cannot be right included.
        """
        self.announced(self.bob)
        keys = ((BY_MAC, b"\x02x"), (BY_NAME, b"node-2"), (BY_NAME, b"\xff\xfe"), (99, b"node-2"), (BY_IDENTITY, b"i"))
        self.assertEqual(self.ask(*keys), (["node-2"], [0, 2, 3, 4]))

    def test_onceHoweverOftenItIsMeant(self) -> None:
        """
        A member that several keys mean is in the answer once.
        """
        self.announced(self.bob)
        self.assertEqual(self.ask((BY_NAME, b"node-2"), (BY_MAC, macOf(2)), (AFTER, bytes(32))), (["node-2"], []))

    def test_ofSeveralTheMostSeniorAreTold(self) -> None:
        """
        Of those who claim the same the four that have been members longest are told.
        """
        ages = {10: 5, 11: 3, 12: 9, 13: 1, 14: 7, 15: 2}
        self.announced(*(self.seeker(each, [macOf(99)], BEGIN - age) for each, age in ages.items()))
        self.assertEqual(self.ask((BY_MAC, macOf(99)))[0], ["node-12", "node-14", "node-10", "node-11"])

    def test_theNextOneInOrder(self) -> None:
        """
        The member that is online with the next identity is found, around the end, and never the one that asks.
        """
        others = {each.person.key.identity: each for each in map(self.seeker, range(10, 20))}
        self.announced(self.alice, *others.values())
        order = sorted(others)
        for at, identity in enumerate(order):
            expected = others[order[(at + 1) % len(order)]].person.certificate.name
            self.assertEqual(self.ask((AFTER, identity)), ([expected], []))
        gone = order.pop(3)
        self.server.sessions.lapse(gone)
        self.network.run(1)
        self.assertEqual(self.ask((AFTER, order[2]))[0], [others[order[3]].person.certificate.name])
        self.assertEqual(self.ask((AFTER, b"")), self.ask((AFTER, bytes(32))))

    def test_aLongAnswerTakesSeveralMessages(self) -> None:
        """
        An answer that does not fit into one message comes in several, the last of which says so.
        """
        self.announced(*map(self.seeker, range(10, 25)))
        keys = [(BY_MAC, bytes(macOf(number))) for number in range(10, 26)]
        names, absent = self.ask(*keys)
        self.assertEqual((names, absent), ([f"node-{number}" for number in range(10, 25)], [KEYS_MAXIMUM - 1]))
        self.assertGreater(len(self.alice.found(1)), 2)

    def test_whoLooksIsHeard(self) -> None:
        """
        A question, even without keys, counts as a sign of life, shows where its sender is, and is never answered with
        pages.
        """
        self.announced(self.alice, self.bob, self.carol)
        self.bob.look((BY_NAME, b"node-1"))
        for _ in range(4):
            self.alice.look()
            self.bob.look()
            self.network.run(SILENCE / 3)
        self.alice.sessions.endpoint = Endpoint("203.0.113.50", 1025)
        self.alice.look()
        self.network.run(1)
        self.assertEqual(self.bob.records(0)[-1].endpoints[0], "203.0.113.50:1025")
        self.assertEqual(self.count("directory-silent"), 1)  # carol, who said nothing
        self.assertFalse([each for each in self.alice.heard + self.bob.heard if isinstance(each, Page)])

    def test_whoLooksInsteadOfFollowingIsSentNoPagesAnyMore(self) -> None:
        """
        A node that followed the log and now looks for members is not told of all changes any more.
        """
        self.alice.say(Ask(1, b"", 0, 0, 16))
        self.network.run(1)
        self.alice.look()
        self.announced(self.bob)
        self.assertEqual([page.records for page in self.alice.heard if isinstance(page, Page)], [()])

    def test_whoFollowsInsteadOfLookingIsToldOnce(self) -> None:
        """
        A node that looked for members and now follows the log hears of changes in pages alone.
        """
        self.announced(self.alice, self.bob)
        self.ask((BY_NAME, b"node-2"))
        self.alice.say(Ask(1, b"", 0, 0, 16))
        self.network.run(1)
        self.alice.heard.clear()
        self.bob.announce(2, local=("192.168.7.7:1",))
        self.network.run(2)
        self.assertEqual(self.alice.told(), [])
        self.assertEqual([len(page.records) for page in self.alice.heard if isinstance(page, Page)], [1])

    def test_whileTheStoreIsSlowLittleIsPutOff(self) -> None:
        """
        Of one node only so many questions wait for the store, one that it repeats once; the rest is counted.
        """
        self.store.isSlow = True
        self.announced(self.bob)
        for number in range(1, 2 * WAITING_MAXIMUM + 1):
            for _ in range(2):
                self.alice.say(Look(number, (Key(BY_NAME, b"node-2"),)))
        self.network.run(1)
        self.assertEqual(self.count("drop-directory-look"), 2 * WAITING_MAXIMUM)
        self.store.isSlow = False
        while self.store.waiting:
            self.store.waiting.pop(0).callback(None)
        self.network.run(1)
        self.assertEqual([len(self.alice.found(number)) for number in (1, WAITING_MAXIMUM)], [1, 1])
        self.assertEqual(self.alice.found(WAITING_MAXIMUM + 1), [])

    def test_whoIsNotKnownIsTold(self) -> None:
        """
        A node that looks and has not announced itself since the server's start is told to do so.
        """
        self.alice.look()
        self.network.run(1)
        [standing] = {each for each in self.alice.heard if isinstance(each, Announced)}
        self.assertEqual((standing.number, standing.members, standing.groups), (0, 0, True))

    def test_whoOnlyShowsThatItIsThereIsToldWhatWeHaveOfIt(self) -> None:
        """
        A question without keys is answered with the standing of who asks, which is lower after a restart.
        """
        self.announced(self.alice)
        self.alice.heard.clear()
        self.alice.look()
        self.network.run(1)
        self.server.crash()
        self.server.come()
        self.network.run(1)
        self.alice.look()
        self.network.run(20)
        self.alice.look()
        self.network.run(1)
        standing = [(each.epoch, each.number) for each in self.alice.heard if isinstance(each, Announced)]
        self.assertEqual((standing[0], set(standing[1:])), ((1, 1), {(1, 0)}))

    def test_whoAnnouncesSomethingNewToAnotherProcessHearsThatItIsAnother(self) -> None:
        """
        A node that announces something new to a server that started again meanwhile is told first that it was unknown.
        """
        self.announced(self.alice)
        self.server.crash()
        self.server.come()
        self.alice.look()
        self.network.run(20)
        self.alice.look()
        self.network.run(1)
        self.alice.heard.clear()  # all of that was lost
        self.alice.announce(2, local=("192.168.7.7:1",))
        self.network.run(1)
        self.assertEqual([each.number for each in self.alice.heard if isinstance(each, Announced)], [0, 2])

    def test_changesOfThoseThatWereFoundAreTold(self) -> None:
        """
        When a member that was found changes, goes or comes, the node is told at once; of others it is not.
        """
        self.announced(self.bob, self.carol)
        self.ask((BY_NAME, b"node-2"))
        self.bob.announce(2, local=("192.168.7.7:1",))
        self.carol.announce(2, local=("192.168.7.8:1",))
        self.network.run(0.1)
        self.assertEqual(self.alice.told(), ["node-2"])
        self.server.sessions.lapse(self.bob.person.key.identity)
        self.network.run(2 * PUSH_INTERVAL)
        self.bob.announce(1, epoch=2)
        self.network.run(2 * PUSH_INTERVAL)
        self.assertEqual(self.alice.told(), ["node-2"] * 3)
        self.assertEqual([bool(each.endpoints) for each in self.alice.records(0)], [True, False, True])
        self.assertTrue(all(each.last for each in self.alice.found(0)))

    def test_whoIsAwaitedIsToldWhenItComes(self) -> None:
        """
        A node that looked for what nobody had then is told once of whoever comes with it, whatever it looked by, and of
        nobody else; when it left meanwhile it is not.
        """
        self.announced(self.carol)
        gone = self.seeker(9)
        gone.look((BY_NAME, b"node-2"))
        self.assertEqual(self.ask((BY_NAME, b"node-2"), (BY_MAC, macOf(2)), (BY_MAC, macOf(4))), ([], [0, 1, 2]))
        self.server.sessions.lapse(gone.person.key.identity)
        self.announced(self.bob, self.seeker(3))
        self.network.run(2 * PUSH_INTERVAL)
        self.assertEqual((self.alice.told(), gone.told()), (["node-2"], []))
        self.announced(self.seeker(4))
        self.network.run(2 * PUSH_INTERVAL)
        self.assertEqual(self.alice.told(), ["node-2", "node-4"])

    def test_manyChangesAreToldTogether(self) -> None:
        """
        The first change is told at once, and those that come meanwhile together.
        """
        others = [self.seeker(number) for number in range(10, 26)]
        self.announced(*others)
        self.ask(*((BY_NAME, b"node-%d" % number) for number in range(10, 26)))
        for _ in range(3):
            for each in others:
                each.announce(2, epoch=each.person.number)
                self.network.run(0.01)
        self.network.run(2 * PUSH_INTERVAL)
        self.assertEqual(set(self.alice.told()), {f"node-{number}" for number in range(10, 26)})
        self.assertLessEqual(len(self.alice.told()), 2 * len(others))

    def test_anotherClaimantIsTold(self) -> None:
        """
        When somebody else claims what a member claims that was found, the node is told of it, and then of its changes.
        """
        self.announced(self.bob)
        self.ask((BY_NAME, b"node-2"))
        rival = self.seeker(9, [macOf(2)], BEGIN - 5)
        self.announced(rival)
        self.assertEqual(self.alice.told(), ["node-9"])
        rival.announce(2, local=("192.168.7.7:1",))
        self.network.run(1)
        self.assertEqual(self.alice.told(), ["node-9"] * 2)

    def test_whoComesNextIsTold(self) -> None:
        """
        A node that asked who comes next after it is told of whoever comes in between later, and of nobody else.
        """
        order = sorted(map(self.seeker, range(10, 20)), key=lambda each: each.person.key.identity)
        own = self.alice.person.key.identity
        names = [each.person.certificate.name for each in order]
        beyond = sum(each.person.key.identity < own for each in order) % len(order)
        after = [*names[beyond:], *names[:beyond]]
        self.announced(self.alice, *(each for each in order if each.person.certificate.name not in after[:3]))
        self.assertEqual(self.ask((AFTER, own)), ([after[3]], []))
        by = {each.person.certificate.name: each for each in order}
        for name, told in ((after[1], [after[1]]), (after[2], [after[1]]), (after[0], [after[1], after[0]])):
            self.announced(by[name])
            self.assertEqual(self.alice.told(), told)

    def relay(self, number: int, since: int = BEGIN) -> Seeker:
        return Seeker(self.network.person(number, relay=True, since=since), self.server)

    def relaysAfter(self, seeker: Seeker, identity: bytes = bytes(32)) -> list[str]:
        """
        All relays that a member is told of, page by page, each of one message.
        """
        names = list[str]()
        while True:
            number = seeker.look((RELAYS, identity))
            self.network.run(0.1)
            [found] = seeker.found(number)
            self.assertTrue(found.last)
            records = seeker.records(number)
            if found.absent:
                return names
            names += map(nameIn, records)
            identity = max(identityIn(each) for each in records)

    def test_relaysAreTold(self) -> None:
        """
        Who asks for the members with the relay right is told of them in the order of their identities, a few at a time,
        and of every one that gains the right or loses it later; but not of what else changes about one.
        """
        relays = [self.relay(number) for number in range(10, 18)]
        self.announced(self.bob, *relays[:6])
        order = sorted(relays[:6], key=lambda each: each.person.key.identity)
        self.assertEqual(self.relaysAfter(self.alice), [each.person.certificate.name for each in order])
        self.assertEqual(self.ask((RELAYS, b"\xff" * 32)), ([], [0]))
        self.announced(self.carol, *relays[6:])
        self.assertEqual(sorted(self.alice.told()), ["node-16", "node-17"])
        relays[0].announce(2, local=("192.168.7.7:1",))
        self.server.sessions.lapse(relays[1].person.key.identity)
        self.network.run(1)
        self.assertEqual(len(self.alice.told()), 2)
        later = BEGIN + 5
        Seeker(self.network.person(12, relay=False, issued=later), self.server).announce(2, epoch=2)
        Seeker(self.network.person(2, relay=True, issued=later), self.server).announce(2, epoch=2)
        self.network.run(1)
        self.assertEqual(sorted(self.alice.told()[2:]), ["node-12", "node-2"])

    def test_aRelayThatChangesAgainIsTold(self) -> None:
        """
        Who gains the right and changes again, before nodes are told and while the store is slow, is told when that is
        stored.
        """
        self.announced(self.bob)
        self.relaysAfter(self.alice)
        first, second = self.relay(10), self.relay(11)
        first.announce()
        self.network.run(0.1)
        second.announce()
        self.network.run(0.1)
        self.store.isSlow = True
        second.announce(2, local=("192.168.7.7:1",))
        self.network.run(2)
        self.assertEqual(self.alice.told(), ["node-10"])
        while self.store.waiting:
            self.store.waiting.pop(0).callback(None)
            self.network.run(1)
        self.assertEqual(self.alice.told(), ["node-10", "node-11"])

    def test_everybodyIsToldTheSameRelays(self) -> None:
        """
        Of very many relays those with the lowest identities are told, whether they are online or not, before they came
        or after; so a change of one is told to those who use it alone.
        """
        relays = [self.relay(number, BEGIN - number) for number in range(10, 40)]
        self.patch(relays_module, "RELAYS_MAXIMUM", 20)
        order = [each.person.certificate.name for each in sorted(relays, key=lambda each: each.person.key.identity)]
        self.announced(*relays[:15])
        self.relaysAfter(self.alice)
        for each in relays[:10]:
            self.server.sessions.lapse(each.person.key.identity)
        self.announced(*relays[15:])
        self.network.run(1)
        self.assertEqual(self.relaysAfter(self.bob), order[:20])
        self.announced(*(each for each in map(self.relay, range(40, 60)) if each.person.certificate.name > order[19]))
        self.assertEqual(self.relaysAfter(self.carol), self.relaysAfter(self.bob))

    def test_relaysPushNobodyOut(self) -> None:
        """
        However many relays a node is told of, it is told of what changes about the members that it looked for.
        """
        self.announced(self.alice, self.bob)
        self.server.directory._looking._interests._each = 8
        relays = [self.relay(number) for number in range(10, 30)]
        self.ask((BY_NAME, b"node-2"))
        self.announced(*relays[:10])
        self.assertEqual(len(self.relaysAfter(self.alice)), 10)
        self.bob.announce(2, local=("192.168.1.9:22222",))
        self.network.run(1)
        self.assertEqual(self.alice.told(), ["node-2"])
        self.announced(*relays[10:])
        self.network.run(1)
        self.assertEqual(len(self.alice.told()), 11)
        self.bob.announce(3, local=("192.168.1.8:22222",))
        self.network.run(1)
        self.assertEqual(self.alice.told()[11:], ["node-2"])

    def test_askingForRelaysBringsLittle(self) -> None:
        """
        Whoever asks for relays as often as it may is answered with a message each.
        """
        self.announced(self.bob, *map(self.relay, range(10, 80)))
        before = len(self.bob.heard)
        for _ in range(100):
            self.bob.look((RELAYS, bytes(32)))
        self.network.run(1)
        self.assertEqual(len(self.bob.heard) - before, 100)

    def test_whoLeavesIsNotAnsweredAnyMore(self) -> None:
        """
        A node that follows the log while questions of it wait for their turn is told of nothing twice.
        """
        self.announced(self.alice, self.bob)
        self.patch(turns, "RATE", 1000.0)
        for _ in range(3):
            self.alice.look((BY_NAME, b"node-2"))
        self.alice.say(Ask(1, b"", 0, 0, 16))
        self.network.run(10)
        self.bob.announce(2, local=("192.168.1.9:22222",))
        self.network.run(5)
        self.assertEqual(self.alice.told(), [])

    def test_littleIsAwaited(self) -> None:
        """
        Of all that nobody had the last things are awaited.
        """
        for number in range(100, 101 + AWAITED_MAXIMUM):
            self.alice.look((BY_MAC, macOf(number)))
        self.network.run(1)
        self.announced(self.seeker(100), self.seeker(101))
        self.network.run(1)
        self.assertEqual(self.alice.told(), ["node-101"])

    def test_withTheSessionAllIsForgotten(self) -> None:
        """
        A node whose session ended is told nothing any more; a new one begins without interests.
        """
        self.announced(self.bob)
        self.ask((BY_NAME, b"node-2"))
        self.server.sessions.lapse(self.alice.person.key.identity)
        self.network.run(1)
        self.bob.announce(2, local=("192.168.7.7:1",))
        self.network.run(1)
        self.assertEqual(self.alice.told(), [])

    def test_theLastOnesAreWatched(self) -> None:
        """
        Of very many members that a node was told of, the last ones are watched.
        """
        others = [self.seeker(number) for number in range(10, 11 + INTERESTS_MAXIMUM)]
        self.announced(*others)
        for each in others:
            self.alice.look((BY_IDENTITY, each.person.key.identity))
            self.network.run(0.1)
        others[0].announce(2, local=("192.168.7.7:1",))
        others[1].announce(2, local=("192.168.7.7:1",))
        self.network.run(1)
        self.assertEqual(self.alice.told(), ["node-11"])

    def test_nobodyIsToldWhatIsNotStored(self) -> None:
        """
        What the store does not have yet is told when it has it, whether it was asked for before or not.
        """
        self.announced(self.bob)
        self.ask((BY_NAME, b"node-2"))
        self.store.isSlow = True
        self.bob.announce(2, local=("192.168.7.7:1",))
        self.carol.announce()
        number = self.alice.look((BY_NAME, b"node-3"))
        self.network.run(1)
        self.assertEqual((self.alice.told(), self.alice.found(number)), ([], []))
        while self.store.waiting:
            self.store.waiting.pop(0).callback(None)
            self.network.run(1)
        self.assertEqual(self.alice.told(), ["node-2"])
        self.assertEqual([nameIn(each) for each in self.alice.records(number)], ["node-3"])

    def test_whoAsksForTooMuchIsLeftAlone(self) -> None:
        """
        A node that looks for more than it may is not answered; nor does that disturb others.
        """
        self.announced(self.bob)
        keys = [(BY_NAME, b"n%d" % number) for number in range(KEYS_MAXIMUM)]
        for _ in range(int(KEYS_BURST) // KEYS_MAXIMUM + 10):
            self.alice.look(*keys)
        self.network.run(0.1)
        self.assertGreaterEqual(self.count("drop-directory-look"), 9)
        self.carol.look((BY_NAME, b"node-2"))
        self.network.run(0.1)
        self.assertEqual(len(self.carol.records(1)), 1)
        self.network.run(KEYS_MAXIMUM / KEYS_RATE)
        self.assertEqual(self.ask(*keys)[1], list(range(KEYS_MAXIMUM)))

    def test_aNodeThatSaysNothingElseFindsEverybodyAfterARestart(self) -> None:
        """
        After a restart those who were there are found, though nobody announced anything yet.
        """
        self.announced(self.bob)
        self.server.go()
        self.network.run(1)
        self.server.come()
        self.alice = self.seeker(1)
        self.assertEqual(self.ask((BY_MAC, macOf(2)), (AFTER, bytes(32))), (["node-2"], []))

    def test_itLeavesNoTimerBehind(self) -> None:
        """
        After the end nothing is due.
        """
        self.announced(self.bob)
        self.ask((BY_NAME, b"node-2"))
        self.bob.announce(2, local=("192.168.7.7:1",))
        self.network.run(0.05)
        self.server.go()
        self.assertEqual(self.network.clock.getDelayedCalls(), [])


class LookingSettingsTests(LookingCase):
    """
    What the operator decides.
    """

    settings = DirectorySettings(members=300, groups=False)

    def test_whatTheNetworkIsLikeIsTold(self) -> None:
        """
        A member is told how many there are, and whether the network wants frames to groups.
        """
        self.announced(self.bob, self.carol)
        standing = [each for each in self.carol.heard if isinstance(each, Announced)][-1]
        self.assertEqual((standing.members, standing.groups), (2, False))

    def test_thatThereAreTooManyIsSaid(self) -> None:
        """
        A member beyond the limit is not listed, and the operator is told what to do.
        """
        self.announced(*map(self.seeker, range(10, 311)))
        self.assertEqual(len(self.server.directory), 300)
        self.assertEqual(self.count("drop-directory-full"), 1)
        self.assertIn("setting members", " ".join(note.text for note in self.server.context.notes))


KINDS = st.sampled_from([BY_IDENTITY, BY_MAC, BY_ADDRESS, BY_NAME, AFTER, 5, 127])


class LookingProperties(SynchronousTestCase):
    """
    Whatever is asked.
    """

    @settings(deadline=None, max_examples=25)
    @given(st.lists(st.lists(st.tuples(KINDS, st.binary(max_size=32)), max_size=KEYS_MAXIMUM), max_size=5))
    def test_anythingIsAnsweredAndNothingIsRaised(self, questions: list[list[tuple[int, bytes]]]) -> None:
        """
        Every question with keys gets an answer that says of each key who has it or that nobody does.
        """
        network = SimulatedNetwork.begun()
        server = SimulatedServer(network.person(0, server=True), MemoryRecords())
        server.come()
        alice, bob = (Seeker(network.person(number), server) for number in (1, 2))
        bob.announce()
        network.run(1)
        for keys in questions:
            number = alice.look(*keys)
            network.run(0.1)
            found = alice.found(number)
            self.assertEqual(sum(each.last for each in found), bool(keys))
            if keys:
                self.assertTrue(found[-1].last)
                absent = {place for each in found for place in each.absent}
                self.assertEqual(absent, {at for at, (kind, _) in enumerate(keys) if kind != AFTER})
        server.go()
