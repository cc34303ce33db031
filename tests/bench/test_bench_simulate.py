"""
Tests for the command C{simulate}.
"""

from __future__ import annotations

from pathlib import Path

import msgspec
from click.testing import CliRunner

from bench.simulate.command import Simulated, simulate


def test_scenarios(tmp_path: Path) -> None:
    """
    Each scenario gives its figures, in a document and as a page; the same seed gives the same.
    """
    page = tmp_path / "page.md"
    runs = [
        CliRunner().invoke(simulate, ["--members", "24", "--json", "--markdown", str(page)], catch_exceptions=False)
        for _ in range(2)
    ]
    one, two = (msgspec.json.decode(run.stdout[run.stdout.index("{") :], type=Simulated) for run in runs)
    assert one.courses == two.courses
    assert [course.name for course in one.courses] == ["rest", "change", "partition", "restart"]
    assert all(value is not None for course in one.courses for value in course.figures.values())
    assert "### A member moves" in page.read_text()


def test_noSuchScenario() -> None:
    """
    A word that is no scenario is refused, with those that there are.
    """
    run = CliRunner().invoke(simulate, ["--only", "change,lunch"])
    assert run.exit_code != 0
    assert "lunch" in run.output and "partition" in run.output
