"""
The command that leads a host into a network: C{init}.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import click
from attrs import evolve

from wand.cli.arguments import jsonOption
from wand.cli.founding import named
from wand.cli.interview import NETWORK, PARTS, Interview, Plan, isAtTerminal
from wand.cli.joining import addressOption, checkToken, joinNetwork
from wand.cli.own import showFounded
from wand.cli.qr import qrLines
from wand.cli.rendering import clean, showJSON, working
from wand.cli.second_network import prefixBeside
from wand.cli.session import Operation, Session
from wand.cli.starting import nodeOf, ownOf, serverOf
from wand.errors import MembershipRefused
from wand.setup.host import Host
from wand.setup.service import Setting, configure, setUp
from wand.setup.units import NODE, SERVER, Role
from wand.status import OwnStatus


@click.command()
@click.option("--as", "part", type=click.Choice([*PARTS]), help="What this host is to be.")
@click.option("--network", metavar="NAME", help=f"What a new network is called. [default: {NETWORK}]")
@click.option(
    "--public",
    "public",
    multiple=True,
    metavar="HOST[:PORT]",
    help="Where the others reach a server; may be repeated. [default: its own addresses]",
)
@click.option("--join", "file", metavar="TOKEN-FILE", help="What a member joins with; - is standard input.")
@addressOption
@click.option(
    "--service/--no-service",
    default=None,
    help="Start it now and with the host, as a service of systemd, or once and in the background. [default: as a "
    "service where systemd runs]",
)
@click.option("--yes", is_flag=True, help="Ask nothing: what is not said is as usual.")
@click.option("--qr/--no-qr", "isQR", default=None, help="Show the invitation as a QR code. [default: at a terminal]")
@jsonOption
def init(
    part: str | None,
    network: str | None,
    public: tuple[str, ...],
    file: str | None,
    addresses: tuple[str, ...],
    service: bool | None,
    yes: bool,
    isQR: bool | None,
    asJSON: bool,
) -> Operation:
    """Lead this host into a network, step by step.

    Ask what is not said by an option, do it, and print the line to paste on the next host. Repeated on the same host,
    it keeps what is there.
    """
    host = Host()
    interview = Interview(isAsking=isAtTerminal() and not yes, hasSystemd=host.hasSystemd)
    plan = interview.plan(part, network, public, file, service, addresses)
    if isQR is None:
        isQR = sys.stdout.isatty()

    async def run(session: Session) -> None:
        if plan.part == "member":
            checkToken(plan.token)
            prefix = ""
        else:
            prefix = await prefixBeside(session, _role(plan), plan.network, "--network NAME")
        for step in _prepared(host, plan):
            click.echo(f"wand: {step}", err=True)
        own, token = await _BEGINNINGS[plan.part](session, evolve(plan, prefix=prefix), isQuiet=asJSON)
        if asJSON:
            showJSON(
                {**({} if own is None else named(own)), "as": plan.part, "service": plan.isService, "token": token}
            )
        elif plan.part != "member":
            _showNext(token, isQR=isQR)

    return Operation(run)


#: Seconds to wait for a server; a node goes on trying after that.
_PATIENCE = 30.0


def _prepared(host: Host, plan: Plan) -> Iterator[str]:
    """
    The configuration, and the service if there is to be one.
    """
    role = _role(plan)
    settings: dict[str, Setting] = {}
    if plan.part == "server":
        settings = {"network": plan.network, **({"public": list(plan.public)} if plan.public else {})}
        if plan.network == NETWORK and "\nnetwork = " in (host.read(role.configuration) or ""):
            del settings["network"]  # nobody asked for another name than the one that is there
    if plan.isService:
        yield from setUp(host, role, Path(sys.executable).parent / "twistd", settings=settings)
    elif settings:
        yield from configure(host, role, settings)


def _role(plan: Plan) -> Role:
    return SERVER if plan.part == "server" else NODE


async def _join(session: Session, plan: Plan, *, isQuiet: bool) -> tuple[OwnStatus | None, str]:
    return (await joinNetwork(session, plan.token, _PATIENCE, plan.addresses, isQuiet=isQuiet)).own, ""


async def _found(session: Session, plan: Plan, *, isQuiet: bool) -> tuple[OwnStatus | None, str]:
    client = await nodeOf(session)
    own = (await client.status()).own
    if own is not None and own.stage == "member":
        _checkNetwork(own, plan)
        if not isQuiet:
            click.echo(f"{clean(own.name)} is already a member of the network {clean(own.network)}")
        return own, await client.invite() if own.admission else ""
    with working("founding the network"):
        token = await client.found(plan.network, plan.prefix)
    own = (await client.status()).own
    if own is not None and not isQuiet:
        showFounded(own, session.now)
    return own, token


async def _serve(session: Session, plan: Plan, *, isQuiet: bool) -> tuple[OwnStatus | None, str]:
    client = await serverOf(session)
    own = await ownOf(session, client)
    if own is not None:
        _checkNetwork(own, plan)
    if own is not None and not isQuiet:
        click.echo(f"{clean(own.name)} is the server of the network {clean(own.network)}")
    return own, await client.invite()


_BEGINNINGS = {"founder": _found, "server": _serve, "member": _join}


def _checkNetwork(own: OwnStatus, plan: Plan) -> None:
    """
    @raise MembershipRefused: if this host is in another network than somebody asked for.
    """
    if plan.network in (own.network, NETWORK):
        return
    name, other, role = clean(own.network), plan.network, "server" if plan.part == "server" else "node"
    raise MembershipRefused(
        f"this host is {'the server' if role == 'server' else 'a member'} of the network {name} already, and not of "
        f"{other}; nothing was changed. To have both, run another {role} for {other}, with a state, a control and a "
        f"port of its own in its configuration. To leave {name} for good: wand backup FILE, wand setup {role} --remove "
        "--purge, and this command again"
    )


def _showNext(token: str, *, isQR: bool) -> None:
    if not token:
        click.echo(
            "\nFor the next host, make an invitation with wand invite, and on it run wand init --join TOKEN-FILE"
        )
        return
    click.echo(f"\nOn the next host, as root, within a day:\n\n  echo {clean(token)} | wand init --join -\n")
    if isQR:
        click.echo(f"{qrLines(token)}\n")
    click.echo("Hand it over as you would a password: one host can join with it. For each further one: wand invite")
    click.echo(
        "Where wandaemon is not installed yet: python3 -m venv /opt/wand && /opt/wand/bin/pip install wandaemon, and "
        "/opt/wand/bin/wand in place of wand"
    )
