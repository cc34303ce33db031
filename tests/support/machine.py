"""
A host that is used as documents say: at its terminal, with the usual directories.
"""

from __future__ import annotations

from wand.lab import PROGRAMS, Host, Lab

#: The directories that programs use unless they are told otherwise: each host has its own.
_USUAL = ("/run/wand", "/var/lib/wand", "/etc/wand")


class Machine:
    """
    A host on which nothing of ours runs, and somebody at its terminal.
    """

    def __init__(self, host: Host, lab: Lab) -> None:
        self._host = host
        self._files = lab.directory / host.name
        self._wand = f"{PROGRAMS}/wand"

    def type(self, line: str) -> str:
        """
        Type a command line.
        """
        own = [f"mkdir -p {self._files}{each} {each} && mount --bind {self._files}{each} {each}" for each in _USUAL]
        path = f"export PATH={PROGRAMS}:$PATH"
        return self._host.run("unshare", "--mount", "sh", "-c", " && ".join([*own, path, line]))
