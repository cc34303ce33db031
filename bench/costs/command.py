"""
The command C{costs}.
"""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from pathlib import Path

import click
from rich.console import Console

from bench.costs.document import Costs, conditions, tables
from bench.costs.forwarding import measureForwarding
from bench.costs.hub import Loopback, privateLoopback
from bench.costs.memory import measureMemory
from bench.results import machine
from bench.table import page, terminal
from wand.errors import WandError
from wand.lab import asRoot


@click.command()
@click.option(
    "--rounds", default=15, show_default=True, type=click.IntRange(1), help="Rounds, of which medians are taken."
)
@click.option("--quick", is_flag=True, help="Some seconds: small networks, one round.")
@click.option("--json", "asJSON", is_flag=True, help="Print the document instead of tables.")
@click.option("--results", "directory", type=click.Path(path_type=Path), help="Directory for the document.")
@click.option(
    "--markdown", "file", type=click.Path(dir_okay=False, path_type=Path), help="Write the tables to this file too."
)
def costs(rounds: int, quick: bool, asJSON: bool, directory: Path | None, file: Path | None) -> None:
    """Measure what a frame and a peer cost as the network grows, within one process."""
    directory = directory or Path(__file__).parents[1] / "results"
    try:
        asRoot()
        found = measured((2, 4), (1, 100), 1) if quick else measured((10, 100, 1000), (1, 1000, 100_000), rounds)
    except WandError as error:
        raise click.ClickException(str(error)) from error
    directory.mkdir(parents=True, exist_ok=True)
    (directory / f"{found.began.partition('+')[0].replace(':', '')}-costs.json").write_bytes(found.encode())
    if file is not None:
        file.write_text(page([conditions(found)], tables(found)))
    if asJSON:
        sys.stdout.buffer.write(found.encode() + b"\n")
        return
    screen = Console()
    screen.width = max(screen.width, 130)
    for table in terminal(tables(found)):
        screen.print(table)


def measured(sizes: tuple[int, ...], entries: tuple[int, ...], rounds: int) -> Costs:
    """
    Measure everything.

    @param sizes: numbers of peers, beside one alone.
    @param entries: numbers of entries of a table.
    @raise WandError: if it cannot be done here.
    """
    began = datetime.now(UTC).isoformat(timespec="seconds")
    with privateLoopback():
        network = Loopback()
        peers = [network.member() for _ in range(max(sizes))]
        memory = measureMemory(network, peers[:500], [count for count in entries if count > 1])
        forwarding, broadcast = measureForwarding(network, peers, sizes, entries, rounds)
    return Costs(began, machine(), rounds, forwarding, broadcast, memory)
