"""
Tests for L{wand.cli.rendering} and L{wand.cli.sockets}.
"""

from __future__ import annotations

import re
from pathlib import Path
from tempfile import TemporaryDirectory

import click
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from wand.cli.rendering import Grid, age, ago, clean, duration, showGrid
from wand.cli.sockets import choose
from wand.errors import NotRunning


def printed(grid: Grid) -> str:
    """
    What goes into a pipe.
    """

    @click.command()
    def show() -> None:
        showGrid(grid)

    return CliRunner().invoke(show).stdout


class GridTests(SynchronousTestCase):
    def test_aligned(self) -> None:
        """
        Columns are aligned under their header, without boxes; an empty cell is a dash.
        """
        grid = Grid(("MAC", "PEER", "SOURCE"), [("02:00:00:00:00:01", "", "operator"), ("b", "192.0.2.1:1", "rel2")])
        lines = ["MAC                PEER         SOURCE", "02:00:00:00:00:01  -            operator"]
        self.assertEqual(printed(grid).splitlines()[:2], lines)
        self.assertEqual(len({line.index(word) for line, word in zip(lines, ("SOURCE", "operator"), strict=True)}), 1)

    def test_nothingIsCut(self) -> None:
        """
        In a pipe a long cell is whole, and on one line.
        """
        self.assertIn("x" * 5_000, printed(Grid(("A", "B"), [("x" * 5_000, "y")])))

    def test_noRows(self) -> None:
        """
        Nothing to list is a header alone.
        """
        self.assertEqual(printed(Grid(("A", "B"), [])), "A  B\n")

    @given(st.text())
    def test_clean(self, text: str) -> None:
        """
        Whatever comes from a program, it cannot command the terminal, and it is something.
        """
        self.assertTrue(clean(text).isprintable())
        self.assertTrue(clean(text))


class TimeTests(SynchronousTestCase):
    def test_words(self) -> None:
        """
        How long something took is told in the largest unit of which there are two.
        """
        self.assertEqual(
            [age(each) for each in (-3, 0.4, 59, 90, 120, 7_200, 200_000)],
            ["0s", "0s", "59s", "90s", "2m", "2h", "2d"],
        )
        self.assertEqual([duration(each) for each in (3_600, 7_200, 180)], ["60 min", "2 hours", "3 min"])
        self.assertEqual(ago(180), "3 min ago")

    def test_justBegun(self) -> None:
        """
        What was to last for a while lasts so long at once after its beginning, too: no unit is lost to the second that
        has passed.
        """
        for seconds, text in ((7 * 86_400, "7 days"), (2 * 86_400, "2 days"), (86_400, "24 hours"), (120, "2 min")):
            self.assertEqual({duration(seconds), duration(seconds - 0.4)}, {text})

    @given(st.floats(0, 1e9))
    def test_nearest(self, seconds: float) -> None:
        """
        No text is off by more than a quarter of the time.
        """
        for text in (duration(seconds), age(seconds)):
            count, unit = re.fullmatch("([0-9]+) ?([a-z]).*", text).groups()
            told = int(count) * {"s": 1, "m": 60, "h": 3_600, "d": 86_400}[unit]
            self.assertLessEqual(abs(told - seconds), max(0.5, seconds / 4))


class ChooseTests(SynchronousTestCase):
    def choose(self, existing: list[str], named: str | None = None) -> tuple[str, str]:
        """
        Choose among sockets of which some exist.

        @return: the name of the chosen one, and what is told about it.
        """
        chosen: list[str] = []

        @click.command()
        def command() -> None:
            chosen.append(choose(named, tuple(str(directory / name) for name in ("node.sock", "server.sock"))))

        with TemporaryDirectory() as made:
            directory = Path(made)
            for name in existing:
                (directory / name).touch()
            result = CliRunner().invoke(command, catch_exceptions=False)
        return Path(chosen[0]).name, result.stderr

    def test_named(self) -> None:
        """
        What the operator names is used, there or not.
        """
        self.assertEqual(self.choose(["node.sock"], "other.sock"), ("other.sock", ""))

    def test_only(self) -> None:
        """
        The only one there is needs no words.
        """
        self.assertEqual(self.choose(["server.sock"]), ("server.sock", ""))

    def test_several(self) -> None:
        """
        Of several the first is used, and that is said.
        """
        chosen, told = self.choose(["node.sock", "server.sock"])
        self.assertEqual(chosen, "node.sock")
        self.assertIn("choose with --control", told)

    def test_none(self) -> None:
        """
        Without any, nothing runs.
        """
        self.assertRaises(NotRunning, self.choose, [])
