"""
The members of a network as a node sees them, in columns.
"""

from __future__ import annotations

import click

from wand.cli.rendering import Grid, age, shortKey
from wand.cli.session import Session
from wand.cli.ways import milliseconds
from wand.status import SeenStatus

#: How many of the columns a terminal of 80 columns shows.
_CORE = 7


def isHere(online: bool | None) -> str:
    """
    Whether somebody is online, for a column.
    """
    return {True: "yes", False: "no"}.get(online, "") if online is not None else ""


def lastSeen(seen: float | None, now: float) -> str:
    """
    How long ago somebody was heard, for a column.
    """
    return "" if seen is None else age(now - seen)


def wayText(way: str, relay: str) -> str:
    """
    A way, for a column.
    """
    return f"{way} {relay}" if relay else way


def seenGrid(found: list[SeenStatus], now: float, *, keys: bool = False, wide: bool = False) -> Grid:
    """
    Members, by their names.
    """
    ordered = sorted(found, key=lambda each: (each.name, each.key))
    return Grid(
        ("NAME", "ONLINE", "SEEN", "WAY", "RTT", "ADDRESSES", "MACS", "KIND", "VERSION", "KEY"),
        [
            (
                each.name,
                isHere(each.online),
                lastSeen(each.seen, now),
                wayText(each.way, each.relay),
                milliseconds(each.roundTrip),
                ",".join(address.partition("/")[0] for address in each.addresses),
                ",".join(each.macs),
                "server" if each.server else "node",
                each.version,
                each.key if keys else shortKey(each.key),
            )
            for each in ordered
        ],
        ["" if each.online else "dim" for each in ordered],
        core=0 if wide or keys else _CORE,
    )


async def sayOfHowMany(session: Session, known: int) -> None:
    """
    Say it if the program knows only some of the members.
    """
    status = await (await session.client()).status()
    members = max((each.members or 0 for each in status.directories), default=0)
    if members:
        click.echo(f"These are the {known:,} members that this node knows, of {members:,}.", err=True)
