"""
What the parts of a program share: its process.
"""

from __future__ import annotations

import gc
import locale
import logging
import os
import random
import resource
import signal
import socket
import sys
import threading
import time
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import FunctionType
from typing import Any, Final

from twisted.logger import globalLogPublisher

#: Whose functions nobody replaces, besides those of modules of these packages.
_MODULES: Final = ("builtins", "os", "socket", "time", "random", "select", "signal", "subprocess", "json", "msgspec")
_PACKAGES: Final = ("wand.", "twisted.internet.", "twisted.python.", "zope.interface.")


def processState() -> dict[str, object]:
    """
    What a plugin has to leave as it is, by what it is called.
    """
    umask = os.umask(0o077)
    os.umask(umask)
    root = logging.getLogger()
    return {
        "the working directory": Path.cwd(),
        "the environment": dict(os.environ),
        "the umask": umask,
        "signal handlers": {each: signal.getsignal(each) for each in signal.valid_signals()},
        "the locale": locale.setlocale(locale.LC_ALL),
        "the time zone": time.tzname,
        "logging": (root.level, [*root.handlers], [*root.filters], root.manager.disable, logging.raiseExceptions),
        "what Twisted's log tells": [*globalLogPublisher._observers],
        "the time-out of all sockets": socket.getdefaulttimeout(),
        "who hears of exceptions": (sys.excepthook, threading.excepthook, sys.unraisablehook),
        "standard output and standard error": (sys.stdout, sys.stderr),
        "garbage collection": (gc.isenabled(), gc.get_threshold()),
        "which warnings are shown": [*warnings.filters],
        "where modules are found": [*sys.path],
        "the limit of recursion": sys.getrecursionlimit(),
        "what is traced": (sys.gettrace(), sys.getprofile()),
        "the limit of descriptors": resource.getrlimit(resource.RLIMIT_NOFILE),
    }


def othersRunning() -> set[str]:
    """
    The threads of this process and, on Linux, its child processes, by their names.
    """
    children = [each.read_text().split() for each in Path("/proc/self/task").glob("*/children") if each.exists()]
    threads = {f"thread {each.name} ({each.ident})" for each in threading.enumerate()}
    return threads | {f"process {each}" for some in children for each in some}


@contextmanager
def seeding() -> Iterator[list[object]]:
    """
    Notice whether the randomness that all share is seeded within the C{with}.

    @return: has a member for each time.
    """
    seeded: list[object] = []
    seed = random.seed

    def noticed(*arguments: Any, **named: Any) -> None:
        seeded.append(arguments)
        seed(*arguments, **named)

    random.seed = noticed
    try:
        yield seeded
    finally:
        random.seed = seed


def codeInUse() -> Mapping[tuple[str, str], object]:
    """
    The functions of the modules and of the classes that all share, by the module and the name.
    """
    found: dict[tuple[str, str], object] = {}
    for name, module in list(sys.modules.items()):
        if name in _MODULES or name.startswith(_PACKAGES):
            for key, value in list(vars(module).items()):
                if callable(value):
                    found[name, key] = value
                if isinstance(value, type) and value.__module__ == name:
                    inside = {f"{key}.{each}": code for each, code in vars(value).items() if isinstance(code, _CODE)}
                    found.update({(name, each): code for each, code in inside.items()})
    return found


_CODE: Final = FunctionType, classmethod, staticmethod, property


def changedCode(before: Mapping[tuple[str, str], object]) -> list[str]:
    """
    What was replaced since.
    """
    now = codeInUse()
    return [".".join(name) for name, value in before.items() if now.get(name, value) is not value]
