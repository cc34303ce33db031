"""
Silence: members that do not answer us, and when we say so.

Where one member is silent and all others answer, it is accused at once.  Where several are silent, it is more likely
that the network came apart, or that half of it was switched off; if everybody accused everybody then, the messages
would hurt more than the silence.  So each waits for a time at random, longer in larger networks: in the long run
everybody who is gone is accused, at a rate that does not depend on how many they are.
"""

from __future__ import annotations

from collections.abc import Callable
from math import inf
from random import Random
from typing import Final

from twisted.internet.interfaces import IReactorTime

#: Up to how many seconds for each member of the network one waits to accuse, if several are silent.
WAIT_MEMBER: Final = 2.0

#: Seconds for which somebody who was silent and is heard again shows that others may come back, too.
THAWING: Final = 6.5

#: How many silent members are remembered.
SILENT_MAXIMUM: Final = 64


class Silence:
    """
    Remembers who does not answer.
    """

    def __init__(
        self,
        clock: IReactorTime,
        random: Random,
        size: Callable[[], int],
        earliest: Callable[[bytes], float] = lambda peer: -inf,
    ) -> None:
        """
        @param size: how many members there are.
        @param earliest: when a member may be accused.
        """
        self._clock = clock
        self._random = random
        self._size = size
        self._earliest = earliest
        self._silent: dict[bytes, float | None] = {}
        self._thawed = -inf

    def __len__(self) -> int:
        return len(self._silent)

    def __contains__(self, peer: object) -> bool:
        return peer in self._silent

    @property
    def peers(self) -> tuple[bytes, ...]:
        """
        Who does not answer.
        """
        return tuple(self._silent)

    def began(self, peer: bytes) -> bool:
        """
        Somebody does not answer.

        @return: whether that is new.
        """
        if peer in self._silent:
            return False
        if len(self._silent) >= SILENT_MAXIMUM:
            del self._silent[next(iter(self._silent))]
        self._silent[peer] = None
        return True

    def ended(self, peer: bytes) -> bool:
        """
        Somebody was heard.

        @return: whether it had not answered.
        """
        wasSilent = peer in self._silent
        if wasSilent:
            self.forget(peer)
            self._thawed = self._clock.seconds()
        return wasSilent

    def forget(self, peer: bytes) -> None:
        """
        Whether somebody is silent is of no interest any more.
        """
        self._silent.pop(peer, None)

    def decide(self) -> list[bytes]:
        """
        Everybody else was asked, too: decide when those are accused about whom that was not decided yet.

        @return: who is to be asked once more first: the last one that is silent where others just came back.
        """
        now = self._clock.seconds()
        undecided = [peer for peer, when in self._silent.items() if when is None]
        isAlone = len(self._silent) == 1
        if isAlone and now - self._thawed < THAWING:
            return undecided
        for peer in undecided:
            when = now if isAlone else now + self._random.uniform(0, WAIT_MEMBER * self._size())
            self._silent[peer] = max(when, self._earliest(peer))
        return []

    def due(self) -> list[bytes]:
        """
        Who is to be accused now.  Each is named once, and again only after it was heard.
        """
        now = self._clock.seconds()
        found = [peer for peer, when in self._silent.items() if when is not None and when <= now]
        for peer in found:
            self._silent[peer] = float("inf")
        return found
