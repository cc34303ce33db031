"""
Tests for L{wand.twistd.own_process}; tests/integration/test_plugin_faults.py has programs that fork.
"""

from __future__ import annotations

import os
import signal
from pathlib import Path
from threading import Lock

import pytest
from twisted.internet.task import Clock
from twisted.logger import globalLogPublisher

from wand.events import Events
from wand.health.notes import Notes
from wand.twistd import own_process
from wand.twistd.own_process import INTERVAL, OwnProcess


@pytest.fixture
def kept(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> tuple[Clock, Notes]:
    """
    The process of this test, in a folder, is kept.
    """
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(os, "register_at_fork", lambda **calls: None)
    clock = Clock()
    notes = Notes(clock, Events(clock.seconds))
    OwnProcess(clock, notes).keep()
    return clock, notes


def test_nothingHappened(kept: tuple[Clock, Notes]) -> None:
    """
    Nothing is said of a process that is as it was.
    """
    clock, notes = kept
    clock.pump([INTERVAL] * 3)
    assert not [*notes]


def test_theDirectory(kept: tuple[Clock, Notes], tmp_path: Path) -> None:
    """
    The working directory is put back, and the operator told.
    """
    clock, notes = kept
    os.chdir("/")
    clock.advance(INTERVAL)
    assert Path.cwd() == tmp_path
    assert "changed the working directory, to /; it was put back" in notes.texts[0]


def test_aDirectoryThatIsGone(kept: tuple[Clock, Notes], tmp_path: Path) -> None:
    """
    What cannot be put back does no further harm.
    """
    clock, notes = kept
    os.chdir("/")
    tmp_path.rmdir()
    clock.advance(INTERVAL)
    clock.advance(INTERVAL)
    assert len(notes.texts) == 1


def test_signals(kept: tuple[Clock, Notes]) -> None:
    """
    So is what is done at a signal, so that the program can be stopped.
    """
    clock, notes = kept
    before = signal.signal(signal.SIGTERM, signal.SIG_IGN)
    clock.advance(INTERVAL)
    assert signal.getsignal(signal.SIGTERM) is before
    assert "changed what is done at SIGTERM" in notes.texts[0]


def test_aChildThatCannotSayIt() -> None:
    """
    A forked child that went on as if it were the program is ended also if another thread held the lock of the log when
    it forked, which nobody gives back.
    """
    locked = Lock()
    locked.acquire()
    child = os.fork()
    if not child:
        globalLogPublisher.addObserver(lambda event: locked.acquire())
        own_process._stray(None)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == -signal.SIGALRM
