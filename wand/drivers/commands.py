"""
The system's own programs that configure an interface, run once when a tap is opened.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Sequence
from typing import Final

from wand.errors import TapUnavailable

#: Where such programs are, though not in the search path of every user.
_PLACES: Final = "/usr/sbin:/sbin"

#: Seconds after which a program that does not end is given up.
_PATIENCE: Final = 10


def runCommand(arguments: Sequence[str], package: str) -> None:
    """
    Run a program and wait for its end.

    @param arguments: the program and its arguments.
    @param package: what to install if the program is missing.
    @raise TapUnavailable: if it is missing, fails, or does not end; the text holds what it said.
    """
    program = shutil.which(arguments[0], path=f"{os.environ.get('PATH', os.defpath)}:{_PLACES}")
    if program is None:
        raise TapUnavailable(f"the program {arguments[0]!r} is missing; install {package}")
    try:
        done = subprocess.run([program, *arguments[1:]], capture_output=True, text=True, timeout=_PATIENCE, check=False)
    except (OSError, subprocess.TimeoutExpired) as error:
        raise TapUnavailable(f"{' '.join(arguments)!r} failed: {error}") from error
    if done.returncode:
        said = " ".join(f"{done.stderr} {done.stdout}".split()) or f"exit status {done.returncode}"
        raise TapUnavailable(f"{' '.join(arguments)!r} failed: {said}")
