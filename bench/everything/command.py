"""
The command C{everything}.
"""

from __future__ import annotations

import sys
from pathlib import Path

import click
from rich.console import Console

from bench.contenders.base import missing
from bench.contenders.wand import Wand
from bench.everything.contender import EverythingOn
from bench.everything.pairs import table, troubles
from bench.figures import COMPARED
from bench.modes import MODES, Mode
from bench.results import Results, Settings
from bench.rounds import measure
from bench.table import conditions, page, terminal
from wand.errors import WandError
from wand.lab import asRoot

#: Without these there is nothing to measure with.
TOOLS = {"iperf3": "iperf3", "ping": "iputils-ping"}

#: The first of the modes, and what is worth comparing in it.
MODE = Mode(MODES[0].name, MODES[0].title, figures=COMPARED)


@click.command()
@click.option("--rounds", default=15, show_default=True, type=click.IntRange(1), help="Rounds: pairs of turns.")
@click.option("--seconds", default=1, show_default=True, type=click.IntRange(1), help="Length of each load.")
@click.option("--json", "asJSON", is_flag=True, help="Print a document instead of a table.")
@click.option(
    "--markdown", "file", type=click.Path(dir_okay=False, path_type=Path), help="Write the table to this file too."
)
def everything(rounds: int, seconds: int, asJSON: bool, file: Path | None) -> None:
    """Compare a network as it comes with one where everything is on, some four minutes.

    Everything: the console with a browser that looks at it, metrics that are read every 5 seconds, names, a log of
    JSON, a hook that is told of each event, all frame services, discovery on the LAN, a relay, and `wand top`.
    """
    if lacking := missing(TOOLS):
        raise click.ClickException(lacking)
    try:
        results = _measured(Console(stderr=True), Settings(rounds, seconds, "cubic"))
    except WandError as error:
        raise click.ClickException(str(error)) from error
    turns = results.turns[MODE.name]
    shown, said = table(*turns.values()), troubles(turns)
    if file is not None:
        file.write_text(page([conditions(results), *said], [shown]))
    if asJSON:
        sys.stdout.buffer.write(results.encode() + b"\n")
        return
    screen = Console()
    screen.width = max(screen.width, 110)
    for each in (*terminal([shown]), *said):
        screen.print(each, highlight=False)


def _measured(screen: Console, settings: Settings) -> Results:
    asRoot()
    results = Results.begin(settings)
    contenders = (Wand("sealed", "Noise, AES-256-GCM"), EverythingOn())
    measure(results, MODE, contenders, COMPARED, lambda text: screen.print(text, highlight=False))
    return results
