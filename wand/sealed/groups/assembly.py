"""
Assembly: frames that came in parts are put together.
"""

from __future__ import annotations

from collections import OrderedDict
from typing import Final

import attrs
from twisted.internet.interfaces import IReactorTime

from wand.sealed.groups.messages import GroupPart

#: Seconds after which parts are forgotten whose others did not come.
LIFETIME: Final = 5.0

#: How many frames of one sender are incomplete at most, and of all; the oldest makes room.
OF_ONE_MAXIMUM: Final = 16
MAXIMUM: Final = 512


@attrs.define
class _Incomplete:
    parts: int
    since: float
    octets: dict[int, bytes] = attrs.field(factory=dict)


class Assembly:
    """
    Keeps the parts of incomplete frames.
    """

    def __init__(self, clock: IReactorTime) -> None:
        self._clock = clock
        self._incomplete: OrderedDict[tuple[bytes, int], _Incomplete] = OrderedDict()
        self._numbers: dict[bytes, OrderedDict[int, None]] = {}

    def __len__(self) -> int:
        return len(self._incomplete)

    def take(self, sender: bytes, part: GroupPart) -> bytes | None:
        """
        Take a part.

        @return: the whole, if it is complete now.
        """
        if part.parts == 1:
            return part.octets
        self._forgetOld()
        known = self._incomplete.get((sender, part.number))
        if known is None or known.parts != part.parts:
            known = self._begin(sender, part)
        known.octets[part.part] = part.octets
        if len(known.octets) < part.parts:
            return None
        self._forget(sender, part.number)
        return b"".join(known.octets[each] for each in range(part.parts))

    def _begin(self, sender: bytes, part: GroupPart) -> _Incomplete:
        self._forget(sender, part.number)
        numbers = self._numbers.setdefault(sender, OrderedDict())
        if len(numbers) >= OF_ONE_MAXIMUM:
            self._forget(sender, next(iter(numbers)))
        elif len(self._incomplete) >= MAXIMUM:
            self._forget(*next(iter(self._incomplete)))
        self._numbers.setdefault(sender, OrderedDict())[part.number] = None
        begun = self._incomplete[sender, part.number] = _Incomplete(part.parts, self._clock.seconds())
        return begun

    def _forgetOld(self) -> None:
        now = self._clock.seconds()
        while self._incomplete and now - next(iter(self._incomplete.values())).since > LIFETIME:
            self._forget(*next(iter(self._incomplete)))

    def _forget(self, sender: bytes, number: int) -> None:
        if self._incomplete.pop((sender, number), None) is None:
            return
        numbers = self._numbers[sender]
        del numbers[number]
        if not numbers:
            del self._numbers[sender]
