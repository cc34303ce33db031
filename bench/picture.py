"""
Results as a picture: horizontal bars, in SVG (https://www.w3.org/TR/SVG2/).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final
from xml.sax.saxutils import escape

import attrs

from bench import figures
from bench.figures import Figure
from bench.modes import MODES
from bench.results import Results
from bench.table import conditions

_WIDTH: Final = 760
_LABEL: Final = 110
_BAR: Final = 520
_STEP: Final = 20
_HEAD: Final = 34
_OURS: Final = "#3366aa"
_OTHERS: Final = "#a9b2bd"
_INK: Final = "#222222"

#: What is shown of each mode; tables have the rest.
_SHOWN: Final = (figures.FORWARD, figures.EFFICIENCY, figures.SMALL, figures.ECHO_LOADED)


@attrs.frozen
class Panel:
    """
    The bars of one figure.

    @ivar values: by contender, in the order of the bars.
    """

    title: str
    figure: Figure
    values: Mapping[str, float]

    @property
    def height(self) -> int:
        """
        In pixels.
        """
        return _HEAD + _STEP * len(self.values) + 10

    def draw(self, top: int) -> str:
        """
        As SVG.

        @param top: where it begins, in pixels.
        """
        widest = max(self.values.values()) or 1.0
        better = "more is better" if self.figure.moreIsBetter else "less is better"
        head = _text(10, top + 18, f"{self.title}, {self.figure.unit} ({better})", 'font-weight="bold"')
        bars = (
            self._bar(name, value, top + _HEAD + _STEP * row, round(_BAR * value / widest))
            for row, (name, value) in enumerate(self.values.items())
        )
        return "\n".join([head, *bars])

    def _bar(self, name: str, value: float, top: int, width: int) -> str:
        colour = _OURS if name.startswith("wand") else _OTHERS
        return "\n".join(
            (
                _text(_LABEL - 8, top + 11, name, 'text-anchor="end"'),
                f'<rect x="{_LABEL}" y="{top}" width="{max(width, 1)}" height="{_STEP - 6}" fill="{colour}"/>',
                _text(_LABEL + width + 6, top + 11, self.figure.text(value)),
            )
        )


def panels(results: Results) -> list[Panel]:
    """
    What there is to draw.  The kernel's own, which have no daemons, would dwarf the others: they are in the tables.
    """
    found = []
    for mode in MODES:
        for figure in _SHOWN:
            medians = results.medians.get(mode.name, {})
            values = {
                name: own[figure.name]
                for name, own in medians.items()
                if {figure.name, figures.MEMORY.name} <= own.keys()
            }
            if values:
                best = sorted(values.items(), key=lambda item: item[1], reverse=figure.moreIsBetter)
                found.append(Panel(f"{mode.name}: {figure.title}", figure, dict(best)))
    return found


def picture(results: Results) -> str:
    """
    All bars, as an SVG document.
    """
    top, drawn = 30, []
    for panel in panels(results):
        drawn.append(panel.draw(top))
        top += panel.height
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{_WIDTH}" height="{top}" viewBox="0 0 {_WIDTH} {top}" '
        f'font-family="sans-serif" font-size="12" fill="{_INK}">\n<rect width="100%" height="100%" fill="#ffffff"/>'
    )
    return "\n".join([head, _text(10, 18, conditions(results), 'font-size="10"'), *drawn, "</svg>"]) + "\n"


def _text(x: int, y: int, text: str, attributes: str = "") -> str:
    return f'<text x="{x}" y="{y}" {attributes}>{escape(text)}</text>'
