"""
Files with secrets, and documents.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, Final

from wand.errors import WandError
from wand.plain_file import unreadable
from wand.sealed.credentials.limits import DOCUMENT_MAXIMUM

#: The most octets of a secret that are read.
SECRET_MAXIMUM: Final = 8_192

#: The most octets of a backup.
ARCHIVE_MAXIMUM: Final = 1_000_000_000


class FileRefused(WandError):
    """
    A file cannot be read or written, or is not safe to use.
    """


def readText(path: str) -> str:
    """
    Read the beginning of a file that holds a token.

    @raise FileRefused: if it cannot be read.
    """
    return _read(path, SECRET_MAXIMUM).decode("utf-8", "replace")


def readDocument(path: str) -> bytes:
    """
    Read a document that goes to the program, or comes from one.

    @raise FileRefused: if it cannot be read, or is too long.
    """
    return _readWhole(path, DOCUMENT_MAXIMUM)


def readSecret(path: str) -> str:
    """
    Read a file that nobody else may read, such as a key.

    @raise FileRefused: if it cannot be read, or others can read or change it.
    """
    return _read(path, SECRET_MAXIMUM, secret=True).decode("ascii", "replace")


def readArchive(path: str) -> bytes:
    """
    Read a backup.

    @raise FileRefused: if it cannot be read, or is too long.
    """
    return _readWhole(path, ARCHIVE_MAXIMUM)


def newSecretFile(path: str, content: bytes, *, force: bool) -> None:
    """
    Write a file of mode 0600: all of it or nothing.

    @param force: may it replace another?
    @raise FileRefused: if it cannot be made, or exists.
    """
    if not force and os.path.lexists(path):
        raise FileRefused(f"{path} exists already: choose another name, or add --force to replace it")
    new = f"{path}.{os.getpid()}.new"
    try:
        descriptor = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        Path(new).replace(path)
    except OSError as error:
        with suppress(OSError):
            Path(new).unlink(missing_ok=True)
        raise FileRefused(f"{path} cannot be written: {error.strerror}") from None


@contextmanager
def secretFile(path: str) -> Iterator[IO[str]]:
    """
    A new file, of mode 0600, to write a secret into.  It is removed if that fails.

    @raise FileRefused: if it cannot be made, or exists.
    """
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    except FileExistsError:
        raise FileRefused(f"{path} exists already: remove it, or choose another name") from None
    except OSError as error:
        raise FileRefused(f"{path} cannot be written: {error.strerror}") from None
    try:
        with os.fdopen(descriptor, "w") as file:
            yield file
    except BaseException:
        Path(path).unlink(missing_ok=True)
        raise


def _readWhole(path: str, maximum: int) -> bytes:
    content = _read(path, maximum + 1)
    if len(content) > maximum:
        raise FileRefused(f"{path} is longer than {maximum} octets")
    return content


def _read(path: str, maximum: int, *, secret: bool = False) -> bytes:
    try:
        with Path(path).open("rb") as file:
            if secret:
                _checkSecret(path, os.fstat(file.fileno()))
            return file.read(maximum)
    except OSError as error:
        raise FileRefused(f"{path} {unreadable(error)}") from None


def _checkSecret(path: str, found: os.stat_result) -> None:
    if not stat.S_ISREG(found.st_mode):
        raise FileRefused(f"{path} is not a regular file")
    if found.st_mode & 0o077:
        raise FileRefused(f"{path} is open to others ({found.st_mode & 0o777:o}); run chmod 600 {path}")
    if found.st_uid not in (0, os.geteuid()):
        raise FileRefused(f"{path} belongs to another user")
