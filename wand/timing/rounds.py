"""
Rounds of pushes: everybody is told of a change, without a storm of changes becoming a storm of datagrams.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable
from typing import Final, Generic, TypeVar

from twisted.internet.interfaces import IDelayedCall, IReactorTime

#: Seconds from the beginning of one round to the beginning of the next, at least.
ROUND_INTERVAL: Final = 0.25

#: Seconds from the beginning of one part of a round to that of the next, at least.
PORTION_INTERVAL: Final = 0.002

#: Octets sent in one part.  With L{PORTION_INTERVAL} that makes at most 10 MB/s, which a socket's queue and a server's
#: uplink can take.  A part takes a millisecond or two, and what came meanwhile is read before the next one, many
#: datagrams at a time: so thousands that announce themselves together do not wait for all that is to be told of them.
PORTION_OCTETS: Final = 20_000

#: Likewise in a round that has to stand back.
PORTION_OCTETS_BEHIND: Final = 2_000


Target = TypeVar("Target")


class PushRounds(Generic[Target]):
    """
    Sends in rounds.  The first change begins a round at once; those that come meanwhile are told together in the next.
    """

    def __init__(
        self,
        clock: IReactorTime,
        targets: Callable[[], Iterable[Target]],
        send: Callable[[Target], int],
        interval: float = ROUND_INTERVAL,
        mayHurry: Callable[[], bool] = lambda: True,
    ) -> None:
        """
        @param targets: gives the nodes of a round.
        @param send: tells one node and returns how many octets that took.
        @param interval: seconds from the beginning of one round to the beginning of the next, at least.
        @param mayHurry: if not, something else goes first, and little is sent meanwhile.
        """
        self._clock = clock
        self._targets = targets
        self._send = send
        self._interval = interval
        self._mayHurry = mayHurry
        self._round: deque[Target] = deque()
        self._next = 0.0
        self._again = False
        self._timer: IDelayedCall | None = None

    @property
    def isUnderWay(self) -> bool:
        """
        Are there nodes that are not told yet?
        """
        return bool(self._round)

    def changed(self) -> None:
        """
        There is something to tell.
        """
        if self._timer is None:
            self._begin()
        else:
            self._again = True

    def stop(self) -> None:
        """
        Send nothing more and leave no timer behind.
        """
        self._again = False
        self._round.clear()
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _begin(self) -> None:
        self._again = False
        self._round.extend(self._targets())
        self._next = self._clock.seconds() + self._interval
        self._continue()

    def _continue(self) -> None:
        octets, began = 0, self._clock.seconds()
        room = PORTION_OCTETS if self._mayHurry() else PORTION_OCTETS_BEHIND
        try:
            while self._round and octets < room:
                octets += self._send(self._round.popleft())
        finally:  # whatever one of them does, the others are told
            if self._round:
                took = self._clock.seconds() - began
                self._timer = self._clock.callLater(max(0.0, PORTION_INTERVAL - took), self._continue)
            else:
                self._timer = self._clock.callLater(max(0.0, self._next - self._clock.seconds()), self._end)

    def _end(self) -> None:
        self._timer = None
        if self._again:
            self._begin()
