"""
A sealed network of real processes, one of which has a clock that is set.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from wand.control.client import ControlClient
from wand.demo.namespaces import Namespaces
from wand.demo.topology import Site
from wand.lab import wait
from wand.status import ProgramStatus

#: What Python imports at its start: the wall clock is as far from the true one as a file says, in seconds.
SHIM = """
import os, time
def shifted(true=time.time, path=os.environ["WAND_TEST_CLOCK"]):
    with open(path) as file:
        return true() + float(file.read())
time.time = shifted
"""


class Clock:
    """
    The wall clock of the programs that are started from now on.
    """

    def __init__(self, directory: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self._file = directory / "clock"
        (directory / "sitecustomize.py").write_text(SHIM)
        monkeypatch.setenv("PYTHONPATH", str(directory))
        monkeypatch.setenv("WAND_TEST_CLOCK", str(self._file))

    def set(self, ahead: float) -> None:
        """
        Set it.

        @param ahead: by how many seconds it is ahead of the true time.
        """
        new = self._file.with_suffix(".new")
        new.write_text(str(ahead))
        new.rename(self._file)


def status(network: Namespaces, site: Site) -> ProgramStatus:
    """
    What C{wand status} shows.
    """

    async def look(client: ControlClient) -> ProgramStatus:
        return await client.status()

    return network.ask(site, look)


def test_aClockThatIsSetBackDisturbsNothing(
    makeSealed: Callable[..., Namespaces],
    probing: Callable[..., Any],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """
    A node whose clock is an hour ahead says so.  When the clock is set right, while it runs, no echo is lost and the
    note goes; and after its next start it is answered at once, though it comes with an earlier time than before.
    """
    network = makeSealed(2)
    one, two = network.topology.nodes
    clock = Clock(tmp_path, monkeypatch)
    clock.set(3600)
    network.kill(one)
    network.start(one)
    wait(lambda: "60 min ahead of the server's" in " ".join(status(network, one).notes), 10, "the note at the node")
    server = network.topology.server
    wait(lambda: "the clock of node-1 is 60 min ahead" in " ".join(status(network, server).notes), 5, "the server's")
    probe = probing(network, one, two)
    clock.set(0)
    wait(lambda: status(network, one).notes == [], 15, "no note")
    probe.goOn()
    assert probe.lost() == 0
    network.kill(one)
    network.start(one)
    wait(lambda: status(network, one).directories[0].state == "answered", 5, "an answer of the server")
    wait(lambda: network.ping(two, [one]), 5, "an echo of the node")
