"""
Programs that start, and programs that cannot: under every way in which twistd can be run.
"""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from wand.lab import PROGRAMS, PYTHON, Lab, wait
from wand.lab.deployment import Deployment
from wand.lab.loop import Loop
from wand.lab.topology import topology

#: The ways to run a plugin of twistd; what is in braces is replaced.
_WAYS = {
    "twistd -n": ["{twistd}", "-n", "--pidfile=", "wand-node"],
    "twistd": ["{twistd}", "--pidfile={directory}/pid", "--logfile={directory}/daemon.log", "wand-node"],
    "python -m twisted": [*PYTHON, "twisted", "wand-node"],
}


@pytest.fixture(scope="module")
def taken(lab: Lab, loop: Loop) -> Iterator[Deployment]:
    """
    A node that has its tap, its UDP port and its control socket.
    """
    network = Deployment(lab, topology(count=2, protocol="rel2"), loop)
    node = network.topology.nodes[0]
    network.start(node)
    wait(lambda: network.files.control(node).exists(), 10, "the node")
    yield network
    assert network.programs[node.name].isRunning


@pytest.mark.parametrize("way", _WAYS)
@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (("port = 22222", "port = 22223"), "the tap wan0 cannot be opened"),
        (('interface = "wan0"', 'interface = "wan1"'), "22222"),
        (("port = 22222", 'port = 22223 # interface = "wan0"'), "wan0"),
    ],
    ids=["tap", "port", "both"],
)
def test_whatIsTakenIsSaid(taken: Deployment, way: str, change: tuple[str, str], reason: str, tmp_path: Path) -> None:
    """
    A node whose tap, port or control socket is taken ends with a status that is not 0, and says which it is.
    """
    node = taken.topology.nodes[0]
    text = taken.files.configuration(node).read_text()
    assert change[0] in text
    file = tmp_path / "second.toml"
    file.write_text(text.replace(*change).replace(str(taken.files.control(node)), str(tmp_path / "second.sock")))
    status, said = _run(taken, node.name, way, file, tmp_path)
    assert status != 0, said
    assert reason in said
    assert "Traceback" not in said


@pytest.mark.parametrize("way", _WAYS)
def test_takenControlSocketIsSaid(taken: Deployment, way: str, tmp_path: Path) -> None:
    """
    A node whose control socket is used by another ends with a status that is not 0, and says so.
    """
    node, other = taken.topology.nodes
    text = taken.files.configuration(other).read_text()
    file = tmp_path / "second.toml"
    file.write_text(text.replace(str(taken.files.control(other)), str(taken.files.control(node))))
    status, said = _run(taken, other.name, way, file, tmp_path)
    assert status != 0, said
    assert str(taken.files.control(node)) in said
    assert "Traceback" not in said


def _run(network: Deployment, host: str, way: str, file: Path, tmp_path: Path) -> tuple[int, str]:
    words = [word.format(twistd=PROGRAMS / "twistd", directory=tmp_path) for word in _WAYS[way]]
    command = network.hosts[host].command(*words, "--config", str(file))
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False, cwd=tmp_path)
    log = tmp_path / "daemon.log"
    return done.returncode, done.stdout + done.stderr + (log.read_text() if log.exists() else "")


def test_privilegesAreDropped(makeNetwork: Callable[..., Deployment]) -> None:
    """
    With --uid and --gid a node opens its tap as root and then works as somebody without rights; so does the server.
    """
    network = makeNetwork(count=2, protocol="rel2")
    network.lab.directory.chmod(0o755)
    sites = (network.topology.server, *network.topology.nodes)
    for site in sites:
        network.start(site, "--uid=nobody", "--gid=nogroup")
    network.awaitTables()
    one, two = network.topology.nodes
    network.awaitEcho(one, two)
    for site in sites:
        status = Path(f"/proc/{network.programs[site.name].process.pid}/status").read_text()
        assert "Uid:\t65534\t65534\t65534\t65534" in status
        assert network.programs[site.name].stop() == -signal.SIGTERM  # twistd ends by the signal that ends it
        assert "Traceback" not in network.programs[site.name].log.read_text()


def test_daemonRunsAndStops(makeNetwork: Callable[..., Deployment], tmp_path: Path) -> None:
    """
    As a daemon, a node writes its pid file, works, and takes pid file and control socket away when it is stopped.
    """
    network = makeNetwork(count=1, protocol="rel2")
    (node,) = network.topology.nodes
    status, said = _run(network, node.name, "twistd", network.files.configuration(node), tmp_path)
    assert status == 0, said
    pid = int((tmp_path / "pid").read_text())
    wait(lambda: "wan0" in network.hosts[node.name].run("ip", "-brief", "link"), 10, "the tap")
    wait(network.files.control(node).exists, 10, "its control socket")
    os.kill(pid, signal.SIGTERM)
    wait(lambda: not (tmp_path / "pid").exists(), 10, "the end")
    assert not network.files.control(node).exists()
