"""
Parity: recovers lost chunks, on paths that lose datagrams at random.

The chunks of a superframe are dealt out to classes: with C{g} classes chunk C{i} belongs to class C{i % g}, so that
neighbours, which are lost together, are in different ones.  A class has at most L{CLASS} chunks and one parity, the
exclusive or of their pieces; it is a datagram of its own and as long as a whole chunk.  It can recover any one chunk of
the class.  Layout, big-endian; everything after the offset is the same as in the chunks:

    kind 5 (1) | offset of the class's first chunk (2) | superframe (2) | total (2) | GSO size (2) | size of headers (1)
    | headers | parity
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from wand.counters import Counters
from wand.superframes.cutting import CHUNKS_MAXIMUM, COMMON_START, PIECE_MINIMUM, PREFIX, headOf
from wand.superframes.stretch import Stretch
from wand.underlay.slots import Slots

COUNTERS: Final = {
    "chunks-rebuilt": "chunks that were lost and recovered from parity",
    "drop-parity-malformed": "parities dropped: their superframe cannot have them",
}

#: The first octet of a parity's plaintext.
PARITY: Final = 5

#: The most chunks of a class: one datagram in 17 is parity.  At 1 % loss one class in 80 loses two.  With 8 instead of
#: 16, TCP got 18 % more there and 5 % less at 0.1 %, and the path carried twice the parity.
CLASS: Final = 16

#: A chunk or parity that came: the octets of its offset, its slot, the octets of its plaintext.
Piece = tuple[bytes, int, int]


def classesOf(total: int, piece: int) -> tuple[int, int]:
    """
    How many chunks a superframe has, and how many classes.

    @param total: octets of its payload.
    @param piece: octets of the payload of each chunk but the last.
    @return: no classes if it has no parity: it is one chunk, or parities and chunks are too many.
    """
    count = -(-total // piece)
    classes = -(-count // CLASS)
    return count, classes if 1 < count <= CHUNKS_MAXIMUM - classes else 0


# HOT PATH on paths that lose datagrams
def paritiesOf(superframe: Stretch, chunks: Sequence[memoryview]) -> list[memoryview]:
    """
    Make the parities of a superframe.  One fold makes those of all classes, in 45 us for 60,000 octets.

    @param chunks: its chunks.
    @return: plaintexts, to be sent before the chunks; none if the superframe has no parity.
    """
    total, payload = superframe.headers.total, superframe.pieces[0]
    prefix = PREFIX + len(superframe.headers.octets)
    piece = len(chunks[0]) - prefix
    _, classes = classesOf(total, piece)
    if not classes:
        return []
    row = classes * piece
    fold = 0
    for first in range(0, total, row):
        fold ^= int.from_bytes(payload[first : first + row], "little")
    folded = fold.to_bytes(row, "little")
    common = bytes(chunks[0][COMMON_START:prefix])
    return [
        memoryview(b"%c%b%b%b" % (PARITY, offset.to_bytes(2, "big"), common, folded[offset : offset + piece]))
        for offset in range(0, row, piece)
    ]


# HOT PATH on paths that lose datagrams
def unfinished(
    slots: Slots, chunks: Sequence[int], sizes: Sequence[int], parities: Sequence[tuple[int, int]]
) -> int | None:
    """
    Is more of the last superframe to come?  A lost chunk can be recovered only from all the others.  Nothing is
    checked here.

    @param chunks: the slots that hold chunks.
    @param sizes: the octets of their plaintexts.
    @param parities: the slots that hold parities, one at least, and the octets of their plaintexts.
    @return: the slot where it begins, with its parities; C{None} if its last chunk arrived, or it has no parity.
    """
    first, _ = parities[-1]
    common = headOf(slots, first)[2:]
    if chunks and chunks[-1] > first:
        head = headOf(slots, chunks[-1])
        end = int.from_bytes(head[:2], "big") + sizes[-1] - COMMON_START - len(common)
        if head[2:] != common or end >= int.from_bytes(common[2:4], "big"):
            return None
    for slot, _ in reversed(parities):
        if headOf(slots, slot)[2:] != common:
            break
        first = slot
    return first


class Rebuilder:
    """
    Recovers lost chunks, in the slots of their parities.
    """

    def __init__(self, slots: Slots, counters: Counters) -> None:
        self._slots = slots
        self._counters = counters
        counters.declare(COUNTERS)

    def rebuild(self, chunks: Sequence[Piece], parities: Sequence[Piece], prefix: int, total: int) -> Iterator[Piece]:
        """
        Recover what can be recovered of one superframe.  Each class costs at most one fold, however many parities it
        has.  A recovered chunk has yet to be checked, like a received one.

        @param prefix: octets before the payload, in chunks and parities.
        @param total: octets of the superframe's payload.
        """
        there = {int.from_bytes(octets, "big"): (slot, size - prefix) for octets, slot, size in chunks}
        for octets, slot, size in parities:
            piece, offset = size - prefix, int.from_bytes(octets, "big")
            if not PIECE_MINIMUM <= piece < total or not self._isFirst(offset, piece, total):
                self._counters["drop-parity-malformed"] += 1
                continue
            missing = self._missing(there, offset, piece, total)
            if missing is not None:
                lost, others = missing
                length = min(piece, total - lost)
                self._make(slot, prefix, piece, length, others)
                self._counters["chunks-rebuilt"] += 1
                there[lost] = slot, length
                yield lost.to_bytes(2, "big"), slot, prefix + length

    def _isFirst(self, offset: int, piece: int, total: int) -> bool:
        return not offset % piece and offset // piece < classesOf(total, piece)[1]

    def _missing(
        self, there: dict[int, tuple[int, int]], first: int, piece: int, total: int
    ) -> tuple[int, list[tuple[int, int]]] | None:
        """
        @return: the offset of the one chunk that a class lacks, and slots and lengths of the others; C{None} if it does
            not lack exactly one, or the others have the wrong lengths.
        """
        _, classes = classesOf(total, piece)
        lost, others = [], []
        for offset in range(first, total, classes * piece):
            found = there.get(offset)
            if found is None:
                lost.append(offset)
            elif found[1] != min(piece, total - offset):
                return None
            else:
                others.append(found)
        return (lost[0], others) if len(lost) == 1 else None

    def _make(self, slot: int, prefix: int, piece: int, length: int, others: Sequence[tuple[int, int]]) -> None:
        view, stride = self._slots.view, self._slots.stride
        first = slot * stride + prefix
        fold = int.from_bytes(view[first : first + piece], "little")
        for other, itsLength in others:
            start = other * stride + prefix
            fold ^= int.from_bytes(view[start : start + itsLength], "little")
        view[first : first + length] = fold.to_bytes(piece, "little")[:length]
