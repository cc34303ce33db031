"""
The picture of the demo, which the front page and the README show: C{python docs/demo_picture.py} plays the demo and
writes docs/images/demo.svg.
"""

import io
from pathlib import Path
from typing import Final

from rich.console import Console
from rich.terminal_theme import DIMMED_MONOKAI

from wand.demo.command import chosenStage
from wand.demo.screen import Screen
from wand.demo.steps import play

PICTURE: Final = Path(__file__).parent / "images" / "demo.svg"

#: Columns of the terminal.
WIDTH: Final = 114

#: What rich puts around the text, without its fonts, which a page would have to fetch.
FORMAT: Final = """\
<svg class="rich-terminal" viewBox="0 0 {width} {height}" xmlns="http://www.w3.org/2000/svg" role="img">
<title>wand demo in a terminal</title>
<style>
.{unique_id}-matrix {{ font-family: "Fira Code", "DejaVu Sans Mono", Menlo, monospace; font-size: {char_height}px;
  line-height: {line_height}px; font-variant-east-asian: full-width; }}
.{unique_id}-title {{ font-size: 18px; font-weight: bold; font-family: sans-serif; }}
{styles}
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


def main() -> None:
    """
    Play the demo and write the picture.
    """
    console = Console(record=True, file=io.StringIO(), width=WIDTH, color_system="truecolor", highlight=False)
    console.print("[bold]$ wand demo[/]")
    screen = QuietScreen(console)
    with chosenStage(screen, "sealed") as stage:
        play(stage, screen, fast=False)
    picture = console.export_svg(title="wand demo", theme=DIMMED_MONOKAI, code_format=FORMAT, unique_id="demo")
    PICTURE.parent.mkdir(exist_ok=True)
    PICTURE.write_text("\n".join(line.rstrip() for line in picture.splitlines()) + "\n")


if __name__ == "__main__":
    main()
