"""
Tests for L{bench.scale.simulated}: a real server with made-up members.
"""

from __future__ import annotations

from math import inf
from pathlib import Path

import msgspec
from click.testing import CliRunner
from lines_run import linesOf

from bench.scale.server_command import server
from bench.scale.simulated import CHANGED_WITHIN, WANTS, SimulatedServer
from wand.sealed.directory.presence import SILENCE

FEW, MANY = 1_000, 4_000
SAMPLE = 30


def costs(directory: Path, members: int) -> dict[str, int]:
    """
    The lines that a server executes, with all that follows from each.
    """
    simulated = SimulatedServer(directory, members)
    simulated.heartbeat = inf  # this is over before one is missed
    simulated.open()
    simulated.run(simulated.register(each) for each in range(members - SAMPLE))
    simulated.run(simulated.ask(each, WANTS) for each in range(members - SAMPLE))
    last = range(members - SAMPLE, members)
    steps = {
        "registration": [simulated.register(each) for each in last],
        "change": [simulated.register(each) for each in last],
        "question": [simulated.ask(each, 1) for each in last],
        "page": [simulated.askForPage(each) for each in last],
        "listing": [simulated.listMembers() for _ in last],
    }
    found = {name: linesOf(lambda calls=calls: simulated.run(calls, CHANGED_WITHIN)) for name, calls in steps.items()}
    simulated.close()
    return found


def test_aMemberCostsTheSameAmongMany(tmp_path: Path) -> None:
    """
    What a server executes for a member does not grow with the number of members.
    """
    few, many = costs(tmp_path / "few", FEW), costs(tmp_path / "many", MANY)
    for name, lines in many.items():
        assert few[name] > SAMPLE, name
        assert lines < 1.5 * few[name], (name, few[name], lines)


def online(simulated: SimulatedServer) -> int:
    """
    How many members a server takes to be there.
    """
    return sum("offline" not in each.peer for each in simulated.server.directory.entries(None, 100))


def test_whoIsThereIsNotTakenForGone(tmp_path: Path) -> None:
    """
    However long it takes, the members that came stay, and nobody is told that they went.
    """
    simulated = SimulatedServer(tmp_path / "state", 20)
    simulated.open()
    simulated.run(simulated.register(each) for each in range(20))
    simulated.run(simulated.ask(each, WANTS) for each in range(20))
    told = simulated.sessions.told
    simulated.run([lambda: None] * 20, 10 * SILENCE)
    assert simulated.sessions.told == told
    assert online(simulated) == 20
    assert simulated.presence > 0
    simulated.heartbeat = inf
    simulated.run([lambda: None] * 20, 10 * SILENCE)
    assert online(simulated) == 0
    simulated.close()


def test_theCommand(tmp_path: Path) -> None:
    """
    There is a figure for everything, in a document and in a table, for each number of members.
    """
    page = tmp_path / "page.md"
    run = CliRunner().invoke(server, ["--members", "20,30", "--json", "--markdown", str(page)], catch_exceptions=False)
    found = msgspec.json.decode(run.stdout[run.stdout.index("[") :])
    assert [each["members"] for each in found] == [20, 30]
    counted = ("registration", "presence", "change", "question", "page", "listing")
    assert all(each[name] > 0 for each in found for name in counted)
    assert "a registration" in page.read_text() and "30 members" in page.read_text()


def test_numbersAreNumbers() -> None:
    """
    What is no number is refused.
    """
    run = CliRunner().invoke(server, ["--members", "many"])
    assert run.exit_code != 0
    assert "many" in run.output
