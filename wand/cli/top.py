"""
The command that shows live what a program does: C{top}.
"""

from __future__ import annotations

import asyncio
import os
import sys
import termios
import tty
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

import click
import msgspec

from wand.cli.session import Operation, Session
from wand.cli.telling import told
from wand.cli.top_state import TopState
from wand.errors import WandError
from wand.readings.rates import TopDocument, read

if TYPE_CHECKING:
    from rich.live import Live

    from wand.control.client import ControlClient
    from wand.events import Event

#: Seconds between two readings, and between two looks at the keys.
INTERVAL: Final = 1.0
LOOK: Final = 0.1


class NoTerminal(WandError):
    """
    There is nobody who could see or type.
    """


@click.command()
@click.option("--count", type=click.IntRange(min=1), metavar="N", help="Stop after N readings.")
@click.option("--json", "asJSON", is_flag=True, help="Print one JSON document a line, each second.")
def top(count: int | None, asJSON: bool) -> Operation:
    """Show live who sends how much, what is dropped, and what happens.

    The keys t, n, d and r sort by traffic, name, drops and round-trip time, and the other way round when typed again; /
    filters by name; q ends it.
    """
    if not asJSON and not (sys.stdin.isatty() and sys.stdout.isatty()):
        raise NoTerminal("wand top needs a terminal: use wand top --json, or wand peers")

    async def run(session: Session) -> None:
        client, state = await session.client(), TopState()

        def happened(event: Event) -> None:
            state.events.append(click.unstyle(told(event)))

        def lost(missed: int) -> None:
            state.lost += missed

        await client.subscribe(happened, lost)
        try:
            await (_print if asJSON else _show)(session, client, state, count)
        finally:
            if client.connected:
                await client.unsubscribe()

    return Operation(run, endless=True)


async def _print(session: Session, client: ControlClient, state: TopState, count: int | None) -> None:
    done = 0
    while done != count:
        state.read(await read(client, session.elapsed))
        assert state.now is not None
        status = state.now.status
        events, now = list(state.events), session.now
        state.events.clear()
        document = TopDocument(now, status.entries, status.notes, state.rates(), state.drops(), events)
        click.echo(msgspec.json.encode(document))
        done += 1
        if done != count:
            await session.sleep(INTERVAL)


async def _show(session: Session, client: ControlClient, state: TopState, count: int | None) -> None:
    from rich.console import Console
    from rich.live import Live

    loop, done = asyncio.get_running_loop(), 0
    descriptor = sys.stdin.fileno()
    with _keysOneByOne(descriptor), Live(console=Console(), screen=True, auto_refresh=False) as live:

        def typed() -> None:
            for key in os.read(descriptor, 1024).decode(errors="replace") or "q":
                state.key(key)
            _draw(live, state, session.now)

        loop.add_reader(descriptor, typed)
        try:
            while done != count and not state.isEnding:
                state.read(await read(client, session.elapsed))
                done += 1
                _draw(live, state, session.now)
                due = session.elapsed + INTERVAL
                while not state.isEnding and session.elapsed < due:
                    await session.sleep(LOOK)
        finally:
            loop.remove_reader(descriptor)


def _draw(live: Live, state: TopState, now: float) -> None:
    from wand.cli.top_screen import screen

    live.update(screen(state, live.console.width, live.console.height, now), refresh=True)


@contextmanager
def _keysOneByOne(descriptor: int) -> Iterator[None]:
    """
    Read each key as it is typed, unseen; whatever happens, the terminal is as before afterwards.
    """
    before = termios.tcgetattr(descriptor)
    try:
        tty.setcbreak(descriptor)
        yield
    finally:
        termios.tcsetattr(descriptor, termios.TCSADRAIN, before)
