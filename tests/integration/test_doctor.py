"""
C{wand doctor} on hosts with something wrong, which it has to find, and whose repairs have to work.
"""

from __future__ import annotations

import json
import subprocess
import tarfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from wand.lab import PROGRAMS
from wand.lab.deployment import Deployment
from wand.lab.topology import Node


def _doctor(network: Deployment, node: Node) -> dict[str, dict[str, Any]]:
    """
    What is found by each check; of several findings, as of the prefix of each family, one that is not good.
    """
    control = str(network.files.control(node))
    command = network.hosts[node.name].command(str(PROGRAMS / "wand"), "--control", control, "doctor", "--json")
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode in (0, 1), done.stderr
    found = sorted(json.loads(done.stdout), key=lambda each: each["verdict"] != "good")
    return {each["check"]: each for each in found}


def test_faultsAreFoundAndRepaired(makeSealed: Callable[..., Deployment]) -> None:
    """
    A firewall, a strict filter and a route in the way are found, and what is said to repair them does.
    """
    network = makeSealed(1)
    [node] = network.topology.nodes
    host = network.hosts[node.name]
    healthy = _doctor(network, node)
    for check in ("notes", "membership", "directory", "firewall", "rp_filter", "prefix", "disk", "permissions"):
        assert healthy[check]["verdict"] == "good", healthy[check]
    host.run(
        "nft", "add table inet filter; add chain inet filter input { type filter hook input priority 0; policy drop; }"
    )
    host.run("nft", "add rule inet filter input iif lo accept; add rule inet filter input ct state established accept")
    host.run("sysctl", "-qw", "net.ipv4.conf.wan0.rp_filter=1")
    host.run("ip", "route", "add", "10.77.9.0/24", "dev", "eth0")
    ill = _doctor(network, node)
    for check in ("firewall", "rp_filter", "prefix"):
        assert ill[check]["verdict"] == "warning", ill[check]
    host.run(*ill["firewall"]["repair"].split())
    host.run(*ill["rp_filter"]["repair"].split())
    host.run("ip", "route", "delete", "10.77.9.0/24")
    cured = _doctor(network, node)
    for check in ("firewall", "rp_filter", "prefix"):
        assert cured[check]["verdict"] == "good", cured[check]


def test_reportHasNoSecrets(makeSealed: Callable[..., Deployment], tmp_path: Path) -> None:
    """
    A report of a running node has its status and its configuration, and no invitation that it was given.
    """
    network = makeSealed(1)
    [node] = network.topology.nodes
    file = network.files.configuration(node)
    file.write_text(f'{file.read_text()}\n[hook-settings.mail]\npassword = "hunter2"\n')
    target = tmp_path / "it.tar.gz"
    control = str(network.files.control(node))
    host = network.hosts[node.name]
    host.run(str(PROGRAMS / "wand"), "--control", control, "report", str(target))
    with tarfile.open(target) as tar:
        contents = {each.name.partition("/")[2]: tar.extractfile(each).read() for each in tar}  # type: ignore[union-attr]
    assert json.loads(contents["status.json"])["own"]["stage"] == "member"
    name = str(file).strip("/").replace("/", "-")
    assert {"peers.json", "counters.json", "entries.json", "doctor.json", name} <= set(contents)
    assert b"hunter2" not in b"".join(contents.values())
    assert target.stat().st_mode & 0o777 == 0o600
