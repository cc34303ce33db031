"""
The commands about invitations: C{invite}, C{invitations} and C{withdraw}.
"""

from __future__ import annotations

import sys

import click

from wand.cli.arguments import jsonOption
from wand.cli.durations import inSeconds
from wand.cli.files import secretFile
from wand.cli.qr import qrLines, qrOption
from wand.cli.rendering import Grid, age, clean, duration, showGrid, showJSON
from wand.cli.session import Operation, Session
from wand.sealed.credentials.admission_limits import ADMITS
from wand.sealed.credentials.limits import BROADCASTS, BROADCASTS_MAXIMUM, MACS, MACS_MAXIMUM, Limits
from wand.sealed.credentials.member_status import InvitationStatus


@click.command()
@click.option(
    "--uses", type=click.IntRange(min=1), default=1, metavar="N", show_default=True, help="How many nodes may join."
)
@click.option(
    "--expires",
    callback=inSeconds,
    metavar="DURATION",
    default="24h",
    show_default=True,
    help="How long it is valid: 15m, 24h, 7d.",
)
@click.option("--name", default="", metavar="NAME", help="The node's name; without it, the node chooses.")
@click.option("--bridge", is_flag=True, help="Let the node bridge other machines into the network.")
@click.option("--relay", is_flag=True, help="Let the node pass datagrams on between members that find no direct way.")
@click.option("--admission", is_flag=True, help="Let the node admit others, also while this one is off.")
@click.option(
    "--macs",
    type=click.IntRange(1, MACS_MAXIMUM),
    default=MACS,
    metavar="N",
    show_default=True,
    help="How many MAC addresses may be behind the node, if it is a bridge.",
)
@click.option(
    "--broadcasts",
    type=click.IntRange(1, BROADCASTS_MAXIMUM),
    default=BROADCASTS,
    metavar="N",
    show_default=True,
    help="How many broadcast and multicast frames per second the node may send.",
)
@click.option("--approval", is_flag=True, help="Nodes that join wait until an operator approves them.")
@click.option(
    "--endpoint",
    "endpoints",
    multiple=True,
    metavar="HOST:PORT",
    help="Where nodes reach this server, if its configuration does not say; may be repeated.",
)
@click.option("--out", metavar="FILE", help="Write the token into a new file that only you can read.")
@qrOption
@jsonOption
def invite(
    uses: int,
    expires: int,
    name: str,
    bridge: bool,
    relay: bool,
    admission: bool,
    macs: int,
    broadcasts: int,
    approval: bool,
    endpoints: tuple[str, ...],
    out: str | None,
    isQR: bool,
    asJSON: bool,
) -> Operation:
    """Create an invitation and print its token.

    Anyone who has the token can join the network: hand it over as you would a password.
    """

    if isQR and out is not None:
        raise click.UsageError("--qr shows what --out hides: give one of them")
    if asJSON and (isQR or out is not None):
        raise click.UsageError("--json prints one document with the token: --out and --qr do not go with it")

    async def make(session: Session) -> str:
        limits, admits = Limits(macs, broadcasts), ADMITS if admission else 0
        client = await session.client()
        return await client.invite(endpoints, uses, expires, name, bridge, approval, limits, relay, admits)

    async def run(session: Session) -> None:
        if asJSON:
            showJSON({"token": await make(session)})
            return
        if out is None:
            token = await make(session)
            click.echo(token)
            if isQR:
                click.echo(f"\n{qrLines(token)}\n")
        else:
            with secretFile(out) as file:
                file.write(f"{await make(session)}\n")
        if sys.stderr.isatty():
            click.echo(_explained(uses, expires, out), err=True)

    return Operation(run)


@click.command()
@jsonOption
def invitations(asJSON: bool) -> Operation:
    """List the invitations that can still be redeemed."""

    async def run(session: Session) -> None:
        found = [each async for each in (await session.client()).invitations()]
        if asJSON:
            showJSON(found)
        else:
            showGrid(_grid(found, session.now))

    return Operation(run)


@click.command()
@click.argument("invitation", metavar="ID")
def withdraw(invitation: str) -> Operation:
    """Withdraw an invitation.

    Nodes that joined with it stay members.
    """

    async def run(session: Session) -> None:
        await (await session.client()).withdraw(invitation)
        click.echo(f"withdrew {clean(invitation)}")

    return Operation(run)


def _grid(found: list[InvitationStatus], now: float) -> Grid:
    return Grid(
        ("INVITATION", "LEFT", "EXPIRES", "NAME", "BRIDGE", "RELAY", "ADMISSION", "MACS", "BROADCASTS", "APPROVAL"),
        [
            (
                each.invitation,
                f"{each.left} of {each.uses}",
                age(each.expires - now),
                each.name,
                "yes" if each.bridge else "",
                "yes" if each.relay else "",
                "yes" if each.admits else "",
                str(each.behind) if each.bridge else "",
                str(each.broadcasts),
                "yes" if each.approval else "",
            )
            for each in sorted(found, key=lambda each: each.expires)
        ],
    )


def _explained(uses: int, expires: int, out: str | None) -> str:
    where = "Above is the token" if out is None else f"{out} holds the token"
    nodes = "one node" if uses == 1 else f"{uses} nodes"
    return (
        f"{where} of an invitation for {nodes}, valid for {duration(expires)}. Hand it over as you would a password; "
        "on the node, run wand join."
    )
