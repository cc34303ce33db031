"""
What went to a peer lately: if the way that it took turns out to be dead, the same datagrams go once more over another.
The peer's replay window drops those that came after all, so nothing is doubled.

Lone datagrams are kept, and short ones that left in a train; not trains of long ones, for those are TCP's, which knows
what is lost.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from math import inf
from typing import Final, TypeAlias

from wand.sealed.sessions.packets import DATA_OVERHEAD
from wand.sealed.sessions.presence import PRESENCE_SIZE
from wand.underlay.ports import DatagramSender

#: Seconds for which it is kept.  A dead way is given up after a second and a half; its other end may need longer.
KEPT: Final = 2.5

#: Seconds after which what was kept since is put aside; so much longer it may be kept.
STEP: Final = 0.5

#: How many sends are kept of one step, and how many octets of trains.
STEP_COUNT: Final = 256
STEP_OCTETS: Final = 0x10000

#: Octets that are kept in all, once a step is over.
OCTETS_MAXIMUM: Final = 0x40000

#: Octets of the longest datagrams of a train that is kept.
SHORT: Final = 600

#: Octets of a datagram that holds a presence, which is of no use over another way.
_PRESENCE: Final = PRESENCE_SIZE + DATA_OVERHEAD

#: Datagrams of one send, and octets of each but the last.
Sent: TypeAlias = tuple[bytes, int]


class Recent:
    """
    What went to one peer.  An idle peer costs nothing: what is old is let go, and so is what holds it.

    @ivar keep: takes a datagram that was sent alone.
    """

    __slots__ = ("_agedAt", "_newest", "_octets", "_older", "keep")

    def __init__(self) -> None:
        self.keep: Callable[[bytes], object] = self._begin
        self._newest: deque[bytes | Sent] = _NOTHING
        self._older: list[tuple[float, deque[bytes | Sent]]] = []
        self._octets = 0
        self._agedAt = -inf

    def _begin(self, datagram: bytes) -> None:
        self._newest = deque((datagram,), maxlen=STEP_COUNT)
        self.keep = self._newest.append

    def keepTrain(self, datagrams: bytes, size: int) -> None:  # HOT PATH
        """
        Keep a train of short datagrams.

        @param size: octets of each but the last.
        """
        self._octets += len(datagrams)
        if self._octets <= STEP_OCTETS:
            if not self._newest:
                self._begin(b"")
            self._newest.append((datagrams, size))

    @property
    def due(self) -> float:
        """
        When L{age} has something to do; infinite if nothing is kept.
        """
        return self._agedAt + STEP if self._newest or self._older else inf

    def age(self, now: float) -> None:
        """
        Let go of what is old.
        """
        if now < self.due:
            return
        self._agedAt = now
        if self._newest:
            self._older.append((now, self._newest))
        self._stop()
        self._older = [each for each in self._older if each[0] > now - KEPT]
        while sum(_octetsOf(each) for _, each in self._older) > OCTETS_MAXIMUM:
            del self._older[0]

    def forget(self) -> None:
        """
        Nothing that went is of any use to the peer.
        """
        self._stop()
        self._older.clear()

    def sent(self) -> Iterator[Sent]:
        """
        What is kept, the oldest first.
        """
        return reversed(tuple(self.newest()))

    def newest(self) -> Iterator[Sent]:
        """
        What is kept, the newest first.
        """
        for datagrams in (self._newest, *(each for _, each in reversed(self._older))):
            for each in reversed(datagrams):
                if not isinstance(each, bytes):
                    yield each
                elif each and len(each) != _PRESENCE:
                    yield each, len(each)

    def repeat(self, now: float, port: DatagramSender, place: tuple[str, int]) -> int:
        """
        Send it once more; only what the system refuses is kept after that.

        @return: how many datagrams went.
        """
        self._older = [each for each in self._older if each[0] > now - KEPT]
        sent, left = list(self.sent()), deque[bytes | Sent](maxlen=STEP_COUNT)
        count = 0
        for datagrams, size in sent:
            isLone = len(datagrams) <= size
            if port.send(datagrams, place) if isLone else port.sendTrain(memoryview(datagrams), size, place):
                count += -(-len(datagrams) // size)
            else:
                left.append((datagrams, size))
        self.forget()
        if left:
            self._older, self._agedAt = [(now, left)], now
        return count

    def _stop(self) -> None:
        self._newest, self.keep, self._octets = _NOTHING, self._begin, 0


#: What holds nothing, and never will.
_NOTHING: Final[deque[bytes | Sent]] = deque(maxlen=0)


class _NotKept(Recent):
    """
    Keeps nothing.
    """

    __slots__ = ()

    def __init__(self) -> None:
        super().__init__()
        self.keep = _NOTHING.append

    def keepTrain(self, datagrams: bytes, size: int) -> None:
        """
        Keep nothing.
        """

    def _stop(self) -> None:
        pass


#: For what is repeated anyway until it is answered, as is all that a directory server and members say to each other.
NOT_KEPT: Final[Recent] = _NotKept()


def _octetsOf(kept: deque[bytes | Sent]) -> int:
    return sum(len(each) if isinstance(each, bytes) else len(each[0]) for each in kept)
