"""
A clean virtual environment with the wheel of our distribution; it is never the one that runs the tests.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Final

import attrs

PROJECT: Final = Path(__file__).parents[2]

SURVEY: Final = """
import json, msgspec
from wand.discovery.survey import survey
print(json.dumps([msgspec.to_builtins(status) for status in survey()]))
"""


@attrs.frozen
class Environment:
    """
    A virtual environment.

    @ivar wheel: our distribution.
    """

    folder: Path
    wheel: Path
    _added: list[str] = attrs.field(factory=list)

    def run(self, program: str, *arguments: str) -> subprocess.CompletedProcess[str]:
        """
        Run one of its programs, from a folder in which nothing can be imported by accident.
        """
        clean = {key: value for key, value in os.environ.items() if not key.startswith(("PYTHON", "VIRTUAL_ENV"))}
        return subprocess.run(
            [str(self.folder / "bin" / program), *arguments],
            cwd="/",
            env=clean,
            capture_output=True,
            text=True,
            timeout=240,
            check=False,
        )

    def pip(self, *arguments: str) -> None:
        done = self.run("python", "-m", "pip", "-q", "--disable-pip-version-check", *arguments)
        assert done.returncode == 0, done.stdout + done.stderr

    def reinstall(self) -> None:
        """
        Install our distribution again, from its wheel.
        """
        self.pip("install", "--force-reinstall", "--no-deps", str(self.wheel))

    def add(self, name: str, *project: str) -> None:
        """
        Install another distribution from its project.  What builds it is in the environment already.
        """
        self._added.append(name)
        self.pip("install", "--no-deps", "--no-build-isolation", *project)

    def remove(self) -> None:
        """
        Uninstall the other distributions.
        """
        if self._added:
            self.pip("uninstall", "-y", *self._added)
            self._added.clear()

    def survey(self) -> list[dict[str, object]]:
        done = self.run("python", "-c", SURVEY)
        assert (done.returncode, done.stderr) == (0, "")
        found: list[dict[str, object]] = json.loads(done.stdout)
        return found

    def usable(self) -> set[str]:
        return {str(each["name"]) for each in self.survey() if each["state"] == "usable"}


def makeEnvironment(folder: Path, *others: str) -> Environment:
    """
    Make one, with our distribution and what it depends on, and with what builds distributions.

    @param others: what else to install.
    """
    subprocess.run([sys.executable, "-m", "venv", str(folder / "venv")], check=True, timeout=120)
    build = [str(folder / "venv/bin/python"), "-m", "pip", "wheel", "-q", "--no-deps", "-w", str(folder), str(PROJECT)]
    subprocess.run(build, check=True, timeout=120)
    (wheel,) = folder.glob("*.whl")
    environment = Environment(folder / "venv", wheel)
    # Hatchling wants editables for -e.  Of all that is installed little is run, and that little compiles itself.
    environment.pip("install", "--no-compile", str(wheel), "hatchling>=1.27", "editables", *others)
    return environment
