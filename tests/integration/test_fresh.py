"""
A network that was just made, and in which nothing is wrong, says so: no drops, nothing for a person to do.
"""

from __future__ import annotations

import json
import subprocess
import sys
import time
from pathlib import Path

import pytest

from wand.lab import Lab, wait


class Fresh:
    """
    A server and two nodes, each started as the documents say.
    """

    def __init__(self, lab: Lab, programs: Path) -> None:
        self.lab = lab
        self.hosts = {
            name: lab.host(name, f"198.51.100.{number}/24") for number, name in enumerate(("server", "one", "two"), 1)
        }
        self._twistd = str(programs / "twistd")
        self.start("server", "wand-server")
        token = lab.directory / "token"
        wait(lambda: (lab.directory / "server" / "first-invitation").exists(), 15, "the server")
        token.write_text((lab.directory / "server" / "first-invitation").read_text())
        for name in ("one", "two"):
            self.start(name, "wand-node", "--name", name, "--join-file", str(token))
        for name in ("one", "two"):
            wait(lambda name=name: self.stage(name) == "member", 20, f"the membership of {name}")

    def start(self, name: str, *words: str) -> None:
        files = (f"--state={self.lab.directory}/{name}", f"--control={self.lab.directory}/{name}.sock")
        self.hosts[name].start(name, self._twistd, "-n", "--pidfile=", *words, *files)

    def stage(self, name: str) -> str:
        done = self.wand(name, "status", "--json")
        return json.loads(done.stdout)["own"]["stage"] if done.returncode == 0 else ""

    def wand(self, name: str, *words: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "wand.cli.main", "--control", f"{self.lab.directory}/{name}.sock", *words]
        return subprocess.run(command, capture_output=True, text=True, check=False, timeout=30)

    def drops(self, name: str) -> dict[str, int]:
        found = json.loads(self.wand(name, "counters", "--json").stdout)
        return {each["name"]: each["value"] for each in found if each["name"].startswith("drop-") and each["value"]}

    def ping(self, source: str, target: str) -> str:
        address = json.loads(self.wand(target, "status", "--json").stdout)["own"]["addresses"][0].partition("/")[0]
        return self.hosts[source].run("ping", "-q", "-c", "20", "-i", "0.05", "-W", "2", address)


@pytest.fixture(scope="module")
def fresh(lab: Lab, programs: Path) -> Fresh:
    return Fresh(lab, programs)


def test_aFreshNetworkShowsNoDrops(fresh: Fresh) -> None:
    """
    After two nodes joined and pinged each other, no program has dropped anything, and nothing needs a person.
    """
    time.sleep(3)
    for source, target in (("one", "two"), ("two", "one")):
        assert " 0% packet loss" in fresh.ping(source, target)
    for name in ("server", "one", "two"):
        assert fresh.drops(name) == {}, name
        done = fresh.wand(name, "status", "--check")
        assert (done.returncode, done.stdout) == (0, ""), name


def test_monitoringLearnsOfADeadServer(fresh: Fresh) -> None:
    """
    C{wand status --check} says nothing while a node is well, and fails once its program is gone.
    """
    assert fresh.wand("one", "status", "--check").returncode == 0
    daemon = next(each for each in fresh.lab.daemons if each.name == "one")
    daemon.stop()
    assert fresh.wand("one", "status", "--check").returncode == 2
