"""
The C{wand} command in a process of its own, against a program in this one.
"""

from __future__ import annotations

import os
import sys
from typing import Any

import attrs
from simulated.program import MemoryProgram
from twisted.internet.defer import Deferred
from twisted.internet.protocol import ProcessProtocol
from twisted.python.failure import Failure

from wand.control.listen import ControlSocket


class Run(ProcessProtocol):
    """
    A run of the C{wand} command, in a process of its own.
    """

    def __init__(
        self,
        reactor: Any,
        words: tuple[str, ...],
        environment: dict[str, str],
        text: str | None,
        program: tuple[str, ...] = ("-m", "wand.cli.main"),
    ) -> None:
        self.out = self.err = ""
        self.status: int | None = None
        self.ended: Deferred[Run] = Deferred()
        self._process: Any = reactor.spawnProcess(
            self, sys.executable, [sys.executable, *program, *words], {**os.environ, **environment}
        )
        if text is not None:
            self._process.write(text.encode())
        self._process.closeStdin()

    def outReceived(self, data: bytes) -> None:
        """
        It wrote to its standard output.
        """
        self.out += data.decode()

    def errReceived(self, data: bytes) -> None:
        """
        It wrote to its standard error.
        """
        self.err += data.decode()

    def processEnded(self, reason: Failure) -> None:
        """
        It ended.
        """
        self.status = getattr(reason.value, "exitCode", None)  # of a ProcessDone, too
        self.ended.callback(self)

    def stopReading(self) -> None:
        """
        Close the pipe of its standard output.
        """
        self._process.pipes[1].loseConnection()

    def signal(self, number: int) -> None:
        """
        Send it a signal.
        """
        self._process.signalProcess(number)


@attrs.frozen
class Bench:
    """
    A program in memory, its control socket, and a way to run the command against it.

    @ivar environment: what the environment of the command has besides.
    """

    reactor: Any
    program: MemoryProgram
    control: ControlSocket
    environment: dict[str, str] = attrs.field(factory=dict)

    def start(self, *words: str, text: str | None = None) -> Run:
        """
        Run the command.
        """
        environment = {"WAND_CONTROL": str(self.control.path), **self.environment}
        return Run(self.reactor, words, environment, text)

    async def run(self, *words: str, text: str | None = None) -> tuple[int | None, str, str]:
        """
        Run the command to its end.

        @return: its exit status, its output and its errors.
        """
        run = await self.start(*words, text=text).ended
        return run.status, run.out, run.err
