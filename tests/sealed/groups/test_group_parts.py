"""
Tests for what L{wand.sealed.groups} is made of.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from random import Random
from types import SimpleNamespace
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from lines_run import linesOf
from simulated.group_members import GroupWorld
from twisted.internet.defer import Deferred, succeed
from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase

from wand.counters import Counters
from wand.interfaces import EverybodyIsKnown
from wand.sealed.groups import recent
from wand.sealed.groups.assembly import LIFETIME, MAXIMUM, OF_ONE_MAXIMUM, Assembly
from wand.sealed.groups.budget import Budget
from wand.sealed.groups.circle import WHOLE, Circle, distance, handovers, placeAt
from wand.sealed.groups.copies import Copy
from wand.sealed.groups.fingers import PATIENCE, Fingers
from wand.sealed.groups.handing import KNOWN_MAXIMUM, WAITING_MAXIMUM, Handing
from wand.sealed.groups.messages import GroupOriginator, GroupPart, GroupReceipt, pack
from wand.sealed.groups.recent import RecentFrames

WHO = pack(GroupOriginator(b"who", b"claims"))
NEWS = pack(GroupOriginator(b"who", b"claims more"))

identities = st.binary(min_size=32, max_size=32)


class CircleTests(SynchronousTestCase):
    """
    Who comes next.
    """

    @given(identities, identities)
    @settings(deadline=None)
    def test_thereAndBack(self, start: bytes, end: bytes) -> None:
        """
        A distance leads where it was measured to.
        """
        self.assertEqual(placeAt(start, distance(start, end)), end)

    @given(st.sets(identities, min_size=2, max_size=40), st.randoms(use_true_random=False))
    @settings(deadline=None)
    def test_rangesShareTheCircle(self, members: set[bytes], random: Random) -> None:
        """
        Handed on from member to member, a frame comes to everybody once.
        """
        circle = Circle(bytes(32))
        for each in members:
            circle.peerAdded(each)
        reached: list[bytes] = []

        def hand(own: bytes, reach: int) -> None:
            for peer, limit in handovers(own, _fingersOf(own, circle), reach):
                reached.append(peer)
                hand(peer, distance(peer, limit))

        sender = random.choice(sorted(members))
        hand(sender, WHOLE)
        self.assertEqual(sorted(reached), sorted(members - {sender}))

    def test_comingAndGoing(self) -> None:
        """
        Who is gone comes next no more, and we never do.
        """
        one, two = b"\1" * 32, b"\2" * 32
        circle = Circle(two)
        for each in (one, two, "no identity", b"short"):
            circle.peerAdded(each)
        self.assertEqual((circle.after(bytes(32)), circle.after(one), len(circle)), (one, one, 1))
        for each in (one, one, "no identity"):
            circle.peerRemoved(each)
        self.assertEqual((circle.after(bytes(32)), len(circle)), (None, 0))


def _fingersOf(own: bytes, circle: Circle) -> Sequence[bytes]:
    found: list[bytes] = []
    fingers = Fingers(own, circle, EverybodyIsKnown(), lambda member: None, Clock(), Counters())
    fingers.use(found.extend)
    return found


class FingersTests(SynchronousTestCase):
    """
    Directories that do not answer.
    """

    isPartial = True
    answer: bytes | None = None

    def after(self, identity: bytes) -> Deferred[bytes | None]:
        return succeed(self.answer)

    def setUp(self) -> None:
        self.clock, self.used = Clock(), list[Sequence[bytes]]()
        self.announced: dict[bytes, Any] = {}
        self.circle = Circle(b"\1" * 32)
        self.circle.peerAdded(b"\x90" * 32)
        self.fingers = Fingers(b"\1" * 32, self.circle, self, self.announced.get, self.clock, Counters())

    def use(self, seconds: float) -> set[bytes]:
        self.clock.advance(seconds)
        self.fingers.use(self.used.append)
        return set(self.used[-1])

    def test_noAnswer(self) -> None:
        """
        Without an answer, the next one that we know is only thought to come next, and not for long.
        """
        self.assertEqual(self.use(0.0), {b"\x90" * 32})
        self.answer = b"\2" * 32
        self.assertEqual(self.use(1.0), {b"\x90" * 32})
        self.assertEqual(self.use(PATIENCE), {b"\2" * 32})

    def test_noAnswerAnyMore(self) -> None:
        """
        Fingers that were found stay, when directories do not answer any more.
        """
        self.answer = b"\2" * 32
        self.use(0.0)
        self.answer = None
        self.assertEqual(self.use(100.0), {b"\2" * 32, b"\x90" * 32})
        self.assertEqual(self.use(1000.0), {b"\2" * 32, b"\x90" * 32})
        self.answer = b"\2" * 32
        self.assertEqual(self.use(PATIENCE), {b"\2" * 32})

    def test_nobodyThere(self) -> None:
        """
        Who was alone waits for the answer before it takes itself for alone again.
        """
        self.circle.peerRemoved(b"\x90" * 32)
        self.assertEqual(self.use(0.0), set())
        asked = Deferred[bytes | None]()
        self.after = lambda identity: asked  # type: ignore[method-assign]
        self.clock.advance(PATIENCE)
        self.fingers.use(self.used.append)
        self.assertEqual(len(self.used), 1)
        self.after = lambda identity: succeed(b"\2" * 32)  # type: ignore[method-assign]
        asked.callback(b"\2" * 32)
        self.assertEqual(self.used[1:], [(b"\2" * 32,)])

    def test_somebodyNew(self) -> None:
        """
        Whoever we are told of that comes before the nearest finger is one; nobody is asked.
        """
        self.answer = b"\x80" * 32
        self.use(0.0)
        self.answer = None
        self.circle.peerAdded(b"\x70" * 32)
        self.circle.peerAdded(b"\x81" * 32)
        self.assertEqual(self.use(1.0), {b"\x70" * 32, b"\x80" * 32})

    def test_whoIsBack(self) -> None:
        """
        Who did not answer is no finger for a while, unless it announces something meanwhile.
        """
        self.answer = b"\2" * 32
        self.use(0.0)
        self.answer = None
        self.fingers.lost(b"\2" * 32, lambda other: None)
        self.circle.peerAdded(b"\2" * 32)
        self.assertEqual(self.use(1.0), {b"\x90" * 32})
        self.announced[b"\2" * 32] = SimpleNamespace(precedence=1)
        self.assertEqual(self.use(PATIENCE), {b"\2" * 32, b"\x90" * 32})

    def test_whoIsToldAgain(self) -> None:
        """
        Who did not answer, is forgotten and then told again as before announced nothing; but when a directory says that
        it is online it is asked again.
        """
        self.announced[b"\2" * 32] = SimpleNamespace(precedence=1)
        self.circle.peerAdded(b"\2" * 32)
        self.use(0.0)
        self.fingers.lost(b"\2" * 32, lambda other: None)
        del self.announced[b"\2" * 32]
        self.assertEqual(self.use(1.0), {b"\x90" * 32})
        self.announced[b"\2" * 32] = SimpleNamespace(precedence=1)
        self.assertEqual(self.use(1.0), {b"\x90" * 32})
        self.fingers.heard(b"\2" * 32)
        self.assertEqual(self.use(1.0), {b"\2" * 32, b"\x90" * 32})

    def test_directoriesAreHeard(self) -> None:
        """
        What directories say of who is online is told to whoever knows who is silent.
        """
        world = GroupWorld(3, isPartial=True)
        host = next(iter(world.hosts.values()))
        fingers = host.groups._passage._fingers
        fingers._silent[b"\2" * 32] = 1e9, 1
        host.members.entries.toldOnline(b"\2" * 32)
        self.assertEqual(fingers._silent, {})

    def test_aSilentOneHidesNobody(self) -> None:
        """
        Whoever is new and comes after those that do not answer is found, if it comes before the nearest finger.
        """
        self.answer = b"\x80" * 32
        self.use(0.0)
        for silent in (b"\2" * 32, b"\3" * 32):
            self.circle.peerAdded(silent)
            self.use(1.0)
            self.fingers.lost(silent, lambda other: None)
        self.circle.peerAdded(b"\x40" * 32)
        self.circle.peerAdded(b"\x81" * 32)
        self.assertEqual(self.use(1.0), {b"\x40" * 32, b"\x80" * 32})


class RecentFramesTests(SynchronousTestCase):
    """
    Nothing comes twice, whatever was forgotten.
    """

    @given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 400), st.floats(0, 30)), max_size=300))
    @settings(deadline=None, max_examples=50)
    def test_nothingTwice(self, frames: list[tuple[int, int, float]]) -> None:
        """
        Each frame is new once at most.
        """
        clock = Clock()
        self.patch(recent, "FRAMES_MAXIMUM", 20)
        known, taken = RecentFrames(clock), set()
        for originator, number, pause in frames:
            clock.advance(pause)
            key = bytes([originator]) * 32
            isNew = known.reach(key, number) is None and not known.isOld(key, number)
            if isNew:
                self.assertNotIn((key, number), taken)
                taken.add((key, number))
                known.add(key, number, 1)
        self.assertLessEqual(len(known), 20)

    def test_whatIsTooOld(self) -> None:
        """
        A frame that comes again after a minute, and nothing came meanwhile, is old and not seen to again.
        """
        clock = Clock()
        known = RecentFrames(clock)
        known.add(b"o" * 32, 5, 1)
        clock.advance(recent.LIFETIME + 1)
        self.assertIsNone(known.reach(b"o" * 32, 5))
        self.assertTrue(known.isOld(b"o" * 32, 5))
        known.add(b"o" * 32, 6, 1)
        clock.advance(recent.LIFETIME + 1)
        known.add(b"o" * 32, 6, 2)
        self.assertEqual(len(known), 0)

    def test_bounded(self) -> None:
        """
        However many originators there are, so many are remembered.
        """
        self.patch(recent, "ORIGINATORS_MAXIMUM", 10)
        clock = Clock()
        known = RecentFrames(clock)
        for number in range(100):
            known.add(number.to_bytes(32, "big"), 1, 1)
            clock.advance(recent.LIFETIME + 1)
        self.assertEqual((len(known), len(known._floors)), (1, 10))


class AssemblyTests(SynchronousTestCase):
    """
    Parts become frames.
    """

    def setUp(self) -> None:
        self.clock = Clock()
        self.assembly = Assembly(self.clock)

    def take(self, sender: int, number: int, part: int, parts: int, octets: bytes = b"o") -> bytes | None:
        return self.assembly.take(
            bytes([sender % 256, sender // 256]), GroupPart(number, bytes(32), part, parts, octets)
        )

    def test_inAnyOrder(self) -> None:
        """
        Parts may come in any order, and more than once.
        """
        self.assertIsNone(self.take(1, 5, 2, 3, b"c"))
        self.assertIsNone(self.take(1, 5, 0, 3, b"a"))
        self.assertIsNone(self.take(1, 5, 0, 3, b"a"))
        self.assertIsNone(self.take(2, 5, 1, 3, b"x"))
        self.assertEqual(self.take(1, 5, 1, 3, b"b"), b"abc")
        self.assertEqual(len(self.assembly), 1)

    def test_bounded(self) -> None:
        """
        What is not completed is forgotten; nobody fills the room of others.
        """
        self.take(0, 7, 0, 2, b"a")
        for number in range(1000):
            self.take(1, number, 0, 2)
        self.assertEqual(len(self.assembly), 1 + OF_ONE_MAXIMUM)
        self.assertEqual(self.take(0, 7, 1, 2, b"b"), b"ab")
        for sender in range(2 * MAXIMUM):
            self.take(sender, 1, 0, 2)
        self.assertLessEqual(len(self.assembly), MAXIMUM)
        self.clock.advance(LIFETIME + 1)
        self.take(1, 1, 0, 2)
        self.assertEqual((len(self.assembly), len(self.assembly._numbers)), (1, 1))

    def test_otherCounts(self) -> None:
        """
        One number that has other parts than before begins anew.
        """
        self.take(1, 1, 0, 2, b"a")
        self.assertIsNone(self.take(1, 1, 1, 3, b"b"))
        self.assertIsNone(self.take(1, 1, 2, 3, b"c"))
        self.assertEqual(self.take(1, 1, 0, 3, b"a"), b"abc")


class Silent:
    """
    Sessions with members that confirm nothing.
    """

    def __init__(self) -> None:
        self.sent: list[bytes] = []
        self.isThere = True

    def sendControl(self, peer: bytes, message: bytes) -> None:
        self.sent.append(message)

    def isUp(self, peer: bytes) -> bool:
        return self.isThere


class HandingTests(SynchronousTestCase):
    """
    Repeated, and given up.
    """

    def setUp(self) -> None:
        self.clock, self.sessions, self.pair = Clock(), Silent(), (b"who", b"claims")
        self.counters = Counters()
        self.failed, self.refused = (list[tuple[bytes, list[Copy]]]() for _ in range(2))
        self.handing = Handing(
            self.sessions,
            lambda each: self.pair,
            lambda *what: self.failed.append(what),
            lambda *what: self.refused.append(what),
            self.clock,
            self.counters,
        )

    def hand(self, count: int = 1) -> None:
        for _ in range(count):
            self.handing.hand(b"p" * 32, Copy(b"o" * 32, [b"part"], b"l" * 32))

    def go(self, seconds: float) -> None:
        self.clock.pump([0.05] * round(seconds * 20))

    def test_repeated(self) -> None:
        """
        Without a receipt it is sent five times, with the originator's certificate each time, and then by another.
        """
        self.hand()
        self.go(1.9)
        self.assertEqual(self.failed, [])
        self.go(2.0)
        self.assertEqual(len(self.sessions.sent), 10)
        self.assertEqual(self.sessions.sent.count(WHO), 5)
        self.assertEqual([len(copies) for _, copies in self.failed], [1])
        self.assertEqual(self.clock.getDelayedCalls(), [])

    def test_noSession(self) -> None:
        """
        Without a session it is another's after a second.
        """
        self.sessions.isThere = False
        self.hand(3)
        self.go(1.3)
        self.assertEqual([len(copies) for _, copies in self.failed], [3])

    def test_confirmed(self) -> None:
        """
        Who confirmed a frame knows its originator, until the session is another one.
        """
        self.hand()
        self.handing.confirmed(b"p" * 32, GroupReceipt((1, 99), True, True))
        self.go(4.0)
        self.hand()
        self.assertEqual(self.sessions.sent.count(WHO), 1)
        self.handing.session(b"p" * 32, True)
        self.hand()
        self.assertEqual(self.sessions.sent.count(WHO), 2)
        self.assertEqual(self.failed, [])

    def test_whatIsNew(self) -> None:
        """
        Who knows an originator is told when that claims something else.
        """
        self.hand()
        self.handing.confirmed(b"p" * 32, GroupReceipt((1,), True, True))
        self.pair = (b"who", b"claims more")
        self.hand(2)
        self.assertEqual((self.sessions.sent.count(WHO), self.sessions.sent.count(NEWS)), (1, 1))
        self.handing.confirmed(b"p" * 32, GroupReceipt((2, 3), True, True))
        self.hand()
        self.assertEqual(self.sessions.sent.count(NEWS), 1)

    def test_refused(self) -> None:
        """
        Who refuses one frame and takes others is not given up; who takes none is.
        """
        self.hand(3)
        self.handing.confirmed(b"p" * 32, GroupReceipt((1,), False, True))
        self.assertEqual(([len(copies) for _, copies in self.refused], self.failed), ([1], []))
        self.handing.confirmed(b"p" * 32, GroupReceipt((2,), False, False))
        self.assertEqual([len(copies) for _, copies in self.failed], [2])

    def test_bounded(self) -> None:
        """
        Not more than so many wait.
        """
        self.hand(3 * WAITING_MAXIMUM)
        self.assertEqual(self.counters["drop-groups-unconfirmed"], 2 * WAITING_MAXIMUM)
        self.handing.session(b"p" * 32, False)
        self.sessions.isThere = False
        self.go(2.0)
        self.assertEqual([len(copies) for _, copies in self.failed], [WAITING_MAXIMUM])
        self.handing.confirmed(b"q" * 32, GroupReceipt(tuple(range(64)), True, True))
        self.assertGreater(KNOWN_MAXIMUM, 0)


class BudgetTests(SynchronousTestCase):
    """
    Few take nothing from many.
    """

    def setUp(self) -> None:
        self.clock = Clock()
        self.budget = Budget(5000, self.clock, Counters())

    def test_copies(self) -> None:
        """
        Two originators that send as much as they can leave copies for others.
        """
        for _ in range(100):
            self.clock.advance(0.1)
            handedOn = sum(self.budget.mayHandOn(bytes([each]), 13) for _ in range(50) for each in (1, 2))
            self.assertTrue(all(self.budget.mayHandOn(bytes([each]), 13) for each in (3, 4, 5)))
        self.assertLess(handedOn * 13, 520)

    def test_checks(self) -> None:
        """
        However many signatures three members have checked, those of somebody who sends little are.
        """
        for _ in range(50):
            self.clock.advance(0.1)
            checked = sum(self.budget.mayCheck(bytes([each])) for each in (1, 2, 3) for _ in range(1000))
            self.assertTrue(all(self.budget.mayCheck(b"honest") for _ in range(5)))
        self.assertLess(checked, 250)


class GroupGrowthTests(SynchronousTestCase):
    """
    What a member does for one frame does not grow with the number of members, but for the fingers.
    """

    def test_framesCost(self) -> None:
        """
        Lines of our code, among a thousand and among sixteen thousand: of the originator, and of all others together.
        """
        few, many = (linesOf(self._sending(count)) for count in (1_000, 16_000))
        self.assertLess(many, 1.6 * few)

    def _sending(self, count: int) -> Callable[[], object]:
        world = GroupWorld(2)
        for number in range(count):
            world.circle.peerAdded(Random(number).randbytes(32))
        host = next(iter(world.hosts.values()))
        return lambda: world.broadcast(host)
