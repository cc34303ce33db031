"""
What commands print: one JSON document, or columns for people that are plain text when they go into a pipe.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import attrs
import click
import msgspec

GAP = "  "

#: Columns of the labels of L{line}.
LABEL_WIDTH = 12

#: The most rows that are folded to the width of a terminal; each takes a while.
FOLDED_MAXIMUM = 1_000

#: Units of time, the largest first: name for a sentence, letter for a column, seconds.
_UNITS = (("day", "d", 86_400), ("hour", "h", 3_600), ("min", "m", 60), ("s", "s", 1))


@attrs.frozen
class Grid:
    """
    Rows under a header.

    @ivar styles: how each row looks on a terminal, as rich names styles; as many as rows, or none.
    """

    header: Sequence[str]
    rows: Sequence[Sequence[str]]
    styles: Sequence[str] = ()


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
        _showRich(grid, rows)
    else:
        click.echo("\n".join(aligned([list(grid.header), *rows])))


def clean(text: str) -> str:
    """
    Make a text fit for a terminal and for a column: unprintable characters are escaped, an empty text becomes a dash.
    """
    if not text.isprintable():
        text = "".join(each if each.isprintable() else each.encode("unicode_escape").decode() for each in text)
    return text or "-"


def line(label: str, text: str) -> str:
    """
    A line of a group, under its title.
    """
    return f"  {label:<{LABEL_WIDTH}}{clean(text)}"


def shortKey(key: str) -> str:
    """
    A short form of a key in hex, for people.
    """
    return clean(f"{key[:4]}-{key[4:8]}-{key[8:12]}")


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
    return f"{count} {name}{'s' if name in ('day', 'hour') and count != 1 else ''}"


def age(seconds: float) -> str:
    """
    How long, for a column: C{3m}.
    """
    count, _, letter = _inUnits(seconds)
    return f"{count}{letter}"


def _inUnits(seconds: float) -> tuple[int, str, str]:
    whole = max(0, int(seconds))
    for name, letter, size in _UNITS:
        if whole >= size:
            return whole // size, name, letter
    return 0, "s", "s"


def aligned(rows: list[list[str]]) -> list[str]:
    """
    Rows whose columns have one width each.
    """
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    widths[-1] = 0
    return [GAP.join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) for row in rows]


def _showRich(grid: Grid, rows: list[list[str]]) -> None:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, pad_edge=False, header_style="bold", padding=(0, len(GAP), 0, 0))
    for name in grid.header:
        table.add_column(name, overflow="fold")
    for number, row in enumerate(rows):
        table.add_row(*map(Text, row), style=grid.styles[number] if grid.styles else None)
    Console(highlight=False).print(table)
