"""
Datagrams in a stream: each with its length before it.

    length (2) | datagram (length)

Datagrams of one size that come together are handed over as a train, as a UDP port with C{UDP_GRO} would.
"""

from __future__ import annotations

from collections.abc import Iterator
from mmap import mmap
from typing import Final

from wand.errors import WandError
from wand.health.failures import Failures
from wand.underlay.offload import TRAIN_MAXIMUM
from wand.underlay.ports import DATAGRAM_MAXIMUM, TrainReceiver
from wand.underlay.slots import Slots

#: Octets of a length.
PREFIX: Final = 2

#: For how many sizes of datagrams memory is laid out; sizes come from peers.
SIZES_MAXIMUM: Final = 16

#: How many datagrams or trains are handed over before others may have their turn.
STEP: Final = 16

#: Octets of the longest train that is handed over.
_ROW: Final = 128 << 10

#: How many octets of a request for a WebSocket are read.
REQUEST_MAXIMUM: Final = 16_384


class StreamInvalid(WandError):
    """
    What came in a stream cannot be what a member sends; the text says why.
    """


def framed(datagram: bytes | bytearray | memoryview) -> bytes:
    """
    A datagram with its length before it.
    """
    return b"".join((len(datagram).to_bytes(PREFIX, "big"), datagram))


# HOT PATH
def framedTrain(datagrams: memoryview, size: int) -> bytes:
    """
    Contiguous datagrams, each with its length before it.

    @param size: octets of each; the last may be shorter.
    """
    total = len(datagrams)
    prefix = size.to_bytes(PREFIX, "big")
    pieces = [datagrams[first : first + size] for first in range(0, total, size)]
    if total % size:
        last = pieces.pop()
        return b"".join((prefix, prefix.join(pieces), framed(last))) if pieces else framed(last)
    return prefix + prefix.join(pieces)


class Rows:
    """
    Memory for trains, laid out once for each size; all streams of a port share it.
    """

    def __init__(self) -> None:
        self._memory = memoryview(mmap(-1, _ROW))  # resident only where it is used
        self._slots: dict[int, Slots] = {}

    # HOT PATH
    def filled(self, octets: memoryview, size: int) -> Slots:
        """
        The slots of a train.

        @param octets: the datagrams, with the lengths between them.
        @param size: octets of each datagram.
        """
        slots = self._slots.get(size)
        if slots is None:
            if len(self._slots) >= SIZES_MAXIMUM:
                self._slots.clear()
            slots = self._slots[size] = Slots(size + PREFIX, self._memory)
        self._memory[: len(octets)] = octets
        return slots


class Deframer:
    """
    Takes the octets of one stream, in whatever pieces they come.

    @ivar count: how many datagrams came.
    """

    def __init__(self, receiver: TrainReceiver, sender: tuple[str, int], rows: Rows, failures: Failures) -> None:
        """
        @param sender: whom the receiver is told that datagrams come from.
        @param failures: counts and logs a receiver that raises.
        """
        self.count = 0
        self._receiver = receiver
        self._sender = sender
        self._rows = rows
        self._failures = failures
        self._rest = b""

    # HOT PATH
    def take(self, octets: bytes | bytearray | memoryview) -> Iterator[int]:
        """
        Hand over the datagrams that are complete, as far as what this gives is asked for.

        @return: how many lengths were read at each step, L{STEP} at most.
        @raise StreamInvalid: if a length is more than any datagram has.
        """
        whole = self._rest + octets if self._rest else octets
        view, at, steps = memoryview(whole), 0, 0
        end = len(view)
        while end - at >= PREFIX:
            size = view[at] << 8 | view[at + 1]
            if size > DATAGRAM_MAXIMUM:
                raise StreamInvalid(f"a datagram of {size} octets")
            if end - at < PREFIX + size:
                break
            at = self._hand(view, at, size) if size else at + PREFIX
            steps += 1
            if steps == STEP:
                yield steps
                steps = 0
        self._rest = bytes(view[at:])
        if steps:
            yield steps

    def _hand(self, view: memoryview, at: int, size: int) -> int:
        """
        Hand over the train that begins here, or the datagram.

        @return: where the next one begins.
        """
        stride = size + PREFIX
        count = _equalPrefixes(view, at, stride)
        after = at + count * stride
        try:
            if count == 1:
                self._receiver.datagramReceived(view[at + PREFIX : after], self._sender)
            else:
                slots = self._rows.filled(view[at + PREFIX : after], size)
                self._receiver.trainReceived(slots, 0, count, size, size, self._sender)
        except Exception:
            self._failures.caught("datagram", plugin=self._receiver)
        self.count += count
        return after


# HOT PATH
def _equalPrefixes(view: memoryview, at: int, stride: int) -> int:
    """
    How many complete datagrams of one size begin here, one behind the other; no more than a train has.
    """
    count = min(TRAIN_MAXIMUM, _ROW // stride, (len(view) - at) // stride)
    if count < 2:
        return 1
    end = at + count * stride
    high, low = bytes(view[at:end:stride]), bytes(view[at + 1 : end : stride])
    return count - max(len(high.lstrip(high[:1])), len(low.lstrip(low[:1])))
