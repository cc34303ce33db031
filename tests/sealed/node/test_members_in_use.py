"""
Tests for members that are forgotten because nobody uses them.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from simulated.members import Person, SimulatedMember, SimulatedNetwork, macOf
from twisted.trial.unittest import SynchronousTestCase

from wand.interfaces.search import Question
from wand.interfaces.sessions import GOSSIP
from wand.sealed.credentials.identity import Identity
from wand.sealed.node.member_entries import OFFLINE_LIFETIME
from wand.sealed.node.member_search import GATHERED
from wand.sealed.node.members_in_use import LOOK_INTERVAL, UNUSED_LIFETIME, MembersInUse
from wand.sealed.node.met_members import THINGS_MAXIMUM


class Sessions:
    """
    As much of sessions as is looked at.

    @ivar up: with whom there is one.
    @ivar ended: which were ended.
    """

    def __init__(self) -> None:
        self.up: set[bytes] = set()
        self.wanted: set[bytes] = set()
        self.ended: list[bytes] = []
        self.session: Any = None
        self.want: Any = None

    def onSession(self, reader: Any) -> None:
        self.session = reader

    def onWanted(self, reader: Any) -> None:
        self.want = reader

    def isUp(self, peer: bytes) -> bool:
        return peer in self.up

    def isWanted(self, peer: bytes) -> bool:
        return peer in self.wanted

    def end(self, peer: bytes) -> None:
        self.ended.append(peer)


class Lookout:
    """
    A server that remembers what it was asked.
    """

    def __init__(self) -> None:
        self.asked: list[Question] = []

    def look(self, questions: Sequence[Question]) -> bool:
        self.asked += questions
        return True


class MembersInUseTests(SynchronousTestCase):
    """
    L{MembersInUse}.
    """

    LIMIT = 8

    def setUp(self) -> None:
        self.network = SimulatedNetwork.begun()
        self.server = self.network.person(0, server=True)
        self.node = SimulatedMember(self.network.person(1), [self.server])
        self.node.come()
        self.addCleanup(self.node.go)
        self.lookout = Lookout()
        self.node.search.add(self.lookout)
        self.sessions = Sessions()
        self.sessions.up = {self.server.key.identity}
        self.members = MembersInUse(
            self.node,
            self.node.claims,
            self.node.search,
            self.sessions,
            self.node.context,
            self.LIMIT,  # type: ignore[arg-type]
        )
        self.members.start()
        self.addCleanup(self.members.stop)
        self.tell(self.node.person)
        self.others = [self.network.person(number) for number in range(2, 2 + self.LIMIT)]

    def tell(self, *people: Person) -> None:
        """
        A directory tells of members.
        """
        for person in people:
            self.node.claims.offer(person.signedCertificate, person.claim(), isTold=True)

    def known(self) -> set[int]:
        """
        The numbers of those who are known.
        """
        people = [self.node.person, self.server, *self.others]
        return {each.number for each in people if self.node.claims.announcement(each.key.identity) is not None}

    def test_whoIsNotUsedIsForgotten(self) -> None:
        """
        By the claims, the table and the sessions; not we, nor a server, nor whoever was used meanwhile.
        """
        self.tell(self.server, *self.others)
        self.network.run(LOOK_INTERVAL + UNUSED_LIFETIME / 2)
        self.assertTrue(self.successResultOf(self.node.search.find("mac", macOf(2))))
        self.network.run(UNUSED_LIFETIME / 2 + LOOK_INTERVAL)
        self.assertEqual(self.known(), {0, 1, 2})
        self.assertEqual(set(self.node.table), {macOf(2)})
        self.assertEqual(sorted(self.sessions.ended), sorted(each.key.identity for each in self.others[1:]))
        self.assertEqual(self.node.context.counters["members-forgotten"], len(self.others) - 1)
        self.network.run(UNUSED_LIFETIME + LOOK_INTERVAL)
        self.assertEqual(self.known(), {0, 1})

    def test_whoIsForgottenMayComeAgain(self) -> None:
        """
        It was not expelled: told again, it is known again.
        """
        self.tell(*self.others)
        self.network.run(UNUSED_LIFETIME + 2 * LOOK_INTERVAL)
        self.assertEqual(self.known(), {1})
        self.tell(*self.others)
        self.assertEqual(len(self.node.table), len(self.others))

    def test_whileNoServerIsThere(self) -> None:
        """
        Nobody is forgotten, since nobody could be asked for them again; as soon as one is there, they are.
        """
        self.tell(*self.others)
        self.sessions.up.clear()
        self.network.run(3 * UNUSED_LIFETIME)
        self.assertEqual(self.known(), {1, *range(2, 2 + self.LIMIT)})
        self.sessions.up.add(self.server.key.identity)
        self.network.run(LOOK_INTERVAL)
        self.assertEqual(self.known(), {1})

    def test_relaysAndAdmittersAreKept(self) -> None:
        """
        All have to know the same relays, and somebody renews certificates: they are not forgotten, also to make room;
        unless there are very many, of whom those with the lowest identities are known.
        """
        self.tell(*self.others)
        relay, admitter = self.others[0].key.identity, self.others[1].key.identity
        self.node.claims.relays[relay] = self.node.claims.admitters[admitter] = None
        self.network.run(2 * UNUSED_LIFETIME)
        self.assertEqual(self.known(), {1, 2, 3})
        self.tell(*self.others)
        for person in self.others:
            self.members.used(person.key.identity)
        self.members.used(self.network.person(100).key.identity)
        self.assertLess({1, 2, 3}, self.known())
        self.node.claims.relays.update({Identity(bytes([at]) * 32): None for at in range(255)} | {relay: None})
        self.node.claims.relays[Identity(bytes([255]) * 32)] = None
        self.network.run(2 * UNUSED_LIFETIME)
        self.assertEqual(self.known(), {1, 2, 3})
        self.node.claims.relays.update({Identity(bytes([0, at]) * 16): None for at in range(1, 256)})
        self.network.run(2 * UNUSED_LIFETIME)
        self.assertEqual(self.known(), {1, 3})

    def test_serversAreNotInTheWay(self) -> None:
        """
        That a server does not answer makes it no member in use, which would be forgotten to make room.
        """
        for turn in (0, 1):
            self.sessions.want(self.server.key.identity, turn)
        self.network.run(GATHERED)
        self.assertEqual((len(self.members), self.lookout.asked), (0, []))

    def test_sessionsAreKept(self) -> None:
        """
        Whoever we have a session with is known for as long as that lasts, and then for a while.
        """
        self.tell(*self.others)
        self.sessions.up.add(self.others[0].key.identity)
        self.sessions.wanted = {self.others[1].key.identity}
        self.network.run(3 * UNUSED_LIFETIME)
        self.assertEqual(self.known(), {1, 2, 3})
        self.sessions.up.discard(self.others[0].key.identity)
        self.sessions.session(self.others[0].key.identity, self.others[0].certificate.member, False)
        self.network.run(UNUSED_LIFETIME - LOOK_INTERVAL)
        self.assertIn(2, self.known())
        self.network.run(3 * LOOK_INTERVAL)
        self.assertNotIn(2, self.known())

    def test_whatOtherDirectoriesTell(self) -> None:
        """
        A member that another directory keeps is not forgotten.
        """
        self.tell(*self.others)
        self.node.claims.entries.online(self.others[0].key.identity, GOSSIP)
        self.network.run(2 * UNUSED_LIFETIME)
        self.assertEqual(self.known(), {1, 2})
        self.node.claims.entries.offline(self.others[0].key.identity, GOSSIP)
        self.network.run(2 * UNUSED_LIFETIME)
        self.assertEqual(self.known(), {1})

    def test_theLeastRecentlyUsedGoesFirst(self) -> None:
        """
        Of more than are kept, and not one with whom there is a session.
        """
        self.tell(*self.others)
        for person in self.others:
            self.members.used(person.key.identity)
        self.sessions.up.add(self.others[0].key.identity)
        self.tell(self.network.person(100))
        self.members.used(self.network.person(100).key.identity)
        self.assertEqual(self.known(), {1, 2, *range(4, 2 + self.LIMIT)})
        self.assertEqual(len(self.members), self.LIMIT)

    def test_whereEverybodyIsFollowed(self) -> None:
        """
        There nobody is forgotten.
        """
        self.node.search.remove(self.lookout)
        self.tell(*self.others)
        for person in self.others:
            self.members.used(person.key.identity)
        self.network.run(3 * UNUSED_LIFETIME)
        self.assertEqual((len(self.known()), len(self.members)), (1 + self.LIMIT, 0))

    def test_inUse(self) -> None:
        """
        What is worth asking for again: all others that we know and that were used, the last used at the end.
        """
        self.tell(*self.others)
        for person in self.others[3:1:-1]:
            self.members.used(person.key.identity)
        used = self.others[3].key.identity, self.others[2].key.identity
        self.assertEqual(tuple(self.node.search.inUse()), used)
        self.network.run(2 * LOOK_INTERVAL)
        self.assertEqual(tuple(self.node.search.inUse()), used)

    def test_whoWasNeverUsedGoesFirst(self) -> None:
        """
        To make room; and after a while, like all others.
        """
        self.tell(*self.others)
        self.network.run(LOOK_INTERVAL)
        self.members.used(self.others[0].key.identity)
        self.members.used(self.others[2].key.identity)
        self.assertEqual(self.known(), {*range(1, 2 + self.LIMIT)} - {3})
        self.network.run(2 * UNUSED_LIFETIME)
        self.assertEqual(self.known(), {1})

    def test_anIntroduction(self) -> None:
        """
        Of a member that told us itself who it is, the directory is asked who else claims the same; its entry does not
        stand for ever.
        """
        other = self.others[0]
        self.node.claims.entries.directoryHeard("server")
        self.node.claims.offer(other.signedCertificate, other.claim())
        self.network.run(GATHERED)
        self.assertIn(Question("mac", macOf(2)), self.lookout.asked)
        self.assertLessEqual(len(self.lookout.asked), THINGS_MAXIMUM)
        entry = self.node.context.table.entry(macOf(2))
        assert entry is not None
        self.assertEqual(entry.lifetime, OFFLINE_LIFETIME)
        for epoch in range(2, 200):
            self.node.claims.offer(other.signedCertificate, other.claim(epoch))
            self.network.run(GATHERED)
            for question in self.lookout.asked:
                self.node.search.answered(self.lookout, question, other.key.identity)
        self.assertLessEqual(len(self.lookout.asked), 3 * 3)
        self.network.run(60)
        before = len(self.lookout.asked)
        self.node.search.remove(self.lookout)
        self.node.claims.offer(other.signedCertificate, other.claim(200))
        self.network.run(GATHERED)
        self.assertEqual(len(self.lookout.asked), before)

    def test_aMemberThatDoesNotAnswer(self) -> None:
        """
        Where it is is asked again at the second attempt; and it is in use.
        """
        identity = self.others[0].key.identity
        self.tell(self.others[0])
        self.sessions.want(identity, 0)
        self.network.run(GATHERED)
        self.assertEqual(self.lookout.asked, [])
        for turn in (1, 2, 3):
            self.sessions.want(identity, turn)
        self.network.run(GATHERED)
        self.assertEqual(self.lookout.asked, [Question("identity", identity)])
        self.assertEqual(len(self.members), 1)
