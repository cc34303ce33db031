"""
A sealed network of real processes, one of which has a clock that is set.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from probing import Probing

from wand.lab import wait
from wand.lab.deployment import Deployment
from wand.lab.shifted_clock import ShiftedClock


def test_aClockThatIsSetBackDisturbsNothing(
    makeSealed: Callable[..., Deployment],
    probing: Callable[..., Probing],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """
    A node whose clock is an hour ahead says so.  When the clock is set right, while it runs, no echo is lost and the
    note goes; and after its next start it is answered at once, though it comes with an earlier time than before.
    """
    network = makeSealed(2)
    one, two = network.topology.nodes
    clock = ShiftedClock(tmp_path)
    for name, value in clock.environment.items():
        monkeypatch.setenv(name, value)
    clock.set(3600)
    network.kill(one)
    network.start(one)
    wait(lambda: "60 min ahead of the server's" in " ".join(network.status(one).notes), 10, "the note at the node")
    server = network.topology.server
    wait(lambda: "the clock of node-1 is 60 min ahead" in " ".join(network.status(server).notes), 5, "the server's")
    probe = probing(network, one, two)
    clock.set(0)
    wait(lambda: "clock" not in " ".join(network.status(one).notes), 15, "no note about the clock")
    probe.goOn()
    assert probe.lost() == 0
    network.kill(one)
    network.start(one)
    wait(lambda: network.status(one).directories[0].state == "answered", 5, "an answer of the server")
    wait(lambda: network.ping(two, [one]), 5, "an echo of the node")
