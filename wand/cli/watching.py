"""
The command that shows events as they happen: C{watch}.
"""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

import click
import msgspec

from wand.cli.session import Operation, Session
from wand.cli.telling import told
from wand.errors import NotRunning

if TYPE_CHECKING:
    from wand.events import Event


@click.command()
@click.option("--count", type=click.IntRange(min=1), metavar="N", help="Stop after N events.")
@click.option("--json", "asJSON", is_flag=True, help="Print one JSON document a line, for each event.")
def watch(count: int | None, asJSON: bool) -> Operation:
    """Show events as they happen, until Ctrl-C."""

    async def run(session: Session) -> None:
        from twisted.internet.defer import DeferredQueue

        from wand.events import Event

        client = await session.client()
        queue: DeferredQueue[Event | None] = DeferredQueue()
        client.whenClosed(lambda: queue.put(None))
        await client.subscribe(queue.put, lambda lost: queue.put(Event("events-lost", session.now, {"count": lost})))
        shown = 0
        try:
            while shown != count:
                event = await queue.get()
                if event is None:
                    raise NotRunning("the program closed the connection")
                _show(event, asJSON)
                shown += event.kind != "events-lost"
        finally:
            if client.connected:
                await client.unsubscribe()

    return Operation(run, endless=True)


def _show(event: Event, asJSON: bool) -> None:
    if asJSON:
        click.echo(msgspec.json.encode(event))
        return
    when = datetime.fromtimestamp(event.time).isoformat(" ", "seconds")
    click.echo(f"{when}  {told(event)}")
