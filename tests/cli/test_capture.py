"""
Tests for the command that writes down frames.
"""

from __future__ import annotations

import resource
import signal
from pathlib import Path
from typing import Any

import pytest
import pytest_twisted
from command_runs import Bench, Run
from pcapng_reader import readCapture
from twisted.internet import reactor
from twisted.internet.task import deferLater

from wand.capture.pcapng import Direction, frameBlock, head
from wand.capture.recording import Wanted
from wand.cli.capture import capture
from wand.cli.capture_file import CaptureFile
from wand.errors import WandError

FRAME = b"\2\0\0\0\0\2" + b"\2\0\0\0\0\1" + b"\x88\xb5" + b"payload"


async def feed(bench: Bench, run: Run, until: int = 3_000) -> None:
    """
    Let frames pass until the command ended, or so many.
    """
    for _ in range(until):
        if run.ended.called:
            return
        bench.program.heard(Direction.LEAVING, "alice", FRAME)
        await deferLater(reactor, 0.02)  # type: ignore[arg-type] # the reactor is a module to mypy


@pytest_twisted.ensureDeferred
async def test_capture(bench: Bench, tmp_path: Path) -> None:
    """
    The file has as many frames as are wanted, and how many were lost; nobody else can read it, and it is said that it
    is not protected.
    """
    path = tmp_path / "frames.pcapng"
    run = bench.start("capture", "-w", str(path), "--count", "3", "--snap", "20", "ether", "proto", "0x88b5")
    await feed(bench, run)
    found = readCapture(path.read_bytes())
    assert (run.status, run.out) == (0, "")
    warning, summary = run.err.splitlines()
    assert "not protected" in warning
    assert summary == f"3 frames, {path.stat().st_size} octets"
    assert [(each.octets, each.size, each.comment) for each in found.frames] == [(FRAME[:20], 21, "alice")] * 3
    assert found.statistics == (3, 0)
    assert path.stat().st_mode & 0o777 == 0o600
    assert bench.program.recordings == []


@pytest_twisted.ensureDeferred
async def test_someSeconds(bench: Bench, tmp_path: Path) -> None:
    """
    It ends after some seconds, also if nothing passes.
    """
    path = tmp_path / "frames.pcapng"
    status, out, err = await bench.run("capture", "-w", str(path), "--seconds", "0.1")
    assert (status, out, err.splitlines()[-1]) == (0, "", f"0 frames, {path.stat().st_size} octets")
    assert readCapture(path.read_bytes()).frames == []


@pytest_twisted.ensureDeferred
async def test_interrupted(bench: Bench, tmp_path: Path) -> None:
    """
    Ctrl-C ends it with success, and the file is whole.
    """
    path = tmp_path / "frames.pcapng"
    run = bench.start("capture", "-w", str(path))
    while not path.exists() and not run.ended.called:
        await deferLater(reactor, 0.02)  # type: ignore[arg-type]
    await feed(bench, run, 5)
    run.signal(signal.SIGINT)
    await run.ended
    assert run.status == 0
    found = readCapture(path.read_bytes())
    assert found.statistics == (len(found.frames), 0)
    assert len(found.frames) == 5


@pytest_twisted.ensureDeferred
async def test_wiresharkIsClosed(bench: Bench) -> None:
    """
    A reader that goes away ends it quietly.
    """
    run = bench.start("capture", "-w", "-")
    run.stopReading()
    await feed(bench, run)
    assert run.status == 0
    assert "Traceback" not in run.err
    assert "Broken" not in run.err


@pytest_twisted.ensureDeferred
async def test_refused(bench: Bench, tmp_path: Path) -> None:
    """
    A filter that is none leaves the file alone; a file that cannot be written is said, and the capture ends.
    """
    path = tmp_path / "frames.pcapng"
    path.write_text("before")
    status, _, err = await bench.run("capture", "-w", str(path), "hots")
    assert (status, path.read_text()) == (1, "before")
    assert "'hots' is unknown" in err
    status, _, err = await bench.run("capture", "-w", str(tmp_path / "missing" / "frames"), "arp")
    assert (status, "No such file or directory" in err) == (1, True)
    status, _, err = await bench.run("capture", "-w", "/dev/full")
    assert (status, err.splitlines()[-1]) == (1, "wand: cannot write /dev/full: No space left on device")
    assert bench.program.recordings == []


class Stepped:
    """
    A session on a host whose clock somebody sets while a capture runs.
    """

    def __init__(self, step: float) -> None:
        self.step = step
        self.now = 1_000_000.0
        self.elapsed = 50.0
        self.connected = True

    async def client(self) -> Stepped:
        return self

    async def beginCapture(self, wanted: Wanted, take: object) -> bytes:
        return b"head"

    async def endCapture(self) -> int:
        return 0

    async def sleep(self, seconds: float) -> None:
        assert seconds <= 1
        self.elapsed += seconds
        self.now += seconds + self.step
        assert self.elapsed < 100


@pytest.mark.parametrize("step", [-3600.0, 3600.0])
def test_theClockIsSet(tmp_path: Path, step: float) -> None:
    """
    Some seconds are as long as they are, whatever the clock says meanwhile.
    """
    session: Any = Stepped(step)
    command = capture.make_context("capture", ["-w", str(tmp_path / "frames.pcapng"), "--seconds", "3"])
    operation = capture.callback(**command.params)  # type: ignore[misc]
    with pytest.raises(StopIteration):
        operation.run(session).send(None)
    assert session.elapsed == pytest.approx(53.0)


def test_aFullDisk(tmp_path: Path) -> None:
    """
    What was written until the disk was full is a file that can be read, and the summary says what is in it.
    """
    path = tmp_path / "frames.pcapng"
    file = CaptureFile(str(path), None)
    file.begin(head("wand", "wan0", 65_000))
    block = frameBlock(Direction.LEAVING, FRAME, 1.0, b"alice", 65_000)
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    before = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (file.octets + 5 * len(block) + 7, limits[1]))
    try:
        file.take(block, 1, 0)
        for _ in range(3):
            file.take(block * 9, 9, 0)
        with pytest.raises(WandError, match="File too large"):
            file.finish(2.0)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
        signal.signal(signal.SIGXFSZ, before)
    assert (file.isWhole, file.frames, path.stat().st_size) == (True, 5, file.octets)
    assert len(readCapture(path.read_bytes()).frames) == 5
