"""
Two networks that are up on the same hosts at once, and do not run through each other.
"""

from __future__ import annotations

from typing import Final

import attrs

from bench.figures import COMPARED
from bench.modes import MODES, Mode
from bench.plot import Arena
from wand.lab import Lab

#: A node takes any way that its host has, also one through the tap of the other network.
_RULES: Final = """
table inet apart {
  chain apart {
    type filter hook output priority 0; oifname != { "eth0", "lo" } udp dport 20000-20999 drop;
  }
}
"""


@attrs.frozen
class Apart(Mode):
    """
    The first of the modes, but no datagram of a contender leaves through the interface of another.
    """

    def prepare(self, lab: Lab) -> Arena:
        """
        See L{Mode.prepare}.
        """
        arena = super().prepare(lab)
        for host in (arena.one, arena.two):
            host.run("nft", "-f", "-", sent=_RULES)
        return arena


APART: Final = Apart(MODES[0].name, MODES[0].title, figures=COMPARED)
