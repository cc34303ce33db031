"""
Tests for the choice of ways: L{wand.sealed.sessions.choice}, L{wand.sealed.sessions.wayfinding} and
L{wand.sealed.sessions.vigil}, between two members with several ways.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import inf

from simulated.sealed import SealedNetwork, SealedNode
from twisted.trial.unittest import SynchronousTestCase

from wand.endpoint import NODE_PORT, Endpoint
from wand.errors import NoAnswer
from wand.ethernet import Frame
from wand.interfaces.sessions import CALL, DIRECTORY, LAN, RELAY
from wand.sealed.sessions.conversation import Conversation
from wand.sealed.sessions.known_ways import KnownWays
from wand.sealed.sessions.packets import DATA, DATA_OVERHEAD, INITIATION
from wand.sealed.sessions.presence import PRESENCE_SIZE
from wand.sealed.sessions.questions import PROBED
from wand.sealed.sessions.recent import KEPT, OCTETS_MAXIMUM, STEP, STEP_COUNT, STEP_OCTETS
from wand.sealed.sessions.timers import IN_USE
from wand.sealed.sessions.vigil import LULL
from wand.sealed.sessions.way import SHUNNED, Way, WayRank, rankOf
from wand.status import WayStatus
from wand.testing.inbox import Datagram
from wand.testing.ports import Port

#: Octets of the datagram of a question, of its answer and of a keepalive.
PRESENCE_DATAGRAM = PRESENCE_SIZE + DATA_OVERHEAD

#: The first half of the place behind the simulated relay.
RELAYED = "relay/0123456789abcdef"

#: Where somebody is who has nothing to do with all this.
VICTIM = "198.51.100.66"


class RelayedPort:
    """
    A relay as a port: what is sent through it arrives at another member some time later, unless the relay is dead.
    """

    wasTooLong = wasRefused = False
    features: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    endpoint = Endpoint(RELAYED, 1)

    def __init__(self, net: SealedNetwork, delay: float) -> None:
        self.far: SealedNode | None = None
        self.isDead = self.isLying = False
        self.sent = 0
        self.others: dict[str, float] = {}
        self._net = net
        self._delay = delay

    def send(self, datagram: Frame, destination: tuple[str, int]) -> bool:
        self.sent += 1
        if destination[0] in self.others:
            assert self.far is not None
            self._net.clock.callLater(self.others[destination[0]], self._arrive, bytes(datagram), destination[0])
            return True
        if self.isLying and len(datagram) != PRESENCE_DATAGRAM and datagram[0] == DATA:
            return True
        if not self.isDead and self.far is not None:
            self._net.clock.callLater(self._delay, self._arrive, bytes(datagram))
        return True

    def sendTrain(self, datagrams: memoryview, size: int, destination: tuple[str, int]) -> bool:
        return all(self.send(datagrams[at : at + size], destination) for at in range(0, len(datagrams), size))

    def sendParts(self, parts: Sequence[Frame], destination: tuple[str, int]) -> bool:
        return self.send(b"".join(parts), destination)

    def answerStranger(self, datagram: bytes, destination: tuple[str, int], taken: float) -> bool:
        return self.send(datagram, destination)

    def answering(self, sender: tuple[str, int]) -> RelayedPort:
        return self

    def towards(self, sender: tuple[str, int]) -> RelayedPort:
        return self

    def close(self) -> None:
        self.isDead = True

    def _arrive(self, datagram: bytes, relay: str = RELAYED) -> None:
        if not self.isDead and self.far is not None:
            self.far.transport.reception.datagramReceived(memoryview(datagram), (relay, 1))
            self.far.transport.reception.batchReceived()


class WaysTestCase(SynchronousTestCase):
    """
    Two members who know where the other is, and a relay between them that is slower than the direct way.
    """

    def setUp(self) -> None:
        self.net = SealedNetwork()
        self.net.underlay.delay = 0.01
        self.low, self.high = self.net.pair()
        self.relays = [RelayedPort(self.net, 0.05), RelayedPort(self.net, 0.05)]
        for node, far, relay in ((self.low, self.high, self.relays[0]), (self.high, self.low, self.relays[1])):
            relay.far = far
            node.transport.ways.add("relay", relay)
            node.transport.introduce(far.key.identity, far.key.exchangePublic, [Endpoint(RELAYED, 1)], RELAY)

    def conversation(self, node: SealedNode) -> Conversation:
        [conversation] = node.transport._conversations.members.values()
        return conversation

    def cut(self) -> Callable[[], None]:
        """
        Nothing goes directly any more.
        """
        return self.net.underlay.drop(lambda each: True)

    def flow(self, seconds: float, *, both: bool = True) -> list[int]:
        """
        A hundred frames a second, answered by as many.

        @return: the numbers of those that arrived at the high one, as they came.
        """
        before = len(self.high.frames)
        for number in range(round(seconds * 100)):
            self.low.send(self.high.peer, self.low.frameTo(self.high, number.to_bytes(4, "big")))
            if both:
                self.high.send(self.low.peer, self.high.frameTo(self.low, number.to_bytes(4, "big")))
            self.net.clock.advance(0.01)
        self.net.clock.pump([0.01] * 20)
        return [int.from_bytes(frame[14:18], "big") for _, frame in self.high.frames[before:]]

    def echoes(self, seconds: float, meanwhile: Callable[[], object] = lambda: None) -> tuple[list[int], list[int]]:
        """
        A hundred frames a second from the low one, each of which the high one answers.

        @param meanwhile: called after each.
        @return: the numbers of those that arrived at the high one, and of the answers that came back, as they came.
        """
        there, back = len(self.high.frames), len(self.low.frames)
        answered = there
        for number in range(round(seconds * 100) + 50):
            if number < seconds * 100:
                self.low.send(self.high.peer, self.low.frameTo(self.high, number.to_bytes(4, "big")))
            self.net.clock.advance(0.01)
            for _, frame in self.high.frames[answered:]:
                self.high.send(self.low.peer, self.high.frameTo(self.low, frame[14:18]))
            answered = len(self.high.frames)
            meanwhile()
        numbers = [
            [int.from_bytes(frame[14:18], "big") for _, frame in node.frames[first:]]
            for node, first in ((self.high, there), (self.low, back))
        ]
        return numbers[0], numbers[1]

    def rank(self, node: SealedNode) -> WayRank:
        way = self.conversation(node).place.way
        assert way is not None
        return way.rank


class RankTests(SynchronousTestCase):
    """
    Which way is better?
    """

    def test_ranks(self) -> None:
        """
        The kind of a place tells, and whether an address is on a link of ours; a private one alone tells nothing.
        """
        for host, rank in (
            ("192.168.1.7", WayRank.LAN),
            ("192.168.2.7", WayRank.IPV4),
            ("fd00::1", WayRank.IPV6),
            ("2001:db8::1", WayRank.IPV6),
            ("100.64.0.1", WayRank.IPV4),
            ("tcp/192.0.2.1", WayRank.STREAM),
            (RELAYED, WayRank.RELAY),
        ):
            self.assertEqual(rankOf(host, "192.168.1.7".__eq__), rank, host)

    def test_sooner(self) -> None:
        """
        Only a clear gain makes a change worthwhile.
        """
        slow, fast = Way(("192.0.2.1", 1), WayRank.IPV4), Way(("192.0.2.2", 1), WayRank.IPV4)
        slow.roundTrip = 0.010
        for seconds, isSooner in ((0.0079, True), (0.0081, False)):
            fast.roundTrip = seconds
            self.assertEqual(fast.isSooner(slow), isSooner)
        slow.roundTrip, fast.roundTrip = 0.002, 0.001
        self.assertFalse(fast.isSooner(slow))


class KnownWaysTests(SynchronousTestCase):
    """
    The ways to one peer.
    """

    def test_aNeighbourNoMore(self) -> None:
        """
        A place at which a neighbour was found has its own rank again when it is none any more, whoever else tells it.
        """
        place = Endpoint("198.51.100.7", 7)
        ways = KnownWays(lambda host: False)
        for source in (DIRECTORY, LAN):
            ways.introduce([place], source)
        way = ways.at(place)
        self.assertEqual(WayRank.LAN, way.rank)
        ways.introduce([], LAN)
        self.assertEqual((WayRank.IPV4, True), (way.rank, way.isTold))

    def test_whatEndedIsForgotten(self) -> None:
        """
        A channel of a relay or a stream that is told no more has ended, and is forgotten though the peer answered
        there; the one in use is remembered, and no longer for proven.  Where the peer answered directly it may be.
        """
        ended, used, direct = Endpoint(RELAYED, 1), Endpoint("tcp/198.51.100.7", 443), Endpoint("198.51.100.7", 7)
        ways = KnownWays(lambda host: False)
        ways.introduce([ended, used, direct], DIRECTORY)
        for place in (ended, used, direct):
            ways.at(place).proven()
        ways.at(used).usedSince = 0.0
        ways.introduce([], DIRECTORY)
        self.assertIsNone(ways.get(ended))
        self.assertFalse(ways.at(used).isProven)
        self.assertTrue(ways.at(direct).isProven)

    def test_aChannelThatEndedWhileInUse(self) -> None:
        """
        A channel that its relay ended while it was used is forgotten once another way is; a stream is remembered.
        """
        channel, stream = Endpoint(RELAYED, 1), Endpoint("tcp/198.51.100.7", 443)
        ways = KnownWays(lambda host: False)
        ways.introduce([channel, stream], DIRECTORY)
        used = [ways.at(channel), ways.at(stream)]
        for way in used:
            way.usedSince = 0.0
        ways.introduce([], DIRECTORY)
        for way in used:
            way.usedSince = None
            ways.left(way)
        self.assertEqual([way.place for way in ways], [stream])
        told = ways.introduce([channel], DIRECTORY)
        ways.left(told[0])
        self.assertIsNotNone(ways.get(channel))


class ChangeTests(WaysTestCase):
    """
    From one way to another, while frames flow.
    """

    def test_fromRelayToDirect(self) -> None:
        """
        While nothing goes directly, frames go over the relay; as soon as something does, directly: none is lost, and
        each comes once.
        """
        undo = self.cut()
        self.assertEqual(sorted(self.flow(2.0)), list(range(200)))
        self.assertEqual((self.rank(self.low), self.rank(self.high)), (WayRank.RELAY, WayRank.RELAY))
        self.net.clock.callLater(3.0, undo)
        for node in (self.low, self.high):
            self.net.clock.callLater(3.1, node.transport.sessions.seek, self.other(node).peer)
        self.assertEqual(sorted(self.flow(10.0)), list(range(1000)))
        self.assertEqual((self.rank(self.low), self.rank(self.high)), (WayRank.IPV4, WayRank.IPV4))
        before = self.relays[0].sent
        self.flow(1.0)
        self.assertEqual(self.relays[0].sent, before)

    def other(self, node: SealedNode) -> SealedNode:
        return self.high if node is self.low else self.low

    def test_theRelayTakesOver(self) -> None:
        """
        When the direct way dies, frames go over the relay as soon as it answers what was asked after a second, those
        first that were lost; and directly again when that works.
        """
        self.flow(1.0)
        self.assertEqual(self.rank(self.low), WayRank.IPV4)
        undo = self.cut()
        self.assertEqual(self.flow(1.0), list(range(100)))
        self.assertEqual(self.rank(self.low), WayRank.RELAY)
        undo()
        self.flow(35.0)
        self.assertEqual((self.rank(self.low), self.rank(self.high)), (WayRank.IPV4, WayRank.IPV4))

    def test_whenOurSystemRefuses(self) -> None:
        """
        When our own system lets nothing out any more, another way is taken within a second, whatever still comes in:
        it is no answer.
        """
        self.flow(3.0)
        port = self.low.transport.ways.portFor(self.high.endpoint)
        assert isinstance(port, Port)
        port.isBlocked = True
        before = len(self.high.frames)
        for _ in range(120):
            self.conversation(self.high).keepalive()  # which owes nothing to anybody
            self.low.transport.sendControl(self.high.peer, b"\x91\x7f")
            self.net.clock.advance(0.01)
        self.low.send(self.high.peer, self.low.frameTo(self.high))
        self.net.clock.pump([0.01] * 20)
        self.assertEqual(len(self.high.frames) - before, 1)

    def test_aDeadWayIsGivenUp(self) -> None:
        """
        A way that another one replaced because it did not answer is not proven any more, and not the next to be taken.
        """
        self.flow(1.0)
        self.cut()
        self.flow(2.0)
        choice, place = self.conversation(self.low).wayfinding.choice, self.conversation(self.low).place
        direct = place.ways.get(self.high.endpoint)
        assert direct is not None
        self.assertEqual((self.rank(self.low), direct.isProven), (WayRank.RELAY, False))
        self.assertGreater(direct.gaveUpAt, -inf)
        self.assertIsNone(choice.another())

    def test_aChannelThatEndedIsNotTaken(self) -> None:
        """
        A channel that answered once and has ended, as when the relay was started again, is not the next to be taken.
        """
        undo = self.cut()
        self.flow(2.0)
        undo()
        self.flow(35.0)
        choice = self.conversation(self.low).wayfinding.choice
        self.assertEqual((self.rank(self.low), choice.another() is None), (WayRank.IPV4, False))
        self.low.transport.introduce(self.high.key.identity, self.high.key.exchangePublic, [], RELAY)
        self.assertIsNone(choice.another())

    def test_theReasonStays(self) -> None:
        """
        When the way in use is taken once more, nothing changed, and the reason is that of the change.
        """
        self.flow(1.0)
        conversation = self.conversation(self.low)
        way = conversation.place.way
        assert way is not None
        before = way.why
        conversation.wayfinding.choice.take(way, "something else", conversation.place.endpoint)
        self.assertEqual(way.why, before)

    def test_otherLinks(self) -> None:
        """
        Which addresses are on our links changes when this host moves.
        """
        self.flow(1.0)
        self.low.transport.ways.isNear = lambda host: host == self.high.host
        self.low.transport.moved()
        self.flow(1.0)
        self.assertEqual((self.rank(self.low), self.rank(self.high)), (WayRank.LAN, WayRank.IPV4))

    def test_linksKnownLate(self) -> None:
        """
        What was told before our links were known has the right rank once there is a session.
        """
        self.low.transport.ways.isNear = lambda host: host == self.high.host
        self.flow(1.0)
        self.assertEqual((self.rank(self.low), self.rank(self.high)), (WayRank.LAN, WayRank.IPV4))

    def test_otherLinksWithoutUse(self) -> None:
        """
        The same holds where a session is there and nobody uses it.
        """
        self.flow(1.0)
        self.net.run(IN_USE + 1.0)
        self.low.transport.ways.isNear = lambda host: host == self.high.host
        self.low.transport.moved()
        self.net.run(1.0)
        self.assertTrue(self.conversation(self.low).session)
        self.assertEqual(self.rank(self.low), WayRank.LAN)

    def test_aSlowRelayTakesOver(self) -> None:
        """
        A relay that takes long to answer is used once the direct way is given up, without an answer.
        """
        self.flow(1.0)
        for relay in self.relays:
            relay._delay = 0.4
        self.cut()
        arrived = self.flow(5.0)
        self.assertEqual(arrived, list(range(len(arrived))))
        self.assertGreaterEqual(len(arrived), 480)

    def test_theRelayDiesAndDirectIsThere(self) -> None:
        """
        A relay that dies is replaced by the direct way at once, if that was proven; and nobody goes to a relay while a
        direct way answers.
        """
        self.flow(1.0)
        for relay in self.relays:
            relay.isDead = True
        self.assertEqual(self.flow(3.0), list(range(300)))

    def test_readersAndEvents(self) -> None:
        """
        Who wants to know is told of each change, and why.
        """
        told: list[tuple[tuple[str, int], str]] = []
        self.low.transport.sessions.onWay(lambda peer, member, place, reason: told.append((place, reason)))
        self.flow(1.0)
        self.cut()
        self.flow(4.0)
        self.assertEqual(told[-1][0], (RELAYED, 1))
        self.assertIn("no answer", told[-1][1])

    def test_thePathIsRemembered(self) -> None:
        """
        Who comes back to a way need not find out again how big datagrams may be on it.
        """
        self.flow(1.0)
        conversation = self.conversation(self.low)
        conversation.path._take(5)
        relay = conversation.place.ways.at((RELAYED, 1))
        direct = conversation.place.way
        assert direct is not None
        conversation.wayfinding.choice.take(relay, "test")
        self.assertEqual(conversation.path.step, 1)
        conversation.wayfinding.choice.take(direct, "test")
        self.assertEqual(conversation.path.step, 5)


class AgainTests(WaysTestCase):
    """
    What went into a way that is dead goes once more, over the next one.
    """

    def test_noEchoIsLost(self) -> None:
        """
        From the relay to the direct way and back: each echo of a thousand comes back, once.
        """
        undo = self.cut()
        self.assertEqual(len(self.flow(2.0)), 200)
        undo()
        for node, far in ((self.low, self.high), (self.high, self.low)):
            node.transport.sessions.seek(far.peer)
        there, back = self.echoes(5.0)
        self.assertEqual((sorted(there), sorted(back)), (list(range(500)),) * 2)
        self.assertEqual(self.rank(self.low), WayRank.IPV4)
        self.cut()
        there, back = self.echoes(5.0)
        self.assertEqual((sorted(there), sorted(back)), (list(range(500)),) * 2)
        self.assertEqual((self.rank(self.low), self.rank(self.high)), (WayRank.RELAY, WayRank.RELAY))
        self.assertGreater(self.low.transport._counters["sealed-repeated"], 50)

    def test_bothChangeTogether(self) -> None:
        """
        When only the one that sends sees that the way is dead, the other one follows it over the relay a moment later.
        """
        self.flow(1.0)
        self.net.run(3.0)
        self.cut()
        moments: dict[str, float] = {}

        def note() -> None:
            for name, node in (("low", self.low), ("high", self.high)):
                if self.rank(node) is WayRank.RELAY:
                    moments.setdefault(name, self.net.clock.seconds())

        there, back = self.echoes(3.0, note)
        self.assertEqual((sorted(there), sorted(back)), (list(range(300)),) * 2)
        self.assertLess(moments["high"] - moments["low"], 0.5)

    def test_aKeyChangeMeanwhile(self) -> None:
        """
        What was sealed in the session before is taken, too.
        """
        self.flow(1.0)
        undo = self.cut()
        self.flow(0.5)
        for relay in self.relays:
            relay._delay = 0.001
        before = self.low.transport._counters["sealed-sessions"]
        seen = len(self.high.frames)
        self.conversation(self.low).renew()
        self.flow(3.0)
        undo()
        self.assertGreater(self.low.transport._counters["sealed-sessions"], before)
        arrived = [int.from_bytes(frame[14:18], "big") for _, frame in self.high.frames[seen:]]
        self.assertEqual(sorted(arrived), sorted([*range(50), *range(300)]))

    def test_trainsOfSmallFrames(self) -> None:
        """
        Short frames that left together go again; long ones do not, for they are TCP's.
        """
        self.flow(1.0)
        self.cut()
        before = len(self.high.frames)
        for size in (100, 570):
            frames = [self.low.frameTo(self.high, bytes([size % 256, number]) + bytes(size)) for number in range(5)]
            for frame in frames:
                self.low.transport.send(self.high.peer, frame)
            self.low.transport.flush()
        self.flow(2.0)
        arrived = [frame[14:16] for _, frame in self.high.frames[before:] if len(frame) > 100]
        self.assertEqual(arrived, [bytes([100, number]) for number in range(5)])

    def test_nothingIsKeptForLong(self) -> None:
        """
        However much is sent, what is kept is bounded, and some seconds later it is nothing.
        """
        recent = self.conversation(self.low).recent
        self.flow(1.0)
        for _ in range(20):
            for number in range(1000):
                self.low.transport.send(self.high.peer, self.low.frameTo(self.high, bytes(100 + number % 1000)))
            self.low.transport.flush()
            self.net.clock.advance(0.1)
        self.assertLess(sum(len(each) for each, _ in recent.sent()), OCTETS_MAXIMUM + STEP_COUNT * 1500 + STEP_OCTETS)
        self.net.run(2 * LULL + KEPT + 2 * STEP, 0.05)
        self.assertEqual((list(recent.sent()), recent.due), ([], inf))

    def test_aBetterWayRepeatsNothing(self) -> None:
        """
        Where nothing is lost, nothing goes twice.
        """
        undo = self.cut()
        self.flow(2.0)
        undo()
        before = self.low.transport._counters["sealed-repeated"]
        self.low.transport.sessions.seek(self.high.peer)
        self.echoes(1.0)
        self.assertEqual(self.rank(self.low), WayRank.IPV4)
        self.assertEqual(self.low.transport._counters["sealed-repeated"], before)


class LyingTests(WaysTestCase):
    """
    A way on which questions and their answers pass, and nothing else.
    """

    def setUp(self) -> None:
        super().setUp()
        self.flow(1.0)

    def swallow(self, *senders: SealedNode) -> Callable[[], None]:
        """
        The direct way loses all but presence of these.
        """
        hosts = [each.host for each in senders]
        return self.net.underlay.drop(
            lambda each: (
                each.payload[0] == DATA and len(each.payload) != PRESENCE_DATAGRAM and each.sender.host in hosts
            )
        )

    def gaveUpAfter(self, *senders: SealedNode, interval: float) -> float:
        """
        Swallow what these send, while each frame of the low one is answered.

        @return: seconds until frames pass both ways again.
        """
        self.net.run(3.0, 0.01)
        self.swallow(*senders)
        began, there, back = self.net.clock.seconds(), len(self.high.frames), len(self.low.frames)
        answered, sentAt = there, -inf
        while len(self.low.frames) == back and self.net.clock.seconds() < began + 20.0:
            now = self.net.clock.seconds()
            if now >= sentAt + interval:
                sentAt = now
                self.low.send(self.high.peer, self.low.frameTo(self.high))
            self.net.clock.advance(0.01)
            for _, frame in self.high.frames[answered:]:
                self.high.send(self.low.peer, self.high.frameTo(self.low, frame[14:]))
            answered = len(self.high.frames)
        return self.net.clock.seconds() - began

    def test_bothDirections(self) -> None:
        """
        A hundred frames a second: frames pass over another way within two seconds.
        """
        self.assertLess(self.gaveUpAfter(self.low, self.high, interval=0.01), 2.1)
        self.assertEqual(self.rank(self.low), WayRank.RELAY)

    def test_onlyThere(self) -> None:
        """
        Only one direction is swallowed, that of the requests.
        """
        self.assertLess(self.gaveUpAfter(self.low, interval=0.1), 2.1)

    def test_onlyBack(self) -> None:
        """
        Only the answers are swallowed: whoever sends them learns it when it is asked.
        """
        self.assertLess(self.gaveUpAfter(self.high, interval=0.1), 2.3)
        self.assertEqual(self.rank(self.high), WayRank.RELAY)

    def test_slowly(self) -> None:
        """
        One frame a second.
        """
        self.assertLess(self.gaveUpAfter(self.low, self.high, interval=1.0), 4.0)

    def test_theOtherWayIsKept(self) -> None:
        """
        A better way on which nothing arrived is not taken again because it answers, for a minute; then it is.
        """
        undo = self.swallow(self.low, self.high)
        self.flow(3.0)
        for _ in range(5):
            self.assertEqual(self.flow(5.0)[-1], 499)
            self.assertEqual(self.rank(self.low), WayRank.RELAY)
            self.low.transport.sessions.seek(self.high.peer)
        [way] = [each for each in self.low.transport.inspection.waysTo(self.high.peer) if each.rank == "ipv4"]
        self.assertIn("nothing else arrived", way.why)
        undo()
        self.flow(SHUNNED + 10.0)
        self.assertEqual((self.rank(self.low), self.rank(self.high)), (WayRank.IPV4, WayRank.IPV4))

    def test_aLyingRelay(self) -> None:
        """
        A relay that passes only presence is given up for another one.
        """
        second = "relay/fedcba9876543210"
        for node, far, relay in ((self.low, self.high, self.relays[0]), (self.high, self.low, self.relays[1])):
            relay.others[second] = 0.06
            places = [Endpoint(RELAYED, 1), Endpoint(second, 1)]
            node.transport.introduce(far.key.identity, far.key.exchangePublic, places, RELAY)
        self.cut()
        self.flow(3.0)
        for relay in self.relays:
            relay.isLying = True
        before = len(self.high.frames)
        self.flow(2.0)
        self.assertGreater(len(self.high.frames), before)
        there, back = self.echoes(5.0)
        self.assertEqual((sorted(there), sorted(back)), (list(range(500)),) * 2)

    def test_aPathThatIsTooNarrow(self) -> None:
        """
        A way on which only long datagrams are lost is kept: samples arrive.
        """
        undo = self.net.underlay.drop(lambda each: len(each.payload) > 900)
        for _ in range(100):
            self.low.send(self.high.peer, self.low.frameTo(self.high, bytes(1000)))
            self.net.run(0.05, 0.01)
        undo()
        self.assertEqual(self.low.transport._counters["sealed-ways-given-up"], 0)
        self.assertEqual(self.rank(self.low), WayRank.IPV4)


class CostTests(WaysTestCase):
    """
    What it costs.
    """

    def presences(self) -> list[Datagram]:
        return [each for each in self.net.underlay.sent if len(each.payload) == PRESENCE_DATAGRAM]

    def test_oneWayFlow(self) -> None:
        """
        Frames that nobody answers cost one question in a second.
        """
        self.flow(1.0)
        self.net.run(3.0)
        self.net.underlay.sent.clear()
        self.assertEqual(len(self.flow(20.0, both=False)), 2000)
        self.assertLessEqual(len(self.presences()), 2 * 22)  # once, whether what was sent before arrived

    def test_twoWayFlow(self) -> None:
        """
        While frames go both ways, nobody asks anything.
        """
        self.flow(1.0)
        self.net.run(8.0)
        self.net.underlay.sent.clear()
        self.flow(20.0)
        self.assertLessEqual(len(self.presences()), 4)

    def test_candidatesOfAMemberThatLies(self) -> None:
        """
        Whoever says again and again that a member is at the addresses of victims makes us send them little, and
        nothing to more than a few at a time.
        """
        self.flow(1.0)
        self.net.run(3.0)
        self.net.underlay.sent.clear()
        for number in range(10):
            victims = [Endpoint(VICTIM, 1 + 100 * number + each) for each in range(50)]
            self.low.transport.introduce(self.high.key.identity, self.high.key.exchangePublic, victims, CALL)
            self.low.transport.sessions.seek(self.high.peer)
            self.net.run(1.0)
        sent = [each for each in self.net.underlay.sent if each.destination.host == VICTIM]
        self.assertTrue(all(len(each.payload) == PRESENCE_DATAGRAM for each in sent))
        self.assertLessEqual(len(sent), 10 * 5 * PROBED)
        moments = [each.time for each in sent]
        self.assertLessEqual(max(moments.count(each) for each in moments), PROBED)

    def test_candidatesWithoutASession(self) -> None:
        """
        Without a session it is handshakes, and few of them, however often somebody calls.
        """
        third = self.net.node("three", "192.0.2.3")
        self.net.underlay.sent.clear()
        for number in range(20):
            victims = [Endpoint(VICTIM, 1 + 100 * number + each) for each in range(50)]
            self.low.transport.introduce(third.key.identity, third.key.exchangePublic, victims, CALL)
            self.low.transport.sessions.seek(third.peer)
            self.net.run(0.5)
        sent = [each for each in self.net.underlay.sent if each.destination.host == VICTIM]
        self.assertTrue(all(each.payload[0] == INITIATION for each in sent))
        self.assertLessEqual(len(sent), 160)

    def test_nothingIsLeft(self) -> None:
        """
        When the transports stop, no timer is left.
        """
        self.flow(1.0)
        for node in (self.low, self.high):
            node.transport.stop()
        self.net.clock.pump([0.0] * 4)
        left = [each for each in self.net.clock.getDelayedCalls() if "_arrive" not in str(each)]
        self.assertEqual(left, [])


class AttemptTests(WaysTestCase):
    """
    Handshakes when both try.
    """

    def test_bothAtOnce(self) -> None:
        """
        When both begin at the same moment, frames arrive after two ways there and back.
        """
        self.net.underlay.delay = 0.1
        for node, far in ((self.low, self.high), (self.high, self.low)):
            node.send(far.peer, node.frameTo(far))
        self.net.run(0.45, 0.01)
        self.assertEqual((len(self.low.frames), len(self.high.frames)), (1, 1))

    def test_theHigherOneIsHeardFirst(self) -> None:
        """
        Where only what the one sends that gives way gets through, because the other's place is not known to it, the
        other answers at the place from which that came, at once.
        """
        net = self.net
        for relay in self.relays:
            relay.isDead = True
        net.underlay.guard(self.high.host)  # it hears only those to whom it sent
        self.low.send(self.high.peer, self.low.frameTo(self.high))
        net.run(0.05, 0.01)
        self.high.send(self.low.peer, self.high.frameTo(self.low))
        net.run(0.2, 0.01)
        self.assertEqual((len(self.low.frames), len(self.high.frames)), (1, 1))

    def test_nobodySaysWhereItIs(self) -> None:
        """
        A member of which nobody says where it is, is wanted all the same, if somebody may help; else it is not.
        """
        third = self.net.node("three", "192.0.2.3")
        self.low.transport.introduce(third.key.identity, third.key.exchangePublic, [], DIRECTORY)
        self.low.send(third.peer, self.low.frameTo(third))
        self.assertEqual(self.low.transport._counters["sealed-absent"], 1)
        wanted: list[int] = []

        def help(peer: bytes, turn: int) -> None:
            wanted.append(turn)
            self.low.transport.introduce(third.key.identity, third.key.exchangePublic, [third.endpoint], CALL)

        self.low.transport.sessions.onWanted(help)
        self.low.send(third.peer, self.low.frameTo(third))
        self.net.run(0.15, 0.01)
        self.assertEqual((wanted, len(third.frames)), ([0], 1))

    def test_hastened(self) -> None:
        """
        Who expects that the other tries as well repeats its handshake after 0.2, 0.5 and 1 second.
        """
        third = self.net.node("three", "192.0.2.3")
        third.transport.stop()
        self.low.meet(third)
        self.low.send(third.peer, self.low.frameTo(third))
        self.low.transport.sessions.seek(third.peer)
        self.net.run(1.5, 0.01)
        times = [each.time for each in self.net.underlay.sent if each.destination == third.endpoint]
        for time, expected in zip(times, (0.0, 0.2, 0.5, 1.1), strict=True):
            self.assertApproximates(time, expected, 0.16)

    def test_hastenedWithoutEnd(self) -> None:
        """
        A peer that calls back whenever it is called, and that nothing reaches, is tried quickly less and less often.
        """
        third = self.net.node("three", "192.0.2.3")
        third.transport.stop()
        self.low.meet(third)
        self.low.send(third.peer, self.low.frameTo(third))
        for _ in range(56):
            self.low.transport.sessions.seek(third.peer)
            self.net.run(0.5, 0.05)
        times = [each.time for each in self.net.underlay.sent if each.destination == third.endpoint]
        self.assertLessEqual(len(times), 28)
        self.assertLessEqual(len([each for each in times if each >= times[0] + 16.0]), 10)


class ReportTests(WaysTestCase):
    """
    What people see.
    """

    def test_waysAndPings(self) -> None:
        """
        Every way is listed, the one in use first; and a ping over each tells how long it takes.
        """
        self.flow(1.0)
        sessions = self.low.transport.inspection
        used, relay = sessions.waysTo(self.high.peer)
        self.assertIsInstance(used, WayStatus)
        self.assertEqual((used.rank, used.isProven, used.sources[0]), ("ipv4", True, "directory"))
        self.assertIsNotNone(used.usedSince)
        self.assertEqual((relay.rank, relay.usedSince), ("relay", None))
        taken: list[float] = []
        sessions.ping(self.high.peer).addCallback(taken.append)
        sessions.ping(self.high.peer, Endpoint(RELAYED, 1)).addCallback(taken.append)
        self.net.run(0.5, 0.01)
        self.assertApproximates(taken[0], 0.02, 0.02)
        self.assertApproximates(taken[1], 0.1, 0.02)
        self.assertEqual(self.rank(self.low), WayRank.IPV4)

    def test_triesInVain(self) -> None:
        """
        How often the peer was tried since it last answered is told of each way; a handshake is an answer, too.
        """
        inspection = self.low.transport.inspection
        self.flow(1.0)
        used, _ = inspection.waysTo(self.high.peer)
        self.assertEqual(0, used.silent)
        self.assertIsNotNone(used.roundTrip)
        self.cut()
        for _ in range(3):
            inspection.ping(self.high.peer, Endpoint.parse(used.place)).addErrback(lambda failure: None)
        self.net.run(0.5)
        used = next(way for way in inspection.waysTo(self.high.peer) if way.place == used.place)
        self.assertGreaterEqual(used.silent, 3)
        self.assertLess(used.answered or 0.0, used.asked or 0.0)

    def test_pathSize(self) -> None:
        """
        The size of a path is searched for whoever asks, without frames that need it.
        """
        self.flow(0.5)
        found: list[int] = []
        self.low.transport.inspection.pathTo(self.high.peer).addCallback(found.append)
        self.net.run(10.0)
        self.assertEqual([self.low.transport.peerStatus(self.high.peer).pathSize], found)
        self.assertGreater(found[0], 1232)
        self.failureResultOf(self.low.transport.inspection.pathTo(b"n" * 32), NoAnswer)

    def test_pingsWithoutAnswer(self) -> None:
        """
        Without a session, at an unknown place and without an answer a ping fails, and says why.
        """
        sessions = self.low.transport.inspection
        self.failureResultOf(sessions.ping(self.high.peer), NoAnswer)
        self.flow(1.0)
        self.failureResultOf(sessions.ping(self.high.peer, Endpoint(VICTIM, 1)), NoAnswer)
        self.cut()
        lost = sessions.ping(self.high.peer)
        self.net.run(3.0)
        self.failureResultOf(lost, NoAnswer)
        self.assertEqual(sessions.waysTo(b"n" * 32), ())

    def test_port(self) -> None:
        """
        The data goes where the report says.
        """
        self.flow(0.5)
        sent = [each for each in self.net.underlay.sent if each.payload[0] == DATA and each.sender == self.low.endpoint]
        self.assertEqual(sent[-1].destination, (self.high.host, NODE_PORT))
