"""
The commands for a node and an admitter that do not reach each other, or not yet: C{request} and C{admit}.
"""

from __future__ import annotations

import sys

import click

from wand.cli.confirmation import InShell
from wand.cli.files import SECRET_MAXIMUM, readText
from wand.cli.rendering import clean, shortKey
from wand.cli.session import Operation, Session
from wand.cli.starting import nodeOf


@click.command()
def request() -> Operation:
    """Print a request of this node to be admitted.

    Take the line to a server, or to the node that founded the network, and run wand admit there. It is no secret, but
    whoever exchanges it on its way is admitted in place of this node: compare the key that both commands show.
    """

    async def run(session: Session) -> None:
        text = await (await nodeOf(session)).request()
        click.echo(f"wand: the request of {_whose(text)}; compare this key with what wand admit shows", err=True)
        click.echo(text)

    return Operation(run)


@click.command()
@click.argument("file", metavar="[REQUEST-FILE]", required=False)
@click.option("--name", default="", metavar="NAME", help="The node's name; without it, the node chooses.")
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
    there. Only that node can read it. Compare the key that is shown with what wand request showed: whoever exchanges
    the request on its way is admitted in place of the node. A member gets a new certificate if it needs one, and the
    rights that it has not.
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
        whose, client = _whose(text), await session.client()
        answer = await client.admit(text, endpoints, name, bridge=bridge, relay=relay)
        click.echo(f"wand: admitted {whose}; if wand request shows another key there, run wand revoke here", err=True)
        click.echo(answer)

    return Operation(run)


def _whose(text: str) -> str:
    """
    Whose request this is, so that two people can compare it.

    @raise wand.errors.TokenInvalid: if it is none.
    """
    from wand.sealed.credentials.handed import HandedRequest  # cryptography, for which others need not wait

    asked = HandedRequest.parse(text)
    return f"{clean(asked.name) or 'a node without a name'} ({shortKey(asked.identity.hex())})"
