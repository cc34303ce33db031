"""
Two servers on one store that are told to change the same things at the same moment, in every order that the store may
do what they ask in: nobody gets what somebody else has, and nothing that was acknowledged is lost.
"""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Callable, Mapping, Sequence
from ipaddress import ip_interface
from random import Random
from typing import Any, TypeVar

from simulated.membership import macFrom
from twisted.internet.defer import Deferred
from two_servers_case import TwoServersCase
from zope.interface import implementer

from wand.errors import MembershipRefused, TemporarilyUnavailable
from wand.interfaces import Held, IConditionalRecords
from wand.sealed.authority.authority import Authority
from wand.sealed.authority.member_record import MemberRecord
from wand.sealed.authority.stored_network import NetworkSettings
from wand.sealed.credentials.messages import Admitted, NotNow, Pending, Refused
from wand.testing.shared_store import SharedRecords

Result = TypeVar("Result")

#: How many orders are tried.
ORDERS = 60


@implementer(IConditionalRecords)
class LateRecords:
    """
    Records of a shared store that are asked, and that tell of others' changes, when it suits the test: in the order of
    each server, and in any order among servers.
    """

    def __init__(self, inner: SharedRecords) -> None:
        self.inner = inner
        self.isLate = False
        self.asked: deque[Callable[[], None]] = deque()
        self.heard: deque[Callable[[], object]] = deque()

    def load(self, kind: str) -> Deferred[dict[bytes, bytes]]:
        return self._later(lambda: self.inner.load(kind))

    def write(self, kind: str, records: Mapping[bytes, bytes | None]) -> Deferred[None]:
        return self._later(lambda: self.inner.write(kind, records))

    def exchange(self, kind: str, key: bytes, expected: bytes | None, value: bytes | None) -> Deferred[bool]:
        return self._later(lambda: self.inner.exchange(kind, key, expected, value))

    def exchangeIf(
        self, kind: str, key: bytes, expected: bytes | None, value: bytes | None, others: Sequence[Held]
    ) -> Deferred[bool]:
        return self._later(lambda: self.inner.exchangeIf(kind, key, expected, value, others))

    def watch(
        self, kind: str, changed: Callable[[Mapping[bytes, bytes | None]], object], missed: Callable[[], object]
    ) -> Callable[[], None]:
        def hear(changes: Mapping[bytes, bytes | None]) -> None:
            self.heard.append(lambda: changed(changes))
            if not self.isLate:
                self.hear()

        return self.inner.watch(kind, hear, missed)

    def close(self) -> Deferred[None]:
        return self.inner.close()

    def hear(self) -> None:
        """
        Hear of what others changed.
        """
        while self.heard:
            self.heard.popleft()()

    def answer(self) -> None:
        """
        Do what was asked first.  What others changed before is known then: nothing that is told is older than an
        answer.
        """
        self.hear()
        self.asked.popleft()()

    def _later(self, call: Callable[[], Deferred[Result]]) -> Deferred[Result]:
        if not self.isLate:
            return call()
        answer: Deferred[Result] = Deferred()
        self.asked.append(lambda: call().chainDeferred(answer))
        return answer


class CrossingChangesTests(TwoServersCase):
    """
    Changes of a few members, at both servers, that cross.
    """

    prefix = "10.77.0.0/28"

    def openedFrom(self, state: Any, name: str) -> Authority:
        self.late: list[LateRecords] = [*getattr(self, "late", ()), LateRecords(self.store.open())]
        settings = NetworkSettings(server=name, prefix=self.prefix, prefix6="fd00:77::/120")
        return self.now(
            Authority.open(
                self.late[-1], state, self.clock, self.events, settings, self.hooks, wallClock=self.wallClock
            )
        )

    def crossing(self, random: Random, *asked: Any) -> list[Any]:
        """
        Ask all of these at once, and let the store do it in some order.

        @return: the answers; what failed as an exception.
        """
        for each in self.late:
            each.isLate = True
        answers = [Deferred.fromCoroutine(each) for each in asked]
        while waiting := [each for each in self.late if each.asked]:
            random.choice(waiting).answer()
            if random.random() < 0.3:
                random.choice(self.late).hear()
        for each in self.late:
            each.hear()
            each.isLate = False
        found: list[Any] = []
        for each in answers:
            each.addErrback(lambda failure: failure.value).addCallback(found.append)
        self.assertEqual(len(found), len(answers))
        self.signed()
        return found

    def joinedBoth(self, *names: str) -> list[bytes]:
        """
        Members, known to both.
        """
        self.signed()
        nodes = [self.node(self.invite(), name) for name in names]
        for node, name in zip(nodes, names, strict=True):
            assert isinstance(self.joinAt(self.authority, node, name), Admitted)
        return [node.identity for node in nodes]

    def records_(self, server: Authority) -> list[MemberRecord]:
        return sorted(server._members, key=lambda record: record.identity)

    def assertSound(self) -> None:
        """
        Both servers know the same, nothing belongs to two, and what records say is what is assigned.
        """
        records = self.records_(self.authority)
        self.assertEqual(records, self.records_(self.other))
        alive = [each for each in records if each.state != "revoked"]
        for what in (
            [ip_interface(address).ip for each in alive for address in each.addresses],
            [each.name for each in alive],
            [mac for each in alive for mac in each.macs],
        ):
            self.assertEqual([thing for thing, count in Counter(what).items() if count > 1], [])
        for server in (self.authority, self.other):
            assigned = server._assignments
            for each in alive:
                had = sorted(str(ip_interface(address).ip) for address in each.addresses)
                self.assertEqual(sorted(assigned.addresses.of(each.identity)), had, each.name)
                self.assertEqual(assigned.names.holderOf(each.name), each.identity)
                self.assertEqual(assigned.macs.assigned.of(each.identity), each.macs)

    def test_oneMemberTwoAddresses(self) -> None:
        """
        Of two servers that give one member another address at the same moment one comes last, and the member keeps what
        that one gave; also if one gives it an IPv4 address and the other an IPv6 address, when it has both.
        """
        [bob] = self.joinedBoth("bob")
        for order in range(ORDERS):
            random = Random(order)
            wishes = random.sample(range(2, 15), 2)
            places = [f"10.77.0.{wishes[0]}", random.choice([f"10.77.0.{wishes[1]}", f"fd00:77::{wishes[1]:x}"])]
            both = zip((self.authority, self.other), places, strict=True)
            found = self.crossing(random, *(server.administration.address("bob", [each]) for server, each in both))
            self.assertSound()
            self.assertEqual([each for each in found if isinstance(each, Exception)], [])
            [record] = [each for each in self.records_(self.authority) if each.identity == bob]
            had = {str(ip_interface(each).ip) for each in record.addresses}
            isOfBothKinds = ":" in places[1]
            self.assertEqual(len(had & set(places)), 2 if isOfBothKinds else 1, (order, had, places))

    def test_backAndForth(self) -> None:
        """
        An address that one server takes back from a member while another gives it to the same member again stays its,
        and goes to nobody else.
        """
        self.joinedBoth("bob")
        for order in range(ORDERS):
            random = Random(order)
            self.crossing(
                random,
                self.authority.administration.address("bob", ["10.77.0.5"]),
                self.other.administration.address("bob", ["10.77.0.6"]),
                self.authority.administration.address("bob", ["10.77.0.6"]),
                self.other.administration.address("bob", ["10.77.0.5"]),
            )
            self.assertSound()

    def test_manyChanges(self) -> None:
        """
        Whatever two servers are told of a few members at the same moment, no address, name or MAC address belongs to
        two in the end, and what was acknowledged to one alone is so.
        """
        names = ["alice", "bob", "carol"]
        identities = self.joinedBoth(*names)
        for order in range(ORDERS):
            random = Random(order)
            asked: list[Any] = []
            said: list[tuple[bytes, str]] = []
            for number in range(6):
                server, identity = random.choice((self.authority, self.other)), random.choice(identities)
                operator, key = server.administration, identity.hex()
                kind = random.choice(("address", "address", "rename", "mac", "limit"))
                if kind == "address":
                    place = random.choice((f"10.77.0.{random.randrange(2, 9)}", f"fd00:77::{random.randrange(2, 9):x}"))
                    asked.append(operator.address(key, [place]))
                    said.append((identity, place))
                elif kind == "rename":
                    asked.append(operator.rename(key, random.choice((*names, "dave", "eve"))))
                elif kind == "mac":
                    asked.append(server.requests.renew(identity, macFrom(f"tap {random.randrange(5)}")))
                else:
                    asked.append(operator.limit(key, **{random.choice(("macs", "broadcasts")): number + 1}))
                if kind != "address":
                    said.append((identity, ""))
            found = self.crossing(random, *asked)
            self.assertSound()
            records = {each.identity: each for each in self.records_(self.authority)}
            times = Counter((identity, ":" in place) for identity, place in said if place)
            for (identity, place), answer in zip(said, found, strict=True):
                if isinstance(answer, Exception):
                    self.assertIsInstance(answer, MembershipRefused | TemporarilyUnavailable)
                elif place and times[identity, ":" in place] == 1:
                    self.assertIn(place, [str(ip_interface(each).ip) for each in records[identity].addresses])
            self.clock.advance(20)

    def test_limitsOfBoth(self) -> None:
        """
        Of two limits of one member that are set at two servers at the same moment none is lost.
        """
        self.joinedBoth("bob")
        for order in range(ORDERS):
            macs, broadcasts = 10 + order, 100 + order
            self.crossing(
                Random(order),
                self.authority.administration.limit("bob", macs=macs),
                self.other.administration.limit("bob", broadcasts=broadcasts),
            )
            limits = self.authority._members.find("bob").limits
            self.assertEqual((limits.macs, limits.broadcasts), (macs, broadcasts))
            self.assertEqual(self.other._members.find("bob").limits, limits)

    def test_admittedAtBoth(self) -> None:
        """
        A node that redeems its invitations at two servers at the same moment becomes a member once, with what both say
        that it has; and so do two nodes that want the same.
        """
        self.signed()
        for order in range(ORDERS):
            random = Random(order)
            token, other = self.invite(uses=1), self.invite(uses=1)
            node, late = self.node(token, f"node-{order}"), self.node(other, f"late-{order}")
            self.crossing(
                random,
                self.joiningAt(self.authority, node),
                self.joiningAt(self.other, node),
                self.joiningAt(random.choice((self.authority, self.other)), late),
            )
            for each in (node, late):
                answer = self.joinAt(self.authority, each)
                self.assertIsInstance(answer, Admitted)
            self.assertSound()
            for each in (node, late):
                self.now(self.authority.administration.revoke(each.identity.hex()))

    def test_admittedAndRefused(self) -> None:
        """
        What a server takes back from a node that it refuses is not what another server gave it when it admitted it.
        """
        self.signed()
        for order in range(ORDERS):
            random = Random(order)
            token, taken = self.invite(uses=1), self.invite(uses=1)
            node = self.node(token, f"node-{order}")
            rival = self.node(taken, f"rival-{order}")
            refused = self.node(taken, f"node-{order}")  # the same node, with an invitation that is for another
            found = self.crossing(
                random,
                self.joiningAt(self.authority, node),
                self.joiningAt(self.other, rival),
                self.joiningAt(self.other, refused),
            )
            for each in found:
                self.assertIsInstance(each, Admitted | Pending | Refused | NotNow)
            self.assertIsInstance(self.joinAt(self.authority, node), Admitted)
            self.assertSound()
            for each in (node, rival):
                self.now(self.authority.administration.revoke(each.identity.hex()))
            self.clock.advance(100)

    def test_whoMovesIsGivenItsAddressBack(self) -> None:
        """
        An address that a member left at one server is given to nobody for a while at the other either.
        """
        self.joinedBoth("bob")
        [before] = [each for each in self.other._members.find("bob").addresses if ":" not in each]
        self.now(self.authority.administration.address("bob", ["10.77.0.9"]))
        node = self.node(self.invite(), "late")
        self.assertIsInstance(self.joinAt(self.other, node, "late"), Pending)
        self.signed()
        self.assertNotIn(before, self.other._members.find("late").addresses)
