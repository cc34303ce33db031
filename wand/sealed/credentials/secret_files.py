"""
Secrets that are kept in the state directory: nobody else may be able to read them, or to have put them there.
"""

from __future__ import annotations

import errno
import os

from wand.errors import StateUnavailable
from wand.plain_file import PROMPTLY, checkPlain, unreadable
from wand.state import StateDirectory

#: What is read of a file at most, in octets.
FILE_MAXIMUM = 16_000_000


def readSecretFile(state: StateDirectory, name: str) -> bytes | None:
    """
    Read a file of the state directory that holds a secret.

    @return: its content, or C{None} if there is no such file.
    @raise StateUnavailable: if it cannot be read, or others can read it, or it is somebody else's.
    """
    path = state.path / name
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | PROMPTLY)
    except FileNotFoundError:
        return None
    except OSError as error:
        if error.errno == errno.ELOOP:
            checkPlain(path, path.lstat())
        raise StateUnavailable(f"{path} {unreadable(error)}") from error
    try:
        _check(os.fstat(descriptor), state, name)  # before it becomes a file of Python's, which no directory can be
        with os.fdopen(descriptor, "rb", closefd=False) as file:
            return file.read(FILE_MAXIMUM)
    finally:
        os.close(descriptor)


def _check(found: os.stat_result, state: StateDirectory, name: str) -> None:
    path, us = state.path / name, os.geteuid()
    checkPlain(path, found)
    if found.st_mode & 0o077:
        raise StateUnavailable(f"{path} is open to others ({found.st_mode & 0o777:o}); run chmod 600 {path}")
    directory = state.path.stat().st_uid
    if us not in (0, directory):
        raise StateUnavailable(f"the state directory {state.path} belongs to somebody else")
    if found.st_uid not in (0, us, directory):
        raise StateUnavailable(f"{path} belongs to somebody else; run chown --reference={state.path} {path}")
