"""
Cells of L{bench.reach}, run for tests.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from wand.lab.loop import Loop

# The benchmarks are not installed.  They come last on the path, so that it is the installed wand that is tested.
sys.path.append(str(Path(__file__).parents[2]))

from bench.reach.cells import CELLS
from bench.reach.course import Outcome
from bench.reach.run import run
from bench.reach.situations import SITUATIONS
from bench.reach.variations import VARIATIONS

#: The titles of the cells of the matrix that are tests, of each group one at least.
TITLES: Final = (
    "pair: public to public",
    "pair: public to cone",
    "pair: firewall to cone",
    "pair: cone to public",
    "pair: cone to cone",
    "pair: carrier to symmetric",
    "pair: symmetric to symmetric",
    "one NAT: LAN of a symmetric NAT",
    "one NAT: two homes of a carrier with hairpin",
    "one port: each other",
    "IP: 6 to 4",
    "UDP blocked: blocked to public",
    "hole: 1280 public to public",
    "roaming: public, two is renumbered",
    "roaming: cone, both move at once",
    "restart: of two's NAT",
)

#: Those of its variations.
VARIED: Final = (
    "filter: symmetric to restricted",
    "no UDP: proxy to cone",
    "no UDP: blocked beyond a hole of 1280",
    "both IP: symmetric with 4 and 6 to symmetric with 4 and 6",
)

#: The titles of the cells that fail today, and must: whoever makes one pass takes it out.
NOT_YET: Final[frozenset[str]] = frozenset()


def reach(loop: Loop) -> Mapping[str, Outcome]:
    """
    Run the cells that are tests, and the situations, all in one land.

    @return: what became of each, by its title.
    """
    cells = [cell for cell in (*CELLS, *VARIATIONS) if cell.title in (*TITLES, *VARIED)]
    cells += [cell for some in SITUATIONS.values() for cell in some]
    return {each.cell.title: each for each in run(loop, list(dict.fromkeys(cells)), lambda _: None, atOnce=8)}


def judge(outcome: Outcome) -> None:
    """
    Fail if a cell failed, or if it passed though it is said that it cannot.
    """
    if outcome.cell.title in NOT_YET:
        assert outcome.failure, f"{outcome.cell.title} passes now: take it out of NOT_YET"
    else:
        assert not outcome.failure, f"{outcome.cell.title}: {outcome.failure}: {outcome}"
