"""
A picture of a network as text, as DOT and as SVG.
"""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from math import cos, pi, sin
from typing import Final

from wand.cli.rendering import aligned, clean
from wand.cli.seen import wayText
from wand.cli.ways import milliseconds
from wand.readings.picture import Node, Picture

#: The ways that are drawn as a solid line; all others go over somebody else.
_SOLID: Final = ("direct", "stream")

#: The picture: its width and height, and how far from the middle the members are, less in each second ring.
_WIDTH: Final = 900
_RADIUS: Final = 330
_STEP: Final = 70

#: Up to so many members there is room for the way to each below its name.
_ROOMY: Final = 16

#: The longest name that is drawn.
_NAME_MAXIMUM: Final = 24

_STYLE: Final = """
  :root { color-scheme: light dark; }
  text { font: 14px sans-serif; fill: #1b1f24; text-anchor: middle;
    paint-order: stroke; stroke: #ffffff; stroke-width: 5px; stroke-linejoin: round; }
  .way { font-size: 12px; }
  circle { fill: #2f6fde; } .offline { fill: #9aa0a6; } .server { fill: #7a4fc0; } .this { fill: #1a7f37; }
  line { stroke: #57606a; stroke-width: 1.5; } .relayed { stroke-dasharray: 6 5; }
  .back { fill: #ffffff; }
  @media (prefers-color-scheme: dark) {
    text { fill: #e6edf3; stroke: #0d1117; } line { stroke: #9aa4ae; } .back { fill: #0d1117; }
  }
"""


def asText(picture: Picture) -> str:
    """
    A tree of lines.
    """
    cells = [[clean(each.name), clean(_state(each)), milliseconds(each.roundTrip)] for each in picture.nodes]
    rows = aligned(cells) if cells else []
    marks = ["|--"] * len(rows)
    if rows and not picture.left:
        marks[-1] = "`--"
    lines = [f"{clean(picture.here)} (this host)", *(f"{m} {row}".rstrip() for m, row in zip(marks, rows, strict=True))]
    return "\n".join([*lines, f"`-- {_left(picture)}"] if picture.left else lines)


def asDOT(picture: Picture) -> str:
    """
    A graph in the language of Graphviz.
    """
    lines = ["graph wand {", "  layout=circo;", f"  this [label={_quoted(picture.here)}, shape=doublecircle];"]
    for number, each in enumerate(picture.nodes):
        shape = "box" if each.server else "ellipse"
        style = "solid" if each.online else "dotted"
        lines.append(f"  m{number} [label={_quoted(each.name)}, shape={shape}, style={style}];")
        if each.way:
            line = "solid" if each.way in _SOLID else "dashed"
            label = _quoted(" ".join(filter(None, (_state(each), milliseconds(each.roundTrip)))))
            lines.append(f"  this -- m{number} [style={line}, label={label}];")
    if picture.left:
        lines.append(f"  label={_quoted(_left(picture))};")
    return "\n".join([*lines, "}"])


def asSVG(picture: Picture) -> str:
    """
    A picture for a browser: this host in the middle, the others in rings around it.
    """
    middle, ways, dots = _WIDTH / 2, [], []
    isRoomy = len(picture.nodes) <= _ROOMY
    for number, each in enumerate(picture.nodes):
        angle = 2 * pi * number / len(picture.nodes) - pi / 2
        radius = _RADIUS if isRoomy else _RADIUS - (number % 3) * _STEP
        x, y = middle + radius * cos(angle), middle + radius * sin(angle)
        reached = f"{_state(each)} {milliseconds(each.roundTrip)}".rstrip()
        title = f"<title>{_markup(f'{each.name}: {reached}')}</title>"
        if each.way:
            kind = "direct" if each.way in _SOLID else "relayed"
            ways.append(f'<line class="{kind}" x1="{middle}" y1="{middle}" x2="{x:.1f}" y2="{y:.1f}">{title}</line>')
        kind = "offline" if not each.online else "server" if each.server else "member"
        dots.append(f'<circle class="{kind}" cx="{x:.1f}" cy="{y:.1f}" r="10">{title}</circle>')
        dots += _captions(each, reached if isRoomy else "", x, y)
    dots.append(f'<circle class="this" cx="{middle}" cy="{middle}" r="14"/>')
    dots.append(f'<text x="{middle}" y="{middle + 32}">{_markup(_short(picture.here))} (this host)</text>')
    if picture.left:
        dots.append(f'<text x="{middle}" y="{_WIDTH - 14}">{_markup(_left(picture))}</text>')
    return _framed(picture, [*ways, *dots])


def _framed(picture: Picture, elements: Sequence[str]) -> str:
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {_WIDTH}" role="img">',
            f"<title>The network as {_markup(picture.here)} sees it</title>",
            f"<style>{_STYLE}</style>",
            f'<rect class="back" width="{_WIDTH}" height="{_WIDTH}"/>',
            *elements,
            "</svg>",
        ]
    )


def _captions(node: Node, reached: str, x: float, y: float) -> list[str]:
    """
    What stands below a member.

    @param reached: how it is reached; empty if there is no room for that.
    """
    name = f'<text x="{x:.1f}" y="{y + 26:.1f}">{_markup(_short(node.name))}</text>'
    way = f'<text class="way" x="{x:.1f}" y="{y + 42:.1f}">{_markup(reached)}</text>'
    return [name, way] if reached else [name]


def _state(node: Node) -> str:
    return wayText(node.way, node.relay) or ("online" if node.online else "offline")


def _left(picture: Picture) -> str:
    return f"{picture.left:,} more are not drawn"


def _short(name: str) -> str:
    return name if len(name) <= _NAME_MAXIMUM else f"{name[: _NAME_MAXIMUM - 1]}…"


def _quoted(text: str) -> str:
    inside = clean(text).replace("\\", "\\\\").replace('"', '\\"')
    return f'"{inside}"'


def _markup(text: str) -> str:
    return escape(clean(text))
