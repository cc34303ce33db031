"""
Tests for L{wand.sealed.authority.rotator}: a server gives its network another secret, and keeps those of others.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from unittest.mock import patch

from attrs import evolve
from authority_case import AuthorityCase
from deputy_case import DeputyCase
from simulated.members import SimulatedNetwork
from simulated.membership import entropyFrom
from twisted.internet.defer import Deferred

from wand.errors import MembershipRefused
from wand.sealed.authority.authority import Authority
from wand.sealed.authority.rotator import RETRY, SHORT_OVERLAP
from wand.sealed.authority.stored_network import NETWORK_KIND, RECORD_KEY
from wand.sealed.authority.told_clocks import CLOCKS_MAXIMUM, WORD_LIFETIME
from wand.sealed.credentials.identity import NETWORK_KEY, NodeKey
from wand.sealed.credentials.limits import OVERLAP_MAXIMUM
from wand.sealed.credentials.messages import Admitted
from wand.sealed.credentials.rotation import madeAt
from wand.sealed.node.enrolment import Enrolment
from wand.status import SecretStatus
from wand.stores.memory import MemoryRecords
from wand.testing.shared_store import SharedRecords, SharedStore

DAY = 86_400.0
SOMEBODY = SimulatedNetwork.begun().person(1).certificate.member


class RotatorTests(AuthorityCase):
    def numbers(self, authority: Authority | None = None) -> tuple[int, ...]:
        return (authority or self.authority).network.secrets.numbers

    def rotate(self, overlap: float = 60.0) -> int:
        self.now(self.authority.rotator.rotate(overlap))
        return self.authority.network.secrets.number

    def test_itIsStored(self) -> None:
        """
        Another secret is in the store and in the copy beside it, and the first stays where an earlier release looks.
        """
        first = self.authority.network.secrets.first
        number = self.rotate()
        self.assertEqual(madeAt(number), int(self.clock.seconds()))
        again = self.opened()
        self.assertEqual((self.numbers(again), again.network.secrets.first), ((0, number), first))
        self.assertEqual(again.network.secrets.until, madeAt(number) + 60)

    def test_numbersRise(self) -> None:
        """
        Several at one moment have numbers of their own, also if the clock was set back since.
        """
        first, second = self.rotate(), self.rotate()
        self.assertEqual(madeAt(second), madeAt(first) + 1)
        self.wallClock.ahead = -1000.0
        self.assertEqual(madeAt(self.rotate()), madeAt(second) + 1)

    def test_twoAtOnce(self) -> None:
        """
        Of two that are asked for at the same moment each becomes one of its own.
        """
        waiting: list[Callable[[], object]] = []
        exchange = self.records.exchange

        def later(*words: Any) -> Deferred[bool]:
            answer: Deferred[bool] = Deferred()
            waiting.append(lambda: exchange(*words).chainDeferred(answer))
            return answer

        with patch.object(self.records, "exchange", later):
            doing = [Deferred.fromCoroutine(self.authority.rotator.rotate(60.0)) for _ in range(2)]
            while waiting:
                waiting.pop(0)()
        for each in doing:
            self.successResultOf(each)
        self.assertEqual(len(self.numbers()), 3)

    def test_theRecordIsLost(self) -> None:
        """
        A store that lost the record of the network while the server runs has it again with the new secret.
        """
        self.successResultOf(self.records.write(NETWORK_KIND, {RECORD_KEY: None}))
        self.now(self.authority.rotator.load())
        number = self.rotate()
        self.assertEqual(self.numbers(self.opened()), (0, number))

    def test_theStoreIsLost(self) -> None:
        """
        Who starts again with an empty store has the newest secret from the copy; also from what a node keeps.
        """
        node = self.node(self.invite())
        answer = self.redeem(node)
        assert isinstance(answer, Admitted)
        self.assertTrue(node.admitted(answer))
        number = self.rotate()
        node.secrets.take(self.authority.network.secrets.rotations)
        for content in (self.state.read("network"), node.state.read("membership")):
            assert content is not None
            self.state.write("network", content)
            self.records = MemoryRecords()
            self.assertEqual(self.numbers(self.opened(recover=True)), (0, number))

    def test_theStoreIsOld(self) -> None:
        """
        Who starts with a store from a backup has the newest secret from the copy, and stores it again.
        """
        number = self.rotate()
        copy = self.state.read("network")
        assert copy is not None
        self.successResultOf(self.records.write(NETWORK_KIND, {RECORD_KEY: self.before}))
        self.assertEqual(self.numbers(self.opened()), (0, number))
        self.assertEqual(self.state.read("network"), copy)
        self.assertNotEqual(self.stored(), self.before)

    def stored(self) -> bytes:
        return self.successResultOf(self.records.load(NETWORK_KIND))[RECORD_KEY]  # type: ignore[no-any-return]

    def setUp(self) -> None:
        super().setUp()
        self.before = self.stored()

    def test_anotherNetwork(self) -> None:
        """
        A server takes nothing of another network.
        """
        self.rotate()
        rotations = self.authority.network.secrets.rotations
        self.records = MemoryRecords()
        self.assertFalse(self.opened(self.directory()).network.secrets.take(rotations))

    def test_withoutTheNetworkKey(self) -> None:
        """
        Where the network key is not, or for too long, nothing is changed, and the reason is said.
        """
        self.state.remove(NETWORK_KEY)
        self.authority = self.opened()
        self.assertIn("network key", self.failing(self.authority.rotator.rotate(60.0), MembershipRefused))
        self.assertEqual(self.numbers(), (0,))

    def test_tooLong(self) -> None:
        """
        A former secret counts for a year at most.
        """
        for overlap in (-1.0, OVERLAP_MAXIMUM + 1):
            self.failing(self.authority.rotator.rotate(overlap), MembershipRefused)
        self.assertEqual(self.numbers(), (0,))

    def test_aNodeKeepsIt(self) -> None:
        """
        A node has it after a restart, beside its membership; an answer that is repeated takes nothing away.
        """
        node = self.node(self.invite(uses=2))
        answer = self.redeem(node)
        assert isinstance(answer, Admitted)
        self.assertTrue(node.admitted(answer))
        number = self.rotate()
        node.secrets.take(self.authority.network.secrets.rotations)
        node.begin(self.invite(relay=True))
        answer = self.redeem(node)
        assert isinstance(answer, Admitted)
        self.assertTrue(node.admitted(answer))
        again = Enrolment(node.state, self.clock, entropyFrom("none"), wallClock=self.wallClock)
        self.assertEqual((again.secrets.numbers, again.secrets.number), ((0, number), number))
        self.assertEqual(again.secrets.newest, self.authority.network.secrets.newest)


class ClockTests(AuthorityCase):
    """
    When a former secret ends is said by the clock of whoever makes another one, which may be wrong.
    """

    def rotating(self, overlap: float = 7 * DAY) -> str:
        return self.failing(self.authority.rotator.rotate(overlap), MembershipRefused)

    def say(self, *ahead: float) -> None:
        for number, each in enumerate(ahead):
            self.authority.rotator.clocks.told(evolve(SOMEBODY, identity=number.to_bytes(32, "big")), each)

    def test_beforeTheNetwork(self) -> None:
        """
        A clock that stands before the making of the network ends nothing in the past: that is refused, with what to do.
        """
        self.wallClock.ahead = -10 * DAY
        said = self.rotating()
        self.assertIn("this host's clock is 10 days behind the making of this network", said)
        self.assertIn("timedatectl", said)
        self.assertEqual(self.authority.network.secrets.numbers, (0,))

    def test_membersSayOtherwise(self) -> None:
        """
        Nor is a clock believed that is not that of most members; it is, once it is set.
        """
        self.clock.advance(5 * DAY)
        for ahead, words in ((3 * DAY, "3 days behind those of most members"), (-2 * DAY, "2 days ahead of those")):
            self.say(0.0, ahead, ahead + 100.0)
            self.assertIn(words, self.rotating())
        self.wallClock.ahead = -2 * DAY
        self.now(self.authority.rotator.rotate(DAY))
        self.assertEqual(self.authority.network.secrets.until, int(self.wallClock()) + DAY)

    def test_aFewAreWrong(self) -> None:
        """
        No more than half of them, and what somebody said long ago, keep nobody from anything.
        """
        self.say(0.0, 0.0, 3 * DAY, -3 * DAY)
        self.now(self.authority.rotator.rotate(DAY))
        self.say(*[3 * DAY] * 5)
        self.clock.advance(WORD_LIFETIME + 1)
        self.now(self.authority.rotator.rotate(DAY))
        self.assertEqual(len(self.authority.network.secrets.numbers), 3)

    def test_atOnce(self) -> None:
        """
        A former secret that ends at once does so whatever the clocks say: members who say something else hold up
        nothing.
        """
        self.say(*[400 * DAY] * 3)
        for ahead in (0.0, -5 * DAY, 200 * 366 * DAY):
            self.wallClock.ahead = ahead
            self.now(self.authority.rotator.rotate(SHORT_OVERLAP))
            secrets = self.authority.network.secrets
            self.assertEqual((secrets.until, len(secrets.counting)), (0.0, 1))

    def test_theYear2106(self) -> None:
        """
        A date for which numbers have no room is refused.
        """
        self.wallClock.ahead = 200 * 366 * DAY
        self.assertIn("years ahead", self.rotating())

    def test_howManyAreAsked(self) -> None:
        """
        Of many that say it the last count, and they take no more room.
        """
        clocks = self.authority.rotator.clocks
        self.say(*[DAY] * 3 * CLOCKS_MAXIMUM)
        self.assertEqual((clocks.ahead, len(clocks._began)), (DAY, CLOCKS_MAXIMUM))
        for number in range(CLOCKS_MAXIMUM):
            clocks.told(evolve(SOMEBODY, identity=bytes([number]) * 32), 5.0)
        self.assertEqual(clocks.ahead, 5.0)


class SeparateStoresTests(AuthorityCase):
    """
    Two servers that have the network key, and no store in common.
    """

    def setUp(self) -> None:
        super().setUp()
        self.now(self.authority.certifyItself())
        state, self.records = self.directory(), MemoryRecords()
        NodeKey.kept(state, entropyFrom("the other server"))
        for name in (NETWORK_KEY, "network"):
            content = self.state.read(name)
            assert content is not None
            state.write(name, content)
        self.other = self.opened(state, recover=True)

    def test_atOneMoment(self) -> None:
        """
        Each makes a secret in the same second: they have two numbers, and once each heard of the other's, both servers,
        their stores and everybody else have the same newest one.
        """
        both = self.authority, self.other
        for each in both:
            self.now(each.rotator.rotate(DAY))
        one, two = (each.network.secrets for each in both)
        self.assertEqual(madeAt(one.number), madeAt(two.number))
        self.assertNotEqual(one.number, two.number)
        made = *one.rotations, *two.rotations
        for each in (one, two):
            each.take(made)
            each.take(reversed(made))
        self.assertEqual((one.kept, one.rotations), (two.kept, two.rotations))
        self.assertEqual([number for number, _ in one.counting], list(reversed(one.numbers)))
        self.clock.advance(DAY)
        self.assertEqual([number for number, _ in one.counting], [one.number])
        for each in both:
            self.now(each.rotator.load())
            self.assertEqual(each.network.secrets.rotations, one.rotations)


class TwoServersTests(AuthorityCase):
    """
    Two servers on one store, of which the first has the network key.
    """

    def setUp(self) -> None:
        self.store = SharedStore()
        super().setUp()
        self.recordsOf: dict[Authority, SharedRecords] = {}
        self.authority, self.other = self.openedFrom("one"), self.openedFrom("two")

    def openedFrom(self, name: str) -> Authority:
        self.records = records = self.store.open()
        opened = self.opened(self.directory(), server=name)
        self.recordsOf[opened] = records
        self.addCleanup(opened.stop)
        return opened

    def test_theOtherTakesIt(self) -> None:
        """
        A server takes what another one stored; the one without the network key makes none.
        """
        self.now(self.authority.rotator.rotate(60.0))
        numbers = self.authority.network.secrets.numbers
        self.assertEqual((len(numbers), self.other.network.secrets.numbers), (2, numbers))
        self.failing(self.other.rotator.rotate(60.0), MembershipRefused)

    def test_whatMembersTell(self) -> None:
        """
        What members tell one server, after the store was restored, the other has, too.
        """
        before = dict(self.store.kinds[NETWORK_KIND])
        self.now(self.authority.rotator.rotate(60.0))
        rotations = self.authority.network.secrets.rotations
        self.store.kinds[NETWORK_KIND] = before
        one, two = self.openedFrom("three"), self.openedFrom("four")
        for each in (one, two):
            self.assertEqual(each.network.secrets.numbers, (0,))
        one.network.secrets.take(rotations)
        self.assertEqual(two.network.secrets.rotations, rotations)

    def test_itCameBackAsItWas(self) -> None:
        """
        A store that comes back older, or empty, has the newest secret again, from a server without the network key,
        too, and if it goes away just then; both servers end alike.
        """
        before = self.store.kinds[NETWORK_KIND]
        for older, server in (({}, self.other), (dict(before), self.other), (dict(before), self.authority)):
            for isAwayAgain in (False, True):
                with self.subTest(len(older), away=isAwayAgain):
                    self.now(self.authority.rotator.rotate(60.0))
                    expected = dict(self.store.kinds[NETWORK_KIND])
                    self.store.cut()
                    self.store.kinds[NETWORK_KIND] = dict(older)
                    [records] = [each for each in self.store.opened if each is not self.recordsOf[server]]
                    with self.goingAway(isAwayAgain):
                        self.recordsOf[server].mend()
                    self.store.cut()
                    self.recordsOf[server].mend()
                    self.clock.advance(RETRY)
                    self.assertEqual(self.store.kinds[NETWORK_KIND], expected)
                    records.mend()
                    self.assertEqual(self.store.kinds[NETWORK_KIND], expected)
                    for each in (self.authority, self.other):
                        self.assertEqual(each.network.record, self.authority.network.record)

    def goingAway(self, isWanted: bool) -> Any:
        """
        The store goes away before it takes another change.
        """
        exchange = SharedRecords.exchangeIf

        def away(records: SharedRecords, *words: Any) -> Any:
            if isWanted:
                self.store.cut()
            return exchange(records, *words)

        return patch.object(SharedRecords, "exchangeIf", away)


class DeputyTests(DeputyCase):
    def test_aDeputyMakesNone(self) -> None:
        """
        A member that admits others, without the network key, says where that is done.
        """
        self.assertIn("server", self.failing(self.deputy.administration.rotate(60.0), MembershipRefused))
        self.assertEqual(self.deputy.administration.secret(3), SecretStatus(0, 0.0))
