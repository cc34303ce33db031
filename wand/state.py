"""
The state directory: what must survive a restart of a program.
"""

from __future__ import annotations

import os
import re
from pathlib import Path
from random import Random
from typing import Final, NamedTuple

from wand.errors import StateUnavailable
from wand.ethernet import MAC

_NAME: Final = re.compile(r"[^A-Za-z0-9._-]")


class Owner(NamedTuple):
    """
    Who a program will be once it has dropped its privileges; C{None} for no change.
    """

    uid: int | None = None
    gid: int | None = None


UNCHANGED: Final = Owner()


class StateDirectory:
    """
    A directory of mode 0700 that belongs to the program.

    @ivar path: where it is.
    """

    def __init__(self, path: str, owner: Owner = UNCHANGED) -> None:
        """
        Make the directory if it does not exist.

        @raise StateUnavailable: if it can not be made, or others may look into it.
        """
        self.path = Path(path)
        self._owner = [-1 if number is None else number for number in owner]  # as chown(2) has it
        try:
            if not self.path.is_dir():
                self.path.mkdir(mode=0o700, parents=True)
                os.chown(self.path, *self._owner)
            mode = self.path.stat().st_mode & 0o777
        except OSError as error:
            raise StateUnavailable(f"the state directory {path} can not be made: {error.strerror}") from error
        if mode & 0o077:
            raise StateUnavailable(f"the state directory {path} is open to others ({mode:o}); run chmod 700 {path}")

    def write(self, name: str, content: bytes) -> None:
        """
        Set a file, of mode 0600, at once: after a crash it has the old content or the new.

        @raise StateUnavailable: if it can not be written.
        """
        new = self.path / f".{name}.new"
        try:
            descriptor = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
            with os.fdopen(descriptor, "wb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
                os.fchown(file.fileno(), *self._owner)
            new.rename(self.path / name)
        except OSError as error:
            raise StateUnavailable(f"{self.path / name} can not be written: {error.strerror}") from error

    def read(self, name: str) -> bytes | None:
        """
        The content of a file, or C{None} if there is no such file.

        @raise StateUnavailable: if it can not be read.
        """
        try:
            return (self.path / name).read_bytes()
        except FileNotFoundError:
            return None
        except OSError as error:
            raise StateUnavailable(f"{self.path / name} can not be read: {error.strerror}") from error


def keptMAC(state: StateDirectory, interface: str, random: Random) -> MAC:
    """
    The MAC address that was made for an interface once; makes it the first time.
    """
    name = f"mac-{_NAME.sub('_', interface)}"
    kept = state.read(name)
    if kept is not None:
        return MAC.parseUnicast(kept.decode("ascii", "replace").strip())
    mac = MAC.fromRandom(random.randbytes(6))
    state.write(name, f"{mac}\n".encode())
    return mac
