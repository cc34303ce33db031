"""
Tests for L{wand.cli.starting}.
"""

from __future__ import annotations

import os
import signal
from pathlib import Path
from time import monotonic
from types import SimpleNamespace
from typing import Any

import pytest
import pytest_twisted
from command_runs import Bench
from twisted.internet.defer import Deferred
from twisted.internet.threads import deferToThread

from wand.cli import starting
from wand.cli.joining import joinNetwork
from wand.cli.session import Operation, Session
from wand.errors import NotRunning, TokenInvalid
from wand.setup.units import NODE


def _twistd(directory: Path, monkeypatch: pytest.MonkeyPatch, script: str) -> Path:
    """
    A C{twistd} that does what the test wants, and writes down its arguments.
    """
    program = directory / "twistd"
    program.write_text(f'#!/bin/sh\necho "$@" > {directory}/arguments\nenv > {directory}/environment\n{script}\n')
    program.chmod(0o755)
    monkeypatch.setattr(starting.sys, "executable", str(directory / "python"))
    return directory / "arguments"


def _start(configuration: Path = Path("/nonexistent"), control: str = "/nonexistent") -> None:
    with Session(None) as session:
        session.perform(Operation(lambda session: starting.start(session, NODE, configuration, control)))


def test_started(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """
    A node is started in the background, with the usual configuration if there is one.
    """
    control = tmp_path / "control"
    arguments = _twistd(tmp_path, monkeypatch, f"(sleep 0.2; touch {control}) & exit 0")
    monkeypatch.setenv("WAND_TOKEN", "wand1.secret")
    configuration = tmp_path / "node.toml"
    _start(configuration, str(control))
    assert control.exists()  # it was waited for
    assert arguments.read_text().rstrip().endswith("wand-node")
    assert "WAND_TOKEN" not in (tmp_path / "environment").read_text()
    configuration.touch()
    _start(configuration, str(control))
    assert arguments.read_text().rstrip().endswith(f"wand-node --config {configuration}")


def test_interrupted(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    request: pytest.FixtureRequest,
) -> None:
    """
    Ctrl-C does not wait for what starts, and says that it may start all the same.  A reactor that ran in this process
    before may have taken the signal for itself.
    """
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    request.addfinalizer(lambda: signal.signal(signal.SIGINT, before))
    _twistd(tmp_path, monkeypatch, f"sleep 0.3; kill -INT {os.getpid()}; exec sleep 60")
    began = monotonic()
    with pytest.raises(KeyboardInterrupt):
        _start()
    assert monotonic() - began < 20
    assert "may have been started" in capsys.readouterr().err


def test_tooSlow(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """
    So does one that takes too long, before or after it went into the background.
    """
    monkeypatch.setattr(starting, "PATIENCE", 0.1)
    for script in ("exec sleep 60", "exit 0"):
        _twistd(tmp_path, monkeypatch, script)
        with pytest.raises(NotRunning, match="did not answer"):
            _start()
        assert "may have been started" in capsys.readouterr().err


@pytest_twisted.ensureDeferred
async def test_otherSocket(bench: Bench, tmp_path: Path) -> None:
    """
    A node whose control socket is elsewhere, as its configuration says, is found there and not started again.
    """
    configuration = tmp_path / "node.toml"
    configuration.write_text(f'control = "{bench.control.path}"\n')
    found: list[str] = []

    async def run(session: Session) -> None:
        found.append((await (await starting.nodeOf(session, configuration)).status()).role)

    with Session(None) as session:
        await deferToThread(session.perform, Operation(run))
    assert found


@pytest.mark.parametrize(
    ("said", "reason"),
    [
        ("An error has occurred: b'builtins.KeyError: tun'", "tun \\(the system log"),
        ('An error has occurred: "tun"', "tun \\(the system log"),
        ("", "it ended at once"),
    ],
)
def test_failed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, said: str, reason: str) -> None:
    """
    If it fails in a way that nobody foresaw, what twistd passes on is told, and where the rest is.
    """
    monkeypatch.setattr(starting, "_REASON_PATIENCE", 0.01)
    (tmp_path / "said").write_text(f"{said}\nPlease look at log file for more information.\n")
    _twistd(tmp_path, monkeypatch, f"cat {tmp_path}/said; exit 1")
    monkeypatch.setattr(starting.os, "geteuid", lambda: 0)
    with pytest.raises(NotRunning, match=f"none can be started: {reason}"):
        _start()
    monkeypatch.setattr(starting.os, "geteuid", lambda: 1)
    with pytest.raises(NotRunning, match=f"none can be started: {reason}.*; run this command as root$"):
        _start()


def test_notStarted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """
    If it does not start, the whole reason is told, however long it is and although twistd has ended before; and who may
    do it.
    """
    reason = "UDP port 0.0.0.0:7777 cannot be bound: another program has it; " * 3 + "stop that one"
    told = f"An error has occurred: b'{reason[:90]}'"
    _twistd(tmp_path, monkeypatch, f'echo "{told}"; (sleep 0.1; printf "{reason}" > $WAND_REASON) & exit 1')
    monkeypatch.setattr(starting, "_REASON_PATIENCE", 15.0)
    monkeypatch.setattr(starting.os, "geteuid", lambda: 0)
    with pytest.raises(NotRunning, match=f"none can be started: {reason}$"):
        _start()
    monkeypatch.setattr(starting.os, "geteuid", lambda: 1)
    with pytest.raises(NotRunning, match=f"none can be started: {reason}; run this command as root$"):
        _start()


def test_noTwistd(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """
    Where there is no twistd, that is told.
    """
    monkeypatch.setattr(starting.sys, "executable", str(tmp_path / "python"))
    with pytest.raises(NotRunning, match="none can be started"):
        _start()


def test_endedAtOnce(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """
    One that was there and found then that it cannot go on is not said to run; where its reason is, is.
    """
    control, configuration = tmp_path / "control", tmp_path / "node.toml"
    configuration.write_text(f'control = "{control}"\n')
    _twistd(tmp_path, monkeypatch, f"touch {control}; exit 0")
    with Session(None) as session, pytest.raises(NotRunning, match=r"ended at once.*twistd -n --pidfile= wand-node"):
        session.perform(Operation(lambda session: starting.nodeOf(session, configuration)))
    assert "started a node" not in capsys.readouterr().err


@pytest.mark.parametrize("token", ["hello", "wand1.mcQgImeBBJHFZl5G"])
def test_nothingIsStartedForAWrongToken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, token: str) -> None:
    """
    Whoever pastes half an invitation has no node afterwards.
    """
    arguments = _twistd(tmp_path, monkeypatch, "exit 1")

    async def run(session: Session) -> None:
        await joinNetwork(session, token, 1.0)

    with Session(None) as session, pytest.raises(TokenInvalid):
        session.perform(Operation(run))
    assert not arguments.exists()


class _Opening:
    """
    A server, and a session with it, in simulated time: it opens its store for so many seconds.

    @ivar own: how it stands in its network then.
    """

    def __init__(self, seconds: float, own: object) -> None:
        self.elapsed = 0.0
        self.own = own
        self._seconds = seconds

    async def sleep(self, seconds: float) -> None:
        self.elapsed += seconds

    async def status(self) -> Any:
        isOpen = self.elapsed >= self._seconds
        return SimpleNamespace(own=self.own if isOpen else None, listening="127.0.0.1:9" if isOpen else "")


@pytest.mark.parametrize(("seconds", "own"), [(0.0, "own"), (3.0, "own"), (3.0, None), (1000.0, None)])
def test_aServerThatOpensItsStore(seconds: float, own: str | None) -> None:
    """
    How a server that has just been started stands in its network is known once it has read its store; if it has no
    members, or that takes too long, nobody waits for it.
    """
    opening: Any = _Opening(seconds, own)
    found: list[object] = []
    Deferred.fromCoroutine(starting.ownOf(opening, opening)).addBoth(found.append)
    assert found == [own]
    assert seconds <= opening.elapsed <= seconds + 1 or opening.elapsed == pytest.approx(starting.PATIENCE, abs=1)
