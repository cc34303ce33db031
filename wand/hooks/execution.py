"""
Execution: a program of the operator's runs for a limited time, without privileges, with a document on its standard
input.  All of it is done in threads that may wait.
"""

from __future__ import annotations

import ctypes
import os
import pwd
import select
import signal
import sys
from contextlib import suppress
from pathlib import Path
from subprocess import DEVNULL, PIPE, Popen
from tempfile import TemporaryFile
from threading import Lock, current_thread, main_thread
from time import monotonic, sleep
from typing import IO, Any, Final

import attrs

#: How many octets of what an executable says on its standard error are kept.
SAID_MAXIMUM: Final = 4096

#: How long a sentence of it is, in characters.
SENTENCE_MAXIMUM: Final = 200

#: The environment of executables: nothing of ours, which may have passwords in it.
ENVIRONMENT: Final = {"PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "LANG": "C.UTF-8"}

#: How often is looked whether an executable has ended, in seconds: first, and at most.
_PAUSE: Final = 0.001
_PAUSE_MAXIMUM: Final = 0.05

#: Seconds for which one is awaited that was killed.
_PATIENCE: Final = 1.0

_PR_SET_NO_NEW_PRIVS: Final = 38
_PR_CAP_AMBIENT: Final = 47
_PR_CAP_AMBIENT_CLEAR_ALL: Final = 4


@attrs.frozen
class Outcome:
    """
    What came of a run.

    @ivar status: the exit status; negative for a signal.
    @ivar said: what it wrote to its standard error, its beginning.
    """

    status: int
    said: str

    @property
    def sentence(self) -> str:
        """
        The first line that says something, for people.
        """
        return sentenceOf(self.said)


def sentenceOf(said: str) -> str:
    """
    The first line that says something, cut to what people read.
    """
    lines = ("".join(filter(str.isprintable, line)).strip() for line in said.splitlines())
    return next(filter(None, lines), "")[:SENTENCE_MAXIMUM]


class Execution:
    """
    Runs executables, and knows which are running.
    """

    def __init__(self, user: str) -> None:
        """
        @param user: who runs them where this program is root.
        @raise KeyError: if there is no such user.
        @raise ValueError: if it is root, too.
        """
        self._identity = _identityOf(user) if os.geteuid() == 0 else {}
        self._running: set[Popen[bytes]] = set()
        self._lock = Lock()
        self._isOver = False

    @property
    def isBusy(self) -> bool:
        """
        Is anything running?
        """
        return bool(self._running)

    def run(self, executable: Path, document: bytes, seconds: float) -> Outcome:
        """
        Run an executable, and wait for its end.

        @param document: for its standard input.
        @param seconds: how long it may take; then it is killed, with what it began in its session.
        @raise TimeoutError: if it takes longer.
        @raise OSError: if it cannot be run.
        """
        _confine()
        with _memory() as given:
            given.write(document)
            given.seek(0)
            process = self._begin(executable, given)
        try:
            said = _waited(process, monotonic() + seconds)
        finally:
            with self._lock:
                self._running.discard(process)
            status = _end(process)
        return Outcome(status, said)

    def stop(self) -> None:
        """
        Kill what runs, and run nothing more.
        """
        with self._lock:
            self._isOver = True
            for process in self._running:
                _kill(process)

    def _begin(self, executable: Path, given: Any) -> Popen[bytes]:
        with self._lock:
            if self._isOver:
                raise InterruptedError("the program ends")
            process = Popen(
                [executable],
                stdin=given,
                stdout=DEVNULL,
                stderr=PIPE,
                cwd="/",
                env=ENVIRONMENT,
                start_new_session=True,
                **self._identity,
            )
            self._running.add(process)
            return process


def _memory() -> IO[bytes]:
    """
    A file for the document, which no full disk keeps from being written.  Whoever runs an executable may also open it
    once more, as C{/dev/stdin}.
    """
    return os.fdopen(os.memfd_create("document"), "w+b") if sys.platform == "linux" else TemporaryFile()


def _identityOf(user: str) -> dict[str, Any]:
    known = pwd.getpwnam(user)
    if known.pw_uid == 0:
        raise ValueError("it is root")
    return {"user": known.pw_uid, "group": known.pw_gid, "extra_groups": [], "umask": 0o077}


def _confine() -> None:
    """
    Take from this thread, and so from all that it begins, the ways to more privileges: capabilities that a service
    manager gave to this program, and programs that are root for whoever starts them (prctl(2), capabilities(7)).
    """
    if sys.platform == "linux" and current_thread() is not main_thread():
        libc = ctypes.CDLL(None, use_errno=True)
        if libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0):
            raise OSError(ctypes.get_errno(), "the system does not let a thread give up new privileges")
        libc.prctl(_PR_CAP_AMBIENT, _PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0)


class _Ear:
    """
    Hears what an executable writes to its standard error.
    """

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        self._said = b""
        self._isOpen = True
        self._poll = select.poll()
        self._poll.register(descriptor, select.POLLIN)

    def hear(self, seconds: float) -> bool:
        """
        Wait until there is something to read, and read it.

        @return: whether there was.
        """
        if not self._isOpen:
            sleep(seconds)
            return False
        if not self._poll.poll(seconds * 1000):
            return False
        octets = os.read(self._descriptor, SAID_MAXIMUM)
        self._said += octets[: SAID_MAXIMUM - len(self._said)]
        self._isOpen = bool(octets)
        return self._isOpen

    def all(self) -> str:
        """
        What was said, with what is there to be read.
        """
        while len(self._said) < SAID_MAXIMUM and self.hear(0):
            pass
        return self._said.decode("utf-8", "replace")


def _waited(process: Popen[bytes], deadline: float) -> str:
    """
    Wait until an executable has ended, whoever still has its standard error.

    @raise TimeoutError: if it does not in time.
    """
    assert process.stderr is not None
    ear, pause = _Ear(process.stderr.fileno()), _PAUSE
    while os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is None:
        left = deadline - monotonic()
        if left <= 0:
            raise TimeoutError(f"it did not end in time: {sentenceOf(ear.all())}".rstrip(": "))
        ear.hear(min(left, pause))
        pause = min(2 * pause, _PAUSE_MAXIMUM)
    return ear.all()


def _end(process: Popen[bytes]) -> int:
    """
    Kill what is left of an executable and all that it began, but for what began a session of its own.

    @return: its status.
    """
    assert process.stderr is not None
    _kill(process)
    process.stderr.close()
    status = process.wait()
    if os.getpid() == 1:
        _bury(process.pid)
    return status


def _bury(group: int) -> None:
    """
    The first process of a container inherits those that an executable left behind, just killed: nobody else waits for
    them, and the container has room for a few thousand.
    """
    patience = _PATIENCE / _PAUSE
    with suppress(ChildProcessError):
        while patience > 0:
            buried, _ = os.waitpid(-group, os.WNOHANG)
            if not buried:
                sleep(_PAUSE)
                patience -= 1


def _kill(process: Popen[bytes]) -> None:
    """
    The number of a process is its own, and that of its group, until it was waited for.
    """
    if process.returncode is None:
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGKILL)
