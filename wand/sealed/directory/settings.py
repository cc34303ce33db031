"""
What an operator decides about a directory.
"""

from __future__ import annotations

import attrs


@attrs.frozen
class DirectorySettings:
    """
    How a server keeps its directory.

    @ivar members: how many members it lists at most.
    @ivar groups: does the network want frames to groups?  Its nodes are told.
    """

    members: int = 200_000
    groups: bool = True
