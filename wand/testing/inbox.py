"""
Datagrams that wait at a port of a simulated network, and how they are handed over.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final

import attrs

from wand.endpoint import Endpoint
from wand.health.failures import Failures
from wand.underlay.ports import DatagramReceiver, TrainReceiver
from wand.underlay.slots import Slots

#: How many datagrams wait at one port, at most; those beyond are lost, as in a socket buffer.
INBOX_MAXIMUM: Final = 10_000

#: How many datagrams make a train, at most, as in Linux.
TRAIN_MAXIMUM: Final = 64


@attrs.frozen
class Datagram:
    """
    A datagram that a port sent.

    @ivar time: when it was sent, in the clock's seconds.
    """

    time: float
    sender: Endpoint
    destination: Endpoint
    payload: bytes


class SimulatedInbox:
    """
    The datagrams that wait at a port.  All that arrive in one turn make one batch.
    """

    def __init__(
        self,
        later: Callable[[Callable[[], object]], object],
        receiver: DatagramReceiver,
        trains: TrainReceiver | None,
        failures: Failures | None,
    ) -> None:
        """
        @param later: calls in the next turn of the clock.
        @param trains: the same receiver, if it takes trains.
        @param failures: what counts and logs a receiver that raises; without it, the exception is raised to the test.
        """
        self._later = later
        self._receiver = receiver
        self._trains = trains
        self._failures = failures
        self._waiting: deque[Datagram] = deque()
        self._closed = False

    def put(self, datagram: Datagram) -> None:
        """
        Let a datagram wait, unless too many do.
        """
        if len(self._waiting) >= INBOX_MAXIMUM:
            return
        if not self._waiting:
            self._later(self._drain)
        self._waiting.append(datagram)

    def close(self) -> None:
        """
        Lose what waits, and hand over nothing more.
        """
        self._closed = True
        self._waiting.clear()

    def _drain(self) -> None:
        batch, self._waiting = self._waiting, deque()
        if not batch:
            return
        while batch and not self._closed:
            self._hand([batch.popleft()] if self._trains is None else _train(batch))
        if not self._closed:
            with self._guarded("batch of datagrams"):
                self._receiver.batchReceived()

    def _hand(self, train: list[Datagram]) -> None:
        size, last = len(train[0].payload), len(train[-1].payload)
        buffer = bytearray(b"".join(each.payload for each in train))
        with self._guarded("datagram"):
            if self._trains is None or len(train) == 1:
                self._receiver.datagramReceived(memoryview(buffer), train[0].sender)
            else:
                slots = Slots(max(size, 1), memoryview(buffer))
                self._trains.trainReceived(slots, 0, len(train), size, last, train[0].sender)
        # The real underlay uses its buffer again: whoever kept a view finds rubbish here too.
        buffer[:] = b"\xdd" * len(buffer)

    @contextmanager
    def _guarded(self, place: str) -> Iterator[None]:
        try:
            yield
        except Exception:
            if self._failures is None:
                raise
            self._failures.caught(place)


def _train(batch: deque[Datagram]) -> list[Datagram]:
    """
    Take the first train out of a batch: datagrams of one size from one sender, of which the last may be shorter.
    """
    train = [batch.popleft()]
    size = len(train[0].payload)
    while (
        batch
        and len(train) < TRAIN_MAXIMUM
        and len(train[-1].payload) == size
        and batch[0].sender == train[0].sender
        and len(batch[0].payload) <= size
    ):
        train.append(batch.popleft())
    return train


class Deaf:
    """
    Takes datagrams.
    """

    def datagramReceived(self, datagram: memoryview, sender: tuple[str, int]) -> None:
        """
        See L{wand.underlay.ports.DatagramReceiver}.
        """

    def batchReceived(self) -> None:
        """
        See L{wand.underlay.ports.DatagramReceiver}.
        """
