"""
What commands print: one JSON document, or columns for people that are plain text when they go into a pipe.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from shutil import get_terminal_size
from textwrap import fill

import attrs
import click
import msgspec
from attrs import evolve

from wand.logs.escapes import escaped
from wand.trace import traceOf

GAP = "  "

#: Columns of the labels of L{line}.
LABEL_WIDTH = 12

#: The longest lines of sentences.
LINE_MAXIMUM = 100

#: The most rows that are folded to the width of a terminal; each takes a while.
FOLDED_MAXIMUM = 1_000

#: Units of time, the largest first: name for a sentence, letter for a column, seconds, those of the next smaller unit.
_UNITS = (("days", "d", 86_400, 3_600), ("hours", "h", 3_600, 60), ("min", "m", 60, 1))


@attrs.frozen
class Grid:
    """
    Rows under a header.

    @ivar styles: how each row looks on a terminal, as rich names styles; as many as rows, or none.
    @ivar core: how many of the first columns a terminal shows that has no room for all; 0 for all of them.
    """

    header: Sequence[str]
    rows: Sequence[Sequence[str]]
    styles: Sequence[str] = ()
    core: int = 0


def showJSON(value: object) -> None:
    """
    Print one JSON document.
    """
    click.echo(msgspec.json.format(msgspec.json.encode(value), indent=2))


def showGrid(grid: Grid) -> None:
    """
    Print columns: on a terminal with colours and folded to its width, else aligned and whole.
    """
    rows = [[clean(cell) for cell in row] for row in grid.rows]
    if sys.stdout.isatty() and len(rows) <= FOLDED_MAXIMUM:
        _showFitting(grid, rows)
    else:
        click.echo("\n".join(aligned([list(grid.header), *rows])))


def showRows(rows: Sequence[Sequence[str]]) -> None:
    """
    Print columns without a header, indented.
    """
    cells = [[clean(cell) if cell else "" for cell in row] for row in rows]
    if sys.stdout.isatty():
        _showRich(Grid((), ()), cells)
    else:
        click.echo("\n".join(f"{GAP}{row}".rstrip() for row in aligned(cells)))


def sentence(text: str) -> str:
    """
    A text for people, folded to the width of a terminal.
    """
    if not sys.stdout.isatty():
        return text
    return fill(text, min(LINE_MAXIMUM, get_terminal_size().columns), break_on_hyphens=False)


def clean(text: str) -> str:
    """
    Make a text fit for a terminal and for a column: unprintable characters are escaped, an empty text becomes a dash.
    """
    return escaped(text) or "-"


def line(label: str, text: str) -> str:
    """
    A line of a group, under its title.
    """
    return f"  {label:<{LABEL_WIDTH}}{clean(text)}"


def shortKey(key: str) -> str:
    """
    A short form of a key in hex, for people.
    """
    return clean(traceOf(key))


@contextmanager
def working(what: str) -> Iterator[None]:
    """
    Show a person at a terminal that something is under way.
    """
    if not sys.stderr.isatty():
        yield
        return
    from rich.console import Console

    with Console(stderr=True).status(what):
        yield


def ago(seconds: float) -> str:
    """
    How long ago, for a sentence: C{3 min ago}.
    """
    return f"{duration(seconds)} ago"


def duration(seconds: float) -> str:
    """
    How long, for a sentence: C{3 min}.
    """
    count, name, _ = _inUnits(seconds)
    return f"{count} {name}"


def age(seconds: float) -> str:
    """
    How long, for a column: C{3m}.
    """
    count, _, letter = _inUnits(seconds)
    return f"{count}{letter}"


def _inUnits(seconds: float) -> tuple[int, str, str]:
    """
    Round a duration to the largest unit of which there are at least two: 47 hours are not told as one day, nor is a
    week that has just begun told as 6 days.

    @return: how many, the name of the unit, and its letter.
    """
    for name, letter, size, smaller in _UNITS:
        if seconds >= 2 * size - smaller / 2:
            return int(seconds / size + 0.5), name, letter
    return max(0, int(seconds + 0.5)), "s", "s"


def aligned(rows: list[list[str]]) -> list[str]:
    """
    Rows whose columns have one width each.
    """
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    widths[-1] = 0
    return [GAP.join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) for row in rows]


def _showFitting(grid: Grid, rows: list[list[str]]) -> None:
    """
    Show all columns, or as many as have room.
    """
    rows = [[_breakable(cell) for cell in row] for row in rows]
    widths = [max(map(_narrowest, column)) + len(GAP) for column in zip(grid.header, *rows, strict=True)]
    hidden = grid.header[grid.core :] if grid.core else ()
    if not hidden or sum(widths) <= get_terminal_size().columns:
        _showRich(grid, rows)
        return
    _showRich(evolve(grid, header=grid.header[: grid.core]), [row[: grid.core] for row in rows])
    click.echo(f"\nA wider terminal, or a pipe, shows more: {', '.join(hidden)}")


def _breakable(cell: str) -> str:
    """
    A list without blanks, such as addresses, with some: a line may end after each.
    """
    return cell if " " in cell else cell.replace(",", ", ")


def _narrowest(cell: str) -> int:
    return max(map(len, cell.split(", ")))


def _showRich(grid: Grid, rows: list[list[str]]) -> None:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    hasHeader, indent = bool(grid.header), 0 if grid.header else len(GAP)
    table = Table(
        box=None,
        show_header=hasHeader,
        pad_edge=not hasHeader,
        header_style="bold",
        padding=(0, len(GAP) - indent // 2, 0, indent // 2),
    )
    for name in grid.header or ("",) * len(rows[0]):
        table.add_column(name, overflow="fold")
    for number, row in enumerate(rows):
        table.add_row(*map(Text, row), style=grid.styles[number] if grid.styles else None)
    Console(highlight=False).print(table)
