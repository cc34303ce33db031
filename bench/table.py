"""
Results as tables: for the terminal, and as a page of the documentation.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from rich.box import SIMPLE_HEAD
from rich.console import RenderableType
from rich.table import Table as RichTable

from bench.contenders import BASELINE
from bench.figures import FIGURES
from bench.modes import MODES, Mode
from bench.results import Machine, Results
from bench.summary import bestOf

#: The share of the processors' time beyond which those who disturb are worth a note.
DISTURBANCE: Final = 0.05

#: A heading, the names of the columns, and the rows.
Table = tuple[str, Sequence[str], Sequence[Sequence[str]]]


def tables(results: Results) -> Iterator[Table]:
    """
    Everything that people want to see.
    """
    for mode in MODES:
        if mode.name in results.medians:
            yield _medians(results, mode)
            yield from _compared(results, mode)
    yield "contenders", ("", "layer", "encryption", "MTU", "version"), _entrants(results)
    troubles = list(_troubles(results))
    if troubles:
        yield "what went wrong", ("mode", "contender", "round", "what", ""), troubles


def _medians(results: Results, mode: Mode) -> Table:
    medians = results.medians[mode.name]
    figures = [figure for figure in FIGURES if any(figure.name in own for own in medians.values())]
    rows = [[name, *(figure.text(own.get(figure.name)) for figure in figures)] for name, own in medians.items()]
    return f"{mode.name}: {mode.title}", ["", *(f"{each.heading}, {each.unit}" for each in figures)], rows


def _compared(results: Results, mode: Mode) -> Iterator[Table]:
    medians = results.medians[mode.name]
    best = bestOf(medians, BASELINE)
    for name, ratios in results.ratios[mode.name].items():
        spreads = results.spreads[mode.name][name]
        rows = [
            [
                f"{figure.title}, {figure.unit}",
                figure.text(medians[name][figure.name]),
                " to ".join(map(figure.text, spreads[figure.name])),
                f"{figure.text(best[figure.name][1])} ({best[figure.name][0]})",
                f"{ratios[figure.name]:.2f}",
            ]
            for figure in FIGURES
            if figure.name in ratios
        ]
        if name.startswith("wand") and rows:
            yield (
                f"{mode.name}: {name} against the best of {', '.join(BASELINE)}",
                ("", name, "rounds", "best", "ratio"),
                rows,
            )


def _entrants(results: Results) -> list[list[str]]:
    return [
        [name, str(each.layer), each.encryption, str(each.mtu), each.version] for name, each in results.entrants.items()
    ]


def _troubles(results: Results) -> Iterator[list[str]]:
    for name, reason in results.missing.items():
        yield ["", name, "", "did not take part", reason]
    for mode, contenders in results.turns.items():
        for name, turns in contenders.items():
            for number, turn in enumerate(turns, 1):
                if turn.disturbance > DISTURBANCE:
                    yield [mode, name, str(number), "all", f"others had {turn.disturbance:.0%} of the processors' time"]
                for figure, pause in turn.stalls.items():
                    yield [mode, name, str(number), figure, f"a stream stalled for {pause:.1f} s"]
                for figure, reason in turn.failures.items():
                    yield [mode, name, str(number), figure, reason.partition("\n")[0]]


def terminal(shown: Iterable[Table]) -> Iterator[RenderableType]:
    """
    Tables for a terminal.
    """
    for title, columns, rows in shown:
        table = RichTable(title=title, title_justify="left", box=SIMPLE_HEAD)
        numbers = _numeric(rows)
        for number, column in enumerate(columns):
            table.add_column(column.replace(", ", "\n"), justify="right" if number in numbers else "left")
        for row in rows:
            table.add_row(*row)
        yield table


def markdown(results: Results, picture: str | None = None) -> str:
    """
    The tables as Markdown, with the conditions that they hold for.

    @param picture: the path of the picture to show, from where the page is.
    """
    parts = [conditions(results)]
    if picture is not None:
        parts.append(f"![Medians as bars]({picture})")
    return page(parts, tables(results))


def page(introduction: Sequence[str], shown: Iterable[Table]) -> str:
    """
    Some paragraphs, and tables as Markdown.
    """
    parts = [*introduction]
    for title, columns, rows in shown:
        numbers = _numeric(rows)
        rule = ["---:" if number in numbers else "---" for number in range(len(columns))]
        lines = "\n".join(f"| {' | '.join(each)} |" for each in (columns, rule, *map(_escaped, rows)))
        parts.append(f"### {title[0].upper()}{title[1:]}\n\n{lines}")
    return "\n\n".join(parts) + "\n"


def conditions(results: Results) -> str:
    """
    When, where and how it was measured, in a paragraph.
    """
    settings = results.settings
    rounds = "1 round" if settings.rounds == 1 else f"medians of {settings.rounds} rounds"
    return (
        f"{where(results.began, results.machine)}: {rounds}, "
        f"each load {settings.seconds:g} s, TCP with {settings.congestion}."
    )


def where(began: str, machine: Machine) -> str:
    """
    When and where something was measured.
    """
    return (
        f"Measured {began[:10]} on {machine.processors} processors ({machine.processor}), "
        f"Linux {machine.kernel}, Python {machine.python}"
    )


def _numeric(rows: Sequence[Sequence[str]]) -> set[int]:
    columns = range(len(rows[0])) if rows else ()
    return {number for number in columns if all(row[number][:1] in "-0123456789" for row in rows)}


def _escaped(row: Sequence[str]) -> list[str]:
    return [cell.replace("|", "\\|") for cell in row]
