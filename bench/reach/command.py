"""
The command C{reach}.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence

import click
import msgspec
from rich.console import Console
from rich.table import Table
from twisted.internet.epollreactor import EPollReactor

from bench.contenders.base import missing
from bench.reach.cells import CELLS, chosen
from bench.reach.course import Outcome
from bench.reach.loads import lines, measure
from bench.reach.run import AT_ONCE, run
from bench.reach.situations import SITUATIONS
from bench.reach.variations import VARIATIONS
from wand.errors import WandError
from wand.lab import asRoot
from wand.lab.loop import Loop


@click.command()
@click.option("--only", default="", help="Cells with one of these words in their titles, such as roaming,symmetric.")
@click.option(
    "--at-once",
    default=AT_ONCE,
    show_default=True,
    type=click.IntRange(1),
    help="How many cells run at once.",
)
@click.option("--variations", is_flag=True, help="Run more cells than the matrix has, in its place.")
@click.option("--situations", is_flag=True, help="Run what users of other VPNs reported instead of the matrix.")
@click.option("--loads", is_flag=True, help="Measure what each way carries and costs, and what changes of ways lose.")
@click.option("--json", "asJSON", is_flag=True, help="Print a document instead of a table.")
def reach(only: str, at_once: int, variations: bool, situations: bool, loads: bool, asJSON: bool) -> None:
    """See which ends reach each other through NATs and firewalls, how soon and which way."""
    known = VARIATIONS if variations else CELLS
    if situations:
        known = list(dict.fromkeys(cell for cells in SITUATIONS.values() for cell in cells))
    cells = chosen([word for word in only.split(",") if word], known)
    if not cells:
        raise click.BadParameter("there is no such cell", param_hint="--only")
    screen = Console(stderr=True)
    if loads:
        weigh()
        return

    def progress(outcome: Outcome) -> None:
        screen.print(f"{outcome.cell.title}: {outcome.failure or 'passed'}", highlight=False)

    try:
        asRoot()
        with Loop(EPollReactor()) as loop:
            outcomes = run(loop, cells, progress, at_once)
    except WandError as error:
        raise click.ClickException(str(error)) from error
    show(outcomes, asJSON)
    sys.exit(int(any(outcome.failure for outcome in outcomes)))


def weigh() -> None:
    """
    Measure what each way carries, and print that.
    """
    absent = missing({"iperf3": "iperf3", "ss": "iproute2"})
    if absent is not None:
        raise click.ClickException(absent)
    try:
        asRoot()
        with Loop(EPollReactor()) as loop:
            measured = measure(loop, rounds=3, seconds=3)
    except WandError as error:
        raise click.ClickException(str(error)) from error
    for line in lines(measured):
        click.echo(line)
    sys.exit(int(bool(measured.failed)))


def show(outcomes: Sequence[Outcome], asJSON: bool) -> None:
    """
    Print a document, or a table.
    """
    if asJSON:
        sys.stdout.buffer.write(msgspec.json.encode([document(each) for each in outcomes]) + b"\n")
        return
    screen = Console()
    if not screen.is_terminal:
        screen.width = max(screen.width, 160)
    screen.print(table(outcomes))
    passed = sum(not outcome.failure for outcome in outcomes)
    screen.print(f"{passed} of {len(outcomes)} cells pass", highlight=False)


def document(outcome: Outcome) -> dict[str, object]:
    """
    What became of a cell, as a document.
    """
    return {
        "cell": outcome.cell.title,
        "first": outcome.first,
        "limit": outcome.cell.limit,
        "way": outcome.way,
        "first-way": outcome.firstWay,
        "direct-after": outcome.directAfter,
        "lost": outcome.lost,
        "recovery": outcome.recovery,
        "failure": outcome.failure,
    }


def table(outcomes: Sequence[Outcome]) -> Table:
    """
    What became of each cell.
    """
    found = Table(box=None, header_style="bold")
    found.add_column("cell")
    for name in ("first answer", "recovery", "limit", "direct after"):
        found.add_column(name, justify="right")
    for name in ("way", "lost", "result"):
        found.add_column(name)
    for each in outcomes:
        way = each.way if each.way == each.firstWay or not each.firstWay else f"{each.firstWay}, then {each.way}"
        numbers = (each.first, each.recovery, each.cell.limit, each.directAfter)
        texts = (*map(_seconds, numbers), way, str(each.lost or ""), each.failure or "passed")
        found.add_row(each.cell.title, *texts, style="red" if each.failure else "")
    return found


def _seconds(value: float | None) -> str:
    return "" if value is None else f"{value:.2f} s"
