"""
The command C{start}.
"""

from __future__ import annotations

import sys

import attrs
import click
import msgspec
from rich.console import Console
from twisted.internet.epollreactor import EPollReactor

from bench.scale.start import measure
from wand.errors import WandError
from wand.lab import asRoot
from wand.lab.loop import Loop


@click.command()
@click.option("--rounds", default=7, show_default=True, type=click.IntRange(1), help="How often both nodes start.")
@click.option("--json", "asJSON", is_flag=True, help="Print a document instead of lines.")
def start(rounds: int, asJSON: bool) -> None:
    """Measure how soon two real nodes that know each other talk after they started, while no server is there."""
    screen = Console(stderr=True)
    try:
        asRoot()
        with Loop(EPollReactor()) as loop:
            found = measure(loop, rounds, lambda text: screen.log(text, highlight=False))
    except WandError as error:
        raise click.ClickException(str(error)) from error
    if asJSON:
        sys.stdout.buffer.write(msgspec.json.encode(attrs.asdict(found)) + b"\n")
    else:
        click.echo(f"the first echo came {found.echo:.2f} s after the start, at best {found.best:.2f} s")
        click.echo(f"processor time of each node until then: {found.processor:.2f} s")
