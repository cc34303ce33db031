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

_ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize("title", [*TITLES, *VARIED])
def test_cellPasses(reached: Mapping[str, Outcome], title: str) -> None:
    """
    The first answer comes within the cell's limit, a direct way is taken where there is one, and a change is got over.
    """
    judge(reached[title])


def test_interruptedMatrixLeavesNothingBehind() -> None:
    """
    A matrix that is interrupted removes its namespaces, with the NATs and the programs in them.
    """
    command = (sys.executable, "-m", "bench", "reach", "--only", "pair: cone to public")
    process = subprocess.Popen(command, cwd=_ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    name = f"wand-lab-{process.pid}-"
    try:
        wait(lambda: re.search(f"{name}.*/a-cone", execute("ps", "-eo", "args")), 30, "a node behind a NAT")
        process.send_signal(signal.SIGINT)
        assert process.wait(20) != 0
    finally:
        process.terminate()
        process.wait(20)
    assert name not in execute("ip", "netns", "list")
    assert name not in execute("ps", "-eo", "args")
