"""
What several browsers look at together: rates, what C{wand doctor} and C{wand netcheck} find, and events.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Final

import msgspec
from twisted.internet.interfaces import IReactorTime

from wand.console.answers import Document
from wand.console.calls import Call, Parameter, Respond, Route
from wand.console.event_feed import EventFeed, Stream
from wand.console.problems import Problem
from wand.console.readings import reading
from wand.console.shared import Shared
from wand.control.client import ControlClient
from wand.doctor.examination import Examined, examine
from wand.doctor.findings import Finding
from wand.doctor.machine import Machine
from wand.events import Event
from wand.reach_status import NetworkCheckStatus
from wand.readings.examined import examined
from wand.readings.rates import Rates, TopDocument, read
from wand.worker import Worker

#: For how many seconds a reading is good, and what was found on the machine.
TOP_LIFETIME: Final = 0.9
DOCTOR_LIFETIME: Final = 10.0
NETCHECK_LIFETIME: Final = 1.0

#: The largest number of peers that somebody may ask for.
PEERS_MAXIMUM: Final = 1_000_000


_PEERS: Final = {"type": "integer", "minimum": 1, "maximum": PEERS_MAXIMUM}


class LiveReadings:
    """
    Readings that remember something.
    """

    def __init__(
        self, feed: EventFeed, clock: IReactorTime, wallClock: Callable[[], float], makeWorker: Callable[[str], Worker]
    ) -> None:
        """
        @param makeWorker: makes what runs calls that block.
        """
        self._feed = feed
        self._clock = clock
        self._wallClock = wallClock
        self._makeWorker = makeWorker
        self._worker: Worker | None = None
        self._rates = Rates()
        self._top: Shared[TopDocument] = Shared(clock, TOP_LIFETIME)
        self._doctor: Shared[list[Finding]] = Shared(clock, DOCTOR_LIFETIME)
        self._network: Shared[NetworkCheckStatus] = Shared(clock, NETCHECK_LIFETIME)

    @property
    def routes(self) -> tuple[Route, ...]:
        """
        What the API offers of them.
        """
        return liveRoutes(self._answerTop, self._look, self._listen, self._check)

    def stop(self) -> None:
        """
        Look no more.
        """
        if self._worker is not None:
            self._worker.stop()

    async def _answerTop(self, call: Call) -> Document:
        found = await self._top.get(partial(self._readTop, call.client))
        most = call.number("most", len(found.peers), PEERS_MAXIMUM)
        return Document(found if most >= len(found.peers) else msgspec.structs.replace(found, peers=found.peers[:most]))

    async def _readTop(self, client: ControlClient) -> TopDocument:
        found = await read(client, self._clock.seconds())
        self._rates.read(found)
        status = found.status
        peers = sorted(self._rates.peers(), key=lambda each: -(each.bytesIn + each.bytesOut))
        return TopDocument(self._wallClock(), status.entries, status.notes, peers, self._rates.drops(), [])

    async def _look(self, call: Call) -> Document:
        return Document(await self._doctor.get(partial(self._examine, call.client)))

    async def _examine(self, client: ControlClient) -> list[Finding]:
        async def connected() -> ControlClient:
            return client

        known = await examined(connected)
        if self._worker is None:
            self._worker = self._makeWorker("console doctor")
        return await self._worker.do(partial(_examine, known, self._wallClock()))

    async def _check(self, call: Call) -> Document:
        return Document(await self._network.get(call.client.netcheck))

    async def _listen(self, call: Call) -> Stream:
        return Stream(self._feed)


async def _nothing(call: Call) -> Document:
    raise Problem(501, "there is nothing to look at")


def liveRoutes(
    top: Respond = _nothing, doctor: Respond = _nothing, events: Respond = _nothing, netcheck: Respond = _nothing
) -> tuple[Route, ...]:
    """
    The routes of readings that remember something.

    @param top: what answers each.
    """
    most = Parameter("most", "How many peers are in it: those with the most traffic.", _PEERS)
    return (
        reading("top", "Rates since the reading before; the first has none.", TopDocument, top, most),
        reading("netcheck", "What the network around this node allows.", NetworkCheckStatus, netcheck),
        reading("doctor", "What is wrong on this host, as far as the program may look.", list[Finding], doctor),
        Route(
            method="GET",
            path="events",
            about="Events as they happen: server-sent events, each with the document of the command.",
            answers=(Event,),
            respond=events,
            command="wand watch --json",
            isStream=True,
        ),
    )


def _examine(known: Examined, now: float) -> list[Finding]:
    return list(examine(Machine(), known, now))
