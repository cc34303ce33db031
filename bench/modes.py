"""
The modes of the underlay: whether packets cross it whole or cut, and how many of them it loses.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import attrs

from bench.contenders.base import missing
from bench.figures import FIGURES, TCP_FIGURES, Figure
from bench.plot import Arena
from wand.lab import Lab, execute


@attrs.frozen
class Mode:
    """
    A mode of the underlay.

    @ivar title: what it is, for people.
    @ivar cuts: whether the sender's kernel cuts what is larger than a packet, as for a network card that cannot;
        C{None} to leave it as it is.
    @ivar merges: whether the receiver's kernel merges the packets of a flow (GRO); C{None} to leave it as it is.
    @ivar loss: how many of a thousand packets are lost on the way, at random.
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
        Why this machine cannot do it, C{None} if it can.
        """
        offloads = {"ethtool": "ethtool"} if self.cuts is not None else {}
        return missing(offloads | ({"nft": "nftables"} if self.loss else {}))

    def prepare(self, lab: Lab) -> Arena:
        """
        Set the hosts up in a lab, with such an underlay between them: a pair of veth or, if packets are to be lost, a
        switch that loses them.

        @raise wand.lab.CommandFailed: if the kernel refuses.
        """
        arena = Arena.prepare(lab, switch=bool(self.loss))
        if self.cuts is not None:
            for host in (arena.one, arena.two):
                host.run(*self._offloads("eth0", merges=bool(self.merges)))
        if self.loss:
            self._lose(arena)
        return arena

    def _offloads(self, interface: str, *, merges: bool) -> Sequence[str]:
        whole = "off" if self.cuts else "on"
        cut = ("tso", whole, "gso", whole, "tx-udp-segmentation", whole)
        return "ethtool", "-K", interface, *cut, "gro", "on" if merges else "off"

    def _lose(self, arena: Arena) -> None:
        for host in (arena.one, arena.two):
            # Nothing is merged in the switch, so that each packet is lost or not by itself; and a pair of veth merges
            # at one end only if the other has no segmentation offload.
            execute(*arena.lab.inSwitch(*self._offloads(host.name, merges=False)))
        drop = f"ether type ip numgen random mod 1000 < {self.loss} drop"
        script = f"table bridge bench {{ chain loss {{ type filter hook forward priority 0; {drop}; }}; }}\n"
        execute(*arena.lab.inSwitch("nft", "-f", "-"), sent=script)


#: All, in the order of the tables.
MODES: Final = (
    Mode("default", "a pair of veth as it is: big packets cross whole"),
    Mode("wire", "packets of at most 1,500 octets, merged on arrival, as network cards do", cuts=True, merges=True),
    Mode("no-gro", "packets of at most 1,500 octets, which arrive one by one", cuts=True, merges=False),
    Mode("loss-0.1", "wire, with 0.1 % random loss each way", cuts=True, merges=True, loss=1, figures=TCP_FIGURES),
    Mode("loss-1", "wire, with 1 % random loss each way", cuts=True, merges=True, loss=10, figures=TCP_FIGURES),
)
