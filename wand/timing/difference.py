"""
The difference of two clocks, for people.
"""

from __future__ import annotations

from typing import Final

_UNITS: Final = (("years", 31_557_600.0), ("days", 86_400.0), ("hours", 3_600.0), ("min", 60.0), ("s", 1.0))


def difference(ahead: float) -> str:
    """
    By how much a clock differs from another, in front of the name of that one: C{3 days behind}.

    @param ahead: by how many seconds it is ahead.
    """
    seconds = abs(ahead)
    name, size = next((unit for unit in _UNITS if seconds >= 1.95 * unit[1]), _UNITS[-1])
    return f"{seconds / size:.0f} {name} {'ahead of' if ahead > 0 else 'behind'}"
