"""
The process while a plugin is imported: an import that changes what belongs to the whole program, ends it or forks does
not have its way, and is told of.
"""

from __future__ import annotations

import faulthandler
import gc
import locale
import os
import resource
import signal
import socket
import sys
import threading
import time
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path
from typing import Any, Final, NoReturn

import attrs

from wand.discovery.replaced import functions, replaced

#: The signals that mean something to our programs.
_SIGNALS: Final = ("SIGHUP", "SIGINT", "SIGTERM", "SIGUSR1", "SIGUSR2", "SIGCHLD", "SIGPIPE")


@attrs.frozen
class _Shared:
    """
    Something that all parts of a program share.

    @ivar what: what it is, for people.
    @ivar now: gives it as it is.
    @ivar putBack: makes it what it was.
    """

    what: str
    now: Callable[[], Any]
    putBack: Callable[[Any], object]


def _umask() -> int:
    umask = os.umask(0o077)
    os.umask(umask)
    return umask


def _setEnvironment(environment: dict[str, str]) -> None:
    os.environ.clear()
    os.environ.update(environment)


def _limits() -> dict[int, tuple[int, int]]:
    kinds = [value for name, value in vars(resource).items() if name.startswith("RLIMIT_")]
    return {each: resource.getrlimit(each) for each in kinds}


def _setLimits(limits: dict[int, tuple[int, int]]) -> None:
    for each, limit in limits.items():
        resource.setrlimit(each, limit)


def _user() -> tuple[Any, ...]:
    return os.getresuid(), os.getresgid(), os.getgroups()


def _setUser(user: tuple[Any, ...]) -> None:
    os.setresuid(*user[0])
    os.setresgid(*user[1])
    os.setgroups(user[2])


def _setStandardFiles(files: tuple[Any, Any]) -> None:
    sys.stdout, sys.stderr = files


def _encodings() -> list[tuple[str, str] | None]:
    files = sys.__stdout__, sys.__stderr__
    return [None if each is None else (each.encoding, each.errors or "strict") for each in files]


def _setEncodings(encodings: list[tuple[str, str] | None]) -> None:
    for file, told in zip((sys.__stdout__, sys.__stderr__), encodings, strict=True):
        if told is not None:
            file.reconfigure(encoding=told[0], errors=told[1])  # type: ignore[union-attr]  # the files of the system


def _setExceptionHook(hook: Any) -> None:
    sys.excepthook = hook


def _fatalWarnings() -> list[Any]:
    return [each for each in warnings.filters if each[0] == "error"]


def _setFatalWarnings(wanted: list[Any]) -> None:
    warnings.filters[:] = [each for each in warnings.filters if each[0] != "error" or each in wanted]  # type: ignore[index]


_SHARED: Final = (
    _Shared("the working directory", Path.cwd, os.chdir),
    _Shared("the umask", _umask, os.umask),
    _Shared("the environment", lambda: dict(os.environ), _setEnvironment),
    _Shared("the time zone", lambda: time.tzname, lambda before: time.tzset()),  # that of the environment, put back
    _Shared("the user that it runs as", _user, _setUser),
    _Shared("the limits of its resources", _limits, _setLimits),
    *(
        _Shared(f"what is done at {each.name}", partial(signal.getsignal, each), partial(signal.signal, each))
        for each in signal.Signals
        if each.name in _SIGNALS
    ),
    _Shared("the locale", partial(locale.setlocale, locale.LC_ALL), partial(locale.setlocale, locale.LC_ALL)),
    _Shared("the time-out of all sockets", socket.getdefaulttimeout, socket.setdefaulttimeout),
    _Shared("standard output or standard error", lambda: (sys.stdout, sys.stderr), _setStandardFiles),
    _Shared("the encoding of standard output or standard error", _encodings, _setEncodings),
    _Shared("who hears of exceptions", lambda: sys.excepthook, _setExceptionHook),
    _Shared("which warnings are errors", _fatalWarnings, _setFatalWarnings),
    _Shared("garbage collection", gc.isenabled, lambda before: gc.enable() if before else gc.disable()),
    _Shared("the limit of recursion", sys.getrecursionlimit, sys.setrecursionlimit),
)


@contextmanager
def intact(name: str) -> Iterator[list[str]]:
    """
    See to it that the process is after the C{with} what it was before.

    @param name: of the plugin.
    @return: at the end it has what was changed, for people.
    """
    pid, before, threads = os.getpid(), [_now(each) for each in _SHARED], {*threading.enumerate()}
    code = functions()
    changed: list[str] = []
    with _noExit(pid), _traces():
        yield changed
    if os.getpid() != pid:
        _endChild(name)
    for each, was in zip(_SHARED, before, strict=True):
        if _now(each) != was:
            with suppress(Exception):
                each.putBack(was)
            changed.append(f"{each.what}, which {'was' if _now(each) == was else 'cannot be'} put back")
    changed += [each for each in [replaced(code)] if each]
    changed += [f"a thread that goes on, {each.name}" for each in threading.enumerate() if each not in threads]


def _now(shared: _Shared) -> Any:
    try:
        return shared.now()
    except Exception:  # such as a directory that is gone
        return None


@contextmanager
def _noExit(pid: int) -> Iterator[None]:
    leave = os._exit

    def refuse(status: int) -> NoReturn:
        if os.getpid() != pid:  # a child may
            leave(status)
        raise SystemExit(f"it wanted to end the whole program: os._exit({status})")

    os._exit = refuse
    try:
        yield
    finally:
        os._exit = leave


@contextmanager
def _traces() -> Iterator[None]:
    """
    If the process dies of what is done here, such as a library in C, have Python say on standard error where.
    """
    if faulthandler.is_enabled():
        yield
        return
    with suppress(Exception):  # there may be no such file
        faulthandler.enable(2)
    try:
        yield
    finally:
        faulthandler.disable()


def _endChild(name: str) -> NoReturn:
    """
    We are a process that the plugin forked, and the program is another one.
    """
    text = f"process {os.getpid()}, which {name} forked when it was imported, is ended: report that to its author"
    with suppress(OSError):
        os.write(2, ascii(text)[1:-1].encode() + b"\n")
    os._exit(1)
