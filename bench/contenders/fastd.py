"""
fastd (https://fastd.readthedocs.io), in tap mode.
"""

from __future__ import annotations

from bench.contenders.base import Contender, firstLine
from bench.plot import Link, Plot, Side
from wand.lab import execute


class Fastd(Contender):
    """
    fastd, known from community networks.
    """

    name = "fastd"
    encryption = "its recommended method: salsa2012+umac"
    programs = {"fastd": "fastd"}

    def version(self) -> str:
        """
        See L{Contender.version}.
        """
        return firstLine("fastd", "--version")

    def start(self, plot: Plot) -> Link:
        """
        See L{Contender.start}.
        """
        keys = {side.device: _keys() for side, _ in plot.sides}
        programs = []
        for side, other in plot.sides:
            text = _configuration(side, other, plot.port, keys[side.device][0], keys[other.device][1])
            programs.append(side.start("fastd", "--config", side.file("fastd.conf", text)))
            side.configure()
        return Link(plot.one.inside, plot.two.inside, tuple(programs))


def _keys() -> tuple[str, str]:
    words = execute("fastd", "--generate-key").split()
    return words[words.index("Secret:") + 1], words[words.index("Public:") + 1]


def _configuration(side: Side, other: Side, port: int, secret: str, public: str) -> str:
    # 1426 octets are what its documentation computes for this method over IPv4.  Only the one that starts second calls:
    # a first call that nobody answers is repeated after 20 seconds.
    remote = f"remote {other.outside}:{port};" if side.outside > other.outside else ""
    return f"""
log level warn;
mode tap;
interface "{side.device}";
method "salsa2012+umac";
mtu 1426;
bind {side.outside}:{port};
secret "{secret}";
peer "other" {{ key "{public}"; {remote} }}
"""
