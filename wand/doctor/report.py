"""
What a report of a fault needs, in one file, without secrets.
"""

from __future__ import annotations

import io
import tarfile
from collections.abc import Iterable, Mapping
from typing import Any, Final

import msgspec

from wand.doctor.machine import Machine
from wand.doctor.secrets import withoutSecrets

#: How many lines of a program's log are in it.
LOG_LINES: Final = 2000

#: What is asked on the machine: the name of a file, and a command.
_COMMANDS: Final[Mapping[str, tuple[str, ...]]] = {
    "addresses.txt": ("ip", "-details", "address"),
    "routes.txt": ("ip", "route", "show", "table", "all"),
    "routes-6.txt": ("ip", "-6", "route", "show", "table", "all"),
    "sockets.txt": ("ss", "-lnup"),
    "node.log": ("journalctl", "--unit", "wand-node", "--lines", str(LOG_LINES), "--no-pager"),
    "server.log": ("journalctl", "--unit", "wand-server", "--lines", str(LOG_LINES), "--no-pager"),
}


def archive(values: Mapping[str, Any], files: Iterable[str], machine: Machine, now: int) -> bytes:
    """
    Make the archive: a directory C{wand-report} in a compressed tar.

    @param values: what is written as JSON, by the names of the files.
    @param files: paths of configurations.
    @param now: in seconds since the epoch.
    """
    contents = {name: msgspec.json.format(msgspec.json.encode(value)).decode() for name, value in values.items()}
    contents |= {path.rpartition("/")[2]: text for path in files if (text := machine.read(path)) is not None}
    contents |= {name: text for name, command in _COMMANDS.items() if (text := machine.ask(*command)) is not None}
    written = io.BytesIO()
    with tarfile.open(fileobj=written, mode="w:gz") as tar:
        for name, text in sorted(contents.items()):
            octets = withoutSecrets(text).encode()
            member = tarfile.TarInfo(f"wand-report/{name}")
            member.size, member.mtime, member.mode = len(octets), now, 0o600
            tar.addfile(member, io.BytesIO(octets))
    return written.getvalue()
