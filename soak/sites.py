"""
The hosts of the soak, each with its program.
"""

from __future__ import annotations

import signal
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import attrs

from wand.lab import CommandFailed, Lab, wait
from wand.lab.installation import Installation
from wand.lab.shifted_clock import ShiftedClock

#: The age of a program, in seconds, when it is measured for the first time: then it has grown up.
GROWN: Final = 20.0


@attrs.frozen
class Life:
    """
    One run of a program, from its start to its end.

    @ivar grown: octets of memory when it was L{GROWN} seconds old.
    @ivar last: octets of memory when it was measured last.
    @ivar seconds: between the two.
    @ivar descriptors: how many file descriptors it had at those moments.
    """

    grown: int
    last: int
    seconds: float
    descriptors: tuple[int, int]


@attrs.define(eq=False)
class Site(Installation):
    """
    A host and its program.

    @ivar number: the last part of its address on the underlay.
    @ivar arguments: the kind of program, and its options.
    @ivar lives: the runs of its program that were long enough to be measured.
    @ivar life: what was measured of the present run.
    """

    number: int
    arguments: tuple[str, ...]
    lives: list[Life] = attrs.field(factory=list)
    life: Life | None = None
    _started: float = 0.0
    _clock: ShiftedClock = attrs.field(init=False)

    def __attrs_post_init__(self) -> None:
        self._clock = ShiftedClock(self.directory / f"{self.name}.clock")

    def begin(self) -> None:
        """
        Start the program.
        """
        self._started, self.life = time.monotonic(), None
        self.start(*self.arguments, environment=self._clock.environment)

    def end(self, number: int) -> None:
        """
        Send a signal that ends the program.

        @raise CommandFailed: if the program does not end as the signal says.
        """
        self.measure()
        if self.life is not None:
            self.lives.append(self.life)
        status = self.daemon.signal(number)
        if status not in (0, -number):  # twistd, when it has cleaned up, ends by the signal that it got
            raise CommandFailed(f"{self.name} ended with {status} when it was asked to stop", self.daemon.tail())

    def freeze(self, frozen: bool) -> None:
        """
        Stop the program in the middle of what it does, or let it go on.
        """
        self.daemon.process.send_signal(signal.SIGSTOP if frozen else signal.SIGCONT)

    def stepClock(self, seconds: float) -> None:
        """
        Set the program's wall clock to so many seconds ahead of the true time.
        """
        self._clock.set(seconds)

    def measure(self) -> None:
        """
        Measure the memory and count the descriptors of the program.
        """
        if not self.daemon.isRunning or time.monotonic() - self._started < GROWN:
            return
        octets = self.daemon.residentBytes
        descriptors = len(list(Path(f"/proc/{self.daemon.process.pid}/fd").iterdir()))
        if self.life is None:
            self.life = Life(octets, octets, 0.0, (descriptors, descriptors))
            self._started = time.monotonic() - GROWN
        seconds = time.monotonic() - self._started - GROWN
        self.life = attrs.evolve(
            self.life, last=octets, seconds=seconds, descriptors=(self.life.descriptors[0], descriptors)
        )

    def pings(self, target: str) -> bool:
        """
        Whether an overlay address answers.
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

    @ivar overlays: the overlay addresses of the nodes, by their names.
    """

    server: Site
    nodes: tuple[Site, ...]
    overlays: dict[str, str] = attrs.field(factory=dict)

    def __iter__(self) -> Iterator[Site]:
        return iter((self.server, *self.nodes))

    def pairs(self) -> Iterator[tuple[Site, str]]:
        """
        Every node with every other's overlay address.
        """
        for source in self.nodes:
            yield from ((source, self.overlays[target.name]) for target in self.nodes if target is not source)


def founded(lab: Lab, count: int) -> Sites:
    """
    A server and C{count} nodes, all of them members; the last one has the bridge right.
    """
    server = _site(lab, "server", 1, "wand-server", "--public=10.99.0.1:44444")
    server.begin()
    wait(server.answers, 20, "the server")
    nodes = []
    for number in range(1, count + 1):
        name = f"node{number}"
        file = lab.directory / f"{name}.invitation"
        server.wand("invite", "--out", str(file), *(["--bridge"] if number == count else []))
        node = _site(lab, name, number + 1, "wand-node", f"--join-file={file}", f"--name={name}")
        node.begin()
        nodes.append(node)
    sites = Sites(server, tuple(nodes))
    for node in nodes:
        wait(node.isMember, 30, f"the membership of {node.name}")
        sites.overlays[node.name] = node.overlayAddress()
    return sites


def _site(lab: Lab, name: str, number: int, *arguments: str) -> Site:
    host = lab.host(name, f"10.99.0.{number}/16")
    return Site(name, host, lab.directory, number, arguments)
