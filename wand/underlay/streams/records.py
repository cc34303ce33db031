"""
Records of TLS, as far as one sees them from outside (RFC 8446, section 5.1): where each begins.
"""

from __future__ import annotations

from typing import Final

#: Octets before each record: its kind, the version, its length.
_HEAD: Final = 5

#: How many are taken at once.
AT_ONCE: Final = 8


class Records:
    """
    Finds where records begin in the octets of a stream.
    """

    def __init__(self) -> None:
        self._left = 0

    # HOT PATH
    def cut(self, octets: bytes) -> tuple[int, int]:
        """
        How many octets to take, of those that come next.

        @return: how many, and how many records begin in them, L{AT_ONCE} at most.  What is left begins with a record.
        """
        end, at, count = len(octets), self._left, 0
        while at + _HEAD <= end and count < AT_ONCE:
            at += _HEAD + (octets[at + 3] << 8 | octets[at + 4])
            count += 1
        taken = min(at, end)
        self._left = at - taken
        return taken, count
