"""
The command that lets somebody into the console: C{console}.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

from wand.cli.arguments import jsonOption
from wand.cli.durations import inSeconds
from wand.cli.files import secretFile
from wand.cli.rendering import duration, showJSON
from wand.cli.session import Operation, Session

if TYPE_CHECKING:
    from wand.control.console_commands import ConsoleGrant


@click.command()
@click.option("--read-only", is_flag=True, help="Let whoever has it look, and change nothing.")
@click.option("--api-token", is_flag=True, help="Print a token for scripts instead.")
@click.option(
    "--expires",
    callback=inSeconds,
    metavar="DURATION",
    default="24h",
    show_default=True,
    help="How long a token for scripts is valid.",
)
@click.option(
    "--out",
    metavar="FILE",
    help="Write the token into a new file that only you can read, as the header that curl -H @FILE sends.",
)
@click.option("--end", is_flag=True, help="End all links, logged-in browsers and tokens.")
@jsonOption
def console(read_only: bool, api_token: bool, expires: int, out: str | None, end: bool, asJSON: bool) -> Operation:
    """Print a link to the console in the browser.

    The link is good for one login within two minutes. The program serves the console where its configuration says so:
    console = "127.0.0.1:8080".
    """
    if end and (read_only or api_token):
        raise click.UsageError("--end goes with neither --read-only nor --api-token")
    if out is not None and not api_token:
        raise click.UsageError("--out is for a token: add --api-token")

    async def run(session: Session) -> None:
        client = await session.client()
        if end:
            _showEnded(await client.consoleEnd(), asJSON)
        elif out is not None:
            with secretFile(out) as file:
                file.write(f"Authorization: Bearer {(await client.consoleToken(expires, readOnly=read_only)).secret}\n")
        elif api_token:
            grant = await client.consoleToken(expires, readOnly=read_only)
            what = f"the header Authorization: Bearer TOKEN, at {grant.url},"
            _showGrant(grant, grant.secret, what, session.now, asJSON)
        else:
            grant = await client.consoleLink(readOnly=read_only)
            _showGrant(grant, grant.url, "one login", session.now, asJSON)

    return Operation(run)


def _showEnded(ended: int, asJSON: bool) -> None:
    if asJSON:
        showJSON({"ended": ended})
    else:
        click.echo(f"ended {ended} links, logged-in browsers and tokens")


def _showGrant(grant: ConsoleGrant, text: str, what: str, now: float, asJSON: bool) -> None:
    if asJSON:
        showJSON(grant)
        return
    click.echo(text)
    if sys.stderr.isatty():
        click.echo(
            f"Good for {what} within {duration(grant.expires - now)}. Hand it over as you would a password.", err=True
        )
