"""
The commands that show events: C{events} those that happened last, C{watch} those that happen.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Final, Self

import click
import msgspec

from wand.cli.rendering import clean
from wand.cli.session import Operation, Session
from wand.cli.telling import told
from wand.errors import NoSuchMember, NotRunning, NotSupported
from wand.trace import Traced

if TYPE_CHECKING:
    from twisted.internet.defer import DeferredQueue

    from wand.control.client import ControlClient
    from wand.events import Event

#: A line that says that some are missing.
_LOST: Final = "events-lost"


_TRACE = click.option(
    "--trace", metavar="NAME|ID", help="Only those about one member: its name, its key, or the beginning of its key."
)


@click.command()
@_TRACE
@click.option("--follow", is_flag=True, help="Go on with those that happen, until Ctrl-C.")
@click.option("--json", "asJSON", is_flag=True, help="Print one JSON document a line, for each event.")
def events(trace: str | None, follow: bool, asJSON: bool) -> Operation:
    """Show the last events."""

    async def run(session: Session) -> None:
        traced = None if trace is None else Traced(trace)
        # Those that happen meanwhile wait behind those that did.
        feed = await _Feed.of(session) if follow else None
        client = await session.client()
        found = await client.recentEvents()
        if traced is not None:
            traced.learn(found)
        wanted = [event for event in found if traced is None or traced.isAbout(event)]
        for event in wanted:
            _show(event, asJSON)
        if traced is not None and not wanted:
            await _sayNone(client, traced, isWaiting=follow)
        if feed is not None:
            await feed.show(traced, None, asJSON, after=found[-1:])

    return Operation(run, endless=follow)


@click.command()
@_TRACE
@click.option("--count", type=click.IntRange(min=1), metavar="N", help="Stop after N events.")
@click.option("--json", "asJSON", is_flag=True, help="Print one JSON document a line, for each event.")
def watch(trace: str | None, count: int | None, asJSON: bool) -> Operation:
    """Show events as they happen, until Ctrl-C."""

    async def run(session: Session) -> None:
        traced = None if trace is None else Traced(trace)
        feed = await _Feed.of(session)
        if traced is not None:
            client = await session.client()
            found = await client.recentEvents()
            traced.learn(found)
            if not any(map(traced.isAbout, found)) and not await _isKnown(client, traced):
                click.echo(f"wand: {clean(_unknown(traced))}; waiting for one", err=True)
        await feed.show(traced, count, asJSON)

    return Operation(run, endless=True)


async def _sayNone(client: ControlClient, traced: Traced, *, isWaiting: bool) -> None:
    """
    No event is about a member.

    @param isWaiting: may one come?
    @raise NoSuchMember: if nobody of that name or key is known, and none is waited for.
    """
    if await _isKnown(client, traced):
        click.echo(f"wand: none of the last events is about {clean(traced.wanted)}", err=True)
        return
    if not isWaiting:
        raise NoSuchMember(_unknown(traced))
    click.echo(f"wand: {clean(_unknown(traced))}; waiting for one", err=True)


def _unknown(traced: Traced) -> str:
    return (
        f"nobody is known as {traced.wanted!r}, and none of the last events names one; wand members shows the names "
        "and keys of members, and the log has earlier events"
    )


async def _isKnown(client: ControlClient, traced: Traced) -> bool:
    try:
        async for member in client.seen():
            if traced.isMember(member.name, member.key):
                return True
    except NotSupported:  # it has no members, and nobody could be known by name
        pass
    return False


class _Feed:
    """
    Events as they happen.
    """

    def __init__(self, client: ControlClient) -> None:
        from twisted.internet.defer import DeferredQueue

        self._client = client
        self._queue: DeferredQueue[Event | None] = DeferredQueue()

    @classmethod
    async def of(cls, session: Session) -> Self:
        """
        Those of the program, from now on.
        """
        from wand.events import Event

        client = await session.client()
        feed = cls(client)
        put = feed._queue.put
        client.whenClosed(lambda: put(None))
        await client.subscribe(put, lambda lost: put(Event(_LOST, session.now, {"count": lost})))
        return feed

    async def show(self, traced: Traced | None, count: int | None, asJSON: bool, after: Sequence[Event] = ()) -> None:
        """
        Show them.

        @param count: how many; C{None} for all that come.
        @param after: the last that was shown before: what is not later was shown, too.
        """
        shown = 0
        earlier = max((each.time for each in after), default=0.0)
        try:
            while shown != count:
                event = await self._queue.get()
                if event is None:
                    raise NotRunning("the program closed the connection")
                if event.time <= earlier or not (traced is None or event.kind == _LOST or traced.isAbout(event)):
                    continue
                _show(event, asJSON)
                shown += event.kind != _LOST
        finally:
            if self._client.connected:
                await self._client.unsubscribe()


def _show(event: Event, asJSON: bool) -> None:
    if asJSON:
        click.echo(msgspec.json.encode(event))
        return
    when = datetime.fromtimestamp(event.time).isoformat(" ", "seconds")
    click.echo(f"{when}  {told(event)}")
