"""
Two servers on one real Redis.
"""

from __future__ import annotations

from collections.abc import Coroutine
from random import Random
from shutil import rmtree
from typing import Any

import msgspec
from redis_case import RedisCase
from simulated.membership import macFrom, octetsFrom
from twisted.internet import reactor
from twisted.internet.defer import Deferred, gatherResults

import wand.sealed.authority.kept_records
import wand.sealed.authority.rotator
import wand.stores.redis
from wand.errors import MembershipRefused, TemporarilyUnavailable
from wand.events import Events
from wand.interfaces import IRecords
from wand.sealed.authority.authority import Authority
from wand.sealed.authority.member_record import MemberRecord
from wand.sealed.authority.member_records import MEMBER_KIND
from wand.sealed.authority.stored_network import NETWORK_FILES, NetworkSettings
from wand.sealed.credentials.identity import NodeKey
from wand.sealed.credentials.messages import Admitted, Refused
from wand.sealed.node.joining import joinRequest
from wand.state import StateDirectory

#: How many invitations are raced for.
RACES = 20

#: How many members there are when Redis loses everything.
MEMBERS = 20


class TwoServersOnRedisTests(RedisCase):
    def serve(self, name: str, key: bytes | None = None) -> Authority:
        """
        A server, with the network key if it gets one.
        """
        records: IRecords = self.opened()
        state = StateDirectory(self.directory / name)
        NodeKey.kept(state)
        if key is not None:
            state.write(NETWORK_FILES[0], key)
        clock: Any = reactor
        settings = NetworkSettings(server=name)
        events = Events(clock.seconds)
        opening = Authority.open(records, state, clock, events, settings, wallClock=self.context.wallClock)
        authority: Authority = self.successResultOf(Deferred.fromCoroutine(opening))
        self.addCleanup(authority.stop)
        return authority

    def test_oneWinnerOfMany(self) -> None:
        """
        Of many nodes that redeem an invitation for one at two servers at the same moment, exactly one is admitted, each
        time; no address is given twice, and both servers know the same members in the end.
        """
        first = self.serve("one")
        second = self.serve("two", (self.directory / "one" / NETWORK_FILES[0]).read_bytes())
        servers, random = (first, second), Random(1)
        addresses: list[str] = []
        for race in range(RACES):
            inviting = random.choice(servers).administration.invite(["192.0.2.1:44444"])
            token = self.successResultOf(Deferred.fromCoroutine(inviting))
            self.until(
                lambda token=token: all(each.own is not None and each.administration.invitations for each in servers)
            )
            answers = []
            for number in range(4):
                key = NodeKey.fromSeed(octetsFrom(f"{race} {number}"))
                join = joinRequest(key, token, "node", macFrom(f"{race} {number}"))
                answers.append(
                    Deferred.fromCoroutine(
                        servers[number % 2].requests.redeem(join, key.exchangePublic, token.invitation, "")
                    )
                )
            found = self.successResultOf(gatherResults(answers))
            admitted = [each for each in found if isinstance(each, Admitted)]
            self.assertEqual(len(admitted), 1)
            self.assertEqual(sum(isinstance(each, Refused) for each in found), 3)
            content = first.trust.check(admitted[0].certificate)
            assert content is not None
            addresses += content.addresses
        self.assertEqual(len(set(addresses)), RACES)
        self.until(lambda: first.administration.members("", 99) == second.administration.members("", 99))
        self.assertEqual(len(first.administration.members("", 99)), RACES + 2)

    def test_changesThatCross(self) -> None:
        """
        Two hundred addresses, names and limits are given to four members at two servers at once: nothing belongs to two
        in the end, what a record says is assigned to its member, and both servers know the same.
        """
        first = self.serve("one")
        second = self.serve("two", (self.directory / "one" / NETWORK_FILES[0]).read_bytes())
        servers, random = (first, second), Random(2)
        keys = [NodeKey.fromSeed(octetsFrom(str(number))) for number in range(4)]
        token = self.successResultOf(Deferred.fromCoroutine(first.administration.invite(["192.0.2.1:44444"], uses=4)))
        for number, key in enumerate(keys):
            join = joinRequest(key, token, "node", macFrom(str(number)))
            joining = first.requests.redeem(join, key.exchangePublic, token.invitation, "")
            self.assertIsInstance(self.successResultOf(Deferred.fromCoroutine(joining)), Admitted)
        self.until(lambda: len(second.administration.members("", 99)) == 6)
        asked: list[Any] = []
        for number in range(100):
            for place, server in enumerate(servers):
                operator, member = server.administration, random.choice(keys).identity.hex()
                limit = operator.limit(member, **{("macs", "broadcasts")[place]: 1 + number})
                address = operator.address(member, [f"10.77.0.{random.randrange(2, 12)}"])
                name = operator.rename(member, f"node-{random.randrange(9)}")
                what = random.choice(("limit", "address", "address", "name"))
                chosen = {"limit": limit, "address": address, "name": name}
                asked.append(chosen.pop(what))
                for each in chosen.values():
                    each.close()
        found = self.successResultOf(gatherResults([Deferred.fromCoroutine(_outcome(each)) for each in asked]))
        self.assertGreater(found.count(""), 60, found)
        self.until(lambda: first.administration.members("", 99) == second.administration.members("", 99))
        members = first.administration.members("", 99)
        addresses = [address for each in members for address in each.addresses]
        self.assertEqual(len(addresses), len(set(addresses)))
        self.assertEqual(len({each.name for each in members}), 6)
        for server in servers:
            for record in server._members:
                had = sorted(address.partition("/")[0] for address in record.addresses)
                self.until(
                    lambda server=server, record=record, had=had: (
                        sorted(server._assignments.addresses.of(record.identity)) == had
                        and server._assignments.names.holderOf(record.name) == record.identity
                    )
                )

    def test_itLosesEverything(self) -> None:
        """
        Redis is killed and comes back empty, twice, the second time while the servers put back what they knew: it has
        every member and every revocation again, as both servers knew them, and the newest secret.
        """
        self.patch(wand.stores.redis, "RELOAD_PAUSE", 0.1)
        self.patch(wand.sealed.authority.kept_records, "PAUSE", 0.3)
        for module in (wand.sealed.authority.kept_records, wand.sealed.authority.rotator):
            self.patch(module, "RETRY", 0.5)
        self.records = self.opened()
        first = self.serve("one")
        second = self.serve("two", (self.directory / "one" / NETWORK_FILES[0]).read_bytes())
        token = self.done(first.administration.invite(["192.0.2.1:44444"], uses=MEMBERS))
        for number in range(MEMBERS):
            key = NodeKey.fromSeed(octetsFrom(f"{number}"))
            join = joinRequest(key, token, f"node-{number}", macFrom(f"{number}"))
            answer = self.done(first.requests.redeem(join, key.exchangePublic, token.invitation, ""))
            self.assertIsInstance(answer, Admitted)
            if number % 2:
                self.done(first.administration.revoke(key.identity.text))
        self.done(first.rotator.rotate(60.0))
        expected = self.stated(first)
        self.until(lambda: self.stated(second) == expected)
        for least in (5, len(expected)):
            self.server.kill()
            rmtree(self.directory / "appendonlydir")
            self.server.start()
            self.until(lambda least=least: len(self.stored()) >= least)  # type: ignore[misc]
        self.until(lambda: self.stored() == self.stated(first) == self.stated(second) == expected)
        third = self.serve("three")
        self.assertEqual(third.network.secrets.numbers, first.network.secrets.numbers)
        self.assertLessEqual(expected.items(), self.stated(third).items())

    def stored(self) -> dict[str, str]:
        """
        How each member stands, as Redis has it; empty while that does not answer.
        """
        loading = self.records.load(MEMBER_KIND).addErrback(lambda failure: {})
        records = [msgspec.msgpack.decode(each, type=MemberRecord) for each in self.successResultOf(loading).values()]
        return {each.name: each.state for each in records}

    def stated(self, server: Authority) -> dict[str, str]:
        """
        How each member stands, as a server has it.
        """
        return {each.name: each.state for each in server.administration.members("", 99)}

    def done(self, asked: Coroutine[Any, Any, Any]) -> Any:
        return self.successResultOf(Deferred.fromCoroutine(asked))


async def _outcome(asking: Any) -> str:
    """
    Why something was refused; empty if it was done.
    """
    try:
        await asking
    except (MembershipRefused, TemporarilyUnavailable) as error:
        return str(error)
    return ""
