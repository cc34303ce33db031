"""
The host that is set up: its files, and the commands that change the rest of it.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import attrs

from wand.errors import WandError


class SetupFailed(WandError):
    """
    The host cannot be set up as wanted.
    """


def execute(*command: str) -> str:
    """
    Run a command of the host.

    @return: what it wrote.
    @raise SetupFailed: if it is not there or fails, with what it said.
    """
    try:
        done = subprocess.run(
            command, stdin=subprocess.DEVNULL, capture_output=True, text=True, errors="replace", check=False
        )
    except OSError as error:
        raise SetupFailed(f"{command[0]} cannot be run: {error.strerror}") from None
    if done.returncode:
        raise SetupFailed(f"{' '.join(command)} failed: {(done.stderr or done.stdout).strip()}")
    return done.stdout


def _makeDirectory(path: Path) -> None:
    """
    Make a directory, which everybody may enter whatever our umask is.
    """
    if not path.is_dir():
        _makeDirectory(path.parent)
        path.mkdir(exist_ok=True)
        path.chmod(0o755)


@attrs.frozen
class Host:
    """
    A host.

    @ivar root: where its files begin; another directory than C{/} in tests.
    @ivar run: runs a command.
    """

    root: Path = Path("/")
    run: Callable[..., str] = execute

    def path(self, name: str) -> Path:
        """
        Where a file of the host is.

        @param name: its absolute path.
        """
        return self.root / name.lstrip("/")

    def read(self, name: str) -> str | None:
        """
        What a file says; C{None} if it is not there.

        @raise SetupFailed: if it cannot be read.
        """
        try:
            return self.path(name).read_text()
        except FileNotFoundError:
            return None
        except (OSError, ValueError) as error:
            raise SetupFailed(f"{name} cannot be read: {error}") from None

    def write(self, name: str, text: str, mode: int = 0o644, user: str | None = None) -> None:
        """
        Write a file as a whole, or not at all.  Its directory is made, for everybody to enter.

        @param user: whose it is, and of the group of the same name; else root's.
        @raise SetupFailed: if that fails.
        """
        path = self.path(name)
        new = path.with_name(f".{path.name}.new")
        try:
            _makeDirectory(path.parent)
            new.unlink(missing_ok=True)
            descriptor = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
            with os.fdopen(descriptor, "w") as file:
                os.fchmod(descriptor, mode)
                if user is not None:
                    self.give(descriptor, user)  # before it has its name, with which somebody could do something
                file.write(text)
                file.flush()
                os.fsync(descriptor)
            new.replace(path)
        except LookupError as error:
            new.unlink(missing_ok=True)
            raise SetupFailed(f"{name} cannot be given to {user}: {error}") from None
        except OSError as error:
            with suppress(OSError):
                new.unlink(missing_ok=True)
            raise SetupFailed(f"{name} cannot be written: {error.strerror}; run this command as root") from None

    def give(self, descriptor: int, user: str) -> None:
        """
        Make an open file that of a user, and of the group of the same name.

        @raise OSError: if that is not allowed.
        @raise LookupError: if there is no such user or group.
        """
        shutil.chown(descriptor, user, user)

    def remove(self, name: str) -> bool:
        """
        Remove a file, or a directory with all that is in it.

        @return: was it there?
        @raise SetupFailed: if it cannot be removed.
        """
        path = self.path(name)
        if not os.path.lexists(path):
            return False
        try:
            if path.is_dir() and not path.is_symlink():
                shutil.rmtree(path)
            else:
                path.unlink()
        except OSError as error:
            raise SetupFailed(f"{name} cannot be removed: {error.strerror}; run this command as root") from None
        return True

    def removeEmpty(self, name: str) -> None:
        """
        Remove a directory if nothing is in it.
        """
        with suppress(OSError):
            self.path(name).rmdir()

    def hasUser(self, name: str) -> bool:
        """
        Is there such a user?
        """
        users = self.read("/etc/passwd") or ""
        return any(line.partition(":")[0] == name for line in users.splitlines())

    @property
    def hasSystemd(self) -> bool:
        """
        Does it run systemd? See sd_booted(3).
        """
        return self.path("/run/systemd/system").is_dir()
