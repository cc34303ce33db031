"""
What the kernel does by itself: the underlay as it is, and VXLAN (RFC 7348).
"""

from __future__ import annotations

import platform

from bench.contenders.base import Contender
from bench.plot import Link, Plot


class Veth(Contender):
    """
    The underlay itself.
    """

    name = "veth"
    encryption = "none"

    def version(self) -> str:
        """
        See L{Contender.version}.
        """
        return f"Linux {platform.release()}"

    def start(self, plot: Plot) -> Link:
        """
        See L{Contender.start}.
        """
        return Link(plot.one.outside, plot.two.outside)


class VXLAN(Contender):
    """
    VXLAN of the kernel.
    """

    name = "vxlan"
    encryption = "none"

    def version(self) -> str:
        """
        See L{Contender.version}.
        """
        return f"Linux {platform.release()}"

    def start(self, plot: Plot) -> Link:
        """
        See L{Contender.start}.
        """
        for side, other in plot.sides:
            ends = ("local", side.outside, "remote", other.outside, "dstport", str(plot.port))
            side.link("link", "add", "name", side.device, "type", "vxlan", "id", "7", *ends, "dev", "eth0")
            side.configure()
        return Link(plot.one.inside, plot.two.inside)
