"""
A real Redis server in a directory of its own.
"""

from __future__ import annotations

import shutil
import signal
import socket
import subprocess
from pathlib import Path

import pytest

from wand.lab import DeadlineMissed, wait

#: Seconds within which it starts.
START_PATIENCE = 20.0


class RedisServer:
    """
    Keeps everything that it acknowledges, as docs/servers.md says how.

    @ivar path: its UNIX socket.
    @ivar url: the same, for the setting of the store.
    """

    def __init__(self, directory: Path, *arguments: str) -> None:
        """
        Start it, with more arguments.
        """
        if shutil.which("redis-server") is None:
            pytest.fail("these tests need Redis: apt install redis-server", pytrace=False)
        self.path = directory / "redis.sock"
        self.url = f"unix://{self.path}"
        self._directory = directory
        self._arguments = arguments
        self._process: subprocess.Popen[bytes] | None = None
        self.start()

    def start(self) -> None:
        """
        Start it, again.
        """
        command = ["redis-server", "--port", "0", "--unixsocket", str(self.path), "--dir", str(self._directory)]
        kept = ["--appendonly", "yes", "--appendfsync", "always", "--save", ""]
        with (self._directory / "redis.log").open("ab") as log:
            self._process = subprocess.Popen([*command, *kept, *self._arguments], stdout=log, stderr=log)
        try:
            wait(self._answers, START_PATIENCE, "Redis")
        except DeadlineMissed as error:
            raise AssertionError((self._directory / "redis.log").read_text()) from error

    def kill(self) -> None:
        """
        Kill it, as the kernel does when memory is short.
        """
        self._end(signal.SIGKILL)

    def pause(self) -> None:
        """
        Let it answer nobody for now.
        """
        assert self._process is not None
        self._process.send_signal(signal.SIGSTOP)

    def goOn(self) -> None:
        """
        Let it answer again.
        """
        assert self._process is not None
        self._process.send_signal(signal.SIGCONT)

    def stop(self) -> None:
        """
        Stop it for good.
        """
        if self._process is not None:
            self.goOn()
            self._end(signal.SIGKILL)

    def _end(self, number: int) -> None:
        assert self._process is not None
        self._process.send_signal(number)
        self._process.wait()
        self._process = None
        self.path.unlink(missing_ok=True)

    def _answers(self) -> bool:
        with socket.socket(socket.AF_UNIX) as connection:
            connection.settimeout(1.0)
            try:
                connection.connect(str(self.path))
                connection.sendall(b"PING\r\n")
                return not connection.recv(64).startswith(b"-LOADING")
            except OSError:
                return False
