"""
Commands and programs of a lab: run to their end, or started and watched; and waiting, in real time.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Final, TypeVar

from wand.errors import WandError

#: Seconds for a command that should take a few milliseconds.
COMMAND_PATIENCE: Final = 30.0

#: Where the commands of this installation are: C{twistd}, C{wand}.
PROGRAMS: Final = Path(sys.executable).parent

#: Runs a module of Python, without the current directory on its path.
PYTHON: Final = (sys.executable, "-P", "-m")

#: By what L{wait} multiplies the time that it is given; tests, which run beside others, set more.
STRETCH = 1.0

T = TypeVar("T")


class CommandFailed(WandError):
    """
    A command in a lab failed.

    @ivar output: what it wrote about that.
    """

    def __init__(self, text: str, output: str = "") -> None:
        super().__init__(f"{text}: {output}" if output else text)
        self.output = output


class DeadlineMissed(WandError):
    """
    Something did not happen in time.
    """


def execute(*arguments: str, timeout: float = COMMAND_PATIENCE, sent: str | None = None) -> str:
    """
    Run a command to its end.

    @param timeout: seconds that it may take.
    @param sent: what it reads from its standard input; nothing if C{None}.
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
    Wait until C{condition} returns something true.

    @param seconds: how long that may take, times L{STRETCH}.
    @param what: what we wait for, for the message.
    @return: what it returned.
    @raise DeadlineMissed: if it does not in time.
    """
    seconds *= STRETCH
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
    A program that runs on a host until it is stopped, or until the process that started it is gone.

    @ivar name: the name of the program, and of its log.
    @ivar log: the file with its output and its errors.
    @ivar process: the process itself.
    """

    def __init__(self, name: str, log: Path, command: Sequence[str], directory: Path) -> None:
        self.name = name
        self.log = log
        with log.open("ab") as output:
            self._begin = output.tell()
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
        Whether it still runs.
        """
        return self.process.poll() is None

    def signal(self, number: int, seconds: float = COMMAND_PATIENCE) -> int:
        """
        Send a signal that ends it, and wait until it has ended.

        @return: its exit status, or the negative number of the signal that killed it.
        @raise DeadlineMissed: if it still runs after C{seconds}.
        """
        self.process.send_signal(number)
        try:
            return self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            raise DeadlineMissed(f"{self.name} did not end within {seconds:g} s of signal {number}") from None

    def kill(self) -> None:
        """
        End it at once, as a crash does.
        """
        self.signal(signal.SIGKILL)

    def stop(self) -> int:
        """
        Ask it to stop, and wait until it has ended.

        @return: its exit status.
        """
        return self.signal(signal.SIGTERM)

    def tail(self, lines: int = 20) -> str:
        """
        The last lines of its log.
        """
        return "\n".join(self.log.read_text(errors="replace").splitlines()[-lines:])

    def lastDocument(self) -> Any:
        """
        The last whole line of its log, which is JSON; C{None} if it has written none.  Another program of that name may
        have written before.
        """
        lines = self.log.read_bytes()[self._begin :].rpartition(b"\n")[0].splitlines()
        return json.loads(lines[-1]) if lines else None

    @property
    def residentBytes(self) -> int:
        """
        Its resident memory (VmRSS of proc(5)), in octets.
        """
        for line in Path(f"/proc/{self.process.pid}/status").read_text().splitlines():
            if line.startswith("VmRSS:"):
                return int(line.split()[1]) * 1024
        return 0
