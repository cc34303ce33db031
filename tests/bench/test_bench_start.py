"""
Tests for L{bench.scale.start_command}.
"""

from __future__ import annotations

from unittest.mock import patch

import msgspec
from click.testing import CliRunner

from bench.scale.start import StartFigures
from bench.scale.start_command import start


def _printed(*options: str) -> str:
    where, found = "bench.scale.start_command", StartFigures(7, 0.514, 0.478, 0.41)
    with patch(f"{where}.asRoot"), patch(f"{where}.Loop"), patch(f"{where}.measure", return_value=found):
        return CliRunner().invoke(start, options, catch_exceptions=False).stdout


def test_whatWasFoundIsSaid() -> None:
    """
    In two lines for people, as a document for scripts.
    """
    assert "0.51 s after the start, at best 0.48 s" in _printed()
    assert msgspec.json.decode(_printed("--json")) == {"rounds": 7, "echo": 0.514, "best": 0.478, "processor": 0.41}
