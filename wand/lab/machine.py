"""
A host that is used as documents say: at its terminal, with the usual directories.
"""

from __future__ import annotations

from collections.abc import Iterable

from wand.lab.commands import COMMAND_PATIENCE, PROGRAMS
from wand.lab.network import Host, Lab

#: The directories that our programs use unless they are told otherwise.
USUAL = ("/run/wand", "/var/lib/wand", "/etc/wand")


class Machine:
    """
    A host on which nothing runs, and somebody at its terminal.
    """

    def __init__(self, host: Host, lab: Lab, directories: Iterable[str] = USUAL) -> None:
        """
        @param directories: those that it has for itself; all others are this machine's.
        """
        self._host = host
        self._files = lab.directory / host.name
        self._directories = tuple(directories)

    def type(self, line: str, timeout: float = COMMAND_PATIENCE) -> str:
        """
        Type a command line.

        @return: what it prints.
        @raise CommandFailed: if it fails.
        """
        files = self._files
        own = [f"mkdir -p {files}{each} {each} && mount --bind {files}{each} {each}" for each in self._directories]
        script = ["set -e", f"mkdir -p {files}", *own, f"cd {files}", f"export PATH={PROGRAMS}:$PATH", "set +e", line]
        return self._host.run("unshare", "--mount", "sh", "-c", "\n".join(script), timeout=timeout)
