"""
Tests for L{wand.cli.backup}: where C{wand restore} puts a backup.
"""

from __future__ import annotations

from pathlib import Path
from unittest.mock import Mock

import pytest
from click.testing import CliRunner, Result

from wand.backup.archive import BackupInvalid
from wand.backup.making import backupOf
from wand.cli import backup
from wand.cli.main import cli
from wand.errors import StateUnavailable
from wand.programs.state_service import StateService
from wand.state import UNCHANGED, StateDirectory

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
    (state / "network.key").write_text(KEY)
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


def test_whoNeverJoinedIsANode(tmp_path: Path) -> None:
    """
    Of a node that is in no network yet there may be a key alone; a server has a network from its start on.
    """
    (tmp_path / "node.key").write_text(KEY)
    made = str(tmp_path / "it.backup")
    assert "the state of this node" in _wand("backup", made, "--state", str(tmp_path)).output
    assert "start the node" in _wand("restore", made, "--state", str(tmp_path / "there")).output


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


def test_notOverTheOther(file: Path, tmp_path: Path) -> None:
    """
    The state of a server takes the place of no node's, named or found, whatever is insisted on.
    """
    usual, elsewhere = tmp_path / "usual" / "node", tmp_path / "there"
    for there in (usual, elsewhere):
        there.mkdir(parents=True, mode=0o700)
        (there / "membership").write_text("a node's")
        with pytest.raises(BackupInvalid, match=r"it.backup is the backup of a server, and .* where a node keeps"):
            _wand("restore", str(file), "--state", str(there), "--force")
        assert [each.name for each in there.iterdir()] == ["membership"]


def test_besideTheOther(file: Path, tmp_path: Path) -> None:
    """
    Where there is a node already, the server that comes is said to be another program.
    """
    assert "beside it" not in _wand("restore", str(file)).output
    (tmp_path / "usual" / "node").mkdir(mode=0o700)
    assert "this host has a node, too" in _wand("restore", str(file), "--force").output


def test_whichFileIsNone(tmp_path: Path) -> None:
    """
    What is no backup is called by its name, with what to do.
    """
    (tmp_path / "photo.jpeg").write_bytes(b"\xff" * 5)
    with pytest.raises(BackupInvalid, match=r"photo\.jpeg: this is not a backup, .*nothing was changed: use a file"):
        _wand("restore", str(tmp_path / "photo.jpeg"))


def test_cutShort(file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """
    A restoration that is cut short, as by a power cut, makes no new node or network of what it left: the program does
    not start before the restoration is done again.
    """
    state = tmp_path / "state"
    with monkeypatch.context() as cut, pytest.raises(SystemError):
        cut.setattr(StateDirectory, "rename", Mock(side_effect=SystemError))
        _wand("restore", str(file), "--state", str(state), "--force")
    with pytest.raises(StateUnavailable, match="cut short: do it again"):
        StateService(str(state), UNCHANGED).startService()
    assert _wand("restore", str(file), "--state", str(state), "--force").exit_code == 0
    service = StateService(str(state), UNCHANGED)
    service.startService()
    service.stopService()
    assert (state / "node.key").read_text() == KEY


def test_noRoom(file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """
    A restoration for which there is no room changes nothing, and takes no room.
    """
    state = tmp_path / "state"
    before = sorted(state.iterdir())
    full = StateUnavailable("No space left on device")
    write = StateDirectory.write

    def failing(self: StateDirectory, name: str, content: bytes) -> None:
        write(self, name, content)
        raise full

    monkeypatch.setattr(StateDirectory, "write", failing)
    with pytest.raises(StateUnavailable):
        _wand("restore", str(file), "--state", str(state), "--force")
    assert sorted(state.iterdir()) == before


def test_whatIsRemovedMeanwhile(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """
    A file that the program removes while it is backed up, such as an invitation that was redeemed, is left out.
    """
    state = tmp_path / "state"
    state.mkdir(mode=0o700)
    (state / "node.key").write_text(KEY)
    there = [*state.iterdir(), state / "token"]
    monkeypatch.setattr(Path, "iterdir", lambda self: iter(there))
    assert [*backupOf(state, 1.0).files] == ["node.key"]
