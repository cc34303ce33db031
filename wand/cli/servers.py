"""
The command about servers: C{servers}.
"""

from __future__ import annotations

import click

from wand.cli.arguments import jsonOption
from wand.cli.rendering import Grid, age, clean, showGrid, showJSON
from wand.cli.session import Operation, Session
from wand.sealed.credentials.member_status import ServerStatus

#: How the rows of those look that do not run.
_STYLES = {"silent": "yellow", "unsigned": "yellow", "stopped": "dim"}


@click.command()
@click.option("--keys", is_flag=True, help="Show the whole keys.")
@jsonOption
def servers(keys: bool, asJSON: bool) -> Operation:
    """List the servers of the network that share a store with this one."""

    async def run(session: Session) -> None:
        found = [each async for each in (await session.client()).servers()]
        if asJSON:
            showJSON(found)
        else:
            found.sort(key=lambda each: (each.state != "this", each.name))
            showGrid(_grid(found, session.now, keys=keys))

    return Operation(run)


def _grid(found: list[ServerStatus], now: float, *, keys: bool) -> Grid:
    return Grid(
        ("SERVER", "KEY", "STATE", "HEARD", "ENDPOINTS"),
        [
            (
                each.name,
                each.key if keys else each.short,
                each.state,
                "" if each.state == "this" else age(now - each.heard),
                clean(" ".join(each.endpoints)),
            )
            for each in found
        ],
        [_STYLES.get(each.state, "") for each in found],
    )
