"""
The machine that is looked at.  Nothing on it is changed.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Final

import attrs

#: Seconds for a command that only tells something.
PATIENCE: Final = 10.0


def told(*command: str) -> str | None:
    """
    What a command of the machine says; C{None} if it is not there, may not be run, fails or takes too long.
    """
    path = f"{os.environ.get('PATH', os.defpath)}:/usr/sbin:/sbin"
    found = shutil.which(command[0], path=path)
    if found is None:
        return None
    try:
        done = subprocess.run(
            (found, *command[1:]),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=PATIENCE,
            check=False,
            env={**os.environ, "PATH": path, "LC_ALL": "C"},
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    return done.stdout if done.returncode == 0 else None


@attrs.frozen
class Machine:
    """
    A machine.

    @ivar root: where its files begin; another directory than C{/} in tests.
    @ivar ask: says what a command says, or C{None}.
    """

    root: Path = Path("/")
    ask: Callable[..., str | None] = told

    def path(self, name: str) -> Path:
        """
        Where a file of the machine is.
        """
        return self.root / name.lstrip("/")

    def read(self, name: str) -> str | None:
        """
        What a file says, without the white space around it; C{None} if it cannot be read.
        """
        try:
            return self.path(name).read_text(errors="replace").strip()
        except OSError:
            return None

    def number(self, name: str) -> int | None:
        """
        The number that a file says; C{None} if it says none.
        """
        text = self.read(name)
        return int(text) if text is not None and text.lstrip("-").isdecimal() else None
