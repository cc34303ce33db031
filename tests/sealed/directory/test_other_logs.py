"""
Tests for L{wand.sealed.directory.other_logs}: two servers that share a store list what each of them hears.
"""

from __future__ import annotations

from simulated.members import SimulatedMember, SimulatedNetwork, SimulatedServer
from twisted.trial.unittest import SynchronousTestCase

from wand.sealed.directory.presence import ELSEWHERE_SILENCE, SILENCE
from wand.sealed.directory.stored_log import DIRECTORY_KIND, HEARD_STORED_WITHIN, StoredEntry, entryDecoded
from wand.testing.shared_store import SharedStore


class OtherLogsTests(SynchronousTestCase):
    """
    Two servers and a node.
    """

    def setUp(self) -> None:
        self.network = SimulatedNetwork.begun()
        self.people = [self.network.person(number, server=True) for number in (100, 101)]
        self.store = SharedStore()
        self.first, self.second = (SimulatedServer(each, self.store.open()) for each in self.people)
        for server in (self.first, self.second):
            self.come(server)

    def come(self, server: SimulatedServer) -> None:
        server.come()
        for person in self.people:
            if person is not server.person:
                server.directory.followServer(person.key.identity)

    def member(self, *people: object) -> SimulatedMember:
        """
        A node that reaches these servers.
        """
        node = SimulatedMember(self.network.person(1), people)  # type: ignore[arg-type]
        node.come()
        self.network.run(1.0)
        return node

    def stored(self, server: SimulatedServer, node: SimulatedMember) -> StoredEntry:
        kind = DIRECTORY_KIND + server.person.key.identity.text
        entry = entryDecoded(self.store.kinds[kind][node.identity])
        assert entry is not None
        return entry

    def lists(self, server: SimulatedServer) -> bool:
        return any("offline" not in each.peer for each in server.directory.entries(None, 9))

    def crash(self, server: SimulatedServer) -> None:
        """
        The server ends without another word in the store.
        """
        self.store.opened[self.people.index(server.person)].cut()
        server.go()

    def test_aMemberAtBoth(self) -> None:
        """
        A member that both servers hear is heard firsthand by both, whichever heard it before.
        """
        node = self.member(*self.people)
        self.assertEqual([self.stored(each, node).isFirsthand for each in (self.first, self.second)], [True, True])

    def test_theFirstLosesIt(self) -> None:
        """
        A server that does not hear a member any more still lists it if the other hears it.
        """
        self.first.sessions.lapse(self.member(*self.people).identity)
        self.assertTrue(self.lists(self.first))

    def test_theSecondLosesIt(self) -> None:
        """
        It is the same with the servers the other way round.
        """
        self.second.sessions.lapse(self.member(*self.people).identity)
        self.assertTrue(self.lists(self.second))

    def test_aServerThatIsGone(self) -> None:
        """
        What a server that crashed heard counts until it would have written again, also for one that starts meanwhile,
        and no longer.
        """
        self.member(self.people[0]).go()
        self.crash(self.first)
        self.network.run(ELSEWHERE_SILENCE - 60.0)
        self.assertTrue(self.lists(self.second))
        self.second.go()
        self.come(self.second)
        self.network.run(30.0)
        self.assertTrue(self.lists(self.second))
        self.network.run(SILENCE)
        self.assertFalse(self.lists(self.second))

    def test_aLogOfLongAgo(self) -> None:
        """
        A server that starts long after another crashed does not take for online who was then.
        """
        self.member(self.people[0]).go()
        self.crash(self.first)
        self.second.go()
        self.network.run(ELSEWHERE_SILENCE)
        self.store.kinds[DIRECTORY_KIND + self.people[1].key.identity.text].clear()
        self.come(self.second)
        self.network.run(1.0)
        self.assertEqual(len(self.second.directory), 1)
        self.assertFalse(self.lists(self.second))

    def test_aClockThatIsWrong(self) -> None:
        """
        A server whose clock is hours ahead of, or behind, another's lists whom that one hears as soon as it knows how
        the two differ, and not those whom it heard long ago.
        """
        for wrong in (7200.0, -7200.0):
            node = self.member(self.people[0])
            self.second.go()
            self.second.wallClock.ahead = wrong
            self.store.kinds[DIRECTORY_KIND + self.people[1].key.identity.text].clear()
            self.come(self.second)
            self.second.directory.compareClock(self.people[0].key.identity, -wrong)
            self.network.run(1.0)
            self.assertTrue(self.lists(self.second))
            node.go()
            self.crash(self.first)
            self.network.run(ELSEWHERE_SILENCE + 1.0)
            self.assertFalse(self.lists(self.second))
            self.second.go()
            self.store.kinds[DIRECTORY_KIND + self.people[1].key.identity.text].clear()
            self.come(self.second)
            self.second.directory.compareClock(self.people[0].key.identity, -wrong)
            self.network.run(1.0)
            self.assertFalse(self.lists(self.second))
            self.setUp()

    def test_aServerThatWasRevoked(self) -> None:
        """
        What a server that was revoked writes on counts for nothing.
        """
        self.second.directory.forget(self.people[0].key.identity)
        self.member(self.people[0])
        self.network.run(HEARD_STORED_WITHIN)
        self.assertEqual(len(self.second.directory), 0)
