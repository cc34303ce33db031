"""
How programs end: by signals, and when their operator asked for what cannot be.  Never with a traceback.
"""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, suppress
from pathlib import Path
from select import PIPE_BUF
from tempfile import TemporaryDirectory

import pytest

from wand.lab import PROGRAMS, wait

#: A server that keeps nothing, on a port of its own.
SERVER = """
store = "memory"
listen = "127.0.0.1"
port = 0
state = "{folder}/state"
control = "{folder}/control"
"""


@pytest.fixture
def folder() -> Iterator[Path]:
    """
    A folder for everything.
    """
    with TemporaryDirectory() as name:
        yield Path(name)


def words(folder: Path, *options: str, twistd: tuple[str, ...] = (), settings: str = "") -> list[str]:
    """
    The command line of a server.
    """
    file = folder / "server.toml"
    file.write_text(SERVER.format(folder=folder) + settings)
    file.chmod(0o600)
    return [
        str(PROGRAMS / "twistd"), "-n", "--pidfile=", *twistd, "wand-server", "--config", str(file), *options,
    ]  # fmt: skip


def ended(command: list[str]) -> tuple[int, str]:
    """
    The exit status of a command, and what it said.
    """
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    return done.returncode, done.stdout + done.stderr


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ("port = 1", "Cannot overwrite a value"),
        ("[log-levels]\nseald = 'debug'", "log-levels: there is no part 'seald'; did you mean sealed?"),
        ("log = 'xml'", "log: Invalid enum value 'xml'"),
        ("prot = 5", "there is no such key; did you mean port?"),
        ("hooks = ['nobody']", "there is no hook 'nobody'"),
        ("protocol = 'seal'", "protocol"),
        ("tcp = '127.0.0.1:4433'\ntls-certificate = '/nonexistent'", "tls-certificate: /nonexistent cannot be read"),
        ("metrics = '203.0.113.77:9450'", "the web port 203.0.113.77:9450 cannot be opened"),
    ],
)
def test_settings(folder: Path, settings: str, said: str) -> None:
    """
    A setting that cannot be used ends the program with status 1 and a sentence.
    """
    status, text = ended(words(folder, settings=settings))
    assert (status, "Traceback" in text) == (1, False), text
    assert said in text


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--listen=203.0.113.77",), "this host has no such address"),
        (("--port=99999",), "--port: expected a port, 0 to 65535, not 99999"),
        (("--store=mysql",), "there is no store 'mysql'. There are: memory, redis, sqlite."),
        (("--state=/proc/nobody/state",), "the state directory /proc/nobody/state cannot be made"),
        (("--control=/" + "x" * 200,), "choose a shorter one"),
        (("--network=UPPER",), "'UPPER' is not a name"),
        (("--prefix=10.0.0.1/8",), "10.0.0.1/8"),
    ],
)
def test_options(folder: Path, options: tuple[str, ...], said: str) -> None:
    """
    So does an option.
    """
    status, text = ended(words(folder, *options))
    assert (status, "Traceback" in text) == (1, False), text
    assert said in text


def test_aPortThatIsTaken(folder: Path) -> None:
    """
    A port that another program has is named, with what to do.
    """
    with closing(socket.socket(socket.AF_INET, socket.SOCK_DGRAM)) as other:
        other.bind(("127.0.0.1", 0))
        status, text = ended(words(folder, f"--port={other.getsockname()[1]}"))
    assert (status, "Traceback" in text) == (1, False), text
    assert "cannot be bound: another program has it; stop that one or choose another port" in text


def test_aLogThatCanNotBeWritten(folder: Path) -> None:
    """
    Nor does a log that cannot be written where it is wanted bring a traceback.
    """
    status, text = ended(words(folder, twistd=(f"--logfile={folder}/no/log",)))
    assert (status, "Traceback" in text) == (1, False), text
    assert "cannot be written: No such file or directory" in text


def test_aLogThatNobodyReads(folder: Path) -> None:
    """
    Nor does a program wait for the reader of its log: it starts, answers and ends while the pipe is full.
    """
    reading, writing = os.pipe()
    os.set_blocking(writing, False)
    with suppress(BlockingIOError):
        while True:
            os.write(writing, bytes(PIPE_BUF))
    os.set_blocking(writing, True)
    program = subprocess.Popen(words(folder), stdout=writing, stderr=writing)
    os.close(writing)
    try:
        control = ("--control", str(folder / "control"))
        wait(lambda: ended([str(PROGRAMS / "wand"), *control, "status"])[0] == 0, 30, "an answer")
        program.terminate()
        assert program.wait(60) == -signal.SIGTERM
    finally:
        program.kill()
        program.wait()
        os.close(reading)


def test_aStateDirectoryOfOthers(folder: Path) -> None:
    """
    A state directory that others may look into, or that a later version wrote, is refused with what to do.
    """
    state = folder / "state"
    state.mkdir(mode=0o755)
    status, text = ended(words(folder))
    assert (status, "Traceback" in text) == (1, False), text
    assert f"run chmod 700 {state}" in text
    state.chmod(0o700)
    (state / "layout.json").write_text('{"layout": 99, "version": "9.9"}')
    status, text = ended(words(folder))
    assert (status, "Traceback" in text) == (1, False), text
    assert "was written by wandaemon 9.9 (layout 99)" in text


@pytest.mark.parametrize(
    ("sent", "status"),
    [((signal.SIGTERM,), -signal.SIGTERM), ((signal.SIGINT,), -signal.SIGINT), ((signal.SIGINT,) * 3, -signal.SIGINT)],
    ids=["TERM", "INT", "INT INT INT"],
)
def test_signals(folder: Path, sent: tuple[signal.Signals, ...], status: int) -> None:
    """
    A program ends in good order by SIGTERM and by Ctrl-C, also by an impatient one, and removes its control socket.
    Its parent sees that the signal ended it, which systemd takes for success.
    """
    log = folder / "log"
    with log.open("w") as file:
        program = subprocess.Popen(words(folder), stdout=file, stderr=file)
    control = ("--control", str(folder / "control"))
    wait(lambda: ended([str(PROGRAMS / "wand"), *control, "status"])[0] == 0, 30, "an answer")
    for each in sent:
        os.kill(program.pid, each)
    assert program.wait(60) == status
    text = log.read_text()
    assert "Traceback" not in text, text
    assert not (folder / "control").exists()


def test_interruptedAtItsStart(folder: Path) -> None:
    """
    Ctrl-C before a program has started ends it with a sentence, and with 130.
    """
    command = words(folder)
    command[0:1] = [sys.executable, "-c", _INTERRUPTED]
    status, text = ended(command)
    assert (status, "Traceback" in text) == (130, False), text
    assert "wand-server: interrupted before it had started" in text


#: C{twistd}, and Ctrl-C while it composes the program.
_INTERRUPTED = """
from signal import SIGINT, default_int_handler, signal
from os import getpid, kill

import wand.twistd.compose as compose
from twisted.scripts.twistd import run

compose.realContext = lambda *arguments: kill(getpid(), SIGINT)
signal(SIGINT, default_int_handler)
run()
"""


@pytest.mark.parametrize(
    ("command", "status", "said"),
    [
        (("--control", "{folder}/none", "status"), 1, "nothing runs here"),
        (("--control", "{folder}/none", "status", "--check"), 2, "nothing runs here"),
        (("restore", "{folder}/none"), 1, "none"),
        (("restore", "{folder}"), 1, "{folder}"),
        (("backup", "--state", "{folder}/none", "{folder}/file"), 1, "cannot be read"),
        (("import-config", "{folder}/none"), 2, "{folder}/none' does not exist"),
        (("sign", "{folder}/none", "--key", "{folder}/none"), 1, "none"),
        (("nonsense",), 2, "No such command 'nonsense'"),
        (("rename", "bob"), 2, "Missing argument 'NEW'"),
    ],
)
def test_commands(folder: Path, command: tuple[str, ...], status: int, said: str) -> None:
    """
    A command fails with status 1 and a sentence; with 2 if it was not used as its help says.
    """
    found, text = ended([str(PROGRAMS / "wand"), *(each.format(folder=folder) for each in command)])
    assert (found, "Traceback" in text) == (status, False), text
    assert said.format(folder=folder) in text
