"""
What a report of a fault needs, in one file, without secrets.
"""

from __future__ import annotations

import io
import os
import stat
import tarfile
from collections.abc import Iterable, Mapping
from typing import Any, Final

import msgspec

from wand.doctor.machine import Machine
from wand.doctor.secrets import withoutSecrets

#: How many lines of a program's log are in it.
LOG_LINES: Final = 2000

#: Octets of a configuration at most.
CONFIGURATION_MAXIMUM: Final = 1_000_000

#: What is asked on the machine: the name of a file, and a command.
_COMMANDS: Final[Mapping[str, tuple[str, ...]]] = {
    "addresses.txt": ("ip", "-details", "address"),
    "routes.txt": ("ip", "route", "show", "table", "all"),
    "routes-6.txt": ("ip", "-6", "route", "show", "table", "all"),
    "sockets.txt": ("ss", "-lnup"),
    "node.log": ("journalctl", "--unit", "wand-node", "--lines", str(LOG_LINES), "--no-pager"),
    "server.log": ("journalctl", "--unit", "wand-server", "--lines", str(LOG_LINES), "--no-pager"),
}


def _configuration(machine: Machine, path: str) -> str | None:
    """
    A configuration; the reason if it is not packed, and C{None} if it is not there.

    A program said where it is, and we may be root where it is not: so nothing is read but what a configuration may be.
    """
    if not path.endswith(".toml"):
        return f"# {path} is not packed: it is not called .toml\n"
    try:
        with open(machine.path(path), "rb", opener=_plainly) as file:
            status = os.fstat(file.fileno())
            if stat.S_ISREG(status.st_mode) and status.st_size <= CONFIGURATION_MAXIMUM:
                return file.read(CONFIGURATION_MAXIMUM).decode("utf-8", "replace")
    except FileNotFoundError:
        return None
    except OSError as error:
        return f"# {path} is not packed: {error.strerror}\n"
    return f"# {path} is not packed: it is no file of at most {CONFIGURATION_MAXIMUM:,} octets\n"


def _plainly(path: str, flags: int) -> int:
    return os.open(path, flags | os.O_NOFOLLOW | os.O_NONBLOCK)


def archive(values: Mapping[str, Any], files: Iterable[str], machine: Machine, now: int) -> bytes:
    """
    Make the archive: a directory C{wand-report} in a compressed tar.

    @param values: what is written as JSON, by the names of the files.
    @param files: paths of configurations.
    @param now: in seconds since the epoch.
    """
    contents = {name: msgspec.json.format(msgspec.json.encode(value)).decode() for name, value in values.items()}
    for path in files:
        if (text := _configuration(machine, path)) is not None:
            contents[path.strip("/").replace("/", "-")] = text
    contents |= {name: text for name, command in _COMMANDS.items() if (text := machine.ask(*command)) is not None}
    written = io.BytesIO()
    with tarfile.open(fileobj=written, mode="w:gz") as tar:
        for name, text in sorted(contents.items()):
            octets = withoutSecrets(text).encode()
            member = tarfile.TarInfo(f"wand-report/{name}")
            member.size, member.mtime, member.mode = len(octets), now, 0o600
            tar.addfile(member, io.BytesIO(octets))
    return written.getvalue()
