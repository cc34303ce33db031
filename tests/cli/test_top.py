"""
Tests for C{wand top} against a program in this process: without a terminal, and at one.
"""

from __future__ import annotations

import fcntl
import json
import os
import pty
import re
import struct
import sys
import termios
from contextlib import suppress

import pytest_twisted
from command_runs import Bench
from twisted.internet import reactor
from twisted.internet.defer import Deferred
from twisted.internet.task import deferLater
from twisted.internet.threads import deferToThread

#: Seconds within which something must be on the screen, beside other tests.
PATIENCE = 20.0


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
        self._pid = os.posix_spawn(sys.executable, command, environment, file_actions=streams, setsid=True)
        os.set_blocking(self.ours, False)
        self.ended: Deferred[tuple[int, int]] = deferToThread(os.waitpid, self._pid, 0)

    def type(self, keys: str) -> None:
        """
        Type keys.
        """
        os.write(self.ours, keys.encode())

    def interrupt(self) -> None:
        """
        Send what a terminal sends at Ctrl-C.
        """
        os.kill(self._pid, 2)

    async def until(self, pattern: str) -> None:
        """
        Wait until something new is on the screen.
        """
        start, deadline = len(self.screen), reactor.seconds() + PATIENCE  # type: ignore[attr-defined]
        while not re.search(pattern, self.screen[start:], re.DOTALL):
            self.read()
            assert reactor.seconds() < deadline, self.screen[start:]  # type: ignore[attr-defined]
            await deferLater(reactor, 0.02)  # type: ignore[arg-type] # the reactor is a module to mypy

    def read(self) -> None:
        """
        Read what there is.
        """
        with suppress(BlockingIOError):
            self.screen += os.read(self.ours, 65536).decode(errors="replace")

    async def end(self) -> int:
        """
        Wait for its end, and see that the terminal is as before.

        @return: the exit status.
        """
        status = (await self.ended)[1]
        self.read()
        assert termios.tcgetattr(self._theirs) == self.before
        assert self.screen.rstrip().endswith("\x1b[?25h") or "\x1b[?1049l" in self.screen
        os.close(self.ours)
        os.close(self._theirs)
        return os.waitstatus_to_exitcode(status)


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
async def test_atATerminal(bench: Bench) -> None:
    """
    The screen has the peers; what is typed filters them; an event is shown as it happens; q quits, and the terminal is
    as before.
    """
    await fill(bench)
    terminal = Terminal(bench, "top")
    await terminal.until(r"192\.0\.2\.1:22222.*192\.0\.2\.2:22222.*q quit")
    bench.program.events.publish("session-up", peer="zoe")
    await terminal.until("EVENTS.*zoe")
    terminal.type("/2.2:\r")
    await terminal.until("filter '2.2:'")
    assert "192.0.2.1" not in terminal.screen.rpartition("filter: 2.2:_")[2].rpartition("PEER")[2]
    terminal.type("q")
    assert await terminal.end() == 0


@pytest_twisted.ensureDeferred
async def test_theTerminalIsRestored(bench: Bench) -> None:
    """
    After Ctrl-C, and after the program has gone, the terminal is as before, too; the latter is an error.
    """
    terminal = Terminal(bench, "top")
    await terminal.until("q quit")
    terminal.interrupt()
    assert await terminal.end() == 0
    terminal = Terminal(bench, "top")
    await terminal.until("q quit")
    await bench.control.stop()
    assert await terminal.end() == 1
    assert "closed the connection" in terminal.screen
