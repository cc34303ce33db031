"""
Dropins: the modules in which plugins are published, loaded with L{twisted.plugin}.

L{twisted.plugin} writes what it cannot load to the log, with a traceback, each time that it looks.  Here that is
collected instead, so that it can be said once and in a sentence.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from types import ModuleType
from typing import Any, Final

import attrs
from twisted.logger import ILogObserver, LogEvent, globalLogPublisher
from twisted.plugin import CachedDropin, getCache
from twisted.python.failure import Failure
from twisted.python.modules import getModule
from zope.interface import implementer

#: What the code of a plugin may raise without disturbing others.  A KeyboardInterrupt is among it: it comes from code
#: that raises one, or from an operator who does not want to wait for a plugin any longer.
ANYTHING: Final = (BaseException,)

#: How many characters of what an error says are shown.
REASON_MAXIMUM: Final = 300

#: What was read of each package, and from which files: a node looks for eight kinds of plugins when it starts, and to
#: read takes a hundred times as long as to see that nothing has changed.
_read: Final[dict[str, tuple[list[tuple[str, int]], Mapping[str, CachedDropin]]]] = {}


@attrs.frozen
class BrokenModule:
    """
    A module that cannot be loaded, or of which an object cannot even be looked at.

    @ivar name: its name within its package.
    @ivar where: its file.
    @ivar reason: why.
    """

    name: str
    where: str
    reason: str


def search(interface: Any, packages: Iterable[ModuleType]) -> tuple[list[Any], list[BrokenModule]]:
    """
    Look for objects that claim to provide an interface.

    @return: the objects, each once, and the modules that are broken, each once.
    """
    candidates: list[Any] = []
    broken: dict[str, BrokenModule] = {}
    for package in packages:
        found, modules = _searched(interface, package)
        for candidate in found:
            if not any(candidate is other for other in candidates):
                candidates.append(candidate)
        for module in modules:
            broken.setdefault(module.where, module)
    return candidates, list(broken.values())


def describe(error: BaseException) -> str:
    """
    Say what an error is, in one line.
    """
    try:
        text = " ".join(str(error).split())
    except ANYTHING:
        text = "it cannot even say what it is"
    text = text if len(text) <= REASON_MAXIMUM else f"{text[:REASON_MAXIMUM]}..."
    return f"{type(error).__name__}: {text}" if text else type(error).__name__


def _searched(interface: Any, package: ModuleType) -> tuple[list[Any], list[BrokenModule]]:
    with _capturedFailures() as failures:
        try:
            dropins = _dropins(package, failures)
            found = list(_plugins(interface, dropins, failures))
        except ANYTHING:  # an object of some module cannot even be looked at: find out which, and use the others
            return _eachAlone(interface, package)
    return found, [_brokenModule(failure, package) for failure in failures]


def _plugins(interface: Any, dropins: Mapping[str, CachedDropin], failures: list[Failure]) -> Iterator[Any]:
    for dropin in dropins.values():
        for plugin in dropin.plugins:
            try:
                provided = interface(plugin, None)  # which loads it, if it provides that
            except ANYTHING:
                failures.append(Failure())
            else:
                if provided is not None:
                    yield provided


def _dropins(package: ModuleType, failures: list[Failure]) -> Mapping[str, CachedDropin]:
    """
    What the modules of a package have, as it was read before unless a file has changed since.  Where a module could not
    be loaded it is tried again, since the reason may lie elsewhere.
    """
    files = _files(package)
    before, dropins = _read.get(package.__name__, (None, {}))
    if before != files:
        dropins = getCache(package)
        if not failures:
            _read[package.__name__] = files, dropins
    return dropins


def _files(package: ModuleType) -> list[tuple[str, int]]:
    files = []
    for folder in package.__path__:
        with suppress(OSError), os.scandir(folder) as entries:  # it need not exist
            files += [(each.path, each.stat().st_mtime_ns) for each in entries if each.name.endswith(".py")]
    return files


def _eachAlone(interface: Any, package: ModuleType) -> tuple[list[Any], list[BrokenModule]]:
    found: list[Any] = []
    broken = []
    for module in getModule(package.__name__).iterModules():
        try:
            found += filter(interface.providedBy, vars(module.load()).values())
        except ANYTHING as error:
            path = Path(module.filePath.path)
            broken.append(BrokenModule(path.stem, str(path), describe(error)))
    return found, broken


@contextmanager
def _capturedFailures() -> Iterator[list[Failure]]:
    """
    Keep the failures that are logged meanwhile from every observer of the log; all other events go their way.
    """
    failures: list[Failure] = []
    observers = tuple(globalLogPublisher._observers)  # there is no public way to hear of an event before the others do

    @implementer(ILogObserver)
    def sort(event: LogEvent) -> None:
        failure = event.get("log_failure") or event.get("failure")  # log.err() is legacy and sets the second
        if failure is not None:
            failures.append(failure)
            return
        for observer in observers:
            observer(event)

    globalLogPublisher._observers[:] = [sort]
    try:
        yield failures
    finally:
        globalLogPublisher._observers[:] = observers


def _brokenModule(failure: Failure, package: ModuleType) -> BrokenModule:
    error = failure.value
    assert error is not None  # it was logged because it was raised
    folders = [Path(folder) for folder in package.__path__]
    files = [Path(frame[1]) for frame in failure.frames]
    if isinstance(error, SyntaxError) and error.filename:
        files.append(Path(error.filename))
    if isinstance(error, SyntaxError) and not error.filename:  # so it says nothing of the file, as for a zero octet
        files += [each for folder in folders for each in sorted(folder.glob("*.py")) if b"\0" in each.read_bytes()]
    path = next((each for each in files if each.parent in folders), files[-1] if files else Path(package.__name__))
    return BrokenModule(path.stem, str(path), describe(error))
