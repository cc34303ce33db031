"""
tinc 1.0 (https://tinc-vpn.org), in switch mode with its defaults.
"""

from __future__ import annotations

from bench.contenders.base import Contender, firstLine
from bench.plot import Link, Plot, Side
from wand.lab import Daemon, execute


class Tinc(Contender):
    """
    tinc, a layer-2 mesh.
    """

    name = "tinc"
    encryption = "its default: AES-256-CBC with 4 octets of HMAC-SHA-256"
    programs = {"tincd": "tinc"}

    def version(self) -> str:
        """
        See L{Contender.version}.
        """
        return firstLine("tincd", "--version").partition(" (")[0]

    def start(self, plot: Plot) -> Link:
        """
        See L{Contender.start}.
        """
        for side, other in plot.sides:
            self._prepare(side, other, plot.port)
        for side, other in plot.sides:
            name = _name(side)
            public = (side.directory / "hosts" / name).read_text()
            other.file(f"hosts/{name}", public)
        programs = tuple(self._started(side) for side, _ in plot.sides)
        for side, _ in plot.sides:
            side.configure()
        return Link(plot.one.inside, plot.two.inside, programs)

    def _prepare(self, side: Side, other: Side, port: int) -> None:
        (side.directory / "hosts").mkdir(exist_ok=True)
        side.file(
            "tinc.conf",
            f"Name = {_name(side)}\nMode = switch\nInterface = {side.device}\nConnectTo = {_name(other)}\n"
            f"AddressFamily = ipv4\nBindToAddress = {side.outside} {port}\n",
        )
        side.file(f"hosts/{_name(side)}", f"Address = {side.outside} {port}\nPort = {port}\n")
        execute("tincd", "-c", str(side.directory), "-K2048")

    def _started(self, side: Side) -> Daemon:
        directory = str(side.directory)
        return side.start("tincd", "-D", "-c", directory, f"--pidfile={directory}/pid")


def _name(side: Side) -> str:
    return side.host.name
