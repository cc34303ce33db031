"""
The hosts of the soak, each with its program.
"""

from __future__ import annotations

import json
import signal
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import attrs

from wand.lab import CommandFailed, Daemon, Host, Lab, execute, wait

_PROGRAMS: Final = Path(sys.executable).parent
_CLOCK: Final = Path(__file__).parent / "clock"

#: How old a program is, in seconds, when its memory is measured for the first time: then it has grown up.
GROWN: Final = 20.0


@attrs.frozen
class Life:
    """
    One run of a program, from its start to its end.

    @ivar grown: octets of memory when it was L{GROWN} seconds old.
    @ivar last: octets of memory when it was last looked at.
    @ivar seconds: between the two.
    @ivar descriptors: how many file descriptors it had, at those moments.
    """

    grown: int
    last: int
    seconds: float
    descriptors: tuple[int, int]


@attrs.define(eq=False)
class Site:
    """
    A host and its program.

    @ivar number: the last part of its address on the underlay.
    @ivar lives: the runs of its program that were long enough to be measured.
    """

    name: str
    number: int
    host: Host
    directory: Path
    arguments: tuple[str, ...]
    daemon: Daemon | None = None
    lives: list[Life] = attrs.field(factory=list)
    _started: float = 0.0
    _life: Life | None = None

    @property
    def control(self) -> Path:
        """
        Its control socket.
        """
        return self.directory / f"{self.name}.sock"

    def start(self) -> None:
        """
        Start the program.
        """
        self._started, self._life = time.monotonic(), None
        self.daemon = self.host.start(
            self.name,
            *("env", f"PYTHONPATH={_CLOCK}", f"SOAK_CLOCK={self.directory / self.name}.clock"),
            *(str(_PROGRAMS / "twistd"), "-n", "--pidfile=", *self.arguments),
            *("--state", str(self.directory / f"{self.name}.state"), "--control", str(self.control)),
        )

    def end(self, number: int) -> None:
        """
        Send a signal that ends the program.
        """
        assert self.daemon is not None
        self.measure()
        if self._life is not None:
            self.lives.append(self._life)
        status = self.daemon.signal(number)
        if status not in (0, -number):  # twistd, when it has cleaned up, ends by the signal that it got
            raise CommandFailed(f"{self.name} ended with {status} when it was asked to stop", self.daemon.tail())

    def freeze(self, frozen: bool) -> None:
        """
        Stop the program in the middle of what it does, or let it go on.
        """
        assert self.daemon is not None
        self.daemon.process.send_signal(signal.SIGSTOP if frozen else signal.SIGCONT)

    def stepClock(self, seconds: float) -> None:
        """
        Let the program's wall clock be so many seconds off.
        """
        (self.directory / f"{self.name}.clock").write_text(str(seconds))

    def measure(self) -> None:
        """
        Look at the memory and the descriptors of the program.
        """
        if self.daemon is None or not self.daemon.isRunning or time.monotonic() - self._started < GROWN:
            return
        octets, descriptors = (
            self.daemon.residentBytes,
            len(list(Path(f"/proc/{self.daemon.process.pid}/fd").iterdir())),
        )
        if self._life is None:
            self._life = Life(octets, octets, 0.0, (descriptors, descriptors))
            self._started = time.monotonic() - GROWN
        seconds = time.monotonic() - self._started - GROWN
        self._life = attrs.evolve(
            self._life, last=octets, seconds=seconds, descriptors=(self._life.descriptors[0], descriptors)
        )

    @property
    def life(self) -> Life | None:
        """
        What was measured of the run that is under way.
        """
        return self._life

    def run(self, *words: str) -> str:
        """
        What the C{wand} command says.

        @raise CommandFailed: if it fails.
        """
        return execute(str(_PROGRAMS / "wand"), "--control", str(self.control), *words)

    def status(self) -> Any:
        """
        What C{wand status} says; C{None} if nobody answers.
        """
        try:
            return json.loads(self.run("status", "--json"))
        except CommandFailed:
            return None

    def overlay(self) -> str:
        """
        Its address in the overlay; empty as long as it has none.
        """
        status = self.status()
        addresses: list[str] = status["own"]["addresses"] if status else []
        return addresses[0].partition("/")[0] if addresses else ""

    def pings(self, target: str) -> bool:
        """
        Does an address of the overlay answer?
        """
        try:
            self.host.run("ping", "-c", "1", "-W", "1", "-q", target)
        except CommandFailed:
            return False
        return True


@attrs.frozen
class Sites:
    """
    All of them.

    @ivar overlays: the addresses of the nodes in the overlay, by their names.
    """

    server: Site
    nodes: tuple[Site, ...]
    overlays: dict[str, str] = attrs.field(factory=dict)

    def __iter__(self) -> Iterator[Site]:
        return iter((self.server, *self.nodes))

    def pairs(self) -> Iterator[tuple[Site, str]]:
        """
        Every node with every other's address.
        """
        for source in self.nodes:
            yield from ((source, self.overlays[target.name]) for target in self.nodes if target is not source)


def founded(lab: Lab, count: int) -> Sites:
    """
    A server and C{count} nodes, all of them members; the last one has the bridge right.
    """
    server = _site(lab, "server", 1, "wand-server", "--public=10.99.0.1:44444")
    server.start()
    wait(server.status, 20, "the server")
    nodes = []
    for number in range(1, count + 1):
        name = f"node{number}"
        file = lab.directory / f"{name}.invitation"
        server.run("invite", "--out", str(file), *(["--bridge"] if number == count else []))
        node = _site(lab, name, number + 1, "wand-node", f"--join-file={file}", f"--name={name}")
        node.start()
        nodes.append(node)
    sites = Sites(server, tuple(nodes))
    for node in nodes:
        sites.overlays[node.name] = wait(node.overlay, 30, f"{node.name} a member")
    return sites


def _site(lab: Lab, name: str, number: int, *arguments: str) -> Site:
    host = lab.host(name, f"10.99.0.{number}/16")
    return Site(name, number, host, lab.directory, arguments)
