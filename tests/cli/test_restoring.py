"""
Tests for L{wand.cli.backup}: where C{wand restore} puts a backup.
"""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from wand.cli import backup
from wand.cli.main import cli

KEY = "42" * 32 + "\n"


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """
    The backup of a server; the usual state directories are of the test's own.
    """
    monkeypatch.setattr(backup, "STATE", str(tmp_path / "usual"))
    state = tmp_path / "state"
    state.mkdir(mode=0o700)
    (state / "node.key").write_text(KEY)
    made = tmp_path / "it.backup"
    assert _wand("backup", str(made), "--state", str(state)).exit_code == 0
    return made


def _wand(*words: str) -> Result:
    return CliRunner().invoke(cli, words, catch_exceptions=False)


def test_theUsualDirectory(file: Path, tmp_path: Path) -> None:
    """
    Where nothing is said the files go to the usual directory of such a program.
    """
    assert _wand("restore", str(file)).exit_code == 0
    assert (tmp_path / "usual" / "server" / "node.key").read_text() == KEY


def test_aControlSocketNamesNoDirectory(file: Path, tmp_path: Path) -> None:
    """
    Who names a control socket means the program there, not the usual directory: nothing is written to that one.
    """
    result = _wand("--control", str(tmp_path / "node.sock"), "restore", str(file))
    assert result.exit_code == 2
    assert "--state" in result.output
    assert not (tmp_path / "usual").exists()


def test_aControlSocketAndADirectory(file: Path, tmp_path: Path) -> None:
    """
    If the directory is named, too, the control socket does no harm.
    """
    there = tmp_path / "there"
    assert _wand("--control", "/nonexistent", "restore", str(file), "--state", str(there)).exit_code == 0
    assert (there / "node.key").read_text() == KEY
