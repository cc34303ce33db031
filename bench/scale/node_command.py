"""
The command C{node}.
"""

from __future__ import annotations

import sys

import attrs
import click
import msgspec
from rich.console import Console
from twisted.internet.epollreactor import EPollReactor

from bench.scale.node import measure
from wand.errors import WandError
from wand.lab import asRoot
from wand.lab.loop import Loop


@click.command()
@click.option("--members", default=10_000, show_default=True, type=click.IntRange(0), help="How many are listed.")
@click.option("--peers", default=20, show_default=True, type=click.IntRange(1, 200), help="To how many the node talks.")
@click.option("--rest", default=30.0, show_default=True, type=float, help="Seconds for which nothing happens.")
@click.option("--json", "asJSON", is_flag=True, help="Print a document instead of lines.")
def node(members: int, peers: int, rest: float, asJSON: bool) -> None:
    """Measure what a real node needs in a large network, in which it talks to a few."""
    screen = Console(stderr=True)
    try:
        asRoot()
        with Loop(EPollReactor()) as loop:
            found = measure(loop, members, peers, rest, lambda text: screen.log(text, highlight=False))
    except WandError as error:
        raise click.ClickException(str(error)) from error
    if asJSON:
        sys.stdout.buffer.write(msgspec.json.encode(attrs.asdict(found)) + b"\n")
    else:
        click.echo(f"{found.members} members are listed, and the node talked to {found.peers}")
        click.echo(f"its memory: {found.resident / 1e6:.1f} MB; at rest: {found.rest:.2%} of a processor")
