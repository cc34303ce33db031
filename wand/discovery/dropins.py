"""
Dropins: the modules in which plugins are published, loaded with L{twisted.plugin}.

L{twisted.plugin} writes what it cannot load to the log, with a traceback, each time that it looks.  Here that is
collected instead, so that it can be said once and in a sentence.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType
from typing import Any, Final

import attrs
from twisted.logger import ILogObserver, LogEvent, globalLogPublisher
from twisted.plugin import getPlugins
from twisted.python.failure import Failure
from twisted.python.modules import getModule
from zope.interface import implementer

#: What the code of a plugin may raise without disturbing others.
ANYTHING: Final = (Exception, SystemExit)


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
        found, modules = _plugins(interface, package)
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
    text = " ".join(str(error).split())
    return f"{type(error).__name__}: {text}" if text else type(error).__name__


def _plugins(interface: Any, package: ModuleType) -> tuple[list[Any], list[BrokenModule]]:
    with _capturedFailures() as failures:
        try:
            found = list(getPlugins(interface, package))
        except ANYTHING:  # an object of some module cannot even be looked at: find out which, and use the others
            return _eachAlone(interface, package)
    return found, [_brokenModule(failure, package) for failure in failures]


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
    path = next((each for each in files if each.parent in folders), files[-1] if files else Path(package.__name__))
    return BrokenModule(path.stem, str(path), describe(error))
