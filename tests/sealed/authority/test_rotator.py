"""
Tests for L{wand.sealed.authority.rotator}: a server gives its network another secret, and keeps those of others.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from unittest.mock import patch

from authority_case import AuthorityCase
from deputy_case import DeputyCase
from simulated.membership import entropyFrom
from twisted.internet.defer import Deferred

from wand.errors import MembershipRefused
from wand.sealed.authority.authority import Authority
from wand.sealed.authority.stored_network import NETWORK_KIND, RECORD_KEY
from wand.sealed.credentials.identity import NETWORK_KEY
from wand.sealed.credentials.limits import OVERLAP_MAXIMUM
from wand.sealed.credentials.messages import Admitted
from wand.sealed.node.enrolment import Enrolment
from wand.status import SecretStatus
from wand.stores.memory import MemoryRecords
from wand.testing.shared_store import SharedStore


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
        self.assertEqual(number, int(self.clock.seconds()))
        again = self.opened()
        self.assertEqual((self.numbers(again), again.network.secrets.first), ((0, number), first))
        self.assertEqual(again.network.secrets.until, number + 60)

    def test_numbersRise(self) -> None:
        """
        Several at one moment have numbers of their own, also if the clock was set back since.
        """
        first, second = self.rotate(), self.rotate()
        self.assertEqual(second, first + 1)
        self.wallClock.ahead = -1000.0
        self.assertEqual(self.rotate(), second + 1)

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


class TwoServersTests(AuthorityCase):
    """
    Two servers on one store, of which the first has the network key.
    """

    def setUp(self) -> None:
        self.store = SharedStore()
        super().setUp()
        self.authority, self.other = self.openedFrom("one"), self.openedFrom("two")

    def openedFrom(self, name: str) -> Authority:
        self.records = self.store.open()
        opened = self.opened(self.directory(), server=name)
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


class DeputyTests(DeputyCase):
    def test_aDeputyMakesNone(self) -> None:
        """
        A member that admits others, without the network key, says where that is done.
        """
        self.assertIn("server", self.failing(self.deputy.administration.rotate(60.0), MembershipRefused))
        self.assertEqual(self.deputy.administration.secret(3), SecretStatus(0, 0.0))
