"""
The modes of the underlay do to packets what they say.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

# The benchmarks are not installed; see tests/bench/conftest.py.
sys.path.append(str(Path(__file__).parents[2]))

from bench.modes import MODES
from wand.lab import Host, Lab, wait

pytestmark = pytest.mark.alone

_TRAINS, _TRAIN = 200, 40

# Receives until nothing more comes: datagrams, and pieces in which the kernel handed them over (udp(7), UDP_GRO).
_RECEIVE = """
import socket
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.setsockopt(socket.SOL_SOCKET, 33, 64 << 20)  # SO_RCVBUFFORCE
s.setsockopt(17, 104, 1)
s.bind(("0.0.0.0", 7000))
print("ready", flush=True)
sizes = []
try:
    while True:
        sizes.append(len(s.recv(65536)))
        s.settimeout(0.5)
except TimeoutError:
    print(sum(sizes) // 1400, len(sizes))
"""

_SEND = f"""
import socket, time
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.setsockopt(17, 103, 1400)
for _ in range({_TRAINS}):
    s.sendto(bytes(1400 * {_TRAIN}), ("198.51.100.2", 7000))
    time.sleep(0.001)
"""


def _packets(host: Host) -> int:
    (interface,) = json.loads(host.run("ip", "-s", "-j", "link", "show", "dev", "eth0"))
    return int(interface["stats64"]["rx"]["packets"])


@pytest.mark.parametrize(
    ("name", "crossing", "merged"),
    [("default", 1, True), ("wire", _TRAIN, True), ("no-gro", _TRAIN, False), ("loss-1", _TRAIN, True)],
)
def test_packetsCrossAsTheModeSays(name: str, crossing: int, merged: bool) -> None:
    """
    Trains of datagrams cross whole or packet by packet, and arrive merged or not; of those that are lost, about as many
    are as the mode says.
    """
    mode = next(mode for mode in MODES if mode.name == name)
    with Lab() as lab:
        arena = mode.prepare(lab)
        sink = arena.two.start("sink", sys.executable, "-c", _RECEIVE)
        wait(sink.tail, 10, "the receiver")
        before = _packets(arena.two)
        arena.one.run(sys.executable, "-c", _SEND)
        wait(lambda: not sink.isRunning, 10, "the end of the trains")
        crossed = _packets(arena.two) - before
        datagrams, pieces = map(int, sink.tail(1).split())
    sent = _TRAINS * _TRAIN
    assert datagrams > 0.97 * sent
    if mode.loss:
        assert datagrams < 0.998 * sent
    assert 0.97 * _TRAINS * crossing < crossed < _TRAINS * crossing + 20
    assert (pieces < datagrams / 4) == merged
