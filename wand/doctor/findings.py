"""
What was found when something was looked at.
"""

from __future__ import annotations

from typing import Final

from wand.status import Status

#: The verdicts, the best first: as it should be; could not be told; works, and could be better; does not work.
GOOD: Final = "good"
UNKNOWN: Final = "unknown"
WARNING: Final = "warning"
BAD: Final = "bad"


class Finding(Status, frozen=True):
    """
    Something that was looked at.

    @ivar check: what, in a word: C{clock}.
    @ivar verdict: L{GOOD}, L{UNKNOWN}, L{WARNING} or L{BAD}.
    @ivar text: what was found.
    @ivar repair: the command that repairs it, or what else to do; empty if nothing has to be done.
    """

    check: str
    verdict: str
    text: str
    repair: str = ""
