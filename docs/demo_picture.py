"""
The picture of the demo, which the front page and the README show: C{python docs/demo_picture.py} plays the demo and
writes docs/images/demo.svg, in which each line appears when it did, only faster.
"""

import io
import re
from collections.abc import Callable
from pathlib import Path
from time import monotonic
from typing import Final

from rich.console import Console
from rich.terminal_theme import DIMMED_MONOKAI

from wand.demo.command import chosenStage
from wand.demo.screen import Screen
from wand.demo.steps import play

PICTURE: Final = Path(__file__).parent / "images" / "demo.svg"

#: Columns of the terminal.
WIDTH: Final = 114

#: How much faster the picture is than the demo.
HASTE: Final = 2.0

#: What rich puts around the text, without its fonts, which a page would have to fetch.
FORMAT: Final = """\
<svg class="rich-terminal" viewBox="0 0 {width} {height}" xmlns="http://www.w3.org/2000/svg" role="img">
<title>wand demo in a terminal</title>
<style>
.{unique_id}-matrix {{ font-family: "Fira Code", "DejaVu Sans Mono", Menlo, monospace; font-size: {char_height}px;
  line-height: {line_height}px; font-variant-east-asian: full-width; }}
.{unique_id}-title {{ font-size: 18px; font-weight: bold; font-family: sans-serif; }}
{styles}
.{unique_id}-matrix text {{ animation: {unique_id}-appear 0.01s both; }}
@keyframes {unique_id}-appear {{ from {{ opacity: 0; }} }}
@media (prefers-reduced-motion: reduce), print {{ .{unique_id}-matrix text {{ animation: none; }} }}
</style>
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


class QuietScreen(Screen):
    """
    The screen without the lines that tell how tables fill, which a picture shows at once.
    """

    def line(self, text: object = "") -> None:
        """
        See L{Screen}.
        """
        if not (isinstance(text, str) and " learns that " in text):
            super().line(text)  # type: ignore[arg-type]


class Typewriter(io.StringIO):
    """
    Remembers when each line was begun, in seconds since the first.
    """

    def __init__(self, clock: Callable[[], float]) -> None:
        super().__init__()
        self._clock = clock
        self._began = clock()
        self.times = [0.0]

    def write(self, text: str) -> int:
        """
        See L{io.TextIOBase}.
        """
        self.times += [self._clock() - self._began] * text.count("\n")
        return super().write(text)


def timed(picture: str, times: list[float]) -> str:
    """
    Let each line of a picture appear when it was written: the time at which the one above it ended.
    """

    def delayed(found: re.Match[str]) -> str:
        number = int(found[1])
        return f'style="animation-delay:{times[min(number, len(times) - 1)] / HASTE:.1f}s" {found[0]}'

    return re.sub(r'clip-path="url\(#demo-line-(\d+)\)"', delayed, picture)


def main() -> None:
    """
    Play the demo and write the picture.
    """
    output = Typewriter(monotonic)
    console = Console(record=True, file=output, width=WIDTH, color_system="truecolor", highlight=False)
    console.print("[bold]$ wand demo[/]")
    screen = QuietScreen(console)
    with chosenStage(screen, "sealed") as stage:
        play(stage, screen, fast=False)
    picture = console.export_svg(title="wand demo", theme=DIMMED_MONOKAI, code_format=FORMAT, unique_id="demo")
    PICTURE.parent.mkdir(exist_ok=True)
    picture = timed(picture, output.times)
    PICTURE.write_text("\n".join(line.rstrip() for line in picture.splitlines()) + "\n")


if __name__ == "__main__":
    main()
