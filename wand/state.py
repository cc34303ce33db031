"""
The state directory: what must survive a restart of a program.
"""

from __future__ import annotations

import os
import pwd
import re
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from random import Random
from typing import Final, NamedTuple

from wand.errors import AddressInvalid, StateUnavailable
from wand.ethernet import MAC
from wand.plain_file import PROMPTLY, checkPlain, unreadable

#: The most octets that are read of a file.
_FILE_MAXIMUM: Final = 1_000_000

#: How the names of files end that a restoration writes first.
_RESTORED: Final = ".restored"

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

        @raise StateUnavailable: if it cannot be made, others may look into it, or it is not its user's.
        """
        self.path = Path(path)
        self._owner = [-1 if number is None else number for number in owner]  # as chown(2) has it
        try:
            if not self.path.is_dir():
                _makeParents(self.path)
                self.path.mkdir(mode=0o700)
                os.chown(self.path, *self._owner)
            found = self.path.stat()
        except OSError as error:
            raise StateUnavailable(f"the state directory {path} cannot be made: {error.strerror}") from error
        mode = found.st_mode & 0o777
        if mode & 0o077:
            raise StateUnavailable(f"the state directory {path} is open to others ({mode:o}); run chmod 700 {path}")
        user = os.geteuid() if owner.uid is None else owner.uid
        if found.st_uid != user:
            raise StateUnavailable(
                f"the state directory {path} belongs to {_name(found.st_uid)}, but the program runs as "
                f"{_name(user)}; run it as {_name(found.st_uid)}, or give it the directory with "
                f"chown -R {_name(user)} {path}"
            )

    def write(self, name: str, content: bytes) -> None:
        """
        Write a file of mode 0600, atomically: after a crash it has the old content or the new.

        @raise StateUnavailable: if it cannot be written.
        """
        new = self.path / f".{name}.new"
        try:
            new.unlink(missing_ok=True)  # a crash may have left it behind, with another owner
            descriptor = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
            with os.fdopen(descriptor, "wb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
                os.fchown(file.fileno(), *self._owner)
            new.rename(self.path / name)
            _flush(self.path)
        except OSError as error:
            with suppress(OSError):
                new.unlink(missing_ok=True)
            if isinstance(error, IsADirectoryError):
                checkPlain(self.path / name, (self.path / name).lstat())
            raise StateUnavailable(f"{self.path / name} cannot be written: {error.strerror}") from error

    def remove(self, name: str) -> None:
        """
        Remove a file, if it is there.

        @raise StateUnavailable: if that fails.
        """
        try:
            (self.path / name).unlink(missing_ok=True)
        except OSError as error:
            raise StateUnavailable(f"{self.path / name} cannot be removed: {error.strerror}") from error

    def rename(self, name: str, to: str) -> None:
        """
        Rename a file, atomically and durably.

        @raise StateUnavailable: if that fails.
        """
        try:
            (self.path / name).rename(self.path / to)
            _flush(self.path)
        except OSError as error:
            raise StateUnavailable(f"{self.path / name} cannot be renamed: {error.strerror}") from error

    def setAside(self, name: str) -> None:
        """
        Keep a damaged file under another name, C{NAME.damaged}, so that its replacement destroys nothing.  Of several
        the first is kept.

        @raise StateUnavailable: if it cannot be renamed.
        """
        if not self.has(f"{name}.damaged"):
            self.rename(name, f"{name}.damaged")

    def has(self, *names: str) -> str | None:
        """
        The first of these files that exists, whatever is in it.
        """
        return next((name for name in names if os.path.lexists(self.path / name)), None)

    def checkKind(self, foreign: Sequence[str], both: str = "") -> None:
        """
        @param foreign: files that only programs of another kind have.
        @param both: a file that says that this program is of both kinds; empty if there is no such thing.
        @raise StateUnavailable: if one of them is there: a node and a server would take each other's keys for their
            own.
        """
        found = self.has(*foreign)
        if found is not None and not (both and self.has(both)):
            raise StateUnavailable(
                f"the state directory {self.path} is that of another kind of program, because it contains {found}: "
                "give each program a directory of its own with the key state"
            )

    def checkWhole(self) -> None:
        """
        @raise StateUnavailable: if a restoration was cut short when the former files were gone and those of the backup
            were not there yet: whoever started now would become somebody else.
        """
        new = [each.name for each in self.path.glob(restoredName("*"))]
        if any(not self.has(name[1 : -len(_RESTORED)]) for name in new):
            raise StateUnavailable(
                f"a wand restore into the state directory {self.path} was cut short: do it again, with --force"
            )

    def read(self, name: str) -> bytes | None:
        """
        The content of a file, or C{None} if there is no such file.

        @raise StateUnavailable: if it cannot be read, or is not a plain file.
        """
        path = self.path / name
        try:
            descriptor = os.open(path, os.O_RDONLY | PROMPTLY)
        except FileNotFoundError:
            return None
        except OSError as error:
            raise StateUnavailable(f"{path} {unreadable(error)}") from error
        try:
            checkPlain(path, os.fstat(descriptor))
            with os.fdopen(descriptor, "rb", closefd=False) as file:
                return file.read(_FILE_MAXIMUM)
        finally:
            os.close(descriptor)


def restoredName(name: str) -> str:
    """
    What a file of a backup is called until all of them are there.
    """
    return f".{name}{_RESTORED}"


def _makeParents(path: Path) -> None:
    """
    Make the directories above a state directory, which hold no secrets: the user that the program becomes must get
    through, so the umask does not count.
    """
    missing = [each for each in path.parents if not each.exists()]
    for each in reversed(missing):
        each.mkdir()
        each.chmod(0o755)


def _flush(directory: Path) -> None:
    descriptor = os.open(directory, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _name(uid: int) -> str:
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return f"user {uid}"


def keptMAC(state: StateDirectory, interface: str, random: Random) -> MAC:
    """
    The MAC address of an interface, made the first time and kept from then on.
    """
    name = f"mac-{_NAME.sub('_', interface)}"
    kept = state.read(name)
    if kept is not None:
        try:
            return MAC.parseUnicast(kept.decode("ascii", "replace").strip())
        except AddressInvalid as error:
            raise StateUnavailable(
                f"{state.path / name} is damaged, and nothing was changed; restore a backup (wand restore FILE), or "
                "write the address into it that wand members shows at the server"
            ) from error
    mac = MAC.fromRandom(random.randbytes(6))
    state.write(name, f"{mac}\n".encode())
    return mac
