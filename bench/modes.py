"""
The modes of the underlay: in which pieces packets cross it, and how many of them it loses.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import attrs

from bench.contenders.base import missing
from bench.figures import FIGURES, TCP_FIGURES, Figure
from bench.plot import Arena
from wand.lab import execute


@attrs.frozen
class Mode:
    """
    A mode of the underlay.

    @ivar title: what it is, for people.
    @ivar cuts: whether the sender's kernel cuts what is bigger than a packet, as for a network card that can not do it;
        C{None} to leave it as it is.
    @ivar merges: whether the receiver's kernel merges the packets of a flow (GRO); C{None} to leave it as it is.
    @ivar loss: of a thousand packets this many are lost on the way, at random.
    @ivar figures: what is worth measuring.
    """

    name: str
    title: str
    cuts: bool | None = None
    merges: bool | None = None
    loss: int = 0
    figures: Sequence[Figure] = FIGURES

    def missing(self) -> str | None:
        """
        Why this machine can not do it, C{None} if it can.
        """
        offloads = {"ethtool": "ethtool"} if self.cuts is not None else {}
        return missing(offloads | ({"nft": "nftables"} if self.loss else {}))

    def apply(self, arena: Arena) -> None:
        """
        Make the underlay so.

        @raise wand.lab.CommandFailed: if the kernel refuses.
        """
        if self.cuts is not None:
            whole = "off" if self.cuts else "on"
            merged = "on" if self.merges else "off"
            cut = ("tso", whole, "gso", whole, "tx-udp-segmentation", whole)
            for host in (arena.one, arena.two):
                host.run("ethtool", "-K", "eth0", *cut, "gro", merged)
                # Nothing is merged in the switch, so that each packet is lost or not by itself.
                execute(*arena.lab.inSwitch("ethtool", "-K", host.name, "gro", "off"))
        if self.loss:
            drop = f"ether type ip numgen random mod 1000 < {self.loss} drop"
            script = f"table bridge bench {{ chain loss {{ type filter hook forward priority 0; {drop}; }}; }}\n"
            execute(*arena.lab.inSwitch("nft", "-f", "-"), sent=script)


#: All, in the order of the tables.
MODES: Final = (
    Mode("default", "pairs of veth as they are: big packets cross whole"),
    Mode("wire", "packets of at most 1,500 octets, merged on arrival, as network cards do", cuts=True, merges=True),
    Mode("no-gro", "packets of at most 1,500 octets, which arrive one by one", cuts=True, merges=False),
    Mode("loss-0.1", "wire, with 0.1 % random loss each way", cuts=True, merges=True, loss=1, figures=TCP_FIGURES),
    Mode("loss-1", "wire, with 1 % random loss each way", cuts=True, merges=True, loss=10, figures=TCP_FIGURES),
)
