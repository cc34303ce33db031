"""
Tests for L{wand.cli.qr}.
"""

from __future__ import annotations

import click
import segno
from hypothesis import given
from hypothesis import strategies as st

from wand.cli.qr import BORDER, qrLines

#: Which of two squares, one above the other, are light.
HALVES = {" ": (0, 0), "▀": (1, 0), "▄": (0, 1), "█": (1, 1)}


@given(st.text("abcdefghijklmnopqrstuvwxyz0123456789-_.", min_size=1, max_size=700))
def test_whatIsShownIsTheCode(text: str) -> None:
    """
    The half blocks have the squares of the code, light on black whatever the colours of the terminal, and fit on a
    screen for whatever an invitation holds.
    """
    shown = qrLines("wand1." + text)
    lines = [click.unstyle(line) for line in shown.splitlines()]
    rows = [[HALVES[each][half] for each in line] for line in lines for half in (0, 1)]
    wanted = [
        [1 - dark for dark in row]
        for row in segno.make("wand1." + text, error="l", micro=False).matrix_iter(border=BORDER)
    ]
    assert rows[: len(wanted)] == wanted
    assert all(line.startswith("\x1b[97m\x1b[40m") for line in shown.splitlines())


def test_whatIsTooLongIsSaid() -> None:
    """
    The longest invitations, of a network with many servers, have more than a code holds.
    """
    assert "too long" in qrLines("wand1." + "a" * 4000)
