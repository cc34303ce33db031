"""
The command C{simulate}.
"""

from __future__ import annotations

import gc
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from time import monotonic

import click
import msgspec
from rich.console import Console

from bench.results import Machine, machine
from bench.simulate.curves import draw
from bench.simulate.scenarios import SCENARIOS, USUAL, Course
from bench.table import Table, page, terminal
from wand.errors import WandError
from wand.testing.simulation import Air, Population
from wand.twistd.collecting import SettingAside


class Simulated(msgspec.Struct, frozen=True):
    """
    What was simulated, and what was seen.

    @ivar began: in UTC.
    """

    began: str
    machine: Machine
    members: int
    loss: float
    hidden: float
    seed: int
    courses: list[Course]


@click.command()
@click.option("--members", default=10_000, show_default=True, type=click.IntRange(2, 20_000), help="How many.")
@click.option(
    "--loss", default=5.0, show_default=True, type=click.FloatRange(0, 90), help="Datagrams lost, in percent."
)
@click.option(
    "--hidden", default=0.0, show_default=True, type=click.FloatRange(0, 100), help="Members behind NATs, in percent."
)
@click.option("--only", default=",".join(USUAL), show_default=True, help=f"Of {', '.join(SCENARIOS)}.")
@click.option(
    "--seed", default=1, show_default=True, help="Of all that is random: the same seed gives the same course."
)
@click.option("--json", "asJSON", is_flag=True, help="Print the document instead of tables.")
@click.option(
    "--markdown", "file", type=click.Path(dir_okay=False, path_type=Path), help="Write the tables to this file too."
)
@click.option(
    "--picture", type=click.Path(dir_okay=False, path_type=Path), help="Draw the curves here, as SVG and as PNG."
)
def simulate(
    members: int,
    loss: float,
    hidden: float,
    only: str,
    seed: int,
    asJSON: bool,
    file: Path | None,
    picture: Path | None,
) -> None:
    """Simulate networks without a server: how fast they agree, and what each member sends for that."""
    unknown = set(only.split(",")) - SCENARIOS.keys()
    if unknown:
        raise click.BadParameter(f"there is no {', '.join(unknown)}; there are {', '.join(SCENARIOS)}")
    began = datetime.now(UTC).isoformat(timespec="seconds")
    air = Air(loss=loss / 100, hidden=hidden / 100)
    courses = run(members, air, only.split(","), seed)
    found = Simulated(began, machine(), members, loss, hidden, seed, courses)
    try:
        drawn = [] if picture is None else draw(courses, picture)
    except WandError as error:
        raise click.ClickException(str(error)) from error
    if file is not None:
        pictures = [
            f"![Who knows, and what is sent, over time]({each.name})" for each in drawn if each.suffix == ".svg"
        ]
        file.write_text(page([conditions(found), *pictures], tables(found)))
    show(found, asJSON)


def run(members: int, air: Air, names: Sequence[str], seed: int) -> list[Course]:
    """
    Simulate scenarios, one after the other, with the same members.
    """
    screen = Console(stderr=True)
    gc.callbacks.append(SettingAside())
    population = Population(members)
    courses = []
    for name in names:
        began = monotonic()
        courses.append(SCENARIOS[name](population, air, seed))
        figures = ", ".join(f"{what}: {_text(value)}" for what, value in courses[-1].figures.items())
        screen.print(f"{name} (in {monotonic() - began:.0f} s): {figures}", highlight=False, soft_wrap=True)
    return courses


def show(found: Simulated, asJSON: bool) -> None:
    """
    Print the document, or the tables.
    """
    if asJSON:
        sys.stdout.buffer.write(msgspec.json.format(msgspec.json.encode(found), indent=1) + b"\n")
        return
    screen = Console()
    screen.width = max(screen.width, 110)
    screen.print(conditions(found), highlight=False)
    for table in terminal(tables(found)):
        screen.print(table)


def conditions(found: Simulated) -> str:
    """
    What was simulated, in a sentence.
    """
    hidden = f", {found.hidden:g} % of them behind NATs" if found.hidden else ""
    return (
        f"Simulated {found.began[:10]}: {found.members:,} members{hidden}, {found.loss:g} % of the datagrams lost, "
        f"20 to 80 ms one way, seed {found.seed}. Octets are those of IP packets, with handshakes and renewals of "
        "sessions."
    )


def tables(found: Simulated) -> list[Table]:
    """
    Everything that people want to see.
    """
    return [
        (course.title, ("", "figure"), [[what, _text(value)] for what, value in course.figures.items()])
        for course in found.courses
    ]


def _text(value: float | None) -> str:
    return "never" if value is None else f"{value:,.0f}" if value >= 100 else f"{value:,.1f}"
