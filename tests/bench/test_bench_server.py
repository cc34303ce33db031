"""
Tests for L{bench.scale.simulated}: a real server with made-up members.
"""

from __future__ import annotations

from pathlib import Path

import msgspec
from click.testing import CliRunner
from lines_run import linesOf

from bench.scale.server_command import server
from bench.scale.simulated import CHANGES, WANTS, SimulatedServer

FEW, MANY = 1_000, 4_000
SAMPLE = 30


def costs(directory: Path, members: int) -> dict[str, int]:
    """
    The lines that a server executes, with all that follows from each.
    """
    simulated = SimulatedServer(directory, members)
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
    found = {name: linesOf(lambda calls=calls: simulated.run(calls, CHANGES)) for name, calls in steps.items()}
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


def test_theCommand(tmp_path: Path) -> None:
    """
    There is a figure for everything, in a document and in a table, for each number of members.
    """
    page = tmp_path / "page.md"
    run = CliRunner().invoke(server, ["--members", "20,30", "--json", "--markdown", str(page)], catch_exceptions=False)
    found = msgspec.json.decode(run.stdout[run.stdout.index("[") :])
    assert [each["members"] for each in found] == [20, 30]
    assert all(each[name] > 0 for each in found for name in ("registration", "change", "question", "page", "listing"))
    assert "a registration" in page.read_text() and "30 members" in page.read_text()


def test_numbersAreNumbers() -> None:
    """
    What is no number is refused.
    """
    run = CliRunner().invoke(server, ["--members", "many"])
    assert run.exit_code != 0
    assert "many" in run.output
