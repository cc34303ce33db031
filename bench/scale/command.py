"""
The command C{scale}.
"""

from __future__ import annotations

import resource
import sys
import tempfile
from pathlib import Path

import attrs
import click
import msgspec
from rich.console import Console

from bench.costs.hub import privateLoopback
from bench.scale.measuring import Figures, Measuring
from wand.errors import WandError
from wand.lab import asRoot


@click.command()
@click.option("--members", default=1000, show_default=True, type=click.IntRange(2, 100_000), help="How many members.")
@click.option(
    "--followers", type=click.IntRange(2), help="How many of them follow the whole directory; else all of them."
)
@click.option("--rest", default=60.0, show_default=True, type=float, help="Seconds for which nothing happens.")
@click.option("--json", "asJSON", is_flag=True, help="Print a document instead of lines.")
def scale(members: int, followers: int | None, rest: float, asJSON: bool) -> None:
    """Measure what members cost one real server: simulated members, real messages, sockets and cryptography."""
    screen = Console(stderr=True)
    try:
        asRoot()
        hard = max(resource.getrlimit(resource.RLIMIT_NOFILE)[1], members + 100)
        resource.setrlimit(resource.RLIMIT_NOFILE, (members + 100, hard))
        with privateLoopback(), tempfile.TemporaryDirectory(prefix="wand-scale-") as directory:
            measuring = Measuring(
                Path(directory),
                members,
                min(followers or members, members),
                lambda text: screen.log(text, highlight=False),
            )
            found = measuring.run(rest)
    except (WandError, OSError) as error:
        raise click.ClickException(str(error)) from error
    if asJSON:
        sys.stdout.buffer.write(msgspec.json.encode(attrs.asdict(found)) + b"\n")
    else:
        for line in lines(found):
            click.echo(line)


def lines(found: Figures) -> list[str]:
    """
    The figures, for people.
    """
    return [
        f"members: {found.members}, of which {found.followers} follow the directory",
        f"cold start: {found.coldStart:.1f} s until all are registered, {found.coldProcessor * 1e3:.2f} ms of processor"
        f" and {found.initiations:.1f} initiations a member",
        f"registrations: {found.registrations:.0f} a second, {found.registrationProcessor * 1e3:.2f} ms of processor"
        " each",
        f"memory: {found.resident / 1000:.1f} kB a member",
        f"at rest: {found.rest:.1%} of a processor",
        f"one change: {found.told:.2f} s to the last member told",
        f"wand members --json: {found.listing:.2f} s, in which an answer took at most {found.block * 1e3:.0f} ms",
        f"restart: {found.firstAnswer:.1f} s to the first answer, {found.restart:.1f} s until all are registered",
        f"datagrams lost in the server's queue: {found.lost}",
    ]
