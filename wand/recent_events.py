"""
The events that happened last, for those who come later.
"""

from __future__ import annotations

from collections import deque
from itertools import islice
from typing import Final

import msgspec

from wand.events import Event, Events

#: How many are kept.
KEPT_MAXIMUM: Final = 500


class NumberedEvent(msgspec.Struct, frozen=True):
    """
    An event, and the how manieth it is of the program.
    """

    number: int
    event: Event


class RecentEvents:
    """
    Keeps the last events.
    """

    def __init__(self, events: Events) -> None:
        self._kept: deque[Event] = deque(maxlen=KEPT_MAXIMUM)
        self._count = 0
        events.subscribe(self._happened)

    def after(self, number: int, count: int) -> list[NumberedEvent]:
        """
        At most C{count} of them in their order, those beyond one with this number.
        """
        first = self._count - len(self._kept)
        skipped = max(number + 1 - first, 0)
        found = islice(self._kept, skipped, skipped + count)
        return [NumberedEvent(first + skipped + place, event) for place, event in enumerate(found)]

    def _happened(self, event: Event) -> None:
        self._kept.append(event)
        self._count += 1
