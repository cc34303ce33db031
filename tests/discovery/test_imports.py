"""
Tests for what fifty distributions with plugins cost those that do not ask for them: nothing is imported.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Final

import pytest
from installed import DRIVER, install

#: How many distributions are installed.
COUNT: Final = 50

#: What notes down that it was imported.
NOTING: Final = 'import os\nprint(__name__, file=open(os.environ["NOTED"], "a"))\n'

#: A node, composed as twistd does it, with a driver of somebody else's.
COMPOSED: Final = """
from wand.twistd import node
options = node.Options()
options.parseOptions(["--driver=its7", "--state=/nonexistent"])
node.makeService(options)
"""

COMMANDS: Final = {
    "wand": ("-m", "wand.cli.main", "--help"),
    "twistd": ("-c", "from twisted.scripts.twistd import run; run()", "--help"),
    "wand-node": ("-m", "twisted", "wand-node", "--help"),
}


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """
    A folder with the distributions.
    """
    folder = tmp_path_factory.mktemp("installed")
    for number in range(COUNT):
        files = {f"its_number{number}.py": NOTING + DRIVER.format(name=f"its{number}")}
        groups = {"wandaemon.drivers": {f"its{number}": f"its_number{number}:plugin"}}
        install(folder, f"its-number{number}", files, groups)
    return folder


def imports(words: tuple[str, ...], folder: Path | None, noted: Path) -> list[str]:
    """
    Run Python.

    @return: the modules that it imported, in their order.
    """
    environment = {key: value for key, value in os.environ.items() if key != "PYTHONPATH"}
    environment["NOTED"] = str(noted)
    if folder is not None:
        environment["PYTHONPATH"] = str(folder)
    done = subprocess.run(
        [sys.executable, "-X", "importtime", *words],
        env=environment,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    return [line.rpartition("|")[2].strip() for line in done.stderr.splitlines() if line.startswith("import time:")]


@pytest.mark.parametrize("command", COMMANDS)
def test_helpImportsNoMore(command: str, installed: Path, tmp_path: Path) -> None:
    """
    C{--help} imports the same modules as without them.
    """
    noted = tmp_path / "noted"
    without = imports(COMMANDS[command], None, noted)
    assert imports(COMMANDS[command], installed, noted) == without
    assert not noted.exists()


def test_aNodeImportsItsOwn(installed: Path, tmp_path: Path) -> None:
    """
    A node imports the plugin that it is told to use, and no other.
    """
    noted = tmp_path / "noted"
    imports(("-c", COMPOSED), installed, noted)
    assert noted.read_text().split() == ["its_number7"]
