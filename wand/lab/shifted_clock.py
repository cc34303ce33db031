"""
A wall clock that an operator sets: programs of Python see another time of day than there is.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

import attrs

# Python imports this at its start.  Elapsed time is left alone, as it is when an operator sets the clock.
_SITECUSTOMIZE: Final = """\
import os, time

def shifted(true=time.time, path=os.environ["WAND_LAB_CLOCK"]):
    with open(path) as file:
        return true() + float(file.read())

time.time = shifted
"""


@attrs.frozen
class ShiftedClock:
    """
    The wall clock of the programs that are started with its environment.

    @ivar directory: for its files; nothing else may be there.
    """

    directory: Path

    def __attrs_post_init__(self) -> None:
        self.directory.mkdir(exist_ok=True)
        (self.directory / "sitecustomize.py").write_text(_SITECUSTOMIZE)
        self.set(0.0)

    @property
    def environment(self) -> dict[str, str]:
        """
        The variables that a program needs.
        """
        return {"PYTHONPATH": str(self.directory), "WAND_LAB_CLOCK": str(self._shift)}

    def set(self, ahead: float) -> None:
        """
        Set it.

        @param ahead: by how many seconds it is ahead of the true time; negative if it is behind.
        """
        new = self._shift.with_suffix(".new")
        new.write_text(str(ahead))
        new.rename(self._shift)

    @property
    def _shift(self) -> Path:
        return self.directory / "shift"
