"""
The command that makes this node a member of a network: C{join}.
"""

from __future__ import annotations

import os
import sys
from ipaddress import ip_address
from typing import Final

import click

from wand.cli.confirmation import InShell
from wand.cli.files import SECRET_MAXIMUM, readText
from wand.cli.own import showJoined, showRedeemed
from wand.cli.rendering import clean, duration, working
from wand.cli.session import Operation, Session
from wand.cli.starting import nodeOf
from wand.errors import MembershipRefused, NotSupported, WandError
from wand.events import Event
from wand.sealed.credentials.token_text import ANSWER_PREFIX, ON_COMMAND_LINE, TOKEN_PREFIX, TOKEN_VARIABLE
from wand.status import ProgramStatus

#: Seconds between two looks at the status.
STATUS_INTERVAL: Final = 0.1

#: Seconds after which it is said what is waited for: most nodes are members before.
PATIENCE: Final = 1.5

#: What a host that joins asks for.
addressOption: Final = click.option(
    "--address",
    "addresses",
    multiple=True,
    metavar="ADDRESS",
    help="An address to ask for in the network, as 10.77.0.9; one of IPv4, one of IPv6, or both.",
)


@click.command()
@click.argument("file", metavar="[TOKEN-FILE]", required=False)
@click.option(
    "--timeout",
    type=click.FloatRange(min=0, min_open=True),
    default=30.0,
    show_default=True,
    metavar="SECONDS",
    help="How long to wait for the server; the node goes on trying after that.",
)
@addressOption
@click.pass_context
def join(context: click.Context, file: str | None, timeout: float, addresses: tuple[str, ...]) -> Operation:
    """Join a network with an invitation.

    Read the token, or what wand admit printed, from TOKEN-FILE (- is standard input), from the environment variable
    WAND_TOKEN or from a pipe, or ask for it. Where no node runs, start one in the background.
    """
    token = tokenOf(file, inShell=isinstance(context.obj, InShell))

    async def run(session: Session) -> None:
        await joinNetwork(session, token, timeout, addresses)

    return Operation(run)


async def joinNetwork(
    session: Session, token: str, timeout: float, addresses: tuple[str, ...] = (), *, isQuiet: bool = False
) -> ProgramStatus:
    """
    Make the node of this host a member.  It is started where none runs.

    @param timeout: in seconds, how long to wait for the server.
    @param addresses: which overlay addresses it wants, at most one of each family.
    @param isQuiet: is it left to the caller to tell?
    @return: what the node is then.
    @raise MembershipRefused: if it is not admitted.
    """
    refusals: list[str] = []

    def told(event: Event) -> None:
        if event.kind == "join-refused":
            refusals.append(str(event.fields.get("reason", "")))

    if not session.isChosen:  # or a node is started for nothing
        checkToken(token)
    client = await nodeOf(session)
    await client.subscribe(told)
    before = (await client.status()).own
    try:
        await client.join(token, addresses)
        with working("waiting for the server"):
            status = await _member(session, refusals, timeout)
    finally:
        if client.connected:
            await client.unsubscribe()
    if isQuiet:
        return status
    if before is not None and before.stage == "member":
        showRedeemed(before, status, session.now)
    else:
        showJoined(status, session.now)
    _sayOfAddresses(status, addresses)
    return status


def _sayOfAddresses(status: ProgramStatus, wanted: tuple[str, ...]) -> None:
    """
    A member keeps the addresses that it has, and a server that is older than the option does not know of it.
    """
    own = status.own
    had = [] if own is None else [each.partition("/")[0] for each in own.addresses]
    missed = [each for each in map(str, map(ip_address, wanted)) if each not in had]
    if own is not None and missed:
        click.echo(
            f"wand: it did not get {' and '.join(missed)}; at the server, wand address {clean(own.name)} "
            f"{' '.join(missed)} changes that",
            err=True,
        )


def tokenOf(file: str | None, *, inShell: bool = False) -> str:
    """
    The token in a file, in the environment, from a pipe, or typed.

    @raise click.UsageError: if it is on the command line itself.
    """
    if file is not None and file.strip().startswith(TOKEN_PREFIX):
        raise click.UsageError(ON_COMMAND_LINE)
    if file is not None and (file != "-" or inShell):
        return readText(file)
    if file is None and os.environ.get(TOKEN_VARIABLE):
        return os.environ[TOKEN_VARIABLE]
    if sys.stdin.isatty():
        return str(click.prompt("Invitation (not shown as you type)", hide_input=True, err=True))
    if inShell:
        raise click.UsageError("name the file with the token: standard input is the script")
    return sys.stdin.read(SECRET_MAXIMUM)


def checkToken(text: str) -> None:
    """
    Check a token before anything is started or changed for it.

    @param text: an invitation, or what C{wand admit} printed, which only the node can open.
    @raise wand.errors.TokenInvalid: if it is neither.
    """
    from wand.sealed.credentials.token import Token  # for which others need not wait

    if not text.strip().startswith(ANSWER_PREFIX):
        Token.parse(text)


async def _member(session: Session, refusals: list[str], timeout: float) -> ProgramStatus:
    """
    Wait until this node is a member, and its invitation redeemed; say for what, if it takes longer.
    """
    client, began = await session.client(), session.elapsed
    said: set[str] = set()
    while True:
        status = await client.status()
        own = status.own
        if refusals:
            raise MembershipRefused(f"not admitted: {clean(refusals[-1])}")
        if own is None:
            raise NotSupported("this program is in no sealed network")
        if own.stage == "member" and not own.redeeming:
            return status
        if own.stage in ("new", "revoked"):
            raise MembershipRefused(_why(status, "the node gave up; its log says why"))
        waited, why = session.elapsed - began, _why(status, "the server does not answer")
        if waited >= timeout:
            raise WandError(_waiting(status, timeout))
        if waited >= PATIENCE and status.attention and why not in said:
            said.add(why)
            click.echo(f"wand: waiting: {why}", err=True)
        await session.sleep(STATUS_INTERVAL)


def _waiting(status: ProgramStatus, timeout: float) -> str:
    why = _why(status, "the server does not answer")
    isMember = status.own is not None and status.own.stage == "member"
    what = "the invitation is not redeemed" if isMember else "not a member"
    return f"{what} after {duration(timeout)}: {why}. The node goes on trying; wand status shows how far it is"


def _why(status: ProgramStatus, otherwise: str) -> str:
    return clean("; ".join(status.notes[: status.attention]) or otherwise)
