"""
A program that admits members sets other addresses aside, as its configuration says now.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

from twisted.internet.defer import Deferred

from wand.address_ranges import AddressRanges


def takeReserve(before: Sequence[str], after: Sequence[str], opened: Callable[[], Deferred[Any]]) -> Iterator[str]:
    """
    Set other addresses aside, as soon as what admits members is open.

    @param opened: fires with it, see L{wand.programs.server_administration.Admitting}; if it cannot be opened, that is
        said elsewhere.
    @return: what becomes of it, as L{wand.control.program.Program.reload} has it.
    """
    if list(before) == list(after):
        return
    ranges = AddressRanges(after)
    opened().addCallbacks(
        lambda admitting: admitting.authority.administration.reserve.change(ranges), lambda failure: None
    )
    yield f"reserve: {', '.join(after) or 'nothing'}, and it was {', '.join(before) or 'nothing'}"
