"""
The costs of a server are measured: not that anything is cheap, but that everything is there.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

_ROOT = Path(__file__).parents[2]


def test_membersAreMeasured() -> None:
    """
    A run with a few members has every figure, and nothing was lost on the way.
    """
    done = subprocess.run(
        [sys.executable, "-m", "bench", "scale", "--members", "20", "--rest", "1", "--json"],
        cwd=_ROOT,
        capture_output=True,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert (found["members"], found["followers"], found["lost"]) == (20, 20, 0)
    for name in ("coldStart", "registrations", "told", "listing", "block", "firstAnswer", "restart"):
        assert found[name] > 0, name


def test_aRelayIsMeasured() -> None:
    """
    A run with a few members and a small flood: everything arrives.
    """
    done = subprocess.run(
        [sys.executable, "-m", "bench", "relay", "--members", "20", "--flood", "500", "--seconds", "1", "--json"],
        cwd=_ROOT,
        capture_output=True,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert found["calm"]["sent"] > 0
    assert (found["calm"]["lost"], found["flooded"]["lost"]) == (0, 0)
    assert found["flood"] > 0
