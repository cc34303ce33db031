"""
Tests for L{wand.logs.kept_file}: a log that is a file.
"""

from __future__ import annotations

from pathlib import Path
from threading import Thread
from unittest.mock import Mock

import pytest
from twisted.python import logfile

from wand.logs.kept_file import KEPT, KeptFile


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """
    Where the log is.
    """
    return tmp_path / "twistd.log"


@pytest.mark.parametrize("away", [Path.unlink, lambda path: path.rename(path.with_name("old"))], ids=["gone", "moved"])
def test_whatIsMovedAway(path: Path, away: object) -> None:
    """
    Whoever moves the log away, as logrotate does, or removes it, finds the next message where it belongs.
    """
    log = KeptFile(str(path))
    log.write("first\n")
    away(path)  # type: ignore[operator]
    log.write("second\n")
    assert path.read_text() == "second\n"


def test_whatCannotBeMadeAgain(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """
    A program that may not make it again, without the privileges of its start, goes on with the one that it has.
    """
    log = KeptFile(str(path))
    old = path.rename(path.with_name("old"))
    monkeypatch.setattr(logfile, "open", Mock(side_effect=PermissionError), raising=False)
    log.write("second\n")
    assert old.read_text() == "second\n"


def test_whatPasses(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """
    A log that could not begin anew, because too many files were open, goes on as soon as it can.
    """
    log = KeptFile(str(path))
    log.size = log.rotateLength
    with monkeypatch.context() as full:
        full.setattr(logfile, "open", Mock(side_effect=OSError), raising=False)
        with pytest.raises(OSError):
            log.write("lost\n")
    log.write("told\n")
    assert path.read_text() == "told\n"


def test_noDiskIsFilled(path: Path) -> None:
    """
    However much is logged, only the latest is kept.
    """
    log = KeptFile(str(path))
    log.rotateLength = 10
    for number in range(100):
        log.write(f"message {number}\n")
    assert len([*path.parent.iterdir()]) == KEPT + 1
    assert path.read_text() == "message 99\n"


def test_severalThreads(path: Path) -> None:
    """
    Messages come from all threads, also while it begins anew: none fails.
    """
    log = KeptFile(str(path))
    log.rotateLength = 50
    failed: list[Exception] = []

    def say() -> None:
        try:
            for _ in range(200):
                log.write("a message\n")
        except Exception as error:
            failed.append(error)

    threads = [Thread(target=say) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failed
    assert path.exists()
