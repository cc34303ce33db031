"""
The command C{first}.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from statistics import median

import attrs
import click
import msgspec
from rich.console import Console

from bench.contenders.base import missing
from bench.first.course import Outcome, follow
from bench.first.guides import GUIDES
from bench.results import machine
from bench.table import Table, page, terminal, where
from wand.errors import WandError
from wand.lab import asRoot


@click.command()
@click.option("--only", default="", help="Programs, such as wand,tinc; else all installed ones.")
@click.option(
    "--rounds", default=3, show_default=True, type=click.IntRange(1), help="Rounds, of which medians are taken."
)
@click.option("--json", "asJSON", is_flag=True, help="Print a document instead of a table.")
@click.option("--markdown", "file", type=click.Path(dir_okay=False, path_type=Path), help="Write the table here too.")
def first(only: str, rounds: int, asJSON: bool, file: Path | None) -> None:
    """See what it takes from two hosts with a program installed to the first ping between them."""
    words = [word for word in only.split(",") if word]
    guides = [each for each in GUIDES if not words or each.name in words]
    if not guides:
        raise click.BadParameter(f"there are {', '.join(each.name for each in GUIDES)}", param_hint="--only")
    screen = Console(stderr=True)
    for each in guides:
        if lacking := missing(each.programs):
            screen.log(f"{each.name}: {lacking}", highlight=False)
    present = [each for each in guides if missing(each.programs) is None]
    outcomes: list[Outcome] = []
    try:
        asRoot()
        for number in range(1, rounds + 1):
            screen.log(f"round {number}", highlight=False)
            outcomes += map(follow, present)
    except WandError as error:
        raise click.ClickException(str(error)) from error
    _show(list(_medians(outcomes)), asJSON, file)


def _medians(outcomes: Sequence[Outcome]) -> Iterator[Outcome]:
    for name in dict.fromkeys(each.name for each in outcomes):
        own = [each for each in outcomes if each.name == name]
        yield attrs.evolve(own[0], seconds=median(each.seconds for each in own))


def tableOf(outcomes: Sequence[Outcome]) -> Table:
    """
    The outcomes, the one with the fewest commands first.
    """
    rows = [
        [each.name, str(each.commands), str(each.files), str(each.carried), f"{each.seconds:.1f}"]
        for each in sorted(outcomes, key=lambda each: (each.commands, each.seconds))
    ]
    return "from nothing to a ping", ("", "commands", "files to write", "things to carry", "seconds"), rows


def _show(outcomes: Sequence[Outcome], asJSON: bool, file: Path | None) -> None:
    table = tableOf(outcomes)
    if file is not None:
        began = datetime.now(UTC).isoformat(timespec="seconds")
        file.write_text(page([f"{where(began, machine())}."], [table]))
    if asJSON:
        sys.stdout.buffer.write(msgspec.json.encode([attrs.asdict(each) for each in outcomes]) + b"\n")
        return
    for each in terminal([table]):
        Console().print(each)
