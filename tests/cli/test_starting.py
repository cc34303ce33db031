"""
Tests for L{wand.cli.starting}.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from wand.cli import starting
from wand.errors import NotRunning


def _twistd(directory: Path, monkeypatch: pytest.MonkeyPatch, script: str) -> Path:
    """
    A C{twistd} that does what the test wants, and writes down its arguments.
    """
    program = directory / "twistd"
    program.write_text(f'#!/bin/sh\necho "$@" > {directory}/arguments\n{script}\n')
    program.chmod(0o755)
    monkeypatch.setattr(starting.sys, "executable", str(directory / "python"))
    return directory / "arguments"


def test_started(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """
    A node is started in the background, with the usual configuration if there is one.
    """
    arguments = _twistd(tmp_path, monkeypatch, "exit 0")
    configuration = tmp_path / "node.toml"
    starting.startNode(configuration)
    assert arguments.read_text().rstrip().endswith("wand-node")
    configuration.touch()
    starting.startNode(configuration)
    assert arguments.read_text().rstrip().endswith(f"wand-node --config {configuration}")


@pytest.mark.parametrize(
    ("said", "reason"),
    [
        ("An error has occurred: b'wand.errors.TapUnavailable: there is no tun'", "there is no tun \\(the system log"),
        ('An error has occurred: "there is no tun"', "there is no tun \\(the system log"),
        ("the program cannot start: no TOML\nwand-node: /etc/wand/node.toml: no TOML", "/etc/wand/node.toml: no TOML"),
        ("", "it ended at once"),
    ],
)
def test_notStarted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, said: str, reason: str) -> None:
    """
    If it does not start, the reason is told, and who may do it.
    """
    (tmp_path / "said").write_text(f"{said}\nPlease look at log file for more information.\n")
    _twistd(tmp_path, monkeypatch, f"cat {tmp_path}/said; exit 1")
    monkeypatch.setattr(starting.os, "geteuid", lambda: 0)
    with pytest.raises(NotRunning, match=f"none can be started: {reason}"):
        starting.startNode()
    monkeypatch.setattr(starting.os, "geteuid", lambda: 1)
    with pytest.raises(NotRunning, match=f"none can be started: {reason}.*; run this command as root$"):
        starting.startNode()


def test_noTwistd(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """
    Where there is no twistd, that is told.
    """
    monkeypatch.setattr(starting.sys, "executable", str(tmp_path / "python"))
    with pytest.raises(NotRunning, match="none can be started"):
        starting.startNode()
