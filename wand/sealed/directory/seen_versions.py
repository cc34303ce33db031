"""
Which versions of a server's log a node has seen, whatever was lost, repeated or overtaken on the way.
"""

from __future__ import annotations

from typing import Final

#: How many parts beyond a hole are remembered; those beyond are asked for again.
PARTS_MAXIMUM: Final = 64


class SeenVersions:
    """
    The versions of one server's log that we know.

    @ivar instance: which log it is; empty before the server told.
    @ivar version: everything up to it is known.
    @ivar newest: how far the log goes, as far as we know.
    @ivar progress: grows whenever something is new.
    """

    def __init__(self, instance: bytes = b"") -> None:
        self.instance = instance
        self.version = 0
        self.newest = 0
        self.progress = 0
        self._parts: dict[int, int] = {}

    @property
    def isComplete(self) -> bool:
        """
        Is everything known that there is?
        """
        return bool(self.instance) and self.version >= self.newest

    @property
    def hole(self) -> tuple[int, int]:
        """
        What is not known: beyond which version, and up to which; 0 for the newest.
        """
        return self.version, min(self._parts, default=0)

    def markSeen(self, after: int, upto: int) -> None:
        """
        The changes beyond one version and up to another were seen.
        """
        if upto <= self.version:
            return
        if after > self.version:
            if len(self._parts) < PARTS_MAXIMUM and upto > max(after, self._parts.get(after, 0)):
                self._parts[after] = upto
                self.progress += 1
            return
        self.version = upto
        self.progress += 1
        while self._parts and (first := min(self._parts)) <= self.version:
            self.version = max(self.version, self._parts.pop(first))
