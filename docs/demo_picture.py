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
from terminal_svg import svgOf

from wand.demo.command import chosenStage
from wand.demo.screen import Screen
from wand.demo.steps import play

PICTURE: Final = Path(__file__).parent / "images" / "demo.svg"

#: Columns of the terminal.
WIDTH: Final = 114

#: How much faster the picture is than the demo.
HASTE: Final = 2.0


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
    PICTURE.parent.mkdir(exist_ok=True)
    PICTURE.write_text(timed(svgOf(console, "wand demo", "demo", isMoving=True), output.times))


if __name__ == "__main__":
    main()
