"""
Where measurements happen: two hosts, and the part of them that each contender gets.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Final

import attrs

from wand.lab import CommandFailed, Daemon, Host, Lab, wait

#: Seconds for a contender to start, and to carry the first echo.
START_PATIENCE: Final = 30.0

_UNDERLAY: Final = "198.51.100."  # RFC 5737 keeps it for documentation.


@attrs.frozen
class Arena:
    """
    The hosts.

    @ivar one: the host where loads are started.
    @ivar two: the host that they go to, and that has the programs that only introduce the others to each other.
    """

    lab: Lab
    one: Host
    two: Host

    @classmethod
    def prepare(cls, lab: Lab, *, switch: bool) -> Arena:
        """
        Set the hosts up in a lab.

        @param switch: whether there is a switch between them, or nothing but a pair of veth.
        """
        hosts = (lab.host("one"), lab.host("two")) if switch else lab.pair("one", "two")
        for number, host in enumerate(hosts, 1):
            host.configure(f"{_UNDERLAY}{number}/24")
        return cls(lab, *hosts)


@attrs.frozen
class Side:
    """
    What a contender has on one of the two hosts.

    @ivar outside: the host's address on the underlay.
    @ivar inside: the address for the contender's interface.
    @ivar device: the name for that interface.
    @ivar directory: for files.
    @ivar programs: those that were started.
    """

    host: Host
    outside: str
    inside: str
    device: str
    directory: Path
    programs: list[Daemon] = attrs.field(factory=list)

    def file(self, name: str, text: str, mode: int = 0o600) -> str:
        """
        Write a file.

        @return: its path.
        """
        path = self.directory / name
        path.write_text(text)
        path.chmod(mode)
        return str(path)

    def start(self, *command: str) -> Daemon:
        """
        Start a program on this host.
        """
        daemon = self.host.start(self.directory.name, *command)
        self.programs.append(daemon)
        return daemon

    def link(self, *arguments: str) -> str:
        """
        Run C{ip} on this host.
        """
        return self.host.run("ip", *arguments)

    def configure(self, mtu: int | None = None, prefix: int = 24) -> None:
        """
        Give the interface its address and set it up, once it is there.

        @raise wand.lab.DeadlineMissed: if it does not appear.
        """
        wait(self._hasDevice, START_PATIENCE, f"the interface {self.device}")
        self.link("address", "replace", f"{self.inside}/{prefix}", "dev", self.device)
        self.link("link", "set", "dev", self.device, *(() if mtu is None else ("mtu", str(mtu))), "up")

    def hasAddress(self) -> bool:
        """
        Does the interface have its address already?
        """
        return f"inet {self.inside}/" in self.link("-4", "-o", "address", "show")

    def clear(self) -> None:
        """
        End the programs and remove the interface.
        """
        while self.programs:
            self.programs.pop().kill()
        if self._hasDevice():
            self.link("link", "delete", "dev", self.device)

    def _hasDevice(self) -> bool:
        return f" {self.device}:" in self.link("-o", "link", "show")


@attrs.frozen
class Plot:
    """
    What a contender has of the arena.

    @ivar port: the first of ten UDP ports that nobody else uses.
    @ivar server: for a program that introduces the two to each other; it runs on the second host.
    """

    one: Side
    two: Side
    server: Side
    port: int

    @classmethod
    def of(cls, arena: Arena, name: str, number: int) -> Plot:
        """
        Mark out the plot of a contender.

        @param number: from 0 to 99, another for each contender.
        """

        def side(role: str, host: Host, index: int) -> Side:
            directory = arena.lab.directory / f"{name.replace(' ', '-')}-{role}"
            directory.mkdir(mode=0o700, exist_ok=True)
            device = f"{name.replace(' ', '')[:13]}-{index}"
            return Side(host, f"{_UNDERLAY}{index}", f"10.90.{number}.{index}", device, directory)

        sides = side("one", arena.one, 1), side("two", arena.two, 2), side("server", arena.two, 2)
        return cls(*sides, 20_000 + 10 * number)

    @property
    def network(self) -> str:
        """
        The network of the addresses inside.
        """
        return f"{self.one.inside.rpartition('.')[0]}.0/24"

    @property
    def sides(self) -> Sequence[tuple[Side, Side]]:
        """
        Each of the two sides, with the other.
        """
        return (self.one, self.two), (self.two, self.one)

    def awaitEcho(self, address: str) -> None:
        """
        Wait until an address answers the first host's echoes.

        @raise wand.lab.CommandFailed: if a program has ended, with what it said.
        @raise wand.lab.DeadlineMissed: if it does not.
        """
        wait(lambda: self._answers(address), START_PATIENCE, "the first echo")

    def _answers(self, address: str) -> bool:
        for daemon in (*self.one.programs, *self.two.programs, *self.server.programs):
            if not daemon.isRunning:
                raise CommandFailed(f"{daemon.name} ended with {daemon.process.returncode}", daemon.tail(5))
        try:
            return bool(self.one.host.run("ping", "-n", "-c", "1", "-W", "1", address))
        except CommandFailed:
            return False

    def clear(self) -> None:
        """
        Remove all that the contender has started and made.
        """
        for side in (self.one, self.two, self.server):
            side.clear()


@attrs.frozen
class Link:
    """
    A contender that runs.

    @ivar near: its address on the first host.
    @ivar far: its address on the second host.
    @ivar carriers: the programs that carry frames: their processor time and memory count.
    """

    near: str
    far: str
    carriers: tuple[Daemon, ...] = ()
