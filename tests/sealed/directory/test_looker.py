"""
Tests for nodes that look for the members that they need.
"""

from __future__ import annotations

import attrs
from msgspec import structs
from simulated.lookable import Listed, LookableServer
from simulated.members import Person, SimulatedMember, SimulatedNetwork, macOf
from twisted.internet.defer import Deferred
from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase

from wand.interfaces.search import Question
from wand.sealed.credentials.signed import signed
from wand.sealed.directory.client import RENEWAL
from wand.sealed.directory.extent import CHANGE_INTERVAL, Extent, WansdSettings
from wand.sealed.directory.keys import keyOf
from wand.sealed.directory.looker import ASKED_MAXIMUM
from wand.sealed.directory.looking_again import AGAIN_INTERVAL, AGAIN_PAUSE, AGAIN_REPEATS
from wand.sealed.directory.messages import AFTER, BY_ADDRESS, BY_IDENTITY, KEYS_MAXIMUM, PAGES_MAXIMUM, RELAYS, Key
from wand.sealed.directory.subscription import HEARTBEAT
from wand.sealed.node.member_entries import OFFLINE_LIFETIME
from wand.sealed.node.member_search import PATIENCE

PARTIAL = WansdSettings(everybodyUpTo=0)


class ExtentTests(SynchronousTestCase):
    """
    L{Extent}.
    """

    def setUp(self) -> None:
        self.clock = Clock()
        self.extent = Extent(500, self.clock)

    def test_hysteresis(self) -> None:
        """
        The way back is further than the way there, so that one member more or less changes nothing.
        """
        changes = []
        for count in (10, 500, 501, 450, 401, 400, 500):
            changes.append((count, self.extent.changes([count]), self.extent.isPartial))
            self.clock.advance(CHANGE_INTERVAL)
        self.assertEqual(
            changes,
            [
                (10, False, False),
                (500, False, False),
                (501, True, True),
                (450, False, True),
                (401, False, True),
                (400, True, False),
                (500, False, False),
            ],
        )

    def test_zero(self) -> None:
        """
        With 0 nobody is followed in any network, from the beginning.
        """
        extent = Extent(0, self.clock)
        self.assertEqual((extent.isPartial, extent.changes([1]), extent.isPartial), (True, False, True))

    def test_theLargestCounts(self) -> None:
        """
        Of several servers that which has most members counts.
        """
        self.assertTrue(self.extent.changes([1, 501]))

    def test_notAgainAtOnce(self) -> None:
        """
        A server that says one thing and the other in turn changes nothing for a minute.
        """
        changes = [self.extent.changes([count]) for count in (501, 1, 501, 1)]
        self.assertEqual((changes, self.extent.isPartial), ([True, False, False, False], True))
        self.clock.advance(CHANGE_INTERVAL)
        self.assertTrue(self.extent.changes([1]))


class KeyTests(SynchronousTestCase):
    """
    L{keyOf}.
    """

    def test_whatNobodyHas(self) -> None:
        """
        What cannot be an address or a name of a member is not asked for.
        """
        for kind, what in (("address", "alice"), ("name", ""), ("name", "a" * 33), ("address", "10.77.0.1/16")):
            self.assertIsNone(keyOf(Question(kind, what)))
        self.assertEqual(keyOf(Question("address", "fd00::1")), Key(BY_ADDRESS, bytes.fromhex("fd" + "00" * 14 + "01")))


class LookerTests(SynchronousTestCase):
    """
    L{wand.sealed.directory.looker.Looker}, as the whole directory of a node uses it.
    """

    def setUp(self) -> None:
        self.network = SimulatedNetwork.begun()
        self.servers = [LookableServer(self.network.person(0, server=True))]
        self.others = [self.network.person(number) for number in range(2, 42)]

    def node(self, settings: WansdSettings = PARTIAL) -> SimulatedMember:
        """
        A node that runs.
        """
        node = SimulatedMember(self.network.person(1), [each.person for each in self.servers], settings=settings)
        for server in self.servers:
            server.has([node.person])
        node.come()
        self.addCleanup(node.go)
        self.network.run(3)
        return node

    def found(self, node: SimulatedMember, kind: str, what: object) -> bool:
        """
        Look for something until there is an answer.
        """
        waiting: Deferred[bool] = node.search.find(kind, what)  # type: ignore[arg-type]
        self.network.run(PATIENCE + 0.1)
        return self.successResultOf(waiting)

    def where(self, node: SimulatedMember, person: Person) -> list[str]:
        """
        Where a node thinks that a member is.
        """
        return [str(each) for each in node.sessions.introduced[person.key.identity][1]]

    def test_nobodyIsFollowed(self) -> None:
        """
        The node announces itself, asks for no page, knows nobody, and shows once a minute that it is there.
        """
        self.servers[0].has(self.others)
        node = self.node()
        self.assertTrue(node.search.isPartial)
        self.network.run(10 * HEARTBEAT)
        self.assertEqual((self.servers[0].asks, node.table, self.servers[0].keys), ([], {}, []))
        self.assertTrue(10 <= len(self.servers[0].looks) <= 16, len(self.servers[0].looks))
        [status] = node.directory.status()  # type: ignore[attr-defined]
        self.assertEqual(status.state, "answered")

    def test_whoIsLookedForIsKnown(self) -> None:
        """
        By whatever it is looked for: then the table has it, and the sessions know where it is.
        """
        self.servers[0].has(self.others)
        node = self.node()
        for person, kind in zip(self.others, ("mac", "address", "name", "identity"), strict=False):
            said = person.certificate
            what = {
                "mac": macOf(person.number),
                "address": said.addresses[0].partition("/")[0],
                "name": said.name,
                "identity": said.identity,
            }[kind]
            self.assertTrue(self.found(node, kind, what), kind)
            self.assertEqual(node.table[macOf(person.number)], said.identity)
            self.assertEqual(self.where(node, person), [f"203.0.1.{person.number + 1}:22222"])
        self.assertEqual(len(node.table), 4)
        self.assertFalse(self.found(node, "name", "nobody"))
        self.assertFalse(self.found(node, "address", "nonsense"))

    def test_manyAtOnce(self) -> None:
        """
        An answer of many messages belongs to one question, however many keys it has; also where some are lost.
        """
        self.servers[0].has(self.others)
        node = self.node()
        self.network.wire.loss = 0.1
        waiting = [node.search.find("mac", macOf(person.number)) for person in self.others]
        self.network.run(PATIENCE)
        answers = [self.successResultOf(each) for each in waiting]
        self.assertGreater(answers.count(True), 30)
        self.network.wire.loss = 0.0

    def test_whoComesNext(self) -> None:
        """
        The ring of identities is walked from one to the next, and past its end; we are not on it.
        """
        self.servers[0].has(self.others[:5])
        self.servers[0].has(self.others[5:6], online=False)
        node, at = self.node(), bytes(32)
        walked = []
        for _ in range(6):
            waiting = node.search.after(at)
            self.network.run(0.2)
            at = self.successResultOf(waiting) or b""
            walked.append(at)
        ring = sorted(person.key.identity for person in self.others[:5])
        self.assertEqual(walked, [*ring, ring[0]])

    def test_changesAreTold(self) -> None:
        """
        A member that was looked for moves, and goes: the node is told, and asks nothing.
        """
        self.servers[0].has(self.others)
        node = self.node()
        self.found(node, "mac", macOf(2))
        before = len(self.servers[0].looks)
        self.servers[0].has(self.others[:2], epoch=2)
        self.network.run(1)
        self.assertEqual(self.where(node, self.others[0]), ["203.0.2.3:22222"])
        self.assertNotIn(macOf(3), node.table)
        self.servers[0].has(self.others[:1], epoch=2, online=False)
        self.network.run(200)
        self.assertEqual(node.table, {})
        self.assertLessEqual(len(self.servers[0].looks) - before, 5)

    def test_aRivalIsTold(self) -> None:
        """
        Somebody who has been a member for longer claims what a member has that was looked for: the winner rule decides.
        """
        elder = self.network.person(77, macs=[macOf(2)], since=self.others[0].certificate.since - 10)
        self.servers[0].has(self.others)
        node = self.node()
        self.found(node, "mac", macOf(2))
        self.servers[0].has([elder])
        self.network.run(1)
        self.assertEqual(node.table[macOf(2)], elder.key.identity)

    def test_aNewSession(self) -> None:
        """
        With a new session, whatever is in use is looked for again, a few at a time, the last used at the end.
        """
        self.servers[0].has(self.others)
        node = self.node()
        used = [person.key.identity for person in self.others]
        node.search.remembered = lambda: used
        before, beforehand = len(self.servers[0].looks), len(self.servers[0].keys)
        node.sessions.lapse(self.servers[0].person.key.identity)
        self.network.run(1 + len(self.others) / KEYS_MAXIMUM * AGAIN_INTERVAL + 1)
        looks = [each for each in self.servers[0].looks[before:] if each.keys]
        self.assertEqual([each.what for each in self.servers[0].keys[beforehand:]][: len(used)], used)
        self.assertLessEqual(max(len(look.keys) for look in looks), KEYS_MAXIMUM)
        self.assertEqual(len(node.table), len(self.others))

    def test_whatIsLostOfThatIsAskedAgain(self) -> None:
        """
        A server that reads its store yet, or answers too much, answers nothing; what was not answered is asked again,
        and what was answered is not.
        """
        server = self.servers[0]
        server.has(self.others)
        node = self.node()
        node.search.remembered = lambda: [person.key.identity for person in self.others[:20]]
        server.isSilent = True
        node.sessions.lapse(server.person.key.identity)
        self.network.run(30)
        server.isSilent = False
        self.network.run(60)
        self.assertEqual(len(node.table), 20)
        before = len(server.keys)
        self.network.run(60)
        self.assertEqual(len(server.keys), before)

    def test_allRelaysAreKnown(self) -> None:
        """
        All members with the relay right are asked for, page by page; what is lost of that is asked again, and when all
        are known nobody is asked.
        """
        server = self.servers[0]
        relays = [self.network.person(number, relay=True) for number in range(50, 90)]
        server.has([*self.others, *relays])
        self.network.wire.loss = 0.2
        node = self.node()
        self.network.run(90)
        self.network.wire.loss = 0.0
        self.network.run(2 * HEARTBEAT)
        self.assertEqual(set(node.claims.relays), {each.key.identity for each in relays})
        before = self.relayQuestions()
        self.network.run(10 * HEARTBEAT)
        self.assertEqual(self.relayQuestions(), before)

    def test_relaysThatAreNotValidHideNoOthers(self) -> None:
        """
        What follows a page of relays whose certificates are not valid is asked for as well.
        """
        valid = [self.network.person(number, relay=True) for number in range(50, 56)]
        stranger = SimulatedNetwork.begun().person(57, relay=True)
        first = min(each.key.identity for each in valid)
        server = self.servers[0]
        server.has(valid)
        for at in (1, 2):
            said = structs.replace(stranger.certificate, identity=bytes([0, at]) + first[2:])
            person = attrs.evolve(stranger, certificate=said, signedCertificate=signed(stranger.key.signing, said))
            server.members[said.identity] = Listed(person, stranger.claim(), (), 1)
        node = self.node()
        self.assertEqual(set(node.claims.relays), {each.key.identity for each in valid})

    def test_aServerWithoutEndOfRelaysKeepsNobodyBusy(self) -> None:
        """
        A server that tells of the same relays again and again, or begins anew all the time, is asked a few times.
        """
        server = self.servers[0]
        server.has([self.network.person(number, relay=True) for number in range(50, 52)])
        self.patch(server, "_found", lambda node, key: list(server.members.values()))
        self.node()
        for number in range(100):
            server.instance = number.to_bytes(8, "big")
            server.tellSize()
            self.network.run(0.03)
        self.assertLessEqual(self.relayQuestions(), 8)

    def relayQuestions(self) -> int:
        return sum(key.kind == RELAYS for look in self.servers[0].looks for key in look.keys)

    def test_whoComesNextIsAskedAgain(self) -> None:
        """
        With a new session a node asks who comes next after it, if it asked that before, until an answer comes: only so
        it is told of whoever is new there.
        """
        server = self.servers[0]
        server.has(self.others[:5])
        node = self.node()
        question = Key(AFTER, node.identity)
        node.sessions.lapse(server.person.key.identity)
        self.network.run(2)
        self.assertNotIn(question, server.keys)
        node.search.after(node.identity)
        self.network.run(2)
        before = server.keys.count(question)
        server.isSilent = True
        node.sessions.lapse(server.person.key.identity)
        self.network.run(10)
        server.isSilent = False
        asked = server.keys.count(question)
        self.assertGreater(asked, before + 1)
        self.network.run(HEARTBEAT)
        again = server.keys.count(question)
        self.assertEqual(again, asked + 1)

    def test_whatIsNeverAnsweredIsAskedAFewTimes(self) -> None:
        """
        A server that answers nothing is asked less and less often, and no more then.
        """
        node = self.node()
        node.search.remembered = lambda: [self.others[0].key.identity]
        self.servers[0].isSilent = True
        node.sessions.lapse(self.servers[0].person.key.identity)
        self.network.run(600)
        self.assertEqual(len(self.servers[0].keys), AGAIN_REPEATS + 1)

    def test_aServerKeepsNobodyBusy(self) -> None:
        """
        However often a server has another log, not everything is looked for each time; at the end it is.
        """
        server = self.servers[0]
        server.has(self.others)
        node = self.node()
        node.search.remembered = lambda: [person.key.identity for person in self.others[:16]]
        for number in range(100):
            server.instance = number.to_bytes(8, "big")
            server.tellSize()
            self.network.run(0.03)
        self.assertLessEqual(len(server.keys), 32)
        server.has(self.others, epoch=2)
        self.network.run(AGAIN_PAUSE + 1)
        self.assertEqual(self.where(node, self.others[0]), ["203.0.2.3:22222"])
        self.assertEqual(len(node.table), 16)

    def test_onceAnHour(self) -> None:
        """
        What is in use is asked for once an hour, since news may have been lost.
        """
        self.servers[0].has(self.others)
        node = self.node()
        self.found(node, "mac", macOf(2))
        node.search.remembered = lambda: [self.others[0].key.identity]
        self.network.wire.loss = 1.0
        self.servers[0].has(self.others[:1], epoch=2)
        self.network.run(1)
        self.network.wire.loss = 0.0
        self.assertEqual(self.where(node, self.others[0]), ["203.0.1.3:22222"])
        self.network.run(RENEWAL)
        self.assertEqual(self.where(node, self.others[0]), ["203.0.2.3:22222"])

    def test_howManyThereAre(self) -> None:
        """
        That is asked for once an hour, too: so a node notices that there are few enough to follow all.
        """
        self.servers[0].has(self.others)
        node = self.node(WansdSettings(everybodyUpTo=20))
        self.assertTrue(node.search.isPartial)
        for person in self.others[10:]:
            del self.servers[0].members[person.key.identity]
        self.network.run(RENEWAL)
        self.assertFalse(node.search.isPartial)
        self.network.run(10)
        self.assertEqual(len(node.table), 10)

    def test_aNewLog(self) -> None:
        """
        A server whose store is gone counts its versions anew: what it says then counts.
        """
        self.servers[0].has(self.others)
        node = self.node()
        self.found(node, "mac", macOf(2))
        self.servers[0].instance = b"another!"
        self.servers[0]._versions = 0
        self.servers[0].has(self.others[:1], epoch=2)
        self.servers[0].tellSize()
        self.network.run(1)
        self.assertEqual(self.where(node, self.others[0]), ["203.0.2.3:22222"])

    def test_theServerForgetsUsWhileOurSessionStands(self) -> None:
        """
        A server that crashes, or drops a session that stands at our end, tells us of no change any more: what is in use
        is looked for again as soon as it says that it has nothing of us.
        """
        self.servers[0].has(self.others)
        node = self.node()
        self.found(node, "mac", macOf(2))
        node.search.remembered = lambda: [self.others[0].key.identity]
        self.servers[0].forgetNodes()
        self.servers[0].has(self.others[:1], epoch=2)
        self.network.run(HEARTBEAT + 5)
        self.assertEqual(self.where(node, self.others[0]), ["203.0.2.3:22222"])
        self.servers[0].has(self.others[:1], epoch=3)
        self.network.run(1)
        self.assertEqual(self.where(node, self.others[0]), ["203.0.3.3:22222"])

    def test_aServerOfWhichNothingElseIsHeardIsHeard(self) -> None:
        """
        While a node looks for nobody, a server that answers counts as heard: its word stands against others.
        """
        self.servers[0].has(self.others)
        node = self.node()
        self.found(node, "mac", macOf(2))
        self.network.run(20 * HEARTBEAT)
        self.assertTrue(node.claims.entries._words.isAnyHeard)
        node.claims.entries.directoryHeard("another")
        node.claims.entries.offline(self.others[0].key.identity, "another")
        self.network.run(2 * OFFLINE_LIFETIME)
        self.assertIn(macOf(2), node.table)

    def test_severalServers(self) -> None:
        """
        Each is asked, the first that has it is enough, and one that is silent does not delay anything for long.
        """
        self.servers.append(LookableServer(self.network.person(1000, server=True)))
        self.servers[1].has(self.others)
        node = self.node()
        waiting = node.search.find("mac", macOf(2))
        self.network.run(0.2)
        self.assertTrue(self.successResultOf(waiting))
        self.servers[1].isSilent = True
        self.assertFalse(self.found(node, "mac", macOf(3)))
        self.servers[1].sessions.leave()
        node.sessions.lapse(self.servers[1].person.key.identity)
        self.servers[0].has(self.others)
        waiting = node.search.find("mac", macOf(4))
        nobody = node.search.find("mac", macOf(4000))
        self.network.run(0.2)
        self.assertTrue(self.successResultOf(waiting))
        self.assertFalse(self.successResultOf(nobody))

    def test_theNetworkGrowsAndShrinks(self) -> None:
        """
        A node that follows the log looks for members once there are too many, and follows it again when there are few.
        Both times it knows what it needs, and what changed meanwhile.
        """
        server = self.servers[0]
        server.has(self.others[:10])
        node = self.node(WansdSettings(everybodyUpTo=20))
        self.assertEqual((node.search.isPartial, len(node.table)), (False, 10))
        node.search.remembered = lambda: [self.others[0].key.identity]
        server.has(self.others)
        server.tellSize()
        self.network.run(5)
        self.assertTrue(node.search.isPartial)
        asks = len(server.asks)
        self.network.run(300)
        self.assertEqual(len(server.asks), asks)
        server.has(self.others, epoch=3)
        self.network.run(1)
        self.assertEqual(self.where(node, self.others[0]), ["203.0.3.3:22222"])
        self.assertEqual(self.where(node, self.others[5]), ["203.0.1.8:22222"])
        for person in self.others[12:]:
            del server.members[person.key.identity]
        server.tellSize()
        self.network.run(30)
        self.assertFalse(node.search.isPartial)
        self.assertEqual(self.where(node, self.others[5]), ["203.0.3.8:22222"])
        self.assertEqual(set(node.table), {macOf(person.number) for person in self.others[:12]})

    def test_allLogsAreReadQuickly(self) -> None:
        """
        A node that follows the logs again reads each as fast as it may, for all servers said how large they are.
        """
        self.servers.append(LookableServer(self.network.person(1000, server=True)))
        for server in self.servers:
            server.has(self.others)
        node = self.node(WansdSettings(everybodyUpTo=20))
        for server in self.servers:
            server.asks.clear()
            for person in self.others[10:]:
                del server.members[person.key.identity]
        self.network.run(2 * HEARTBEAT)
        self.assertFalse(node.search.isPartial)
        for server in self.servers:
            self.assertEqual({each.count for each in server.asks}, {PAGES_MAXIMUM})

    def test_itGrowsUnderOurEyes(self) -> None:
        """
        A node that reads of more and more members need not be told that there are many.
        """
        self.servers[0].size = 1
        self.network.clock.callLater(0.1, setattr, self.servers[0], "size", None)
        self.servers[0].has(self.others)
        node = self.node(WansdSettings(everybodyUpTo=20))
        self.network.run(5)
        self.assertTrue(node.search.isPartial)

    def test_aLargeNetworkIsNotReadFirst(self) -> None:
        """
        Before a server says how large the network is, one page is asked for at most.
        """
        self.servers[0].has(self.others)
        node = self.node(WansdSettings(everybodyUpTo=20))
        self.assertEqual([each.count for each in self.servers[0].asks], [1])
        self.assertLessEqual(len(node.table), 2)

    def test_questionsWithoutAnswersAreForgotten(self) -> None:
        """
        However many stay unanswered.
        """
        node = self.node()
        self.servers[0].isSilent = True
        for number in range(2 * ASKED_MAXIMUM):
            node.search.after(number.to_bytes(32, "big"))
            self.network.run(0.01)
        looker = node.directory._subscriptions[self.servers[0].person.key.identity][0].reader  # type: ignore[attr-defined]
        self.assertLessEqual(len(looker._asked), ASKED_MAXIMUM)
        self.assertIn(AFTER, {key.kind for key in self.servers[0].keys})
        self.assertNotIn(BY_IDENTITY, {key.kind for key in self.servers[0].keys})
