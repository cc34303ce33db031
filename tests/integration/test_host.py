"""
Real hosts that change under programs at work: signals, addresses, and taps that others configure.
"""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from subprocess import DEVNULL

import pytest
from probing import Probing

from wand.control.client import ControlClient
from wand.lab import PROGRAMS, Host, wait
from wand.lab.deployment import Deployment

Make = Callable[..., Deployment]
Probe = Callable[..., Probing]

#: The five programs, with what each needs.
_PROGRAMS = {
    "wand-node": ["--driver=memory", "--state={directory}", "--control={directory}/socket"],
    "wand-server": ["--public=10.99.0.1", "--state={directory}", "--control={directory}/socket"],
    "etud": ["--driver=memory", "--protocol=rel2", "--state={directory}", "--control={directory}/socket"],
    "wand": ["--etud={directory}/nobody", "--servers=127.0.0.1:1"],
    "wansd": ["--state={directory}"],
}


@pytest.mark.parametrize("way", [["-n"], []], ids=["nodaemon", "daemon"])
@pytest.mark.parametrize("program", _PROGRAMS)
def test_noSignalEndsAProgram(tmp_path: Path, host: Host, program: str, way: list[str]) -> None:
    """
    SIGHUP, SIGUSR1 and SIGUSR2 end none of the five programs, whether daemon or not; SIGHUP reloads, SIGUSR1 reports.
    """
    log, pid = tmp_path / "log", tmp_path / "pid"
    options = [each.format(directory=tmp_path) for each in _PROGRAMS[program]]
    twistd = [str(PROGRAMS / "twistd"), f"--pidfile={pid}", f"--logfile={log}", *way]
    started = subprocess.Popen(host.command(*twistd, program, *options), stdout=DEVNULL, stderr=DEVNULL)
    try:
        wait(lambda: pid.exists() and pid.read_text().strip(), 20, "the program")
        number = int(pid.read_text())

        def told() -> bool:
            for each in (signal.SIGUSR2, signal.SIGHUP, signal.SIGUSR1):
                os.kill(number, each)
            time.sleep(0.1)  # more often would be no test of a program, but a flood of signals
            text = log.read_text()
            return "SIGHUP: nothing changed" in text and "state: " in text

        wait(told, 20, "what it does")
        assert "Traceback" not in log.read_text()
        os.kill(number, signal.SIGTERM)
        wait(lambda: not pid.exists(), 10, "the end")
    finally:
        started.kill()
        started.wait()


def test_aHostThatMovedAnswersWithinSeconds(makeSealed: Make, probing: Probe) -> None:
    """
    A host whose address changes, and which sends nothing of its own, answers again within 5 s.
    """
    network = makeSealed(2, change=('listen = "198.51.100.12"', 'listen = "0.0.0.0"'))
    one, two = network.topology.nodes
    probe = probing(network, one, two)
    host = network.hosts[two.name]
    host.run("ip", "address", "delete", "198.51.100.12/24", "dev", "eth0")
    probe.silentSince(time.monotonic(), pause=0.5)
    host.run("ip", "address", "add", "198.51.100.77/24", "dev", "eth0")
    moved = time.monotonic()
    assert probe.backSince(moved) < 5


def test_whatOthersChangeAtTheTap(makeSealed: Make) -> None:
    """
    Another MAC address and another MTU of the tap are taken over: others know the address within seconds, also those
    who had the old one in a cache and only ask.
    """
    network = makeSealed(2)
    one, two = network.topology.nodes
    host = network.hosts[two.name]
    network.awaitEcho(one, two)
    host.run("ip", "link", "set", "wan0", "address", "02:00:00:00:aa:02")
    host.run("ip", "link", "set", "wan0", "mtu", "900")
    wait(lambda: set(network.known(one)) == {"02:00:00:00:aa:02"}, 10, "the new address")
    status = network.status(two)
    assert status.tap is not None
    assert (status.tap.mac, status.tap.mtu) == ("02:00:00:00:aa:02", 900)
    network.hosts[one.name].run("ping", "-c", "6", "-W", "1", two.inside)
    host.run("ip", "link", "set", "wan0", "down")
    wait(lambda: "down" in " ".join(network.status(two).notes), 10, "the note")


def test_goodbyeIsSeen(makeSealed: Make) -> None:
    """
    A node that is told to stop is gone for its peers, which know that it left, and do not look for it.
    """
    network = makeSealed(2)
    one, two = network.topology.nodes
    network.awaitEcho(one, two)
    network.ask(two, ControlClient.stop)
    wait(lambda: network.ask(one, _states) == ["left"], 5, "the goodbye")


async def _states(client: ControlClient) -> list[str]:
    return [each.state async for each in client.peers() if not each.server]
