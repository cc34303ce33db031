"""
Tests for L{wand.sealed.credentials.cache_file}: files for which nobody waits.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from twisted.internet.defer import Deferred
from twisted.internet.task import Clock

from wand.counters import Counters
from wand.events import Events
from wand.health.failures import Failures
from wand.health.notes import Notes
from wand.sealed.credentials.cache_file import CacheFile
from wand.state import StateDirectory


class SlowDisk:
    """
    Runs what may block when the test says so.
    """

    def __init__(self) -> None:
        self.asked: list[tuple[Callable[[], None], Deferred[None]]] = []

    def defer(self, call: Callable[[], None]) -> Deferred[None]:
        """
        Let a call wait.
        """
        self.asked.append((call, Deferred()))
        return self.asked[-1][1]

    def work(self) -> None:
        """
        Do the oldest.
        """
        call, done = self.asked.pop(0)
        call()
        done.callback(None)


@pytest.fixture
def file(tmp_path: Path) -> CacheFile:
    """
    A file that is kept up.
    """
    state = tmp_path / "state"
    clock = Clock()
    counters, notes = Counters(), Notes(clock, Events(clock.seconds))
    failures = Failures(clock, counters, notes)
    made = CacheFile("cache", "what is of use", lambda: None, StateDirectory(str(state)), clock, failures, notes)
    made.start(30)
    return made


def test_theNewestIsWritten(file: CacheFile, tmp_path: Path) -> None:
    """
    While a disk takes its time nobody waits; of what changes meanwhile the newest is written next, and the rest never.
    """
    disk, kept = SlowDisk(), tmp_path / "state" / "cache"
    written = [file.writeIn(disk.defer, content) for content in (b"first", b"second", b"third")]
    assert (len(disk.asked), kept.exists()) == (1, False)
    disk.work()
    assert kept.read_bytes() == b"first"
    disk.work()
    assert kept.read_bytes() == b"third"
    assert ([each.result for each in written], disk.asked) == ([True, False, True], [])


def test_theLastWord(file: CacheFile, tmp_path: Path) -> None:
    """
    What is written at the end is not overwritten by what still waits for the disk.
    """
    disk, kept = SlowDisk(), tmp_path / "state" / "cache"
    for content in (b"first", b"second"):
        file.writeIn(disk.defer, content)
    file.stop()
    assert file.write(b"last")
    disk.work()
    assert (kept.read_bytes(), disk.asked) == (b"last", [])
