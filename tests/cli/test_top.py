"""
Tests for C{wand top} against a program in this process: without a terminal, and at one.
"""

from __future__ import annotations

import fcntl
import json
import os
import pty
import re
import signal
import struct
import sys
import termios
from collections.abc import Callable, Iterator
from contextlib import suppress

import pytest
import pytest_twisted
from command_runs import Bench
from twisted.internet import reactor
from twisted.internet.task import deferLater

#: Seconds within which something must be on the screen, beside other tests.
PATIENCE = 20.0

#: What it hears even if a shell started the tests in the background, where Ctrl-C is ignored.
_HEARD = (signal.SIGINT,)


class Terminal:
    """
    The command at a terminal of 80x24.
    """

    def __init__(self, bench: Bench, *words: str) -> None:
        self.screen = ""
        self.ours, self._theirs = pty.openpty()
        fcntl.ioctl(self._theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
        self.before = termios.tcgetattr(self._theirs)
        environment = {**os.environ, "WAND_CONTROL": str(bench.control.path), "TERM": "xterm-256color"}
        streams = [(os.POSIX_SPAWN_DUP2, self._theirs, number) for number in range(3)]
        command = [sys.executable, "-m", "wand.cli.main", *words]
        self._pid = os.posix_spawn(
            sys.executable, command, environment, file_actions=streams, setsid=True, setsigdef=_HEARD
        )
        os.set_blocking(self.ours, False)
        self._status: int | None = None

    def type(self, keys: str) -> None:
        """
        Type keys.
        """
        os.write(self.ours, keys.encode())

    def interrupt(self) -> None:
        """
        Send what a terminal sends at Ctrl-C.
        """
        os.kill(self._pid, signal.SIGINT)

    async def until(self, pattern: str) -> None:
        """
        Wait until something new is on the screen.
        """
        start = len(self.screen)
        await self._await(lambda: re.search(pattern, self.screen[start:], re.DOTALL) is not None)

    async def end(self) -> int:
        """
        Wait for its end, and see that the terminal is as before.

        @return: the exit status.
        """
        await self._await(self._hasEnded)
        self._read()
        assert termios.tcgetattr(self._theirs) == self.before
        assert self.screen.rstrip().endswith("\x1b[?25h") or "\x1b[?1049l" in self.screen
        assert self._status is not None
        return os.waitstatus_to_exitcode(self._status)

    def close(self) -> None:
        """
        Leave no program behind, whatever failed: one that runs would keep its test from ever ending.
        """
        if not self._hasEnded():
            os.kill(self._pid, signal.SIGKILL)
            os.waitpid(self._pid, 0)
        os.close(self.ours)
        os.close(self._theirs)

    async def _await(self, happened: Callable[[], bool]) -> None:
        """
        Read until something has happened: a program that nobody reads stands still as soon as the terminal is full.
        """
        deadline = reactor.seconds() + PATIENCE  # type: ignore[attr-defined]
        while not happened():
            self._read()
            assert reactor.seconds() < deadline, self.screen  # type: ignore[attr-defined]
            await deferLater(reactor, 0.02)  # type: ignore[arg-type] # the reactor is a module to mypy

    def _read(self) -> None:
        with suppress(BlockingIOError):
            self.screen += os.read(self.ours, 65536).decode(errors="replace")

    def _hasEnded(self) -> bool:
        if self._status is None:
            pid, status = os.waitpid(self._pid, os.WNOHANG)
            self._status = status if pid else None
        return self._status is not None


@pytest.fixture
def terminal(bench: Bench) -> Iterator[Callable[..., Terminal]]:
    """
    Starts the command at a terminal of its own.
    """
    made: list[Terminal] = []

    def make(*words: str) -> Terminal:
        made.append(Terminal(bench, *words))
        return made[-1]

    yield make
    for each in made:
        each.close()


async def fill(bench: Bench) -> None:
    for number in (1, 2):
        assert (await bench.run("add", f"02:00:00:00:00:0{number + 1}", f"192.0.2.{number}:22222"))[0] == 0


@pytest_twisted.ensureDeferred
async def test_withoutATerminal(bench: Bench) -> None:
    """
    Where nobody could see it, the error says what to use instead; with --json there is a document a line.
    """
    status, out, err = await bench.run("top")
    assert (status, out) == (1, "")
    assert "use wand top --json, or wand peers" in err
    await fill(bench)
    status, out, _ = await bench.run("top", "--json", "--count", "2")
    documents = [json.loads(line) for line in out.splitlines()]
    assert status == 0
    assert [[each["peer"] for each in document["peers"]] for document in documents] == [
        ["192.0.2.1:22222", "192.0.2.2:22222"]
    ] * 2


@pytest_twisted.ensureDeferred
async def test_atATerminal(bench: Bench, terminal: Callable[..., Terminal]) -> None:
    """
    The screen has the peers; what is typed filters them; an event is shown as it happens; q quits, and the terminal is
    as before.
    """
    await fill(bench)
    shown = terminal("top")
    await shown.until(r"192\.0\.2\.1:22222.*192\.0\.2\.2:22222.*q quit")
    bench.program.events.publish("session-up", peer="zoe")
    await shown.until("EVENTS.*zoe")
    shown.type("/2.2:\r")
    await shown.until("filter '2.2:'")
    assert "192.0.2.1" not in shown.screen.rpartition("filter: 2.2:_")[2].rpartition("PEER")[2]
    shown.type("q")
    assert await shown.end() == 0


@pytest_twisted.ensureDeferred
async def test_theTerminalIsRestored(bench: Bench, terminal: Callable[..., Terminal]) -> None:
    """
    After Ctrl-C, and after the program has gone, the terminal is as before, too; the latter is an error.
    """
    shown = terminal("top")
    await shown.until("q quit")
    shown.interrupt()
    assert await shown.end() == 0
    shown = terminal("top")
    await shown.until("q quit")
    await bench.control.stop()
    assert await shown.end() == 1
    assert "closed the connection" in shown.screen
