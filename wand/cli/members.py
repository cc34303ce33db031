"""
The commands about members: C{members}, C{approve}, C{rename}, C{address}, C{limit}, C{confirm}, C{appoint} and
C{revoke}.
"""

from __future__ import annotations

import click

from wand.cli.arguments import jsonOption
from wand.cli.confirmation import confirm, yesOption
from wand.cli.rendering import Grid, age, clean, shortKey, showGrid, showJSON
from wand.cli.seen import isHere, lastSeen, sayOfHowMany, seenGrid
from wand.cli.session import Operation, Session
from wand.errors import NotSupported
from wand.sealed.credentials.admission_limits import ADMITS, ADMITS_MAXIMUM
from wand.sealed.credentials.limits import BROADCASTS_MAXIMUM, MACS_MAXIMUM
from wand.sealed.credentials.member_status import MemberStatus

#: How the rows of those look who are not members, or not yet.
_STYLES = {"pending": "yellow", "unsigned": "yellow", "revoked": "dim"}

_memberArgument = click.argument("member", metavar="NAME|KEY")


@click.command()
@click.option("--pending", is_flag=True, help="List only nodes that wait for approval.")
@click.option("--keys", is_flag=True, help="Show the whole keys.")
@click.option("--wide", is_flag=True, help="Show all columns, also where the terminal is too narrow.")
@jsonOption
def members(pending: bool, keys: bool, wide: bool, asJSON: bool) -> Operation:
    """List the members, with who is online.

    A server, the node that founded the network and one that may admit members list those of whom they decide, also
    pending and revoked ones. Any other node lists the members that it knows, and how it reaches them.
    """

    async def run(session: Session) -> None:
        client = await session.client()
        try:
            found = [each async for each in client.members() if not pending or each.state == "pending"]
        except NotSupported:
            if pending:
                raise
            await _showSeen(session, keys=keys, wide=wide, asJSON=asJSON)
            return
        if asJSON:
            showJSON(found)
        else:
            showGrid(_grid(sorted(found, key=lambda each: each.name), session.now, keys=keys, wide=wide))

    return Operation(run)


async def _showSeen(session: Session, *, keys: bool, wide: bool, asJSON: bool) -> None:
    seen = [each async for each in (await session.client()).seen()]
    if asJSON:
        showJSON(seen)
        return
    showGrid(seenGrid(seen, session.now, keys=keys, wide=wide))
    await sayOfHowMany(session, len(seen))


def _tell(member: MemberStatus, text: str, *, asJSON: bool) -> None:
    """
    Say what became of a member: to people, or to a script what the member is now.
    """
    if asJSON:
        showJSON(member)
    else:
        click.echo(text)


@click.command()
@_memberArgument
@jsonOption
def approve(member: str, asJSON: bool) -> Operation:
    """Approve a node that waits to join."""

    async def run(session: Session) -> None:
        found = await (await session.client()).approve(member)
        _tell(found, f"approved {_called(found)}{_unsigned(found)}", asJSON=asJSON)

    return Operation(run)


@click.command()
@_memberArgument
@click.argument("name", metavar="NEW")
@jsonOption
def rename(member: str, name: str, asJSON: bool) -> Operation:
    """Rename a member."""

    async def run(session: Session) -> None:
        found = await (await session.client()).rename(member, name)
        _tell(found, f"renamed {clean(member)} to {_called(found)}{_unsigned(found)}", asJSON=asJSON)

    return Operation(run)


@click.command()
@_memberArgument
@click.argument("addresses", metavar="ADDRESS...", nargs=-1, required=True)
@jsonOption
def address(member: str, addresses: tuple[str, ...], asJSON: bool) -> Operation:
    """Give a member another address.

    ADDRESS takes the place of its IPv4 address or of its IPv6 address; give one of each to change both. Its device has
    it within a second, and its name follows. The old address is given to nobody for an hour.
    """

    async def run(session: Session) -> None:
        found = await (await session.client()).address(member, addresses)
        given = f"gave {_called(found)} the addresses {clean(', '.join(found.addresses))}{_whenReaddressed(found)}"
        _tell(found, given, asJSON=asJSON)

    return Operation(run)


def _whenReaddressed(member: MemberStatus) -> str:
    if member.state == "pending":
        return ", once it is approved: wand approve"
    if member.awaited or member.state == "unsigned":
        return ", once that is signed: see wand requests"
    return "; it is offline, and takes that when it is back" if member.online is False else ""


@click.command()
@_memberArgument
@click.option(
    "--macs",
    type=click.IntRange(1, MACS_MAXIMUM),
    metavar="N",
    help="How many MAC addresses may be behind it, if it is a bridge.",
)
@click.option(
    "--broadcasts",
    type=click.IntRange(1, BROADCASTS_MAXIMUM),
    metavar="N",
    help="How many broadcast and multicast frames per second it may send.",
)
@jsonOption
def limit(member: str, macs: int | None, broadcasts: int | None, asJSON: bool) -> Operation:
    """Limit a member's MAC addresses and broadcasts.

    Other members apply the new limits once they have its new certificate, within seconds.
    """
    if macs is None and broadcasts is None:
        raise click.UsageError("say what to change: --macs, --broadcasts, or both")

    async def run(session: Session) -> None:
        found = await (await session.client()).limit(member, macs, broadcasts)
        limits = f"{found.behind} MAC addresses behind it and {found.broadcasts} broadcasts a second"
        _tell(found, f"limited {_called(found)} to {limits}{_unsigned(found)}", asJSON=asJSON)

    return Operation(run)


@click.command("confirm")
@_memberArgument
@yesOption
@jsonOption
def confirmMACs(member: str, yes: bool, asJSON: bool) -> Operation:
    """Confirm that a member's MAC addresses are its own.

    This is needed only if nodes heard one of them behind another member before, and so refuse the claim.
    """
    confirm(
        f"Give {clean(member)} the frames for its MAC addresses, even those that were heard behind another member?",
        yes=yes,
    )

    async def run(session: Session) -> None:
        found = await (await session.client()).confirm(member)
        macs = clean(", ".join(found.macs))
        _tell(found, f"confirmed {_called(found)} with {macs}{_unsigned(found)}", asJSON=asJSON)

    return Operation(run)


@click.command()
@_memberArgument
@click.option(
    "--members",
    "admits",
    type=click.IntRange(0, ADMITS_MAXIMUM),
    default=ADMITS,
    show_default=True,
    metavar="N",
    help="How many it may admit in the life of a certificate; 0 for none any more.",
)
@jsonOption
def appoint(member: str, admits: int, asJSON: bool) -> Operation:
    """Let a member admit others.

    It makes invitations (wand invite) and admits by hand (wand admit), also while nobody reaches this program, and
    passes on no rights but its own bridge and relay right. Whom it admitted gets a certificate of this program as soon
    as the two meet. With --members 0 it loses the right, and with it all whom it admitted and this program has not
    signed for; with a smaller number those beyond it. That takes effect within seconds with everybody who hears of it.
    """

    async def run(session: Session) -> None:
        found = await (await session.client()).appoint(member, admits)
        allowed = f"{_called(found)} may admit {found.admits} members{_unsigned(found)}"
        _tell(found, allowed if found.admits else _dismissal(found, session.now), asJSON=asJSON)

    return Operation(run)


@click.command()
@_memberArgument
@yesOption
@jsonOption
def revoke(member: str, yes: bool, asJSON: bool) -> Operation:
    """Revoke a member permanently.

    Its sessions end within seconds, and no invitation admits its key again. It still knows the secret of the network,
    which is of little use without a certificate: wand rotate makes it worthless.
    """
    confirm(
        f"Revoke {clean(member)}? Its sessions end within seconds, and its key can never be a member again: to come "
        "back, the machine needs a new key and a new invitation.",
        yes=yes,
    )

    async def run(session: Session) -> None:
        found = await (await session.client()).revoke(member)
        secret = "  it still knows the secret of the network: wand rotate gives the others another one"
        _tell(found, f"revoked {_called(found)}: its sessions end within seconds\n{secret}", asJSON=asJSON)

    return Operation(run)


def _grid(found: list[MemberStatus], now: float, *, keys: bool, wide: bool = False) -> Grid:
    grid = Grid(
        (
            "NAME",
            "STATE",
            "ONLINE",
            "SEEN",
            "ADDRESSES",
            "MACS",
            "RIGHTS",
            "LIMITS",
            "SINCE",
            "EXPIRES",
            "VERSION",
            "KEY",
        ),
        [
            (
                each.name,
                each.state,
                isHere(each.online),
                lastSeen(each.seen, now),
                ",".join(each.addresses),
                ",".join(each.macs),
                ",".join(_rights(each)),
                ",".join(_limits(each)),
                age(now - each.since),
                _expiry(each.expires, now),
                each.version,
                each.key if keys else each.short,
            )
            for each in found
        ],
        [_STYLES.get(each.state, "") for each in found],
        core=0 if wide or keys else 6,
    )
    return _withAdmitters(grid, found) if any(each.admitter for each in found) else grid


def _withAdmitters(grid: Grid, found: list[MemberStatus]) -> Grid:
    """
    The same with who admitted whom, where members do.
    """
    names = {each.key: each.name for each in found}
    admitters = [names.get(each.admitter, shortKey(each.admitter)) if each.admitter else "" for each in found]
    rows = [(*row[:-1], admitter, row[-1]) for row, admitter in zip(grid.rows, admitters, strict=True)]
    return Grid((*grid.header[:-1], "ADMITTED BY", grid.header[-1]), rows, grid.styles, grid.core)


def _rights(member: MemberStatus) -> list[str]:
    return (
        ["server"] * member.server
        + ["bridge"] * member.bridge
        + ["relay"] * member.relay
        + [f"admission of {member.admits}" if member.admits else "admission"] * member.admission
        + ["learned"] * member.learned
    )


def _limits(member: MemberStatus) -> list[str]:
    return [f"{member.behind} MACs"] * member.bridge + [f"{member.broadcasts}/s"]


def _expiry(expires: float | None, now: float) -> str:
    if expires is None:
        return ""
    return age(expires - now) if expires > now else "expired"


def _dismissal(member: MemberStatus, now: float) -> str:
    """
    What happens when, if a member is to admit nobody any more.
    """
    left = f", {age(member.expires - now)} from now at most" if member.expires is not None else ""
    return (
        f"{_called(member)} may admit nobody any more{_unsigned(member)}\n"
        "  within seconds: whom it admitted, and was not signed for here, is out with everybody who hears of it\n"
        f"  until its grant expires{left}: whoever hears nothing takes whom it admits"
    )


def _called(member: MemberStatus) -> str:
    return f"{clean(member.name)} ({clean(member.short)})"


def _unsigned(member: MemberStatus) -> str:
    return ", once that is signed: see wand requests" if member.state == "unsigned" else ""
