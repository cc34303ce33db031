"""
Tests for L{wand.twistd.open_descriptors}.
"""

from __future__ import annotations

import errno
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest
from twisted.internet.task import Clock

from wand.events import Events
from wand.health.notes import Notes
from wand.twistd.open_descriptors import INTERVAL, OpenDescriptors, commonest, limit, used


class Process:
    """
    One whose descriptors are counted.

    @ivar count: how many are open; as many as it may have, and it can open no more.
    """

    def __init__(self) -> None:
        self.count = 10
        self.clock = Clock()
        self.notes = Notes(self.clock, Events(self.clock.seconds))
        OpenDescriptors(self.clock, self.notes, self.used, lambda: 100, lambda: "/etc/leaked").watch()

    def used(self) -> int:
        if self.count >= 100:
            raise OSError(errno.EMFILE, "too many")
        return self.count

    def has(self, count: int) -> list[str]:
        """
        What is said once so many are open.
        """
        self.count = count
        self.clock.advance(INTERVAL)
        return self.notes.texts


def test_aLeak() -> None:
    """
    The operator is told while the program can still be asked, once, and what it is; it is taken back when it is over.
    """
    process = Process()
    assert process.has(79) == []
    [said] = process.has(80)
    assert said.startswith("80 of the 100 descriptors that this program may have are open, most of them /etc/leaked;")
    assert process.has(95) == [said]
    assert process.has(75) == [said]
    assert process.has(69) == []
    assert len(process.has(90)) == 1


@pytest.mark.parametrize("count", [100, 1000])
def test_atTheLimit(count: int) -> None:
    """
    A leak between two looks is seen, too: then nothing can be opened.
    """
    assert Process().has(count)[0].startswith("100 of the 100 descriptors")


@contextmanager
def opened(path: Path, count: int) -> Iterator[None]:
    """
    A file is open so often.
    """
    with ExitStack() as stack:
        for _ in range(count):
            stack.enter_context(path.open())
        yield


def test_thisProcess(tmp_path: Path) -> None:
    """
    A real process knows how many it has, how many it may have, and what most of them are.
    """
    leaked = tmp_path / "leaked"
    leaked.touch()
    with opened(leaked, 300):
        assert 300 <= used() < limit()
        assert commonest() == str(leaked)


def test_nobodyKnows(tmp_path: Path) -> None:
    """
    Without /proc it is not known what they are.
    """
    assert commonest(tmp_path / "none") == ""
