"""
The command C{kills}.
"""

from __future__ import annotations

import sys

import attrs
import click
import msgspec
from twisted.internet.epollreactor import EPollReactor

from bench.contenders.base import missing
from bench.kills.course import Outcome, run
from wand.errors import WandError
from wand.lab import asRoot
from wand.lab.loop import Loop

#: What it needs, and which package has it.
TOOLS = {"redis-server": "redis-server", "nft": "nftables"}


@click.command()
@click.option("--json", "asJSON", is_flag=True, help="Print a document instead of lines.")
def kills(asJSON: bool) -> None:
    """See what two members lose while servers and their Redis are killed and cut off from each other."""
    if lacking := missing(TOOLS):
        raise click.ClickException(lacking)
    try:
        asRoot()
        with Loop(EPollReactor()) as loop:
            outcome = run(loop)
    except WandError as error:
        raise click.ClickException(str(error)) from error
    if asJSON:
        sys.stdout.buffer.write(msgspec.json.encode(attrs.asdict(outcome)) + b"\n")
    else:
        click.echo("\n".join(lines(outcome)))


def lines(outcome: Outcome) -> list[str]:
    """
    The figures, for people.
    """
    steps = [
        f"{each.what}: {each.lost} of {each.requests} pings lost in {each.seconds:.1f} s, the TCP connection paused"
        f" for {each.pause * 1e3:.0f} ms at most"
        for each in outcome.steps
    ]
    return [
        *steps,
        f"joined while the first server was dead: after {outcome.joined:.1f} s",
        f"asked while no server could decide: {', '.join(sorted(outcome.waited))};"
        f" a member {outcome.completed:.1f} s after one could",
    ]
