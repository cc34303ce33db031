"""
The commands that show how members are reached: C{why}, C{ping} and C{netcheck}.
"""

from __future__ import annotations

import click

from wand.cli.arguments import jsonOption
from wand.cli.pinging import Pings, pingEachWay
from wand.cli.rendering import sentence, showGrid, showJSON, working
from wand.cli.session import Operation, Session
from wand.cli.ways import checkGrid, showWhy

#: Who a member is.
peerArgument = click.argument("peer")


@click.command()
@peerArgument
@jsonOption
def why(peer: str, asJSON: bool) -> Operation:
    """Show why a member is reached the way it is, and what would make it direct.

    PEER is its name, its key, one of its overlay addresses or one of its MAC addresses.
    """

    async def run(session: Session) -> None:
        found = await (await session.client()).why(peer)
        if asJSON:
            showJSON(found)
        else:
            showWhy(found, session.now)

    return Operation(run)


@click.command()
@peerArgument
@click.option("--count", type=click.IntRange(min=1), default=4, show_default=True, metavar="N", help="Ask N times.")
@jsonOption
def ping(peer: str, count: int, asJSON: bool) -> Operation:
    """Ask a member to answer inside the protocol, over each way to it.

    PEER is its name, its key, one of its overlay addresses or one of its MAC addresses.
    """

    async def run(session: Session) -> None:
        pings = Pings(peer, asJSON)
        await pingEachWay(session, pings, count)
        pings.finish()

    return Operation(run)


@click.command()
@jsonOption
def netcheck(asJSON: bool) -> Operation:
    """Check what the network around this node allows."""

    async def run(session: Session) -> None:
        client = await session.client()
        with working("looking at the network"):
            found = await client.netcheck()
        if asJSON:
            showJSON(found)
        else:
            showGrid(checkGrid(found))
            click.echo(f"\n{sentence(found.verdict)}")

    return Operation(run)
