"""
What the network around this node allows: measured while the operator waits.
"""

from __future__ import annotations

from collections.abc import Iterable
from itertools import islice
from typing import Final, TypeVar

import attrs
from twisted.internet.defer import CancelledError, Deferred, DeferredList, TimeoutError
from twisted.python.failure import Failure

from wand.endpoint import Endpoint
from wand.errors import NoAnswer
from wand.interfaces import Context, ISessions, Participant
from wand.interfaces.way_inspection import IWayInspection
from wand.reach_status import NetworkCheckStatus
from wand.sealed.reach.check_results import Findings, resultsOf
from wand.sealed.reach.observing import OBSERVERS_MAXIMUM, Observing
from wand.sealed.reach.surroundings import Surroundings
from wand.sealed.reach.verdict import verdictOn
from wand.timing.looking import until

#: Seconds for what others have to answer, for a datagram to come back from the NAT, and to find out how long
#: datagrams may be.
PATIENCE: Final = 2.0
HAIRPIN_PATIENCE: Final = 1.0
PATH_PATIENCE: Final = 5.0

#: How many members are asked, besides the servers, if so many answers are awaited.
ASKED_MAXIMUM: Final = 8

#: What ways over UDP are called.
_UDP: Final = ("lan", "ipv4", "ipv6")

Value = TypeVar("Value")


@attrs.define
class NetworkCheck:
    """
    Looks once.
    """

    _sessions: ISessions
    _ways: IWayInspection
    _participant: Participant
    _observing: Observing
    _surroundings: Surroundings
    _context: Context

    async def run(self, port: int) -> NetworkCheckStatus:
        """
        Look; all questions are under way at once.

        @param port: our UDP port.
        """
        servers = [each.identity for each in self._participant.servers()]
        asked = [*filter(self._sessions.isUp, servers), *self._members(servers)][:OBSERVERS_MAXIMUM]
        for peer in asked:
            self._observing.ask(peer)
        nearest = [self._answer(self._ways.ping(each), PATIENCE) for each in servers]
        overUDP = {peer: self._pingsOverUDP(peer) for peer in asked}
        beyond = [*filter(self._surroundings.isReachedBeyond, asked)]
        paths = [self._answer(self._ways.pathTo(peer), PATH_PATIENCE) for peer in beyond]
        await self._observed(asked)
        hairpin = await self._hairpin()
        found = Findings(
            servers=len(servers),
            nearest={peer: took for peer, took in zip(servers, await _all(nearest), strict=True) if took is not None},
            families={place.isIPv6 for pings in overUDP.values() for place in await _answered(pings)},
            paths=len(paths),
            sizes=[size for size in await _all(paths) if size is not None],
            isHairpinning=hairpin,
            isInStream=self._surroundings.isInStream(),
            nat=self._surroundings.nat(),
            ours=self._surroundings.candidates(),
        )
        checks = resultsOf(found, self._context, self._nameOf)
        return NetworkCheckStatus(checks, verdictOn({each.name: each for each in checks}, found.nat, port))

    # Who is asked, and where.

    def _members(self, servers: Iterable[bytes]) -> list[bytes]:
        others = (peer for peer in self._sessions.sessionsWith() if peer not in servers)
        return [*islice(filter(self._surroundings.isReachedBeyond, others), ASKED_MAXIMUM)]

    def _pingsOverUDP(self, peer: bytes) -> dict[Endpoint, Deferred[float | None]]:
        places = [Endpoint.parse(each.place) for each in self._ways.waysTo(peer) if each.rank in _UDP]
        beyond = filter(self._surroundings.isBeyond, places)
        return {each: self._answer(self._ways.ping(peer, each), PATIENCE) for each in beyond}

    def _nameOf(self, peer: bytes) -> str:
        return next((str(each) for each in self._sessions.sessionsWith() if each == peer), peer.hex()[:12])

    # What they say.

    def _answer(self, asked: Deferred[Value], patience: float) -> Deferred[Value | None]:
        def silent(failure: Failure) -> None:
            failure.trap(NoAnswer, TimeoutError, CancelledError)

        return asked.addTimeout(patience, self._context.clock).addErrback(silent)

    async def _observed(self, asked: Iterable[bytes]) -> None:
        await until(lambda: not any(map(self._observing.isAwaited, asked)), PATIENCE, self._context.clock)

    async def _hairpin(self) -> bool | None:
        outside = [Endpoint.parse(each) for each in self._surroundings.outside()]
        place = next((each for each in outside if not each.isIPv6), None)
        if place is None:
            return None
        came: list[bool] = []
        back = self._answer(self._ways.echo(place).addCallback(lambda _: came.append(True)), HAIRPIN_PATIENCE)
        await back
        return bool(came)


async def _all(asked: Iterable[Deferred[Value | None]]) -> list[Value | None]:
    return [result for _, result in await DeferredList(list(asked))]


async def _answered(asked: dict[Endpoint, Deferred[float | None]]) -> list[Endpoint]:
    return [place for place, took in zip(asked, await _all(asked.values()), strict=True) if took is not None]
