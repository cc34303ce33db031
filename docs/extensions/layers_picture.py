"""
The parts of C{wand} and which way they depend on each other, as an SVG for a page: each layer a row of boxes.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from html import escape
from statistics import fmean
from typing import Final

from layers import direct, layers

#: Lengths, in units of the picture.
_WIDTH: Final = 1000
_BOX: Final = 26
_GAP: Final = 10
_ROW: Final = 74
_LETTER: Final = 7.6

#: The colours are those of the page, so that it is right on a dark one, too.
_STYLE: Final = """
.parts rect { fill: var(--color-background-secondary, #f8f9fb); stroke: var(--color-brand-primary, #3a6ea5); rx: 5; }
.parts text { fill: var(--color-foreground-primary, #000); font: 13px monospace; text-anchor: middle; }
.parts path { fill: none; stroke: var(--color-foreground-muted, #6b6f76); stroke-width: 1; opacity: .45; }
.parts g:hover path { stroke: var(--color-brand-content, #0a4bff); stroke-width: 2.5; opacity: 1; }
.parts g:hover rect { stroke-width: 2.5; }
"""


def picture() -> str:
    """
    Draw it.
    """
    rows = list(_rows())
    at = _positions(rows)
    height = _ROW * (len(rows) - 1) + _BOX + 2
    groups = "\n".join(_group(part, at) for row in rows for part in row)
    return (
        f'<svg class="parts" viewBox="0 0 {_WIDTH} {height}" role="img" xmlns="http://www.w3.org/2000/svg">\n'
        f"<title>The parts of wandaemon: each depends on parts below it only</title>\n<style>{_STYLE}</style>\n"
        f"{groups}\n</svg>"
    )


def _rows() -> Iterator[Sequence[str]]:
    """
    The rows: a layer whose parts import each other becomes several, so that every line runs downward.
    """
    needs = direct()
    for layer in layers():
        left = list(layer)
        while left:
            row = [part for part in left if not any(part in needs[other] for other in left)] or left
            left = [part for part in left if part not in row]
            yield from _wrapped(row)


def _wrapped(row: Sequence[str]) -> Iterator[Sequence[str]]:
    line: list[str] = []
    for part in row:
        if line and sum(map(_width, [*line, part])) + _GAP * len(line) > _WIDTH - 2:
            yield line
            line = []
        line.append(part)
    yield line


def _positions(rows: Sequence[Sequence[str]]) -> Mapping[str, tuple[float, float]]:
    """
    The middle of each box, and its upper edge; a box is placed below those that lines come from.
    """
    needs = direct()
    at: dict[str, tuple[float, float]] = {}
    for number, row in enumerate(rows):
        wanted = {part: fmean([at[above][0] for above in at if part in needs[above]] or [_WIDTH / 2]) for part in row}
        ordered = sorted(row, key=lambda part: wanted[part])
        gap = (_WIDTH - 2 - sum(map(_width, row))) / (len(row) + 1)
        x = 1 + gap
        for part in ordered:
            at[part] = (x + _width(part) / 2, 1 + number * _ROW)
            x += _width(part) + gap
    return at


def _group(part: str, at: Mapping[str, tuple[float, float]]) -> str:
    x, y = at[part]
    lines = "".join(_line(at[part], at[other]) for other in sorted(direct()[part]))
    width = _width(part)
    return (
        f'<g>{lines}<rect x="{x - width / 2:.1f}" y="{y}" width="{width:.1f}" height="{_BOX}"/>'
        f'<text x="{x:.1f}" y="{y + 17}">{escape(_name(part))}</text></g>'
    )


def _line(upper: tuple[float, float], lower: tuple[float, float]) -> str:
    (x, y), (toX, toY) = upper, lower
    y += _BOX
    bend = (toY - y) / 2
    return f'<path d="M{x:.1f} {y}C{x:.1f} {y + bend} {toX:.1f} {toY - bend} {toX:.1f} {toY}"/>'


def _width(part: str) -> float:
    return len(_name(part)) * _LETTER + 14


def _name(part: str) -> str:
    return part.removeprefix("wand.")
