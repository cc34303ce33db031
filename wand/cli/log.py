"""
The command C{log}.
"""

from __future__ import annotations

import click

from wand.cli.arguments import jsonOption
from wand.cli.rendering import Grid, showGrid, showJSON
from wand.cli.session import Operation, Session


@click.command()
@click.argument("part", required=False)
@click.argument("level", required=False)
@jsonOption
def log(part: str | None, level: str | None, asJSON: bool) -> Operation:
    """Show how much each part says in the log, or change it.

    PART is a part of the program, such as sealed or sealed.sessions, or all. LEVEL is debug, info, warn, error or
    critical, or default for what the configuration says. A change is over when the program ends, or when log-levels in
    its configuration changes.
    """
    if part is not None and level is None:
        raise click.UsageError(f"say the level, too: wand log {part} debug")

    async def run(session: Session) -> None:
        client = await session.client()
        if part is None or level is None:
            levels = await client.logLevels()
        else:
            levels = await client.setLogLevel(part, level)
        if asJSON:
            showJSON(levels)
            return
        showGrid(Grid(("PART", "LEVEL", "ORIGIN"), [(each.part, each.level, each.origin) for each in levels]))

    return Operation(run)
