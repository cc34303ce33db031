"""
Tests for the sessions of the C{wand} command: their waiting, and what they load for it.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import attrs
import pytest
import pytest_twisted
from click.testing import CliRunner
from command_runs import Bench, Run
from simulated.program import MemoryProgram
from twisted.internet import reactor
from twisted.internet.defer import Deferred
from twisted.internet.task import deferLater
from twisted.internet.threads import deferToThread

from wand.cli.later import LaterCommand
from wand.cli.main import COMMANDS, SECTIONS, cli
from wand.cli.session import Operation, Session
from wand.control.listen import ControlSocket
from wand.errors import NotRunning

#: What takes long to import, and no command needs that asks a program.
_NEEDLESS = {
    "OpenSSL",
    "cryptography",
    "rich",
    "sqlite3",
    "twisted.internet.base",
    "twisted.internet.reactor",
    "twisted.internet.ssl",
    "twisted.internet.tcp",
    "wand.config",
    "wand.programs",
}

#: What a command does not need that only tells about itself.
_NEEDLESS_FOR_HELP = _NEEDLESS | {"asyncio", "msgspec", "twisted", "wand.control", "wand.cli.session"}

#: Runs the command, and then lists on its standard error what it has imported.
_LISTING = """
import atexit, sys
atexit.register(lambda: print(*sys.modules, file=sys.stderr))
from wand.cli.main import main
main()
"""


@attrs.frozen
class _Listing(Bench):
    def start(self, *words: str, text: str | None = None) -> Run:
        environment = {"WAND_CONTROL": str(self.control.path)}
        return Run(self.reactor, words, environment, text, ("-c", _LISTING))


@pytest_twisted.ensureDeferred
@pytest.mark.parametrize(
    ("words", "needless"),
    [
        (["status"], _NEEDLESS),
        (["peers", "--json"], _NEEDLESS),
        (["join", "--timeout", "0.1"], _NEEDLESS),
        (["--help"], _NEEDLESS_FOR_HELP),
        (["--version"], _NEEDLESS_FOR_HELP),
    ],
    ids=lambda each: each[0] if isinstance(each, list) else "",
)
async def test_loadsLittle(bench: Bench, words: list[str], needless: set[str]) -> None:
    """
    A command imports neither a reactor nor TLS nor what only other commands need: that would take longer than its work.
    """
    listing = _Listing(bench.reactor, bench.program, bench.control)
    _, _, err = await listing.run(*words, text="")
    loaded = set(err.split())
    assert "wand.cli.main" in loaded
    assert loaded & needless == set()


def test_commandsAreListedAsTheyAre() -> None:
    """
    What the list of commands says of each is the beginning of its own help; that of the demo is too long for a list.
    """
    later = [each for name, each in cli.commands.items() if isinstance(each, LaterCommand) and name != "demo"]
    assert len(later) == len(COMMANDS) + 4  # init, setup, import-config and plugin
    for command in later:
        loaded = command.load()
        assert (loaded.name, loaded.get_short_help_str(200)) == (command.name, command.get_short_help_str(200))


def test_theListOfCommands() -> None:
    """
    Each command is listed once, under a heading, with all that is said of it; and what an option takes has a name.
    """
    assert sorted(name for names in SECTIONS.values() for name in names) == sorted(cli.commands)
    listed = CliRunner().invoke(cli, ["--help"]).output
    assert "..." not in listed.partition("COMMAND [ARGS]...")[2]
    for name in cli.commands:
        told = CliRunner().invoke(cli, [name, "--help"]).output
        assert "RANGE" not in told, name
        assert "TEXT" not in told, name


@pytest_twisted.ensureDeferred
async def test_connectsAgain(bench: Bench) -> None:
    """
    A session whose program was started again meanwhile asks the new one, without an error.
    """
    program = MemoryProgram(reactor)  # type: ignore[arg-type] # the reactor is a module to mypy
    control = ControlSocket(reactor, str(bench.control.path), program)
    with Session(str(bench.control.path)) as session:
        await deferToThread(session.perform, Operation(_ask))
        await bench.control.stop()
        await deferLater(reactor, 0)  # in which the connection is closed
        control.start()
        await deferToThread(session.perform, Operation(_ask))
    await control.stop()
    assert [each.counters["control-connections"] for each in (bench.program, program)] == [1, 1]


async def _ask(session: Session) -> None:
    await (await session.client()).status()


@pytest.fixture
def session() -> Iterator[Session]:
    """
    A session for which nothing listens.
    """
    with Session("/nonexistent/control.sock") as opened:
        yield opened


def test_waitingEnds(session: Session) -> None:
    """
    What does not come in time is said; what comes in time is not disturbed by the limit.
    """

    async def run(session: Session) -> None:
        await session.within(5, session.sleep(0.001))
        await session.within(0.001, _never())

    with pytest.raises(NotRunning, match=r"did not answer within 0\.001 s"):
        session.perform(Operation(run))


async def _never() -> None:
    await Deferred()


def test_nobodyListens(session: Session, tmp_path: Path) -> None:
    """
    An operation that needs a program says why there is none, and the next one tries again.
    """

    for _ in range(2):
        with pytest.raises(NotRunning, match="there is no control socket"):
            session.perform(Operation(_ask))
    with Session(str(tmp_path / ("a" * 120))) as other, pytest.raises(NotRunning, match="107 octets"):
        other.perform(Operation(_ask))
