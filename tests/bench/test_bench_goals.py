"""
Tests for L{bench.scale.goals}.
"""

from __future__ import annotations

from pathlib import Path
from unittest.mock import patch

import msgspec
from click.testing import CliRunner

from bench.command import bench
from bench.scale.goals import COMMANDS, GOALS
from bench.scale.goals_command import goals

_SCALE = {
    "registrations": 1600.0,
    "resident": 7000.0,
    "rest": 0.05,
    "coldReach": 12.0,
    "firstAnswer": 1.2,
    "restart": 45.0,
    "told": 0.4,
    "listing": 0.7,
    "block": 0.012,
}


def _scenario(name: str, **figures: float | None) -> dict[str, object]:
    return {"name": name, "figures": figures}


_MADE_UP = {"members": 1000, "registration": 5.0, "change": 4.0, "question": 1.0, "page": 2.0, "calls": {"page": 50.0}}
_GOSSIP = [
    _scenario("rest", **{"sent at rest, octets/s a member": 83.5}),
    _scenario("change", **{"99.9 % know it after, s (the slowest of 10 changes)": 1.2}),
    _scenario("partition", **{"99.9 % know the same for good after, s": 4.0}),
    _scenario("restart", **{"99.9 % know the same for good after, s": None}),
]
_DOCUMENTS = {
    "thousand": _SCALE,
    "ten-thousand": _SCALE,
    "node": {"resident": 58e6, "rest": 0.004},
    "start": {"echo": 0.56},
    "made-up": [_MADE_UP, {**_MADE_UP, "members": 100_000, "registration": 5.5}],
    "gossip": {"courses": _GOSSIP},
}


def test_everyGoalHasItsFigure(tmp_path: Path) -> None:
    """
    What each command printed is in the table, which says how to measure it again.
    """
    document, page = tmp_path / "goals.json", tmp_path / "page.md"
    with patch("bench.scale.goals_command.measured", {COMMANDS[name]: each for name, each in _DOCUMENTS.items()}.get):
        CliRunner().invoke(goals, ["--document", str(document), "--markdown", str(page)], catch_exceptions=False)
    text = page.read_text()
    for part in (
        "| 1,600 |",
        "7.0 kB",
        "5.0%",
        "12 s",
        "1.2 s / 45 s",
        "registration 1.10",
        "0.7 s / 12 ms",
        "58.0 MB / 0.40%",
        "0.56 s",
        "never",
    ):
        assert part in text, part
    assert "not measured" not in text
    assert all(each.what in text for each in GOALS)


def test_onePartReplacesItsOwn(tmp_path: Path) -> None:
    """
    What is measured alone is kept beside the rest; what was not measured, or given up, is said.
    """
    document = tmp_path / "goals.json"
    document.write_bytes(msgspec.json.encode({"thousand": _SCALE}))
    with patch("bench.scale.goals_command.measured", lambda command: {**_SCALE, "registrations": 0.0}):
        arguments = ["--only", "ten-thousand", "--document", str(document)]
        run = CliRunner().invoke(goals, arguments, catch_exceptions=False)
    assert set(msgspec.json.decode(document.read_bytes())) == {"thousand", "ten-thousand"}
    assert run.stdout.count("not measured") == 8
    shown = CliRunner().invoke(goals, ["--kept", "--document", str(document)], catch_exceptions=False)
    assert shown.stdout == run.stdout


def test_theCommandsExist() -> None:
    """
    Each command is one of C{bench}, and takes its options.
    """
    for command in COMMANDS.values():
        run = CliRunner().invoke(bench, [*command.split(), "--help"])
        assert run.exit_code == 0, run.output
