"""
The command that packs what a report of a fault needs: C{report}.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any, Final

import click

from wand.cli.files import newSecretFile
from wand.cli.rendering import working
from wand.cli.session import Operation, Session
from wand.doctor.examination import examine
from wand.doctor.machine import Machine
from wand.doctor.report import archive
from wand.errors import WandError
from wand.readings.examined import examined
from wand.version import __version__

#: How many peers, and entries of the table, are in it.
_MOST: Final = 1000


@click.command()
@click.argument("file", metavar="FILE", default="wand-report.tar.gz")
@click.option("--force", is_flag=True, help="Replace FILE if it exists.")
def report(file: str, force: bool) -> Operation:
    """Pack what a report of a fault needs, without secrets.

    FILE, by default wand-report.tar.gz, has what wand doctor finds, the status, counters, peers and configuration of
    the program, the end of its log, and the addresses and routes of this host. Secrets are removed; names and addresses
    are not, so look at it before you publish it.
    """

    async def run(session: Session) -> None:
        machine = Machine()
        with working("collecting"):
            known = await examined(session.client)
            values: dict[str, Any] = {
                "version.json": __version__,
                "doctor.json": list(examine(machine, known, session.now)),
                "status.json": known.status,
                "netcheck.json": known.network,
            }
            if known.status is not None:
                values |= await _details(session)
            origins = [] if known.status is None else [known.status.configuration]
            configurations = {"/etc/wand/node.toml", "/etc/wand/server.toml", *filter(None, origins)}
            packed = archive(values, sorted(configurations), machine, int(session.now))
        newSecretFile(file, packed, force=force)
        click.echo(f"{file}: {len(packed):,} octets; look at it with: tar -xzf {file}")

    return Operation(run)


async def _details(session: Session) -> dict[str, Any]:
    client = await session.client()
    return {
        "counters.json": await _beginning(client.counters()),
        "peers.json": await _beginning(client.peers()),
        "entries.json": await _beginning(client.entries()),
    }


async def _beginning(listing: AsyncIterator[Any]) -> list[Any]:
    found: list[Any] = []
    try:
        async for each in listing:
            found.append(each)
            if len(found) >= _MOST:
                break
    except WandError as error:
        found.append(str(error))
    return found
