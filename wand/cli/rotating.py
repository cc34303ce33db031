"""
The command about the network's secret: C{rotate}.
"""

from __future__ import annotations

import click
from click.core import ParameterSource

from wand.cli.arguments import jsonOption
from wand.cli.durations import inSeconds
from wand.cli.rendering import ago, duration, showJSON
from wand.cli.session import Operation, Session
from wand.sealed.credentials.limits import OVERLAP, OVERLAP_MAXIMUM
from wand.status import SecretStatus


@click.command()
@click.option(
    "--overlap",
    callback=inSeconds,
    metavar="DURATION",
    default=f"{OVERLAP / 86_400:.0f}d",
    show_default=True,
    help=f"How long members may still use the former secret with each other, up to {OVERLAP_MAXIMUM / 86_400:.0f}d.",
)
@click.option("--status", "isStatus", is_flag=True, help="Only show which secret there is, and who has it.")
@jsonOption
@click.pass_context
def rotate(context: click.Context, overlap: float, isStatus: bool, asJSON: bool) -> Operation:
    """Give the network another secret.

    Those who were revoked do not know it. Members take it within seconds, and no session ends. Whoever is away gets it
    from the first member that it meets while the former secret counts, and after that from a server, or a node that
    admits members.
    """
    if isStatus and context.get_parameter_source("overlap") is not ParameterSource.DEFAULT:
        raise click.UsageError("--status changes nothing: use it without --overlap")

    async def run(session: Session) -> None:
        client = await session.client()
        secret = await (client.secret() if isStatus else client.rotate(overlap))
        if asJSON:
            showJSON(secret)
        else:
            click.echo("\n".join(_told(secret, session.now, None if isStatus else overlap)))

    return Operation(run)


def secretLine(secret: SecretStatus, now: float) -> str:
    """
    Which secret the members share, and who has it.
    """
    if not secret.number:
        return "the first one"
    counted = "" if secret.have is None else f"; {secret.have} of {secret.members} members have it"
    former = f"; the former one counts for {duration(secret.until - now)} more" if secret.until > now else ""
    return f"changed {ago(now - secret.changed)}{counted}{former}"


def _told(secret: SecretStatus, now: float, overlap: float | None) -> list[str]:
    if overlap is None:
        return [f"the secret of the network: {secretLine(secret, now)}"]
    return [
        "the network has another secret, which its members take within seconds",
        f"  the former one counts between members for {duration(overlap)}; whoever is away for longer needs a "
        "server once, or a node that admits members",
        "  how many have it: wand rotate --status",
    ]
