"""
The commands that look at a running program: C{status}, C{table}, C{peers} and C{counters}.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import TypeVar

import click

from wand.cli.arguments import jsonOption
from wand.cli.rendering import Grid, age, showGrid, showJSON
from wand.cli.session import Operation, Session
from wand.cli.summary import showStatus
from wand.status import CounterStatus, EntryStatus, PeerStatus

Item = TypeVar("Item")

DROP_STYLE = "yellow"


@click.command()
@jsonOption
def status(asJSON: bool) -> Operation:
    """Show how the program is."""

    async def run(session: Session) -> None:
        found = await (await session.client()).status()
        if asJSON:
            showJSON(found)
        else:
            showStatus(found, session.now)

    return Operation(run)


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
    """List the peers, and what passed between them and us."""

    async def run(session: Session) -> None:
        found = await _all((await session.client()).peers())
        if asJSON:
            showJSON(found)
        else:
            showGrid(_peerGrid(found, session.now))

    return Operation(run)


@click.command()
@click.option("--all", "everything", is_flag=True, help="Also those that are zero.")
@jsonOption
def counters(everything: bool, asJSON: bool) -> Operation:
    """List what was counted, drops by their reason."""

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
            "STATE",
            "ENDPOINT",
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
                peer.state,
                peer.endpoint,
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
