"""
A single program of ours on a host of a lab, with the files that belong to it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import attrs

from wand.lab.asking import countersAt, statusAt
from wand.lab.commands import PROGRAMS, CommandFailed, Daemon, execute
from wand.lab.network import Host


@attrs.define(eq=False)
class Installation:
    """
    A program that is started with options, as the documents say, and is asked with the C{wand} command.

    @ivar name: the first part of the names of its files.
    @ivar host: where it runs.
    @ivar directory: where its files are.
    @ivar programs: where its commands are, if it is another version of the program.
    """

    name: str
    host: Host
    directory: Path
    programs: Path = attrs.field(kw_only=True, default=PROGRAMS)
    _daemon: Daemon | None = attrs.field(init=False, default=None)

    @property
    def state(self) -> Path:
        """
        Its state directory.
        """
        return self.directory / f"{self.name}-state"

    @property
    def control(self) -> Path:
        """
        Its control socket.
        """
        return self.directory / f"{self.name}.sock"

    @property
    def daemon(self) -> Daemon:
        """
        The program that was started last.
        """
        assert self._daemon is not None, f"{self.name} was never started"
        return self._daemon

    @property
    def log(self) -> str:
        """
        What all programs that were started have logged.
        """
        return self.daemon.log.read_text(errors="replace")

    def start(
        self, program: str, *options: str, twistd: tuple[str, ...] = (), environment: Mapping[str, str] | None = None
    ) -> Daemon:
        """
        Start it.

        @param program: C{wand-node} or C{wand-server}.
        @param twistd: options of C{twistd} itself.
        @param environment: variables that the program gets besides ours.
        """
        variables = ["env", *(f"{name}={value}" for name, value in environment.items())] if environment else []
        words = (*variables, str(self.programs / "twistd"), "-n", "--pidfile=", *twistd, program)
        files = ("--state", str(self.state), "--control", str(self.control))
        self._daemon = self.host.start(self.name, *words, *files, *options)
        return self._daemon

    def wand(self, *words: str) -> str:
        """
        Run the C{wand} command of its version against it.

        @return: its output.
        @raise CommandFailed: if the command fails.
        """
        return execute(str(self.programs / "wand"), "--control", str(self.control), *words)

    def answers(self) -> bool:
        """
        Whether it answers at its control socket.
        """
        if not self.control.exists():
            return False  # it has only just been started: leave it the processor that a command would take
        try:
            self.status()
        except CommandFailed:
            return False
        return True

    def status(self) -> dict[str, Any]:
        """
        Its status, as C{wand status --json} shows it.

        @raise CommandFailed: if it does not answer.
        """
        return statusAt(self.control)

    @property
    def notes(self) -> str:
        """
        The notes of its status.
        """
        return " ".join(self.status()["notes"])

    def counters(self) -> Counter[str]:
        """
        Its counters; those that it has not declared are 0, since some parts declare theirs when they are first used.
        """
        return Counter(dict(countersAt(self.control)))

    def isMember(self) -> bool:
        """
        Whether it runs as a member of a sealed network.

        @raise CommandFailed: if the program has ended.
        """
        if not self.daemon.isRunning:
            raise CommandFailed(f"{self.name} ended with {self.daemon.process.returncode}", self.daemon.tail())
        if not self.control.exists():
            return False
        try:
            own = self.status()["own"]
        except CommandFailed:
            return False
        return own is not None and own["stage"] == "member"

    def overlayAddress(self) -> str:
        """
        Its overlay address, without the prefix length; empty if it has none.
        """
        own = self.status()["own"]
        addresses: list[str] = own["addresses"] if own else []
        return addresses[0].partition("/")[0] if addresses else ""
