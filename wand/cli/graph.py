"""
The command that draws the network: C{graph}.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from wand.cli.arguments import jsonOption
from wand.cli.graph_text import asDOT, asSVG, asText, pictureOf
from wand.cli.rendering import showJSON
from wand.cli.session import Operation, Session
from wand.errors import NotSupported

if TYPE_CHECKING:
    from wand.control.client import ControlClient

#: How many members are drawn unless the operator says otherwise.
MOST = 40

_FORMATS = {"text": asText, "dot": asDOT, "svg": asSVG}


@click.command()
@click.option("--format", "form", type=click.Choice(list(_FORMATS)), default="text", show_default=True)
@click.option(
    "--most",
    type=click.IntRange(1, 1000),
    default=MOST,
    show_default=True,
    metavar="N",
    help="Draw at most N members, those with the most traffic.",
)
@jsonOption
def graph(form: str, most: int, asJSON: bool) -> Operation:
    """Draw the network as this program sees it."""

    async def run(session: Session) -> None:
        client = await session.client()
        own = (await client.status()).own
        seen = [each async for each in client.seen()]
        picture = pictureOf(own.name if own else "", seen, own.key if own else "", await _traffic(client), most)
        if asJSON:
            showJSON({"here": picture.here, "nodes": picture.nodes, "left": picture.left})
        else:
            click.echo(_FORMATS[form](picture))

    return Operation(run)


async def _traffic(client: ControlClient) -> dict[str, int]:
    try:
        return {each.peer: each.bytesReceived + each.bytesSent async for each in client.peers()}
    except NotSupported:  # a server carries no frames
        return {}
