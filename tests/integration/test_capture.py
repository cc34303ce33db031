"""
C{wand capture} on real taps, read by tcpdump; and its bad days.
"""

from __future__ import annotations

import re
import shutil
import signal
import subprocess
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Final

import pytest
from pcapng_reader import ReadFile, readCapture

from wand.lab import Lab, execute, wait
from wand.lab.commands import PYTHON
from wand.lab.deployment import Deployment
from wand.lab.loop import Loop
from wand.lab.topology import Node, topology

#: Reads a capture from a file, or from a pipe.
TCPDUMP: Final = ("tcpdump", "-Z", "root", "-n", "-r")

Begin = Callable[..., "subprocess.Popen[bytes]"]


@pytest.fixture(scope="module")
def network(lab: Lab, loop: Loop) -> Deployment:
    """
    Three members.
    """
    network = Deployment(lab, topology(count=3), loop)
    network.startAll()
    for node in network.topology.nodes:
        network.admit(node)
    network.awaitTables()
    return network


@pytest.fixture
def begin(network: Deployment) -> Iterator[Begin]:
    """
    Begins a capture of the first node: called with words for the command, and where its output goes.  It returns when
    frames are being captured.
    """
    with ExitStack() as stack:

        def begin(*words: str, output: int | None = None) -> subprocess.Popen[bytes]:
            node = network.topology.nodes[0]
            before = network.counters(node)["captures"]
            command = (*PYTHON, "wand.cli.main", "--control", str(network.files.control(node)), "capture", *words)
            started = subprocess.Popen(command, stdout=output, stderr=subprocess.PIPE)
            stack.callback(started.wait, 30)
            stack.callback(started.kill)
            wait(lambda: network.counters(node)["captures"] > before, 30, "a capture")
            if (path := words[1]) != "-":
                wait(lambda: Path(path).exists() and Path(path).stat().st_size, 30, "the beginning of the file")
            return started

        yield begin


def test_everythingIsCaptured(network: Deployment, begin: Begin, tmp_path: Path) -> None:
    """
    Frames of both directions, as tcpdump and capinfos read them; a note says that there is a capture.
    """
    one, two, three = network.topology.nodes
    path = tmp_path / "frames.pcapng"
    capture = begin("-w", str(path))
    assert any("are being captured" in note for note in network.status(one).notes)
    network.ping(one, [two, three])
    capture.send_signal(signal.SIGINT)
    assert capture.wait(60) == 0
    lines = [line for line in execute(*TCPDUMP, str(path)).splitlines() if "ICMP" in line]
    for other in (two, three):
        for way in (
            f"{one.inside} > {other.inside}: ICMP echo request",
            f"{other.inside} > {one.inside}: ICMP echo re",
        ):
            assert any(way in line for line in lines), way
    assert {each.comment for each in read(path).frames} >= {two.name, three.name}
    if shutil.which("capinfos"):
        assert re.search(r"Number of packets: +(\d+)", execute("capinfos", "-M", str(path)))
    wait(lambda: not isCaptured(network, one), 10, "the end of the note")


def test_onePeer(network: Deployment, begin: Begin, tmp_path: Path) -> None:
    """
    With a peer there are only its frames, and those to everybody.
    """
    one, two, three = network.topology.nodes
    path = tmp_path / "frames.pcapng"
    capture = begin("-w", str(path), "--peer", two.name, "icmp")
    network.ping(one, [three, two])
    capture.send_signal(signal.SIGINT)
    assert capture.wait(60) == 0
    assert {each.comment for each in read(path).frames} == {two.name}
    assert three.inside not in execute(*TCPDUMP, str(path))


def test_aFilter(network: Deployment, begin: Begin, tmp_path: Path) -> None:
    """
    What a filter wants tcpdump finds in the file, and nothing else: its own filter of the same words keeps all.
    """
    one, two, _ = network.topology.nodes
    path, words = tmp_path / "frames.pcapng", ("icmp", "and", "src", "host", two.inside)
    capture = begin("-w", str(path), "--count", "3", "--snap", "54", *words)
    network.awaitEcho(one, two)
    network.ping(one, [two])
    assert capture.wait(60) == 0
    every, wanted = (execute(*TCPDUMP, str(path), *each).splitlines() for each in ((), words))
    assert len(every) == 3
    assert every == wanted
    assert all(len(each.octets) == 54 < each.size for each in read(path).frames)


def test_aPipe(network: Deployment, begin: Begin) -> None:
    """
    Into a pipe the frames come as they pass; when the reader goes, the capture ends.
    """
    one, two, _ = network.topology.nodes
    capture = begin("-w", "-", "icmp", output=subprocess.PIPE)
    reader = subprocess.Popen((*TCPDUMP, "-", "-c", "2"), stdin=capture.stdout, stdout=subprocess.PIPE, text=True)
    assert capture.stdout is not None
    capture.stdout.close()
    network.ping(one, [two])
    assert reader.communicate(timeout=60)[0].count("ICMP echo") == 2
    network.ping(one, [two])
    assert capture.wait(60) == 0


def test_aFullDisk(network: Deployment, begin: Begin, tmp_path: Path) -> None:
    """
    When the disk is full the capture ends and says so; the file has every frame that it counts; the node goes on.
    """
    one, two, _ = network.topology.nodes
    execute("mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", str(tmp_path))
    try:
        capture = begin("-w", str(path := tmp_path / "frames.pcapng"))
        *_, last = network.transfer(one, two, 0.3)
        assert last.intact
        assert capture.wait(60) == 1
        assert capture.stderr is not None
        *_, said, problem = capture.stderr.read().decode().splitlines()
        assert problem == f"wand: cannot write {path}: No space left on device"
        found = read(path)
        assert said.startswith(f"{len(found.frames)} frames, {path.stat().st_size} octets")
        assert found.frames
        assert len(execute(*TCPDUMP, str(path)).splitlines()) == len(found.frames)
    finally:
        execute("umount", "--lazy", str(tmp_path))
    wait(lambda: not isCaptured(network, one), 10, "the end of the note")
    network.awaitEcho(one, two)


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGTERM])
def test_theCommandIsKilled(network: Deployment, begin: Begin, tmp_path: Path, how: signal.Signals) -> None:
    """
    What the file has by then can be read, and the node captures no more.
    """
    one, two, _ = network.topology.nodes
    capture = begin("-w", str(path := tmp_path / "frames.pcapng"), "icmp")
    network.ping(one, [two])
    wait(lambda: path.stat().st_size > 500, 10, "frames")
    capture.send_signal(how)
    capture.wait(60)
    wait(lambda: not isCaptured(network, one), 10, "the end of the note")
    assert "ICMP" in execute(*TCPDUMP, str(path))


def test_theCommandHangs(network: Deployment, begin: Begin, tmp_path: Path) -> None:
    """
    A command that reads no more holds nobody up: frames go on, what waits is bounded, and it says what was lost.
    """
    one, two, _ = network.topology.nodes
    capture = begin("-w", str(path := tmp_path / "frames.pcapng"))
    capture.send_signal(signal.SIGSTOP)
    *_, last = network.transfer(one, two, 2)
    assert last.intact
    wait(lambda: network.counters(one)["captured-lost"] > 0, 30, "lost frames")
    network.awaitEcho(one, two)
    capture.send_signal(signal.SIGCONT)
    capture.send_signal(signal.SIGINT)
    assert capture.wait(30) == 0
    statistics = read(path).statistics
    assert statistics is not None
    assert statistics[1] > 0


def test_theNodeIsKilled(network: Deployment, begin: Begin, tmp_path: Path) -> None:
    """
    When the node dies, the command ends and says so, with a whole file; started again, the node captures nothing.
    """
    one, two, _ = network.topology.nodes
    capture = begin("-w", str(path := tmp_path / "frames.pcapng"), "icmp")
    network.ping(one, [two])
    wait(lambda: path.stat().st_size > 500, 10, "frames")
    network.kill(one)
    assert capture.wait(60) != 0
    assert capture.stderr is not None
    assert "the program closed the connection" in capture.stderr.read().decode()
    found = read(path)
    assert found.statistics == (len(found.frames), 0)
    network.start(one)
    wait(lambda: network.ping(one, [two]), 20, "an echo")
    assert not isCaptured(network, one)


def read(path: Path) -> ReadFile:
    """
    Read a file.
    """
    return readCapture(path.read_bytes())


def isCaptured(network: Deployment, node: Node) -> bool:
    """
    Does the node say that frames are being captured?
    """
    return any("are being captured" in note for note in network.status(node).notes)
