"""
What C{python -m deb} builds of this project.
"""

from __future__ import annotations

import subprocess
import sys
from fcntl import LOCK_EX, flock
from pathlib import Path
from typing import Final

PROJECT: Final = Path(__file__).parents[2]


def build(*words: str) -> None:
    """
    Run it.
    """
    command = [sys.executable, "-m", "deb", *words]
    done = subprocess.run(command, cwd=PROJECT, capture_output=True, text=True, timeout=600, check=False)
    assert done.returncode == 0, done.stderr


def buildPrograms(folder: Path) -> Path:
    """
    Have the programs, which the package and the image share, in a folder that all processes of a run know: they are
    built by the first that asks.

    @return: where they are.
    """
    made = folder / "programs"
    with (folder / "programs.lock").open("w") as lock:
        flock(lock, LOCK_EX)
        if not made.exists():
            new = folder / "programs.new"
            build("programs", str(new))
            new.rename(made)
    return made
