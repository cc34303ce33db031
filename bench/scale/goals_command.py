"""
The command C{goals}.
"""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import click
import msgspec
from rich.console import Console

from bench.results import machine
from bench.scale.goals import COMMANDS, Documents, measured, tableOf
from bench.table import page, terminal, where
from wand.errors import WandError

_KEPT: Final = Path(__file__).parents[1] / "results" / "goals.json"


@click.command()
@click.option("--only", multiple=True, type=click.Choice(list(COMMANDS)), help="Measure this alone.")
@click.option("--kept", is_flag=True, help="Measure nothing: show what was measured before.")
@click.option("--markdown", "file", type=click.Path(dir_okay=False, path_type=Path), help="Write the table here too.")
@click.option(
    "--document",
    type=click.Path(dir_okay=False, path_type=Path),
    default=_KEPT,
    show_default="bench/results/goals.json",
    help="Keep what was measured here; what is measured alone replaces its own part.",
)
def goals(only: tuple[str, ...], kept: bool, file: Path | None, document: Path) -> None:
    """Measure everything that a large network is to be capable of."""
    screen, documents = Console(stderr=True), _read(document)
    for name in () if kept else only or COMMANDS:
        screen.log(COMMANDS[name], highlight=False)
        try:
            documents[name] = measured(COMMANDS[name])
        except WandError as error:
            raise click.ClickException(str(error)) from error
        document.parent.mkdir(parents=True, exist_ok=True)
        document.write_bytes(msgspec.json.encode(documents))
    table = tableOf(documents)
    if file is not None:
        began = datetime.now(UTC).isoformat(timespec="seconds")
        file.write_text(page([f"{where(began, machine())}."], [table]))
    out = Console()
    out.width = max(out.width, 140)
    for each in terminal([table]):
        out.print(each)


def _read(document: Path) -> Documents:
    try:
        return msgspec.json.decode(document.read_bytes(), type=Documents)
    except (OSError, msgspec.DecodeError):
        return {}
