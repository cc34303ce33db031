"""
What every contender is.
"""

from __future__ import annotations

import shutil
from abc import ABC, abstractmethod
from typing import ClassVar

from bench.plot import Link, Plot
from wand.lab import CommandFailed, execute
from wand.lab.commands import environment


class Contender(ABC):
    """
    A way to join two hosts.

    @cvar name: what tables call it.
    @cvar layer: 2 if it carries Ethernet frames, 3 if it carries IP packets only.
    @cvar encryption: how it protects what it carries, in the setting that is measured.
    @cvar programs: what must be installed, each with the Debian package that has it.
    """

    name: str
    layer: ClassVar[int] = 2
    encryption: str
    programs: ClassVar[dict[str, str]] = {}

    def missing(self) -> str | None:
        """
        Why it cannot take part and what to do about it, C{None} if it can.
        """
        return missing(self.programs)

    @abstractmethod
    def version(self) -> str:
        """
        Its version, in its own words.
        """

    @abstractmethod
    def start(self, plot: Plot) -> Link:
        """
        Join the two hosts of a plot.

        @raise wand.errors.WandError: if that fails.
        """


def missing(programs: dict[str, str]) -> str | None:
    """
    Which of some programs are not installed and how to install them, C{None} if all are.

    @param programs: the programs, each with its Debian package.
    """
    absent = [each for each in programs if shutil.which(each, path=environment()["PATH"]) is None]
    if not absent:
        return None
    packages = " ".join(dict.fromkeys(programs[each] for each in absent))
    return f"no {' and no '.join(f'`{each}`' for each in absent)}; install with: apt install {packages}"


def firstLine(*command: str) -> str:
    """
    The first line that a program says about itself, on whichever output and with whichever exit status.
    """
    try:
        said = execute("sh", "-c", '"$@" 2>&1 || true', "sh", *command)
    except CommandFailed as error:
        said = error.output
    return next((line.strip() for line in said.splitlines() if line.strip()), "unknown")
