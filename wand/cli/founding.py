"""
The command that makes a network without a server: C{found}.
"""

from __future__ import annotations

import click

from wand.cli.arguments import jsonOption
from wand.cli.own import showFounded
from wand.cli.rendering import clean, showJSON, working
from wand.cli.second_network import prefixBeside
from wand.cli.session import Operation, Session
from wand.cli.starting import nodeOf
from wand.sealed.credentials.fields import NAME_RULE, isName
from wand.setup.units import NODE
from wand.status import OwnStatus


@click.command()
@click.argument("name", default="home", metavar="[NAME]")
@click.option(
    "--prefix",
    default="",
    metavar="PREFIX",
    help="Where overlay addresses come from; none for IPv6 alone. [default: 10.77.0.0/16, or another that is free]",
)
@click.option(
    "--prefix6",
    default="",
    metavar="PREFIX",
    help="Where those of IPv6 come from; none for IPv4 alone. [default: a prefix that nobody else has]",
)
@jsonOption
def found(name: str, prefix: str, prefix6: str, asJSON: bool) -> Operation:
    """Make a network without a server, whose first member this host is.

    The network is called NAME, or home. This host has its key and admits others: print what to type on the next one.
    Where no node runs, start one in the background.
    """

    if not isName(name):
        raise click.BadParameter(NAME_RULE, param_hint="NAME")

    async def run(session: Session) -> None:
        beside = await prefixBeside(session, NODE, name, "wand found NAME")
        client = await nodeOf(session)
        with working("founding the network"):
            token = await client.found(name, prefix or beside, prefix6)
        own = (await client.status()).own
        assert own is not None
        if asJSON:
            showJSON({**named(own), "token": token})
            return
        showFounded(own, session.now)
        click.echo(_next(token))

    return Operation(run)


def named(own: OwnStatus) -> dict[str, object]:
    """
    The network and its member, for scripts.
    """
    return {
        "network": own.network,
        "networkKey": own.networkKey,
        "prefix": own.prefix,
        "prefix6": own.prefix6,
        "name": own.name,
        "key": own.key,
        "addresses": own.addresses,
    }


def _next(token: str) -> str:
    if not token:
        return (
            "\nNobody can tell yet where others reach this host. Once it has an address, make an invitation for the "
            "next:\n\n  wand invite"
        )
    return (
        f"\nOn the next host, within a day:\n\n  echo {clean(token)} | wand join\n\n"
        "Hand the line over as you would a password: one host can join with it. For each further one: wand invite"
    )
