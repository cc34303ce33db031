"""
The benchmarks run: not that anything is fast, but that everything is measured.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

_ROOT = Path(__file__).parents[2]
_FIGURES = ["tcp-forward", "ping-average", "udp-64"]
_COMMAND = (
    sys.executable,
    "-m",
    "bench",
    "--quick",
    "--json",
    "--only",
    "wand rel2,veth",
    "--figures",
    ",".join(_FIGURES),
)


def test_figuresAreMeasured(tmp_path: Path) -> None:
    """
    A quick run of wand and of the underlay has the figures that were wanted and no failures; of wand it has those of
    its daemons too.  It leaves the document and the picture behind.
    """
    done = subprocess.run(
        [*_COMMAND, "--results", str(tmp_path)],
        cwd=_ROOT,
        capture_output=True,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr
    document = json.loads(done.stdout)
    turns = document["turns"]["default"]
    assert [turn["failures"] for name in turns for turn in turns[name]] == [{}, {}]
    medians = document["medians"]["default"]
    assert set(medians["wand rel2"]) - set(medians["veth"]) == {"tcp-per-cpu", "memory"}
    assert set(_FIGURES) <= set(medians["veth"])
    assert all(value > 0 for value in medians["wand rel2"].values())
    assert document["entrants"]["wand rel2"]["mtu"] == 1280
    assert sorted(path.suffix for path in tmp_path.iterdir()) == [".json", ".svg"]
