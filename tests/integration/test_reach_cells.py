"""
Some cells of the matrix of L{bench.reach}, of every group one at least; C{python -m bench reach} runs all.
"""

from __future__ import annotations

import re
import signal
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest
from reaching import TITLES, VARIED, judge

from bench.reach.course import Outcome
from wand.lab import execute, wait

pytestmark = pytest.mark.alone

_ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize("title", [*TITLES, *VARIED])
def test_cellPasses(reached: Mapping[str, Outcome], title: str) -> None:
    """
    The first answer comes within the cell's limit, a direct way is taken where there is one, and a change is got over.
    """
    judge(reached[title])


def runs(name: str) -> bool:
    """
    Whether a node behind a NAT runs in a lab.
    """
    return re.search(f"{name}.*/a-cone", execute("ps", "-wweo", "args")) is not None


def test_interruptedMatrixLeavesNothingBehind(tmp_path: Path) -> None:
    """
    A matrix that is interrupted removes its namespaces, with the NATs and the programs in them.
    """
    command = (sys.executable, "-m", "bench", "reach", "--only", "pair: cone to public")
    said = tmp_path / "said"
    with said.open("w") as output:
        process = subprocess.Popen(command, cwd=_ROOT, stdout=output, stderr=output)
    name = f"wand-lab-{process.pid}-"
    try:
        wait(lambda: runs(name) or process.poll() is not None, 30, "a node behind a NAT")
        assert process.returncode is None, said.read_text()
        process.send_signal(signal.SIGINT)
        assert process.wait(20) != 0
    finally:
        process.terminate()
        process.wait(20)
    assert name not in execute("ip", "netns", "list")
    assert name not in execute("ps", "-wweo", "args")
