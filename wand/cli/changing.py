"""
The commands that change a running program: C{add}, C{delete}, C{reload} and C{stop}.
"""

from __future__ import annotations

import click

from wand.cli.arguments import jsonOption, macArgument
from wand.cli.rendering import clean, showJSON
from wand.cli.session import Operation, Session


@click.command()
@macArgument
@click.argument("peer", metavar="HOST:PORT")
@click.option(
    "--lifetime",
    type=click.FloatRange(min=0, min_open=True),
    metavar="SECONDS",
    help="How long to keep the entry; without it, until it is deleted or the program ends.",
)
def add(mac: str, peer: str, lifetime: float | None) -> Operation:
    """Add an entry: send the frames for a MAC address to a peer."""

    async def run(session: Session) -> None:
        await (await session.client()).add(mac, peer, lifetime=lifetime)
        click.echo(f"added {mac} at {clean(peer)}")

    return Operation(run)


@click.command()
@macArgument
@click.option("--source", metavar="NAME", help="Only what this source says; without it, what every source says.")
def delete(mac: str, source: str | None) -> Operation:
    """Delete an entry.

    A directory that still lists the address may add it again.
    """

    async def run(session: Session) -> None:
        await (await session.client()).delete(mac, source)
        click.echo(f"deleted {mac}")

    return Operation(run)


@click.command()
@jsonOption
def reload(asJSON: bool) -> Operation:
    """Reload the program's configuration.

    Print what changed, and what waits for a restart, a line each.
    """

    async def run(session: Session) -> None:
        changes = await (await session.client()).reload()
        if asJSON:
            showJSON([_parts(each) for each in changes])
        else:
            click.echo("\n".join(map(clean, changes)) or "nothing changed")

    return Operation(run)


def _parts(change: str) -> dict[str, object]:
    key, _, what = change.partition(": ")
    return {"key": key, "what": what, "waits": what.startswith("waits for a restart")}


@click.command()
def stop() -> Operation:
    """Stop the program, and wait until it has stopped."""

    async def run(session: Session) -> None:
        await (await session.client()).stop()
        click.echo("stopped")

    return Operation(run)
