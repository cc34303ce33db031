"""
Turns of tests that several processes run: many may go on beside each other, and one that measures goes on alone.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from fcntl import LOCK_EX, LOCK_SH, LOCK_UN, flock
from pathlib import Path


class Turns:
    """
    Turns, by locks on two files that all processes have: this one, and another.
    """

    def __init__(self, other: Path) -> None:
        """
        @param other: the same for all processes.
        """
        self._gate = os.open(__file__, os.O_RDONLY)
        self._turn = os.open(other, os.O_RDONLY)

    @contextmanager
    def take(self, *, alone: bool) -> Iterator[None]:
        """
        Wait for a turn, and have it.  Who waits to be alone keeps the gate, so that nobody goes before him again and
        again.
        """
        with _locked(self._gate, LOCK_EX):
            flock(self._turn, LOCK_EX if alone else LOCK_SH)
        try:
            yield
        finally:
            flock(self._turn, LOCK_UN)

    def close(self) -> None:
        """
        Take no more turns.
        """
        os.close(self._gate)
        os.close(self._turn)


@contextmanager
def _locked(file: int, how: int) -> Iterator[None]:
    flock(file, how)
    try:
        yield
    finally:
        flock(file, LOCK_UN)
