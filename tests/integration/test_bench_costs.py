"""
The costs of forwarding are measured: not that anything is cheap, but that everything is there.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

_ROOT = Path(__file__).parents[2]


def test_costsAreMeasured(tmp_path: Path) -> None:
    """
    A quick run has the costs of frames and superframes out and in, those of a broadcast and those in memory; none is
    zero.  It leaves the document and a page behind.
    """
    page = tmp_path / "page.md"
    done = subprocess.run(
        [sys.executable, "-m", "bench", "costs", "--quick", "--json", "--results", tmp_path, "--markdown", page],
        cwd=_ROOT,
        capture_output=True,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr
    document = json.loads(done.stdout)
    networks = [(each["entries"], each["peers"], each["active"]) for each in document["forwarding"]]
    assert networks == [(1, 1, 1), (100, 1, 1), (2, 2, 1), (4, 4, 1), (2, 2, 2), (4, 4, 4)]
    for each in document["forwarding"]:
        assert all(each[way]["median"] > 0 for way in ("frameOut", "frameIn", "superframeOut", "superframeIn"))
    assert [each["peers"] for each in document["broadcast"]] == [1, 2, 4]
    assert document["memory"]["entry"]["100"] > 100
    assert page.read_text().count("\n| 100 | 1 | 1 |") == 1
    assert [path.suffix for path in tmp_path.iterdir() if path != page] == [".json"]
