"""
What is measured.
"""

from __future__ import annotations

from typing import Final

import attrs


@attrs.frozen
class Figure:
    """
    Something that is measured.

    @ivar name: in JSON.
    @ivar heading: above a column.
    @ivar title: elsewhere.
    @ivar moreIsBetter: or less is.
    """

    name: str
    heading: str
    title: str
    unit: str
    moreIsBetter: bool = True
    digits: int = 0

    def text(self, value: float | None) -> str:
        """
        A value as people read it, without its unit; a dash for none.
        """
        return "-" if value is None else f"{value:,.{self.digits}f}"

    def best(self, values: list[float]) -> float:
        """
        The best of some values.
        """
        return max(values) if self.moreIsBetter else min(values)


FORWARD: Final = Figure("tcp-forward", "TCP out", "TCP, one stream, first host to second", "Mbit/s")
REVERSE: Final = Figure("tcp-reverse", "TCP back", "TCP, one stream, second host to first", "Mbit/s")
EFFICIENCY: Final = Figure("tcp-per-cpu", "TCP per CPU s", "TCP for each CPU second of the daemons", "Gbit", digits=2)
SMALL: Final = Figure("udp-64", "UDP 64 B", "64-byte UDP, received", "packets/s")
LARGE: Final = Figure("udp-1200", "UDP 1,200 B", "1,200-byte UDP, received", "Mbit/s")
ECHO: Final = Figure("ping-average", "ping", "ping, idle, average", "ms", moreIsBetter=False, digits=3)
ECHO_SLOW: Final = Figure("ping-p99", "ping p99", "ping, idle, 99th percentile", "ms", moreIsBetter=False, digits=3)
ECHO_LOADED: Final = Figure(
    "ping-loaded-p99", "loaded p99", "ping under TCP load, 99th percentile", "ms", moreIsBetter=False, digits=2
)
MEMORY: Final = Figure("memory", "memory", "resident memory of a daemon", "MB", moreIsBetter=False, digits=1)

#: All, in the order of the tables.
FIGURES: Final = (FORWARD, REVERSE, EFFICIENCY, SMALL, LARGE, ECHO, ECHO_SLOW, ECHO_LOADED, MEMORY)

# What two networks are compared in that differ little.

ECHO_MEDIAN: Final = Figure("ping-median", "ping median", "ping, idle, median", "ms", moreIsBetter=False, digits=3)
SMALL_EFFICIENCY: Final = Figure(
    "udp-64-per-cpu", "UDP 64 B per CPU s", "64-byte UDP for each CPU second of the daemons", "packets"
)
REST: Final = Figure(
    "rest", "at rest", "processor time of a daemon without a load", "ms/s", moreIsBetter=False, digits=1
)
LOOKING: Final = Figure("looking", "looking", "processor time of those who look", "ms/s", moreIsBetter=False, digits=1)

#: All that count.
COMPARED: Final = (FORWARD, REVERSE, EFFICIENCY, SMALL, SMALL_EFFICIENCY, ECHO_MEDIAN)

#: What a single TCP stream tells.
TCP_FIGURES: Final = (FORWARD, REVERSE, EFFICIENCY)
