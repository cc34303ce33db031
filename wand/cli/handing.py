"""
The commands for a node and an admitter that do not reach each other, or not yet: C{request} and C{admit}.
"""

from __future__ import annotations

import sys

import click

from wand.cli.confirmation import InShell
from wand.cli.files import SECRET_MAXIMUM, readText
from wand.cli.session import Operation, Session
from wand.cli.starting import nodeOf


@click.command()
def request() -> Operation:
    """Print a request of this node to be admitted.

    Take the line to a server, or to the node that founded the network, and run wand admit there. It is no secret.
    """

    async def run(session: Session) -> None:
        click.echo(await (await nodeOf(session)).request())

    return Operation(run)


@click.command()
@click.argument("file", metavar="[REQUEST-FILE]", required=False)
@click.option("--name", default="", help="The node's name; without it, the node chooses.")
@click.option("--bridge", is_flag=True, help="Let the node bridge other machines into the network.")
@click.option("--relay", is_flag=True, help="Let the node pass datagrams on between members that find no direct way.")
@click.option(
    "--endpoint",
    "endpoints",
    multiple=True,
    metavar="HOST:PORT",
    help="Where the node reaches this program, if it is not known; may be repeated.",
)
@click.pass_context
def admit(
    context: click.Context, file: str | None, name: str, bridge: bool, relay: bool, endpoints: tuple[str, ...]
) -> Operation:
    """Admit a node whose request you have, and print the answer.

    Read what wand request printed from REQUEST-FILE, or from a pipe. Take the answer back and give it to wand join
    there. Only that node can read it.
    """
    if file is not None and file != "-":
        text = readText(file)
    elif isinstance(context.obj, InShell):
        raise click.UsageError("name the file with the request: standard input is the script")
    elif sys.stdin.isatty():
        text = str(click.prompt("Request", err=True))
    else:
        text = sys.stdin.read(SECRET_MAXIMUM)

    async def run(session: Session) -> None:
        client = await session.client()
        click.echo(await client.admit(text, endpoints, name, bridge=bridge, relay=relay))

    return Operation(run)
