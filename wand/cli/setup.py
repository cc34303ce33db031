"""
The command that makes a program a service of this host: C{setup}.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import click

from wand.cli.files import SECRET_MAXIMUM, readText
from wand.cli.joining import addressOption
from wand.sealed.credentials.fields import wantedFrom
from wand.sealed.credentials.token_text import ON_COMMAND_LINE, TOKEN_PREFIX, WISH
from wand.setup.host import Host, SetupFailed
from wand.setup.service import remove, setUp, shown
from wand.setup.units import ROLES


@click.command()
@click.argument("role", type=click.Choice([*ROLES]))
@click.option("--join", "tokenFile", metavar="TOKEN-FILE", help="What the node joins with; - is standard input.")
@addressOption
@click.option("--print", "isShown", is_flag=True, help="Print what would be written, and change nothing.")
@click.option("--remove", "isRemoved", is_flag=True, help="Stop and remove the service; keep keys and configuration.")
@click.option("--purge", is_flag=True, help="With --remove: remove keys and configuration as well.")
def setup(
    role: str, tokenFile: str | None, addresses: tuple[str, ...], isShown: bool, isRemoved: bool, purge: bool
) -> None:
    """Make a node or a server a service of this host.

    systemd starts and watches it. Make the user wand, a configuration in /etc/wand and a unit of systemd, and start it.
    What is there already stays as it is, so the command can be repeated, for example after an upgrade.
    """
    chosen, twistd = ROLES[role], Path(sys.executable).parent / "twistd"
    if purge and not isRemoved:
        raise click.UsageError("--purge is of use with --remove only")
    if tokenFile is not None and (role != "node" or isRemoved):
        raise click.UsageError("--join is for a node that is set up")
    if addresses and tokenFile is None:
        raise click.UsageError("--address goes with --join; the address of a member is changed with wand address")
    if isShown:
        click.echo(shown(chosen, twistd), nl=False)
        return
    wishes = [f"{WISH}{each}" for each in wantedFrom(addresses)]
    invitation = None if tokenFile is None else "\n".join([_token(tokenFile).strip(), *wishes])
    host = Host()
    _tell(remove(host, chosen, purge=purge) if isRemoved else setUp(host, chosen, twistd, invitation))
    if not isRemoved:
        _sayNext(role, isJoining=invitation is not None)


def _token(file: str) -> str:
    if file.startswith(TOKEN_PREFIX):
        raise click.UsageError(ON_COMMAND_LINE)
    text = sys.stdin.read(SECRET_MAXIMUM) if file == "-" else readText(file)
    if not text.strip().startswith(TOKEN_PREFIX):
        raise SetupFailed(f"{'standard input' if file == '-' else file} has no invitation, which wand invite prints")
    return text


def _tell(steps: Iterator[str]) -> None:
    for step in steps:
        click.echo(step)


def _sayNext(role: str, *, isJoining: bool) -> None:
    if role == "server":
        click.echo("\nThe first invitation: /var/lib/wand/server/first-invitation. How it is: wand status")
    elif isJoining:
        click.echo("\nIt joins now. How far it is: wand status")
    else:
        click.echo("\nHow it is: wand status. To join a network: wand join. To make one: wand found")
