"""
Some cells of the matrix of L{bench.reach}, of every group one at least; C{python -m bench reach} runs all.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest
from reaching import TITLES, judge

from bench.reach.course import Outcome
from wand.lab import execute

_ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize("title", TITLES)
def test_cellPasses(reached: Mapping[str, Outcome], title: str) -> None:
    """
    The first answer comes within the cell's limit, a direct way is taken where there is one, and a change is got over.
    """
    judge(reached[title])


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_interruptedMatrixLeavesNothingBehind(number: signal.Signals) -> None:
    """
    A matrix that is interrupted removes its namespaces, with the NATs and the programs in them.
    """
    command = (sys.executable, "-m", "bench", "reach", "--only", "pair: cone")
    process = subprocess.Popen(command, cwd=_ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    assert process.stderr is not None
    assert process.stderr.readline()
    os.kill(process.pid, number)
    assert process.wait(20) != 0
    assert f"wand-lab-{process.pid}-" not in execute("ip", "netns", "list")
    assert f"wand-lab-{process.pid}-" not in execute("ps", "-eo", "args")
