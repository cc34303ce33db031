"""
The command that lists plugins: C{drivers}.
"""

from __future__ import annotations

import click

from wand.cli.arguments import jsonOption
from wand.cli.rendering import Grid, showGrid, showJSON
from wand.cli.session import Operation, Session
from wand.status import PluginStatus


@click.command()
@jsonOption
def drivers(asJSON: bool) -> Operation:
    """List the plugins, and why some are rejected."""

    async def run(session: Session) -> None:
        from wand.discovery.catalogue import survey

        found = survey()
        if asJSON:
            showJSON(found)
        else:
            _show("Usable", "ABOUT", [each for each in found if each.usable])
            click.echo()
            _show("Rejected", "REASON", [each for each in found if not each.usable])

    return Operation(run)


def _show(title: str, last: str, plugins: list[PluginStatus]) -> None:
    click.echo(click.style(f"{title}: {len(plugins)}", bold=True))
    if plugins:
        rows = [(each.kind, each.name, each.where, each.about) for each in plugins]
        showGrid(Grid(("KIND", "NAME", "WHERE", last), rows))
