"""
Counters: the numbers of frames and datagrams that pass, and of those that are dropped, by reason.
"""

from __future__ import annotations

from collections.abc import Mapping


class Counters(dict[str, int]):
    """
    Named counters that only grow.  A plain dictionary on the hot path, C{counters["drop-runt"] += 1}; an undeclared
    name raises C{KeyError}, so that a typo loses no count.

    @ivar descriptions: what each counter counts, by its name.
    """

    def __init__(self) -> None:
        super().__init__()
        self.descriptions: dict[str, str] = {}

    def declare(self, descriptions: Mapping[str, str]) -> None:
        """
        Add counters, at zero; a name declared before keeps its count.

        @param descriptions: one line a counter, by its name.  Names are lower-case with dashes and begin with the part
            of the system; those of drops begin with C{drop-}.
        """
        for name, description in descriptions.items():
            self.descriptions[name] = description
            self.setdefault(name, 0)

    def drops(self) -> int:
        """
        Everything that was dropped, for any reason.
        """
        return sum(count for name, count in self.items() if name.startswith("drop-"))
