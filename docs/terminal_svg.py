"""
What a terminal shows as SVG, for pages.
"""

from typing import Final

from rich.console import Console
from rich.terminal_theme import DIMMED_MONOKAI

#: What rich puts around the text, without its fonts, which a page would have to fetch.
_FORMAT: Final = """\
<svg class="rich-terminal" viewBox="0 0 {width} {height}" xmlns="http://www.w3.org/2000/svg" role="img">
<title>TITLE in a terminal</title>
<style>
.{unique_id}-matrix {{ font-family: "Fira Code", "DejaVu Sans Mono", Menlo, monospace; font-size: {char_height}px;
  line-height: {line_height}px; font-variant-east-asian: full-width; }}
.{unique_id}-title {{ font-size: 18px; font-weight: bold; font-family: sans-serif; }}
{styles}
MOTION</style>
<defs>
<clipPath id="{unique_id}-clip-terminal">
<rect x="0" y="0" width="{terminal_width}" height="{terminal_height}"/></clipPath>
{lines}
</defs>
{chrome}
<g transform="translate({terminal_x}, {terminal_y})" clip-path="url(#{unique_id}-clip-terminal)">
{backgrounds}
<g class="{unique_id}-matrix">
{matrix}
</g>
</g>
</svg>
"""

#: Lets lines appear one after the other, each when its own style says.
_MOTION: Final = """\
.{unique_id}-matrix text {{ animation: {unique_id}-appear 0.01s both; }}
@keyframes {unique_id}-appear {{ from {{ opacity: 0; }} }}
@media (prefers-reduced-motion: reduce), print {{ .{unique_id}-matrix text {{ animation: none; }} }}
"""


def svgOf(console: Console, title: str, name: str, *, isMoving: bool = False) -> str:
    """
    A picture of what a console recorded.

    @param title: the command.
    @param name: what its styles begin with, which is another one for each picture of a page.
    @param isMoving: do its lines appear one after the other?
    """
    form = _FORMAT.replace("TITLE", title).replace("MOTION", _MOTION if isMoving else "")
    picture = console.export_svg(title=title, theme=DIMMED_MONOKAI, code_format=form, unique_id=name)
    return "\n".join(line.rstrip() for line in picture.splitlines()) + "\n"
