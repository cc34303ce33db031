"""
The commands that inspect a running program: C{status}, C{table}, C{peers} and C{counters}.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import TypeVar

import click

from wand.cli.arguments import jsonOption
from wand.cli.outcome import Outcome
from wand.cli.rendering import Grid, age, clean, showGrid, showJSON
from wand.cli.session import Operation, Session
from wand.cli.summary import showStatus
from wand.cli.ways import milliseconds
from wand.errors import WandError
from wand.status import CounterStatus, EntryStatus, PeerStatus, ProgramStatus

Item = TypeVar("Item")

DROP_STYLE = "yellow"

#: Seconds within which a program has to answer L{status} with C{--check}.
CHECK_TIMEOUT = 10.0


class NeedsAPerson(Outcome):
    """
    C{wand status --check} found something; what it is has been printed.
    """

    exit_code = 1


class NoAnswer(Outcome):
    """
    C{wand status --check} could not get the program's status.
    """

    exit_code = 2


@click.command()
@click.option(
    "--check",
    is_flag=True,
    help="Print only what needs attention, for monitoring: exit status 0 if nothing does, 1 if something does, "
    "2 if the program does not answer.",
)
@jsonOption
def status(check: bool, asJSON: bool) -> Operation:
    """Show the program's status."""

    async def run(session: Session) -> None:
        if check:
            await _check(session, asJSON)
            return
        found = await (await session.client()).status()
        if asJSON:
            showJSON(found)
        else:
            showStatus(found, session.now)

    return Operation(run)


async def _check(session: Session, asJSON: bool) -> None:
    try:
        found = await session.within(CHECK_TIMEOUT, _status(session))
    except WandError as error:
        raise NoAnswer(str(error)) from error
    notes = found.notes[: found.attention]
    if asJSON:
        showJSON(notes)
    elif notes:
        click.echo("\n".join(map(clean, notes)))
    if notes:
        raise NeedsAPerson("this needs attention" if len(notes) == 1 else f"these {len(notes)} need attention")


async def _status(session: Session) -> ProgramStatus:
    return await (await session.client()).status()


@click.command()
@jsonOption
def table(asJSON: bool) -> Operation:
    """List the table: MAC addresses and their peers."""

    async def run(session: Session) -> None:
        entries = await _all((await session.client()).entries())
        if asJSON:
            showJSON(entries)
        else:
            showGrid(_entryGrid(entries, session.now))

    return Operation(run)


@click.command()
@jsonOption
def peers(asJSON: bool) -> Operation:
    """List the peers and the servers, how they are reached, and their traffic."""

    async def run(session: Session) -> None:
        client = await session.client()
        found = await _all(client.peers())
        if asJSON:
            showJSON(found)
            return
        showGrid(_peerGrid(found, session.now))
        members = max((each.members or 0 for each in (await client.status()).directories), default=0)
        if members:
            click.echo(f"These are the members that this node uses, of {members:,}; it follows no others.", err=True)

    return Operation(run)


@click.command()
@click.option("--all", "everything", is_flag=True, help="Include counters that are zero.")
@jsonOption
def counters(everything: bool, asJSON: bool) -> Operation:
    """List the counters, drops by their reason."""

    async def run(session: Session) -> None:
        found = [each for each in await _all((await session.client()).counters()) if each.value or everything]
        if asJSON:
            showJSON(found)
        else:
            showGrid(_counterGrid(found))

    return Operation(run)


async def _all(pages: AsyncIterator[Item]) -> list[Item]:
    return [item async for item in pages]


def _entryGrid(entries: list[EntryStatus], now: float) -> Grid:
    return Grid(
        ("MAC", "PEER", "SOURCE", "AGE", "EXPIRES"),
        [
            (
                entry.mac,
                entry.peer,
                entry.source,
                age(now - entry.since),
                "never" if entry.expires is None else age(entry.expires - now),
            )
            for entry in entries
        ],
    )


def _peerGrid(found: list[PeerStatus], now: float) -> Grid:
    return Grid(
        (
            "PEER",
            "KIND",
            "STATE",
            "WAY",
            "ENDPOINT",
            "ROUND-TRIP",
            "SINCE",
            "PATH",
            "HEARD",
            "FRAMES-IN",
            "BYTES-IN",
            "FRAMES-OUT",
            "BYTES-OUT",
            "DROPS",
            "MACS",
        ),
        [
            (
                peer.peer,
                "server" if peer.server else "node",
                peer.state,
                peer.way,
                f"relay {peer.relay}" if peer.relay else peer.endpoint,
                milliseconds(peer.roundTrip),
                "" if peer.since is None else age(now - peer.since),
                _path(peer),
                "never" if peer.heard is None else age(now - peer.heard),
                str(peer.framesReceived),
                str(peer.bytesReceived),
                str(peer.framesSent),
                str(peer.bytesSent),
                _drops(peer),
                ",".join(peer.macs),
            )
            for peer in found
        ],
        [DROP_STYLE if peer.drops else "" for peer in found],
        core=7,
    )


def _path(peer: PeerStatus) -> str:
    return "" if peer.pathSize is None else f"{peer.pathSize}{'+parity' if peer.parity else ''}"


def _drops(peer: PeerStatus) -> str:
    reasons = ", ".join(f"{reason} {count}" for reason, count in peer.reasons.items())
    return f"{peer.drops} ({reasons})" if reasons else str(peer.drops)


def _counterGrid(found: list[CounterStatus]) -> Grid:
    return Grid(
        ("COUNTER", "VALUE", "WHAT"),
        [(counter.name, str(counter.value), counter.description) for counter in found],
        [DROP_STYLE if counter.name.startswith("drop-") and counter.value else "" for counter in found],
    )
