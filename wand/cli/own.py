"""
This program's place in its sealed network, for people.
"""

from __future__ import annotations

import click

from wand.cli.rendering import LABEL_WIDTH, clean, duration, line, shortKey
from wand.cli.rotating import secretLine
from wand.status import ConflictStatus, OwnStatus, ProgramStatus, RelayStatus

#: What to do at each stage, and how that looks on a terminal.
_STAGES = {
    "new": ("not a member yet: wand join TOKEN-FILE", "yellow"),
    "joining": ("joining: the invitation is not yet redeemed", "yellow"),
    "member": ("member", "green"),
    "revoked": ("revoked permanently", "red"),
}


def ownLines(own: OwnStatus, now: float, relay: RelayStatus | None = None) -> list[str]:
    """
    The network, who we are in it, and what is wrong.

    @param relay: what is passed on; C{None} if the program is no relay.
    """
    text, colour = _STAGES.get(own.stage, (clean(own.stage), "yellow"))
    if own.refusal and own.stage == "new":
        text, colour = "not admitted; another invitation may be: wand join TOKEN-FILE", "red"
    lines = [click.style("Network", bold=True), _styled("stage", text, colour)]
    if own.networkKey:
        named = f"{own.network or 'not known yet'} ({shortKey(own.networkKey)})"
        lines += [line("network", named), line("cipher", own.cipher)]
    if own.prefix:
        lines.append(line("prefix", ", ".join(own.prefixes)))
    lines += [line("our name", own.name), line("our key", own.key)]
    if own.redeeming and own.stage == "member":
        lines.append(line("invitation", "is being redeemed"))
    if own.bridge:
        lines.append(line("bridging", "allowed"))
    if relay is not None and relay.on:
        lines.append(line("relaying", f"on, {relay.channels} {'channel' if relay.channels == 1 else 'channels'}"))
    elif own.relay:
        lines.append(line("relaying", "allowed, and off: relay = true switches it on"))
    if own.admission:
        lines.append(line("admitting", "allowed"))
    if own.secret is not None and own.secret.number:
        lines.append(line("secret", secretLine(own.secret, now)))
    if own.expires is not None:
        lines.append(line("addresses", ", ".join(own.addresses) or "-"))
        lines += [_certificate(own.expires, now)] * (own.stage != "revoked")
    return lines + _conflictLines(own.conflicts)


def showJoined(status: ProgramStatus, now: float) -> None:
    """
    Print what a node has become.
    """
    own = status.own
    assert own is not None
    expires = [] if own.expires is None else [_certificate(own.expires, now)]
    click.echo(f"{clean(own.name)} is a member of the network {clean(own.network)}")
    click.echo("\n".join([line("addresses", ", ".join(own.addresses)), line("key", own.key), *expires]))
    for note in status.notes:
        click.echo(f"wand: {clean(note)}", err=True)


def showFounded(own: OwnStatus, now: float) -> None:
    """
    Print what the first member of a network is.
    """
    click.echo(f"the network {clean(own.network)} is founded, and {clean(own.name)} is its first member")
    expires = [] if own.expires is None else [_certificate(own.expires, now)]
    click.echo("\n".join([line("addresses", ", ".join(own.addresses)), line("key", own.key), *expires]))


def showRedeemed(before: OwnStatus, status: ProgramStatus, now: float) -> None:
    """
    Print what another invitation gave to a member.
    """
    own = status.own
    assert own is not None
    gains = ["the bridge right"] * (own.bridge and not before.bridge)
    gains += ["the relay right"] * (own.relay and not before.relay)
    if (own.behind, own.broadcasts) != (before.behind, before.broadcasts):
        gains.append(f"limits of {own.behind} MAC addresses behind it and {own.broadcasts} broadcasts a second")
    if gains:
        showJoined(status, now)
        click.echo(f"the invitation gave it {' and '.join(gains)}")
        return
    click.echo(
        f"this node is already a member of the network {clean(own.network)}, as {clean(own.name)}, "
        "and the invitation adds nothing"
    )


def _certificate(expires: float, now: float) -> str:
    if expires > now:
        return line("certificate", f"valid for {duration(expires - now)}")
    since = duration(now - expires)
    return _styled("certificate", f"expired {since} ago; a server renews it as soon as it answers", "red")


def _conflictLines(conflicts: list[ConflictStatus]) -> list[str]:
    if not conflicts:
        return []
    return [
        "",
        click.style("CONFLICTS: change one of each pair, or revoke it at the server", fg="red", bold=True),
        *(click.style(f"  {_conflict(each)}", fg="red") for each in conflicts),
    ]


def _conflict(each: ConflictStatus) -> str:
    winner = f"{clean(each.winner)} ({shortKey(each.winnerKey)})"
    loser = f"{clean(each.loser)} ({shortKey(each.loserKey)})"
    return f"{clean(each.what)} {clean(each.value)}: {winner} has it, {loser} claims it too"


def _styled(label: str, text: str, colour: str) -> str:
    return f"  {label:<{LABEL_WIDTH}}{click.style(text, fg=colour)}"
