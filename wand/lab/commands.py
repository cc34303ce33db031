"""
Commands and programs of a lab: run to their end, or started and watched; and waiting, in real time.
"""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final, TypeVar

from wand.errors import WandError

#: Seconds for a command that should take a few milliseconds.
PATIENCE: Final = 30.0

T = TypeVar("T")


class CommandFailed(WandError):
    """
    A command in the lab did not end well.

    @ivar output: what it said about it.
    """

    def __init__(self, text: str, output: str = "") -> None:
        super().__init__(f"{text}: {output}" if output else text)
        self.output = output


class DeadlineMissed(WandError):
    """
    Something that was waited for did not happen in time.
    """


def execute(*arguments: str, timeout: float = PATIENCE, sent: str | None = None) -> str:
    """
    Run a command to its end.

    @param sent: what it reads on its standard input; nothing if C{None}.
    @param timeout: seconds that it may take.
    @return: what it wrote to its standard output.
    @raise CommandFailed: if it cannot be started, fails or takes too long.
    """
    text = " ".join(arguments)
    try:
        done = subprocess.run(
            arguments, capture_output=True, text=True, timeout=timeout, input=sent or "", env=environment()
        )
    except FileNotFoundError:
        raise CommandFailed(f"there is no command {arguments[0]!r} on this machine") from None
    except subprocess.TimeoutExpired:
        raise CommandFailed(f"{text!r} took more than {timeout:g} s") from None
    if done.returncode:
        raise CommandFailed(f"{text!r} ended with {done.returncode}", (done.stderr or done.stdout).strip())
    return done.stdout


def environment() -> dict[str, str]:
    """
    Our environment, with the directories of the system's tools, which are not on a user's path on Debian.
    """
    return {**os.environ, "PATH": f"{os.environ.get('PATH', os.defpath)}:/usr/sbin:/sbin"}


def wait(condition: Callable[[], T | None], seconds: float, what: str) -> T:
    """
    Wait until C{condition} gives something true.

    @param what: what is waited for, for the message.
    @return: what it gave.
    @raise DeadlineMissed: if it does not within C{seconds}.
    """
    deadline = time.monotonic() + seconds
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() >= deadline:
            raise DeadlineMissed(f"{what}: not within {seconds:g} s")
        time.sleep(0.02)


class Daemon:
    """
    A program that runs in a host until it is stopped, or until the process that started it is gone.

    @ivar name: what it is called, and its log.
    @ivar log: the file that gets its output and its errors.
    @ivar process: the process itself.
    """

    def __init__(self, name: str, log: Path, command: Sequence[str], directory: Path) -> None:
        self.name = name
        self.log = log
        with log.open("ab") as output:
            self.process = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                cwd=directory,
                env=environment(),
                start_new_session=True,
            )

    @property
    def isRunning(self) -> bool:
        """
        Is it still there?
        """
        return self.process.poll() is None

    def signal(self, number: int, seconds: float = PATIENCE) -> int:
        """
        Send a signal that ends it, and wait for the end.

        @return: its exit status, or the negative number of the signal that killed it.
        @raise DeadlineMissed: if it is still there after C{seconds}.
        """
        self.process.send_signal(number)
        try:
            return self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            raise DeadlineMissed(f"{self.name} did not end within {seconds:g} s of signal {number}") from None

    def kill(self) -> None:
        """
        End it at once, as a crash would.
        """
        self.signal(signal.SIGKILL)

    def stop(self) -> int:
        """
        Ask it to stop, and wait for the end.

        @return: its exit status.
        """
        return self.signal(signal.SIGTERM)

    def tail(self, lines: int = 20) -> str:
        """
        The last lines of its log.
        """
        return "\n".join(self.log.read_text(errors="replace").splitlines()[-lines:])

    @property
    def residentBytes(self) -> int:
        """
        The memory that it holds (VmRSS of proc(5)).
        """
        for line in Path(f"/proc/{self.process.pid}/status").read_text().splitlines():
            if line.startswith("VmRSS:"):
                return int(line.split()[1]) * 1024
        return 0
