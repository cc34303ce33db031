"""
The command C{server}.
"""

from __future__ import annotations

import sys
import tempfile
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from typing import Final

import attrs
import click
import msgspec
from rich.console import Console

from bench.scale.simulated import Costs, measure
from bench.table import Table, page, terminal

#: What is in the table, by the names of L{Costs}: what people call it, by what it is multiplied, and its unit.
_ROWS: Final = (
    ("loading", "a member read from the store at the start", 1e6, "µs"),
    ("registration", "a registration", 1e6, "µs"),
    ("presence", "a member that says that it is there", 1e6, "µs"),
    ("change", "a change, of which 20 are told", 1e6, "µs"),
    ("question", "a question where a member is", 1e6, "µs"),
    ("page", "a page for who follows the directory", 1e6, "µs"),
    ("listing", "a page of 100 members for the operator", 1e6, "µs"),
    ("resident", "memory a member, without its session", 1e-3, "kB"),
    ("told", "octets sent for a change", 1e-3, "kB"),
)


@click.command()
@click.option("--members", default="1000,10000,100000", show_default=True, help="How many, one measurement for each.")
@click.option("--json", "asJSON", is_flag=True, help="Print a document instead of a table.")
@click.option(
    "--markdown", "file", type=click.Path(dir_okay=False, path_type=Path), help="Write the table to this file too."
)
def server(members: str, asJSON: bool, file: Path | None) -> None:
    """See that a member costs a real server the same among many as among few: made-up members, simulated time."""
    try:
        counts = [int(each) for each in members.split(",")]
    except ValueError:
        raise click.BadParameter(f"{members} are no numbers with commas between") from None
    found = [costsOf(count) for count in counts]
    if file is not None:
        file.write_text(page([], [tableOf(found)]))
    if asJSON:
        sys.stdout.buffer.write(msgspec.json.encode([attrs.asdict(each) for each in found]) + b"\n")
    else:
        screen = Console()
        screen.width = max(screen.width, 110)
        for table in terminal([tableOf(found)]):
            screen.print(table)


def costsOf(members: int) -> Costs:
    """
    Measure in a process of its own, so that its memory is nobody else's.
    """
    with ProcessPoolExecutor(1, get_context("spawn")) as process:
        return process.submit(_measured, members).result()


def _measured(members: int) -> Costs:
    with tempfile.TemporaryDirectory(prefix="wand-server-") as directory:
        return measure(Path(directory) / "state", members)


def tableOf(found: list[Costs]) -> Table:
    """
    What was found, side by side.
    """
    rows = [
        [what, *(f"{getattr(each, name) * factor:,.1f} {unit}" for each in found)] for name, what, factor, unit in _ROWS
    ]
    return "A server with made-up members", ("", *(f"{each.members:,} members" for each in found)), rows
