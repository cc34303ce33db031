"""
socat: a tap and a UDP socket, and nothing in between.
"""

from __future__ import annotations

from bench.contenders.base import Contender, firstLine
from bench.plot import Link, Plot, Side
from wand.lab import Daemon, execute


class Socat(Contender):
    """
    What copying frames costs a program in C that does nothing else.
    """

    name = "socat"
    encryption = "none"
    programs = {"socat": "socat"}

    def version(self) -> str:
        """
        See L{Contender.version}.
        """
        return next(
            (line for line in execute("socat", "-V").splitlines() if "version" in line), firstLine("socat", "-V")
        )

    def start(self, plot: Plot) -> Link:
        """
        See L{Contender.start}.
        """
        programs = tuple(self._started(side, other, plot.port) for side, other in plot.sides)
        for side, _ in plot.sides:
            side.configure(mtu=1458)  # what fits the underlay's 1500 with Ethernet, UDP and IP around it
        return Link(plot.one.inside, plot.two.inside, programs)

    def _started(self, side: Side, other: Side, port: int) -> Daemon:
        tap = f"TUN,tun-type=tap,iff-no-pi,tun-name={side.device}"
        return side.start("socat", tap, f"UDP4-DATAGRAM:{other.outside}:{port},bind={side.outside}:{port}")
