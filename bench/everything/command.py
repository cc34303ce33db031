"""
The command C{everything}.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Final

import click
from rich.console import Console

from bench.contenders.base import missing
from bench.everything.contender import AsItComes, EverythingOn, Same, Slower
from bench.everything.course import Course
from bench.everything.hosts import COUNTED
from bench.everything.pairs import beside, table, troubles
from bench.modes import MODES
from bench.results import Results, Settings
from bench.rounds import inOrder
from bench.table import conditions, page, terminal
from wand.errors import WandError
from wand.lab import Lab, asRoot

#: Without these there is nothing to measure with.
TOOLS = {"ping": "iputils-ping"}

#: The first of the modes.
MODE: Final = MODES[0]

#: How often everything is started anew: two processes of one program differ a little, by where their memory is and how
#: it is hashed, and so for all rounds in which they are there.
SITTINGS: Final = 3

#: What a network as it comes may be compared with.
OTHERS: Final[dict[str, Callable[[], AsItComes]]] = {"everything": EverythingOn, "same": Same, "slower": Slower}


@click.command()
@click.option("--rounds", default=27, show_default=True, type=click.IntRange(1), help="Rounds, of some 8 s each.")
@click.option(
    "--against",
    default="everything",
    show_default=True,
    type=click.Choice([*OTHERS]),
    help="To try what is found: another network as it comes, or one whose nodes need 5 % more processor time.",
)
@click.option("--json", "asJSON", is_flag=True, help="Print a document instead of a table.")
@click.option(
    "--markdown", "file", type=click.Path(dir_okay=False, path_type=Path), help="Write the table to this file too."
)
def everything(rounds: int, against: str, asJSON: bool, file: Path | None) -> None:
    """Compare a network as it comes with one where everything is on, some four minutes.

    Everything: the console with a browser that looks at it, metrics that are read every 5 seconds, names, a log of
    JSON, a hook that is told of each event, all frame services, discovery on the LAN, a relay, and `wand top`.
    """
    if lacking := missing(TOOLS):
        raise click.ClickException(lacking)
    try:
        results = _measured(Console(stderr=True), rounds, OTHERS[against]())
    except WandError as error:
        raise click.ClickException(str(error)) from error
    turns = results.turns[MODE.name]
    shown, said = table(turns), [*beside(turns), *troubles(turns)]
    if file is not None:
        file.write_text(page([conditions(results)], [shown]) + "".join(f"\n{each}\n" for each in said))
    if asJSON:
        sys.stdout.buffer.write(results.encode() + b"\n")
        return
    screen = Console()
    screen.width = max(screen.width, 110)
    for each in (*terminal([shown]), *said):
        screen.print(each, highlight=False)


def _measured(screen: Console, rounds: int, other: AsItComes) -> Results:
    asRoot()
    results = Results.begin(Settings(rounds, COUNTED, "cubic"))
    plain = AsItComes()
    turns = results.turns[MODE.name] = {plain.name: [], other.name: []}
    for sitting in range(1, min(rounds, SITTINGS) + 1):
        with Lab() as lab:
            course = Course.prepare(MODE.prepare(lab), inOrder((plain, other), sitting))
            for number in range(sitting, rounds + 1, SITTINGS):
                screen.print(f"round {len(turns[plain.name]) + 1} of {rounds}", highlight=False)
                for name, turn in course.round(number).items():
                    turns[name].append(turn)
    return results
