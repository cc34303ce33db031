"""
What C{wand ping} does and prints.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import attrs
import click

from wand.cli.outcome import Outcome
from wand.cli.rendering import clean, showJSON
from wand.cli.session import Session
from wand.cli.ways import placeTexts
from wand.errors import NoAnswer
from wand.reach_status import WaysStatus
from wand.status import Status

if TYPE_CHECKING:
    from wand.control.client import ControlClient

#: Seconds between two rounds.
INTERVAL = 1.0

#: What is said in place of a way while none is known.
_FIRST = "the first way found"


class PingedWay(Status, frozen=True):
    """
    What C{wand ping --json} says of a way.

    @ivar place: the way; empty for the first one found, while none is known.
    @ivar roundTrips: the seconds that each answer took; C{None} where none came.
    """

    place: str
    roundTrips: list[float | None]


class Unanswered(Outcome):
    """
    Nothing was answered.
    """


@attrs.define
class Pings:
    """
    The questions and their answers.

    @ivar peer: who is asked, as the operator said it.
    @ivar asJSON: is a document printed at the end, and nothing else?
    @ivar ways: what came of each way, by its place; an empty one stands for whichever way is found first.
    """

    peer: str
    asJSON: bool
    ways: dict[str, list[float | None]] = attrs.field(factory=dict)
    texts: dict[str, str] = attrs.field(factory=dict)
    reason: str = ""

    def take(self, place: str, answer: float | NoAnswer) -> None:
        """
        An answer came, or none will.

        @param answer: the seconds that it took.
        """
        if isinstance(answer, NoAnswer):
            self.ways.setdefault(place, []).append(None)
            self.reason = str(answer)
            self._line(place, "no answer")
        else:
            self.ways.setdefault(place, []).append(answer)
            self._line(place, f"time {answer * 1000:.1f} ms")

    def finish(self) -> None:
        """
        Print what came of it.

        @raise Unanswered: if nothing did.
        """
        if self.asJSON:
            showJSON([PingedWay(place, took) for place, took in self.ways.items()])
        else:
            click.echo("\n".join(["", *(self._summary(place, took) for place, took in self.ways.items())]))
        if not any(each is not None for took in self.ways.values() for each in took):
            raise Unanswered(self.reason)

    def _line(self, place: str, what: str) -> None:
        if not self.asJSON:
            number = len(self.ways[place])
            click.echo(f"{clean(self.peer)} over {self.texts.get(place, _FIRST)}: number {number}, {what}")

    def _summary(self, place: str, took: list[float | None]) -> str:
        good = [1000 * each for each in took if each is not None]
        times = f", {min(good):.1f} / {sum(good) / len(good):.1f} / {max(good):.1f} ms" if good else ""
        return f"{self.texts.get(place, _FIRST)}: {len(good)} of {len(took)} answered{times}"


async def pingEachWay(session: Session, pings: Pings, count: int) -> None:
    """
    Ask over all ways at once, once a second.  The first question makes a session if there is none.
    """
    from twisted.internet.defer import Deferred, gatherResults

    client = await session.client()
    for number in range(count):
        if number:
            await session.sleep(INTERVAL)
        places = _places(await client.ways(pings.peer), pings)
        asked = [Deferred.fromCoroutine(_answer(client, pings.peer, place)) for place in places]
        for place, answer in zip(places, await gatherResults(asked), strict=True):
            pings.take(place, answer)


async def _answer(client: ControlClient, peer: str, place: str) -> float | NoAnswer:
    try:
        return await client.ping(peer, place or None)
    except NoAnswer as error:
        return error


def _places(found: WaysStatus, pings: Pings) -> list[str]:
    pings.texts.update(placeTexts(found.ways, found.relays))
    return [way.place for way in found.ways] if found.isUp and found.ways else [""]
