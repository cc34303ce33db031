"""
Tests for L{wand.logs.unwaited}: no program waits for whoever reads its log.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from threading import Event, Thread
from typing import Any, TextIO

import pytest
from twisted.logger import globalLogPublisher

from wand.logs.outputs import textOutput
from wand.logs.unwaited import PIECE, unwaited


@pytest.fixture
def pipe() -> Iterator[tuple[int, TextIO]]:
    """
    A pipe, never waited for where it is read, and where it is written.
    """
    reading, writing = os.pipe()
    os.set_blocking(reading, False)
    with os.fdopen(writing, "w", encoding="ascii") as file:
        yield reading, file
    os.close(reading)


def fill(descriptor: int) -> None:
    """
    Leave no room.
    """
    os.set_blocking(descriptor, False)
    with suppress(BlockingIOError):
        while True:
            os.write(descriptor, bytes(PIECE))
    os.set_blocking(descriptor, True)


def empty(descriptor: int) -> bytes:
    """
    Read all that is there.
    """
    found = b""
    with suppress(BlockingIOError):
        while True:
            found += os.read(descriptor, PIECE)
    return found


def test_nobodyReads(pipe: tuple[int, TextIO]) -> None:
    """
    What a reader has no room for is lost, without waiting, and how much that is comes after the next message.
    """
    reading, file = pipe
    log = unwaited(file)
    observer = textOutput(log)
    globalLogPublisher.addObserver(observer)
    try:
        fill(file.fileno())
        for _ in range(3):
            log.write("lost\n")
        empty(reading)
        log.write("told\n")
    finally:
        globalLogPublisher.removeObserver(observer)
    text = empty(reading).decode()
    assert text.startswith("told\n")
    assert "messages of this log are lost, because its reader had no room for them: 3" in text


def test_aLongMessageIsCut(pipe: tuple[int, TextIO]) -> None:
    """
    Of a message for which there is room in part its beginning is told, and the next one begins a line.
    """
    reading, file = pipe
    log = unwaited(file)
    log.write("x" * 1_000_000 + "\n")
    assert empty(reading).strip(b"x") == b""
    log.write("next\n")
    assert empty(reading) == b"\nnext\n"


def test_whatAPipeCanNotSay(pipe: tuple[int, TextIO]) -> None:
    """
    A character that its encoding does not have is told by its number.
    """
    reading, file = pipe
    unwaited(file).write("ü\n")
    assert empty(reading) == b"\\xfc\n"


def test_severalThreads(pipe: tuple[int, TextIO]) -> None:
    """
    Messages come from all threads; none waits, none fails, and none is cut by another.
    """
    reading, file = pipe
    log = unwaited(file)
    failed: list[BaseException] = []

    def say(letter: str) -> None:
        try:
            for _ in range(2000):
                log.write(letter * 100 + "\n")
        except RuntimeError as error:
            failed.append(error)

    threads = [Thread(target=say, args=(letter,), daemon=True) for letter in "abcd"]
    for thread in threads:
        thread.start()
    found = b""
    while any(each.is_alive() for each in threads):
        found += empty(reading)
    lines = (found + empty(reading)).split()
    assert not failed
    assert {*lines} <= {letter * 100 for letter in (b"a", b"b", b"c", b"d")}


def test_aThreadThatWaits(pipe: tuple[int, TextIO]) -> None:
    """
    A thread that waits nevertheless, since somebody else fills the same pipe, keeps no other from going on.
    """
    reading, file = pipe
    log = unwaited(file)
    stuck: Any = log
    held, done = Event(), Event()

    def hold() -> None:
        with stuck._lock:
            held.set()
            done.wait(60)

    thread = Thread(target=hold)
    thread.start()
    held.wait(60)
    log.write("lost\n")
    done.set()
    thread.join()
    log.write("told\n")
    assert empty(reading) == b"told\n"


def test_aFileIsWaitedFor(tmp_path: Path) -> None:
    """
    A file has no reader, and is as it was.
    """
    with (tmp_path / "log").open("w") as file:
        assert unwaited(file) is file
