"""
The hosts: each has one processor, for all that runs there, and a program that sends and receives.
"""

from __future__ import annotations

import json
import os
import socket
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final, Self

import attrs

from bench.everything import bursts
from bench.plot import START_PATIENCE
from bench.readings import echoes
from wand.lab import PYTHON, CommandFailed, Daemon, Host, Lab, wait

#: How long a load lasts, in seconds: until there is full speed, while it counts, and at most if nobody ends it.
SKIP, COUNTED, MOST = 0.1, 0.3, 1.0

#: Seconds between two echoes, and how many there are at a time.
ECHO_INTERVAL, ECHOES = 0.01, 30

#: Seconds until an answer is late.
_PATIENCE: Final = 20.0


@attrs.frozen
class Burst:
    """
    What came of a short load.

    @ivar amount: octets of TCP, or packets of UDP.
    @ivar used: the processor time of the programs in between, in seconds.
    """

    amount: float
    seconds: float
    used: float


class BenchHost:
    """
    A host, and what sends and receives there.
    """

    def __init__(self, host: Host, processor: int, program: Daemon, path: Path) -> None:
        self._host = host
        self._processor = processor
        self._connection = socket.socket(socket.AF_UNIX)
        self._connection.settimeout(_PATIENCE)
        self._connection.connect(str(path))
        self._lines = self._connection.makefile("rw")
        self.pin([program])

    @classmethod
    def prepare(cls, lab: Lab, host: Host, processor: int) -> Self:
        """
        Start the program.

        @param processor: the number of that of this host.
        """
        path = lab.directory / f"{host.name}.bursts"
        program = host.start(f"bursts-{host.name}", PYTHON[0], "-P", bursts.__file__, str(path))
        wait(lambda: path.exists() or not program.isRunning, START_PATIENCE, program.name)
        return cls(host, processor, program, path)

    def pin(self, programs: Sequence[Daemon]) -> None:
        """
        Have some programs run on our processor, with all of their threads.
        """
        for each in programs:
            for task in Path(f"/proc/{each.process.pid}/task").iterdir():
                os.sched_setaffinity(int(task.name), [self._processor])

    def carry(self, kind: str, other: BenchHost, address: str, pids: Sequence[int]) -> Burst:
        """
        Send to another host, as much as goes.

        @param kind: C{tcp} or C{udp}.
        @param address: its address.
        @param pids: the programs whose processor time is wanted.
        @raise CommandFailed: if little or nothing comes.
        """
        port = other.ask("receive", kind, SKIP, COUNTED, pids)
        self.ask("send", kind, address, port, MOST, heard=False)
        came = other.hear()
        self.hear()
        return Burst(*came)

    def echoes(self, address: str) -> list[float]:
        """
        Ask an address for some echoes.

        @return: milliseconds.
        """
        ping = ("ping", "-n", "-i", str(ECHO_INTERVAL), "-c", str(ECHOES), "-w", "5", address)
        return echoes(self._host.run("taskset", "-c", str(self._processor), *ping))

    def ask(self, *question: Any, heard: bool = True) -> Any:
        """
        Tell the program what to do; see L{bursts}.

        @param heard: whether to wait for the answer.
        """
        try:
            print(json.dumps(question), file=self._lines, flush=True)
        except OSError as error:
            raise CommandFailed(f"what sends and receives on {self._host.name} ended") from error
        return self.hear() if heard else None

    def hear(self) -> Any:
        """
        Wait for an answer.

        @raise CommandFailed: if it is that it was not possible, or if there is none.
        """
        try:
            answer = json.loads(self._lines.readline())
        except (OSError, ValueError) as error:
            raise CommandFailed(f"what sends and receives on {self._host.name} does not answer") from error
        if isinstance(answer, str):
            raise CommandFailed(answer)
        return answer
