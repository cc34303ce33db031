"""
Programs in C{hooks.d} that misbehave, beside a real server: it goes on, admits nobody for now, and C{wand status} says
which one to look at.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from shutil import rmtree
from tempfile import mkdtemp
from typing import Final

import pytest

from wand.lab import CommandFailed, execute, wait
from wand.lab.deployment import Deployment

#: Of those that are asked, what they do, and what is said of it.
ASKED: Final = {
    "sleep 600 & sleep 600 & (sleep 600 &); yes >&2": "it did not end in time",
    "kill -SEGV $$": "was killed by signal 11",
}

#: How long each may take: those that do not hang need less, also beside other tests.
SECONDS: Final = 1


@pytest.fixture
def folder() -> Iterator[Path]:
    """
    C{hooks.d}, in a place that everybody may look at, with a log on a disk that is full.
    """
    made = Path(mkdtemp())
    made.chmod(0o755)
    (made / "admit").mkdir(mode=0o755)
    (made / "every-event").mkdir(mode=0o755)
    (made / "full").mkdir()
    execute("mount", "-t", "tmpfs", "-o", "size=4k,mode=755", "tmpfs", str(made / "full"))
    (made / "full" / "log").write_bytes(bytes(4096))
    (made / "full" / "log").chmod(0o666)
    yield made
    execute("umount", "--lazy", str(made / "full"))
    rmtree(made)


@pytest.fixture
def network(makeNetwork: Callable[..., Deployment], folder: Path) -> Deployment:
    """
    A server that asks them, and a node that wants to join.
    """
    network = makeNetwork(count=1)
    file = network.files.configuration(network.topology.server)
    settings = f'\n[hook-settings.executables]\npath = "{folder}"\nseconds = {SECONDS}\n'
    file.write_text('hooks = ["executables"]\n' + file.read_text() + settings)
    network.startAll()
    return network


def put(path: Path, script: str, mode: int = 0o755) -> None:
    """
    Put a program there, at once and whole, as an operator does.
    """
    new = path.with_name(f".{path.name}")
    new.write_text(f"#!/bin/sh\n{script}\n")
    new.chmod(mode)
    new.rename(path)


def notes(network: Deployment) -> str:
    """
    What the server says that somebody should know.
    """
    return "\n".join(network.status(network.topology.server).notes)


def test_whoIsAskedMisbehaves(network: Deployment, folder: Path) -> None:
    """
    The node is not admitted for now, whatever the program does, and is once it was replaced, without a restart.
    """
    server, node = network.topology.server, network.topology.nodes[0]
    token = str(network.invite(node))
    program = folder / "admit" / "program"
    put(program, "exit 1")
    with pytest.raises(CommandFailed):
        network.command(node, "join", token, "--timeout", "1")
    for script, said in ASKED.items():
        put(program, script)
        wait(lambda said=said: f"{program} " in notes(network) and said in notes(network), 60, said)  # type: ignore[misc]
    assert not [each for each in execute("ps", "-eo", "args").splitlines() if each == "sleep 600"]
    put(program, "exit 0", mode=0o757)
    wait(lambda: f"chmod go-w {program}" in notes(network), 60, "what is said of one that anybody can change")
    assert network.status(node).own.stage != "member"
    put(program, "exit 77", mode=0o644)  # asleep: a hint, and nobody is asked
    wait(lambda: network.status(node).own.stage == "member", 60, "the membership")
    assert f"{program} is not executable" in notes(network)
    assert network.programs[server.name].isRunning


def test_whoIsToldMisbehaves(network: Deployment, folder: Path) -> None:
    """
    A node joins meanwhile, other programs are told in their turn, and each that failed is named: one whose own log is
    on a full disk, one that hangs, one that says very much.
    """
    node, told = network.topology.nodes[0], folder / "told"
    told.touch()
    told.chmod(0o666)
    events = folder / "every-event"
    put(events / "10-logs", f"cat >> {folder}/full/log")
    put(events / "20-hangs", "sleep 600")
    put(events / "30-floods", "head -c 10000000 /dev/zero | tr '\\0' x >&2; exit 3")
    put(events / "90-notes", f"cat >> {told}")
    network.admit(node)
    wait(lambda: "member-joined" in told.read_text(), 60, "the event")
    said = {"10-logs": "No space left", "20-hangs": "did not end in time", "30-floods": "ended with 3"}
    for name, words in said.items():
        wait(lambda told=f"{name} .*{words}": re.search(told, notes(network)), 30, f"what is said of {name}")  # type: ignore[misc]
    assert max(map(len, network.status(network.topology.server).notes)) < 500
