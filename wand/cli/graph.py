"""
The command that draws the network: C{graph}.
"""

from __future__ import annotations

import click

from wand.cli.arguments import jsonOption
from wand.cli.graph_text import asDOT, asSVG, asText
from wand.cli.rendering import showJSON
from wand.cli.session import Operation, Session
from wand.readings.picture import picture

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
        drawn = await picture(await session.client(), most)
        if asJSON:
            showJSON(drawn)
        else:
            click.echo(_FORMATS[form](drawn))

    return Operation(run)
