"""
A guide: the command lines that lead from nothing to a ping, as somebody types them.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

import attrs

from wand.errors import WandError

_NAME = re.compile(r"\{([a-z]+)\}")


class StepFailed(WandError):
    """
    A command did not print what the guide promises.
    """


@attrs.frozen
class Step:
    """
    One command line.

    @ivar host: where it is typed, 1 or 2.
    @ivar line: what is typed, for a shell; C{{NAME}} stands for what an earlier step printed.
    @ivar name: what to call what it prints.
    @ivar shown: a regular expression for the part of it that is wanted, with one group.
    """

    host: int
    line: str
    name: str = ""
    shown: str = r"(?s)\s*(.*?)\s*\Z"

    @property
    def names(self) -> list[str]:
        """
        What it uses of earlier steps.
        """
        return _NAME.findall(self.line)

    def filled(self, printed: dict[str, str]) -> str:
        """
        The line as it is typed.

        @param printed: by name, what was printed before.
        """
        return _NAME.sub(lambda found: printed[found[1]], self.line)

    def found(self, output: str) -> str:
        """
        The part that is wanted of what it printed.

        @raise StepFailed: if there is none.
        """
        found = re.search(self.shown, output, re.MULTILINE)
        if found is None:
            raise StepFailed(f"`{self.line}` printed nothing like {self.shown}: {output}")
        return found[1]


@attrs.frozen
class Guide:
    """
    The shortest way that a program's own documents show.

    @ivar name: the program's.
    @ivar programs: what must be installed, each with the Debian package that has it.
    @ivar steps: what is typed before the ping.
    @ivar ping: the address that the second host pings.
    @ivar directories: those that each of the hosts has for itself.
    """

    name: str
    programs: dict[str, str]
    steps: Sequence[Step]
    directories: Sequence[str]
    ping: str = "10.77.0.1"

    @property
    def commands(self) -> int:
        """
        How many command lines are typed, with the ping.
        """
        return len(self.steps) + 1

    @property
    def files(self) -> int:
        """
        How many of them write a file that somebody has to think up.
        """
        return sum("<<" in each.line for each in self.steps)

    @property
    def carried(self) -> int:
        """
        How many things have to be brought from one host to the other.
        """
        origin = {each.name: each.host for each in self.steps if each.name}
        return len({(name, each.host) for each in self.steps for name in each.names if origin[name] != each.host})
