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
from bench.scale.measuring import STEPS, WANTS, Figures, Measuring
from wand.errors import WandError
from wand.lab import asRoot

#: Up to how many members nodes follow the whole directory, as their settings have it by default.
FOLLOWED_MAXIMUM = 500


@click.command()
@click.option("--members", default=1000, show_default=True, type=click.IntRange(2, 200_000), help="How many members.")
@click.option(
    "--followers",
    type=click.IntRange(0),
    help=f"How many of them follow the whole directory; else all of up to {FOLLOWED_MAXIMUM}, and none of more.",
)
@click.option("--wants", default=WANTS, show_default=True, help="How many others each of the rest looks for.")
@click.option("--only", multiple=True, type=click.Choice(STEPS), help="Measure this alone, after the cold start.")
@click.option("--rest", default=60.0, show_default=True, type=float, help="Seconds for which nothing happens.")
@click.option("--patience", default=120.0, show_default=True, help="Seconds after which a step is given up.")
@click.option("--json", "asJSON", is_flag=True, help="Print a document instead of lines.")
def scale(
    members: int, followers: int | None, wants: int, only: tuple[str, ...], rest: float, patience: float, asJSON: bool
) -> None:
    """Measure what members cost one real server: simulated members, real messages, sockets and cryptography."""
    screen = Console(stderr=True)
    if followers is None:
        followers = members if members <= FOLLOWED_MAXIMUM else 0
    try:
        asRoot()
        hard = max(resource.getrlimit(resource.RLIMIT_NOFILE)[1], members + 100)
        resource.setrlimit(resource.RLIMIT_NOFILE, (members + 100, hard))
        with privateLoopback(), tempfile.TemporaryDirectory(prefix="wand-scale-") as directory:
            measuring = Measuring(
                Path(directory),
                members,
                min(followers, members),
                min(wants, members),
                patience,
                lambda text: screen.log(text, highlight=False),
            )
            found = measuring.run(only or STEPS, rest)
    except (WandError, OSError) as error:
        raise click.ClickException(str(error)) from error
    if asJSON:
        sys.stdout.buffer.write(msgspec.json.encode(attrs.asdict(found)) + b"\n")
    else:
        for line in lines(found):
            click.echo(line)
    if found.gaveUp:
        raise SystemExit(1)


def lines(found: Figures) -> list[str]:
    """
    The figures that were measured, for people.
    """
    told = [
        f"members: {found.members}, of which {found.followers} follow the directory, "
        f"and the others look for {found.wants} each",
    ]
    if found.coldReach:
        told += [
            f"cold start: {found.coldStart:.1f} s until all are registered, {found.coldReach:.1f} s until all reach "
            f"whom they want, {found.coldProcessor * 1e3:.2f} ms of processor and {found.initiations:.1f} initiations "
            "a member",
            f"memory: {found.resident / 1000:.1f} kB a member",
        ]
    if found.registrations:
        cost = found.registrationProcessor
        told.append(f"registrations: {found.registrations:.0f} a second, {cost * 1e3:.2f} ms of processor each")
    if found.told:
        told.append(f"one change: {found.told:.2f} s to the last member told")
    if found.listing:
        told.append(
            f"wand members --json: {found.listing:.2f} s, in which an answer took at most {found.block * 1e3:.0f} ms"
        )
    if found.rest:
        told.append(f"at rest: {found.rest:.1%} of a processor")
    if found.restart:
        told.append(
            f"restart: {found.firstAnswer:.1f} s to the first answer, {found.restart:.1f} s until all are registered, "
            f"{found.restartReach:.1f} s until all reach whom they want"
        )
    told.append(f"datagrams lost in the server's queue: {found.lost}")
    return told + [f"given up: {each}" for each in found.gaveUp]
