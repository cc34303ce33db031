"""
The real server that is measured, and what the system says of it.
"""

from __future__ import annotations

import json
import os
import subprocess
import time
from pathlib import Path
from typing import Any, Final

from wand.errors import WandError
from wand.lab import PROGRAMS

#: Where it listens.
ADDRESS: Final = "127.0.0.1"
PORT: Final = 44444

#: Seconds within which it must have opened its store.
_PATIENCE: Final = 120.0

_TICK: Final = os.sysconf("SC_CLK_TCK")
_PAGE: Final = os.sysconf("SC_PAGE_SIZE")


class Server:
    """
    C{twistd wand-server}.
    """

    def __init__(self, directory: Path) -> None:
        """
        @param directory: has its state directory, and gets its log.
        """
        self._directory = directory
        self._process: subprocess.Popen[bytes] | None = None
        self._before = 0.0
        # What pip installs is compiled, but not everywhere where people develop; to do it at each start takes longer
        # than all the rest of the start.
        self._environment = {**os.environ, "PYTHONPYCACHEPREFIX": str(directory / "compiled")}
        self._environment.pop("PYTHONDONTWRITEBYTECODE", None)

    @property
    def state(self) -> Path:
        """
        Its state directory.
        """
        return self._directory / "state"

    @property
    def control(self) -> Path:
        """
        Its control socket.
        """
        return self._directory / "control"

    def start(self, prefix: str) -> None:
        """
        Start it.
        """
        options = {
            "state": str(self.state),
            "control": str(self.control),
            "listen": ADDRESS,
            "port": str(PORT),
            "public": f"{ADDRESS}:{PORT}",
            "prefix": prefix,
            "certificate-hours": "720",
        }
        words = [word for name, value in options.items() for word in (f"--{name}", value)]
        with (self._directory / "log").open("ab") as log:
            self._process = subprocess.Popen(
                [str(PROGRAMS / "twistd"), "-n", "--pidfile=", "wand-server", *words],
                stdout=log,
                stderr=log,
                env=self._environment,
            )

    def opened(self) -> None:
        """
        Wait until it has read its store.

        @raise WandError: if it does not in time.
        """
        until = time.monotonic() + _PATIENCE
        while time.monotonic() < until and self._process is not None and self._process.poll() is None:
            if self.control.exists() and b"server server of" in (self._directory / "log").read_bytes():
                return
            time.sleep(0.05)
        raise WandError(f"the server did not start: {(self._directory / 'log').read_text()[-2000:]}")

    def kill(self) -> None:
        """
        End it at once.
        """
        if self._process is not None:
            self._before = self.processor
            self._process.kill()
            self._process.wait()
            self._process = None
        (self._directory / "log").unlink(missing_ok=True)

    @property
    def _proc(self) -> Path:
        assert self._process is not None
        return Path(f"/proc/{self._process.pid}")

    @property
    def processor(self) -> float:
        """
        Seconds of processor that it took, with those of processes that were killed.
        """
        return self._before + processorOf(self._proc.name)

    @property
    def resident(self) -> int:
        """
        Octets of memory that it has.
        """
        return residentOf(self._proc.name)

    @property
    def lost(self) -> int:
        """
        Datagrams that did not fit into its socket's queue.
        """
        local = f":{PORT:04X}"
        lines = Path(f"/proc/{self._proc.name}/net/udp").read_text().splitlines()[1:]
        return sum(int(line.split()[-1]) for line in lines if line.split()[1].endswith(local))

    def counters(self) -> dict[str, int]:
        """
        Its counters.
        """
        return {each["name"]: each["value"] for each in self._wand("counters")}

    def askMembers(self) -> subprocess.Popen[bytes]:
        """
        Begin C{wand members --json}.
        """
        command = [str(PROGRAMS / "wand"), "--control", str(self.control), "members", "--json"]
        return subprocess.Popen(command, stdout=subprocess.DEVNULL, env=self._environment)

    def _wand(self, word: str) -> list[dict[str, Any]]:
        command = [str(PROGRAMS / "wand"), "--control", str(self.control), word, "--json"]
        done = subprocess.run(command, capture_output=True, check=True, env=self._environment)
        answer: list[dict[str, Any]] = json.loads(done.stdout)
        return answer


def residentOf(process: str) -> int:
    """
    Octets of memory that a process has, by its number or C{self}.
    """
    return int(Path(f"/proc/{process}/statm").read_text().split()[1]) * _PAGE


def processorOf(process: str) -> float:
    """
    Seconds of processor that a process took, by its number.
    """
    fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / _TICK
