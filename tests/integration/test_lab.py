"""
The lab itself: it isolates, it loses what it is told to lose, and nothing of it remains.
"""

from __future__ import annotations

import signal
import subprocess
import sys

import pytest

from wand.lab import PYTHON, CommandFailed, DeadlineMissed, Lab, execute, sweep, wait

_ANSWER = """
import socket
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.bind(("0.0.0.0", 44444))
print("ready", flush=True)
while True:
    s.sendto(*s.recvfrom(99))
"""

_ASK = """
import socket
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.settimeout(1.0)
for number in range(200):
    s.sendto(bytes([number]), ("198.51.100.2", 44444))
answers = set()
try:
    while len(answers) < 200:
        answers.add(s.recv(9))
except TimeoutError:
    pass
print(len(answers))
"""

_HANG = """
from wand.lab import Lab
with Lab() as lab:
    lab.host("one", "198.51.100.1/24").start("sleep", "sleep", "1000")
    print(lab.name, flush=True)
    import time
    time.sleep(1000)
"""


def test_losesTheShareThatWasAsked(lab: Lab) -> None:
    """
    Of echoes through a port with 30 % loss each way, about half come back; and all of them when the loss has ended.
    """
    asker, answerer = lab.host("asker", "198.51.100.1/24"), lab.host("answerer", "198.51.100.2/24")
    daemon = answerer.start("answer", sys.executable, "-c", _ANSWER)
    wait(daemon.tail, 10, "the answerer")
    asker.lose(30, port=44444)
    assert 80 < int(asker.run(sys.executable, "-c", _ASK)) < 120
    asker.lose(0, port=44444)
    assert int(asker.run(sys.executable, "-c", _ASK)) == 200


def test_pulledCableCutsAHostOff(lab: Lab) -> None:
    """
    A host whose cable is pulled answers nobody, until it is plugged in again.
    """
    one, two = lab.host("pulled", "203.0.113.1/24"), lab.host("other", "203.0.113.2/24")
    echo = (*PYTHON, "wand.lab.echo", "0.05", "2", "203.0.113.1")
    wait(lambda: two.run(*echo), 10, "an answer")
    one.plug(False)
    assert not two.run(*echo)
    one.plug(True)
    wait(lambda: two.run(*echo), 10, "an answer")


def test_commandsThatFailSayWhy(lab: Lab) -> None:
    """
    A command that fails or takes too long is an error with what it said.
    """
    host = lab.host("failing")
    with pytest.raises(CommandFailed, match="no such thing"):
        host.run("sh", "-c", "echo no such thing >&2; exit 3")
    with pytest.raises(CommandFailed, match=r"more than 0\.1 s"):
        host.run("sleep", "10", timeout=0.1)
    with pytest.raises(DeadlineMissed, match="the moon: not within"):
        wait(lambda: None, 0.1, "the moon")


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_signalsLeaveNothingBehind(number: signal.Signals) -> None:
    """
    A program that is interrupted removes its lab.
    """
    process, name = _hanging()
    process.send_signal(number)
    assert process.wait(30) != 0
    assert name not in execute("ip", "netns", "list")


def test_nextRunSweepsUpAfterAKilledOne() -> None:
    """
    What a killed program left behind is removed by the next, but not what belongs to a program that runs.
    """
    killed, left = _hanging()
    running, kept = _hanging()
    assert left in execute("ip", "netns", "list")
    killed.kill()
    killed.wait(60)
    sweep()  # perhaps a test beside this one has done so already
    assert left not in execute("ip", "netns", "list")
    assert kept in execute("ip", "netns", "list")
    running.terminate()
    running.wait(60)


def test_programsSweepAtTheSameTime() -> None:
    """
    Programs that start together after a killed one do not get in each other's way.
    """
    for _ in range(4):
        killed, left = _hanging()
        killed.kill()
        killed.wait(60)
        sweepers = [
            subprocess.Popen([sys.executable, "-c", "from wand.lab import sweep; sweep()"], stderr=subprocess.PIPE)
            for _ in range(4)
        ]
        for sweeper in sweepers:
            assert sweeper.communicate(timeout=60)[1] == b""
        assert left not in execute("ip", "netns", "list")


def _hanging() -> tuple[subprocess.Popen[str], str]:
    process = subprocess.Popen(
        [sys.executable, "-c", _HANG], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    )
    assert process.stdout is not None
    return process, process.stdout.readline().strip()
