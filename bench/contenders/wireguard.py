"""
wireguard-go (https://git.zx2c4.com/wireguard-go), WireGuard outside the kernel.
"""

from __future__ import annotations

from functools import partial

from bench.contenders.base import Contender, firstLine
from bench.plot import START_PATIENCE, Link, Plot, Side
from wand.lab import CommandFailed, execute, wait


class WireGuard(Contender):
    """
    WireGuard in Go.  It carries IP packets only.
    """

    name = "wireguard-go"
    layer = 3
    encryption = "ChaCha20-Poly1305"
    programs = {"wireguard-go": "wireguard-go", "wg": "wireguard-tools"}

    def version(self) -> str:
        """
        See L{Contender.version}.
        """
        return firstLine("wireguard-go", "--version")

    def start(self, plot: Plot) -> Link:
        """
        See L{Contender.start}.
        """
        programs = tuple(side.start("wireguard-go", "-f", side.device) for side, _ in plot.sides)
        secrets = {side.device: execute("wg", "genkey") for side, _ in plot.sides}
        for side, other in plot.sides:
            path = side.file("key", secrets[side.device])
            peer = ("peer", execute("wg", "pubkey", sent=secrets[other.device]).strip())
            to = ("allowed-ips", f"{other.inside}/32", "endpoint", f"{other.outside}:{plot.port}")
            wait(partial(_isThere, side), START_PATIENCE, f"the control socket of {side.device}")
            side.host.run("wg", "set", side.device, "listen-port", str(plot.port), "private-key", path, *peer, *to)
            side.configure()
        return Link(plot.one.inside, plot.two.inside, programs)


def _isThere(side: Side) -> bool:
    try:
        return bool(side.host.run("wg", "show", side.device))
    except CommandFailed:
        return False
