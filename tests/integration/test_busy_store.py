"""
The store of a real server is held by another program, or cannot be used at all.
"""

from __future__ import annotations

import sqlite3
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from threading import Event, Thread

import pytest

from wand.lab import PROGRAMS, wait
from wand.lab.deployment import Deployment
from wand.lab.topology import Node
from wand.status import ProgramStatus

#: Seconds for which the other program, a backup for instance, holds the store.
HELD = 12.0

#: Seconds in which a status comes mostly, and at the latest, beside other tests; far less than the store is held.
PROMPT, LATEST = 1.0, 5.0

#: How often it is asked for while a program starts.
TIMES = 20


@contextmanager
def held(path: Path, seconds: float = HELD) -> Iterator[Callable[[], bool]]:
    """
    Hold a database exclusively for some seconds.

    @return: tells whether it still is.
    """
    holds, ended = Event(), Event()

    def hold() -> None:
        connection = sqlite3.connect(path, isolation_level=None, timeout=10)
        connection.execute("BEGIN EXCLUSIVE")
        holds.set()
        ended.wait(seconds)
        ended.set()
        connection.execute("ROLLBACK")
        connection.close()

    thread = Thread(target=hold)
    thread.start()
    assert holds.wait(10)
    try:
        yield lambda: not ended.is_set()
    finally:
        ended.set()
        thread.join()


def store(network: Deployment) -> Path:
    """
    The file of the server's store.
    """
    return network.files.directory / "server-state" / "wansd.sqlite"


def status(network: Deployment) -> tuple[ProgramStatus, float]:
    """
    What the server says of itself, and how many seconds that takes.
    """
    began = time.monotonic()
    said = network.status(network.topology.server)
    return said, time.monotonic() - began


def isPrompt(took: list[float]) -> bool:
    """
    Does the store hold nobody up?
    """
    return median(took) < PROMPT and max(took) < LATEST


def stage(network: Deployment, node: Node) -> str:
    """
    How far a node is.
    """
    own = network.status(node).own
    assert own is not None
    return own.stage


def test_lockedForSeconds(makeSealed: Callable[..., Deployment]) -> None:
    """
    While another program holds the server's store for 12 s the server answers for its status at once and says what is
    wrong, members talk, and a node that asks to join meanwhile is a member afterwards, with the same invitation
    (headscale#1684, headscale#2363).
    """
    network = makeSealed(3, joined=2)
    one, two, three = network.topology.nodes
    token = network.invite(three).read_text()
    took: list[float] = []
    notes: set[str] = set()
    with held(store(network)) as isHeld:
        network.ask(three, lambda client: client.join(token))
        while isHeld():
            said, seconds = status(network)
            took.append(seconds)
            notes.update(said.notes)
            time.sleep(0.1)  # ask again and again, all the time that the store is held
        assert stage(network, three) == "joining"
    assert isPrompt(took), took
    assert any("does not answer" in note for note in notes), notes
    network.awaitEcho(one, two)
    wait(lambda: stage(network, three) == "member", 60, "a third member")
    wait(lambda: not status(network)[0].notes, 10, "no more notes")


def test_lockedAtTheStart(makeSealed: Callable[..., Deployment]) -> None:
    """
    A server that is started while another program holds its store waits for it, says so, and then works.
    """
    network = makeSealed(1)
    server = network.topology.server
    network.programs[server.name].stop()
    with held(store(network), 120.0) as isHeld:
        network.start(server)
        status(network)  # it answers
        asked = [status(network) for _ in range(TIMES)]
        assert isHeld()
    assert all("opening its store" in said.notes[0] for said, _ in asked)
    assert isPrompt([took for _, took in asked]), asked
    members = network.ask(server, lambda client: client.invite())
    assert members.startswith("wand1.")


@pytest.mark.parametrize("way", ["rubbish", "a directory"])
def test_anUnusableStoreEndsTheProgram(way: str, makeNetwork: Callable[..., Deployment]) -> None:
    """
    A server whose store is not a database, or cannot be opened, ends with a status that is not 0 and says why.
    """
    network = makeNetwork(count=1)
    path = store(network)
    path.parent.mkdir(mode=0o700)
    key = path.with_name("node.key")
    key.touch(mode=0o600)
    key.write_text(f"{'17' * 32}\n")  # without it, that it is lost would be the first thing to say
    if way == "rubbish":
        path.write_bytes(b"rubbish" * 1000)
    else:
        path.mkdir()
    file = str(network.files.configuration(network.topology.server))
    command = network.hosts["server"].command(
        str(PROGRAMS / "twistd"), "-n", "--pidfile=", "wand-server", "--config", file
    )
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode not in (0, None)
    said = done.stdout + done.stderr
    assert str(path) in said
    assert "Traceback" not in said
