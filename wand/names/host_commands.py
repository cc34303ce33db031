"""
The commands of this host that tell its resolver where names are answered.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path
from typing import Final, Protocol

#: Seconds for one command; the program has some three to end.
PATIENCE: Final = 2.0

#: Where the resolver reads whom to ask.
RESOLV_CONF = Path("/etc/resolv.conf")

_PATH: Final = f"{os.environ.get('PATH', os.defpath)}:/usr/sbin:/sbin"


class HostCommands(Protocol):
    """
    What is done at the host.  The calls may block.
    """

    def isTheHost(self) -> bool:
        """
        Are we in the network of the host, and not in a namespace of our own that its resolver does not see?
        """

    def has(self, command: str) -> bool:
        """
        Is there such a command?
        """

    def run(self, *command: str, told: str = "") -> str:
        """
        Run a command.

        @param told: what it reads.
        @return: why it failed; empty if it did not.
        """

    def nameServers(self) -> list[str]:
        """
        Whom the resolver of the host asks (resolv.conf(5)).
        """


class SystemCommands:
    """
    The real ones; provides L{HostCommands}.
    """

    def isTheHost(self) -> bool:
        """
        See L{HostCommands}: in another network than the first process of the host, an interface of the same number
        is another one.  Whoever may not look at that is a service of the host.
        """
        try:
            return Path("/proc/1/ns/net").readlink() == Path("/proc/self/ns/net").readlink()
        except OSError:
            return True

    def has(self, command: str) -> bool:
        """
        See L{HostCommands}.
        """
        return shutil.which(command, path=_PATH) is not None

    def run(self, *command: str, told: str = "") -> str:
        """
        See L{HostCommands}.
        """
        try:
            done = subprocess.run(
                command,
                input=told,
                capture_output=True,
                text=True,
                errors="replace",
                timeout=PATIENCE,
                check=False,
                env={**os.environ, "PATH": _PATH, "LC_ALL": "C"},
            )
        except (OSError, subprocess.TimeoutExpired) as error:
            return str(error)
        if done.returncode == 0:
            return ""
        return done.stderr.strip().partition("\n")[0] or f"it ended with status {done.returncode}"

    def nameServers(self) -> list[str]:
        """
        See L{HostCommands}.
        """
        try:
            lines = RESOLV_CONF.read_text(errors="replace").splitlines()
        except OSError:
            return []
        return [words[1] for words in map(str.split, lines) if len(words) > 1 and words[0] == "nameserver"]
