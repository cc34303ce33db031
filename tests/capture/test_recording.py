"""
Tests for what is written of frames: L{wand.capture.recording} and L{wand.capture.pcapng}, read by a reader of its own.
"""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pcapng_reader import readCapture

from wand.capture.pcapng import SNAP_MAXIMUM, Direction, frameBlock, head, statistics, wholeBlocks
from wand.capture.recording import EVERYBODY, Recording, Wanted
from wand.control.values import VALUE_MAXIMUM
from wand.errors import FilterInvalid, WandError

ALICE, BOB = b"a" * 32, b"b" * 32
NAMES = {ALICE: "alice", BOB: "bób"}
FRAME = b"\2\0\0\0\0\2" + b"\2\0\0\0\0\1" + b"\x88\xb5" + b"payload"
NOW = 1_790_000_000.25


def record(wanted: Wanted, *heard: tuple[Direction, bytes | None, bytes], peer: bytes | None = None) -> list[bytes]:
    """
    The blocks of some frames.
    """
    blocks: list[bytes] = []
    recording = Recording(wanted, peer, NAMES.__getitem__, lambda: NOW, blocks.append)  # type: ignore[arg-type]
    for each in heard:
        recording.heard(*each)
    return blocks


HEARD = ((Direction.LEAVING, ALICE, FRAME), (Direction.ARRIVING, BOB, FRAME + b"!"), (Direction.LEAVING, None, FRAME))


def test_file() -> None:
    """
    A file has its interface, every frame with time, direction and the name of the peer, and how many are missing.
    """
    found = readCapture(head("wand 1", "wan0", 96) + b"".join(record(Wanted(), *HEARD)) + statistics(NOW, 7, 2))
    assert (found.application, found.interface, found.linkType, found.snap) == ("wand 1", "wan0", 1, 96)
    assert [(each.direction, each.comment, each.octets) for each in found.frames] == [
        (2, "alice", FRAME),
        (1, "bób", FRAME + b"!"),
        (2, EVERYBODY, FRAME),
    ]
    assert {each.epoch for each in found.frames} == {NOW}
    assert found.statistics == (7, 2)


def test_onePeer() -> None:
    """
    Of one peer there is what it sends, what it is sent, and what everybody is sent.
    """
    found = readCapture(b"".join(record(Wanted(), *HEARD, peer=BOB)))
    assert [each.comment for each in found.frames] == ["bób", EVERYBODY]


def test_countAndFilter() -> None:
    """
    Only frames that are wanted count.
    """
    blocks = record(Wanted(filter="ether proto 0x88b5", count=2), (Direction.LEAVING, ALICE, bytes(60)), *HEARD)
    assert [each.comment for each in readCapture(b"".join(blocks)).frames] == ["alice", "bób"]


def test_refused() -> None:
    """
    What cannot be so is refused before anything begins.
    """
    for wanted in (Wanted(count=-1), Wanted(snap=13), Wanted(snap=SNAP_MAXIMUM + 1)):
        with pytest.raises(WandError):
            record(wanted)
    with pytest.raises(FilterInvalid):
        record(Wanted(filter="nonsense"))


@given(st.binary(min_size=14, max_size=300), st.integers(14, 200))
def test_snap(frame: bytes, snap: int) -> None:
    """
    Not more of a frame is kept than is wanted, and its length is told.
    """
    (found,) = readCapture(b"".join(record(Wanted(snap=snap), (Direction.ARRIVING, ALICE, frame)))).frames
    assert (found.octets, found.size) == (frame[:snap], len(frame))


def test_theLargestBlock() -> None:
    """
    The largest block fits into one value of the control socket.
    """
    blocks: list[bytes] = []
    recording = Recording(Wanted(), None, lambda peer: "x" * 5_000, lambda: NOW, blocks.append)
    recording.heard(Direction.ARRIVING, ALICE, bytes(70_000))
    assert len(blocks[0]) <= VALUE_MAXIMUM
    assert readCapture(blocks[0]).frames[0].size == 70_000


@given(st.lists(st.binary(min_size=14, max_size=60), max_size=5), st.integers(0, 500))
def test_whatThereIsOfAFileThatWasCut(frames: list[bytes], size: int) -> None:
    """
    Cut anywhere, the whole blocks are a file that can be read, with as many frames as are said.
    """
    beginning = head("wand", "wan0", 100)
    octets = beginning + b"".join(frameBlock(Direction.LEAVING, each, 1.0, b"bob", 100) for each in frames)
    kept, count = wholeBlocks(octets, min(size, len(octets)))
    assert kept <= size
    if kept >= len(beginning):
        assert [each.octets for each in readCapture(octets[:kept]).frames] == frames[:count]


@given(st.binary(max_size=60), st.integers(0, 60))
def test_whatIsNoFile(octets: bytes, size: int) -> None:
    """
    Of octets that are no blocks only so many are kept as there are.
    """
    assert wholeBlocks(octets, min(size, len(octets)))[0] <= size
