"""
The benchmarks that count, or compare what runs side by side: not what comes out, but that everything is there.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

_ROOT = Path(__file__).parents[2]


def test_firstContact() -> None:
    """
    Our own guide leads to a ping, and says with how many commands.
    """
    done = subprocess.run(
        [sys.executable, "-m", "bench", "first", "--only", "wand", "--rounds", "1", "--json"],
        cwd=_ROOT,
        capture_output=True,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr
    [found] = json.loads(done.stdout)
    assert (found["name"], found["commands"], found["files"], found["carried"]) == ("wand", 3, 0, 1)
    assert 0 < found["seconds"] < 60


def test_everythingOnIsMeasuredBesideANodeAsItComes(tmp_path: Path) -> None:
    """
    Everything starts, whoever looks at it gets answers, and both networks have the same figures, but one.
    """
    page = tmp_path / "everything.md"
    command = (sys.executable, "-m", "bench", "everything", "--rounds", "1", "--json")
    done = subprocess.run([*command, "--markdown", str(page)], cwd=_ROOT, capture_output=True, timeout=300)
    assert done.returncode == 0, done.stderr
    turns = json.loads(done.stdout)["turns"]["default"]
    assert [turn["failures"] for name in turns for turn in turns[name]] == [{}, {}]
    plain, full = (set(turns[name][0]["figures"]) for name in turns)
    assert full - plain == {"looking"}  # the processor time of whoever looks at it
    assert plain < full
    assert "| ping, idle, median, ms |" in page.read_text()
