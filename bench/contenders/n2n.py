"""
n2n (https://github.com/ntop/n2n): two edges and a supernode that introduces them.
"""

from __future__ import annotations

from functools import cached_property

from bench.contenders.base import Contender
from bench.plot import Link, Plot, Side
from wand.lab import Daemon, execute


class N2N(Contender):
    """
    n2n, whose edges send to each other directly once the supernode has introduced them.
    """

    name = "n2n"
    programs = {"edge": "n2n", "supernode": "n2n"}

    @cached_property
    def _said(self) -> str:
        return execute("sh", "-c", "edge -h 2>&1 || true")

    @property
    def _isOriginal(self) -> bool:
        # Version 1 has one cipher, and its -f is a fork into the background, not the opposite.
        return "v.1." in self._said

    @property
    def encryption(self) -> str:  # type: ignore[override] # what is in use is known only when the program has been asked
        """
        See L{Contender}.
        """
        return "Twofish (version 1 has no other)" if self._isOriginal else "AES (-A3)"

    def version(self) -> str:
        """
        See L{Contender.version}.
        """
        line = next((line for line in self._said.splitlines() if "v." in line), "n2n")
        return line.removeprefix("Welcome to ").partition(" for ")[0]

    def start(self, plot: Plot) -> Link:
        """
        See L{Contender.start}.
        """
        stay = () if self._isOriginal else ("-f",)
        port = ("-l",) if self._isOriginal else ("-p",)
        plot.server.start("supernode", *port, str(plot.port), *stay)
        programs = tuple(self._started(side, plot, stay) for side, _ in plot.sides)
        for side, _ in plot.sides:
            side.configure()
        return Link(plot.one.inside, plot.two.inside, programs)

    def _started(self, side: Side, plot: Plot, stay: tuple[str, ...]) -> Daemon:
        address = ("-a", side.inside, "-s", "255.255.255.0")
        network = ("-c", "bench", "-k", "secret", *(() if self._isOriginal else ("-A3",)))
        to = ("-l", f"{plot.server.outside}:{plot.port}", "-p", str(plot.port + 1))
        return side.start("edge", "-d", side.device, *address, *network, *to, *stay)
