"""
The command that lets somebody into the console: C{console}.
"""

from __future__ import annotations

import sys

import click

from wand.cli.arguments import jsonOption
from wand.cli.durations import inSeconds
from wand.cli.rendering import duration, showJSON
from wand.cli.session import Operation, Session


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
@click.option("--end", is_flag=True, help="End all links, logged-in browsers and tokens.")
@jsonOption
def console(read_only: bool, api_token: bool, expires: int, end: bool, asJSON: bool) -> Operation:
    """Print a link to the console in the browser.

    The link is good for one login within two minutes. The program serves the console where its configuration says so:
    console = "127.0.0.1:8080".
    """
    if end and (read_only or api_token):
        raise click.UsageError("--end goes with neither --read-only nor --api-token")

    async def run(session: Session) -> None:
        client = await session.client()
        if end:
            ended = await client.consoleEnd()
            if asJSON:
                showJSON({"ended": ended})
            else:
                click.echo(f"ended {ended} links, logged-in browsers and tokens")
            return
        if api_token:
            grant = await client.consoleToken(expires, readOnly=read_only)
        else:
            grant = await client.consoleLink(readOnly=read_only)
        if asJSON:
            showJSON(grant)
            return
        click.echo(grant.secret if api_token else grant.url)
        if sys.stderr.isatty():
            valid = duration(grant.expires - session.now)
            what = f"the header Authorization: Bearer TOKEN, at {grant.url}," if api_token else "one login"
            click.echo(f"Good for {what} within {valid}. Hand it over as you would a password.", err=True)

    return Operation(run)
