"""
What a table's entry and a peer with a session take of memory.
"""

from __future__ import annotations

import gc
import os
import statistics
import tracemalloc
from collections.abc import Callable, Sequence
from functools import partial
from itertools import pairwise
from pathlib import Path
from typing import Final

from simulated.sealed import SealedNode
from twisted.internet.task import Clock

from bench.costs.document import Memory
from bench.costs.hub import Hub, Loopback
from wand.ethernet import MAC
from wand.events import Events
from wand.sealed.node.member_entries import CLAIMED
from wand.table import Table

#: Networks whose median counts.
NETWORKS: Final = 5


def measureMemory(network: Loopback, peers: Sequence[SealedNode], tables: Sequence[int]) -> Memory:
    """
    Measure both.

    @param tables: numbers of entries.
    """
    # A session's ciphers are not in Python's memory, so what becomes resident counts: of the first network not all
    # does, for it takes what is free already, and so this comes first.  Both ends of a session are in this process.
    hubs, levels = [], [_resident()]
    for _ in range(NETWORKS):
        hubs.append(Hub(network, peers, 0))
        levels.append(_resident())
    for hub in hubs:
        hub.close()
    grown = statistics.median(after - before for before, after in pairwise(levels))
    entry = {count: _traced(partial(_table, count, peers)) / count for count in tables}
    return Memory(entry, len(peers), grown / len(peers) / 2)


def _table(count: int, peers: Sequence[SealedNode]) -> Table:
    clock = Clock()
    table = Table(clock, Events(clock.seconds))
    for number in range(count):
        table.put(MAC(b"\x02\x02" + number.to_bytes(4, "big")), peers[number % len(peers)].peer, CLAIMED)
    return table


def _traced(make: Callable[[], object]) -> int:
    tracemalloc.start()
    made = make()
    octets, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    del made
    return octets


def _resident() -> int:
    gc.collect()
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")
