"""
Whether a plugin imports the reactor.
"""

from __future__ import annotations

import builtins
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, Final

_REACTOR: Final = "twisted.internet.reactor"
_THREADS: Final = "twisted.internet.threads"


@contextmanager
def reactorImports(plugin: object) -> Iterator[list[str]]:
    """
    Notice which modules of a plugin's own package import the reactor within the C{with}, be it loaded or not.  What
    libraries do is not the plugin's author's: some of Twisted's own classes look for a clock before they get one.

    @return: the names of the modules that do.
    """
    package = _packageOf(type(plugin).__module__)
    importers: list[str] = []
    load = builtins.__import__

    def noticed(
        name: str,
        globals: Mapping[str, object] | None = None,
        locals: Mapping[str, object] | None = None,
        fromlist: Sequence[str] | None = (),
        level: int = 0,
    ) -> Any:
        importer = str((globals or {}).get("__name__", ""))
        isReactor = name == _REACTOR or (name == "twisted.internet" and "reactor" in (fromlist or ()))
        if isReactor and _packageOf(importer) == package and not importer.startswith("wand.testing."):
            importers.append(importer)
        if isReactor and importer == _THREADS and _packageOf(caller := _outside()) == package:
            importers.append(caller)  # whoever calls deferToThread means the reactor of the process
        return load(name, globals, locals, fromlist or (), level)

    builtins.__import__ = noticed
    try:
        yield importers
    finally:
        builtins.__import__ = load


def reactorHolders(*values: object) -> list[str]:
    """
    The modules of some objects' classes that have the reactor among their globals.
    """
    reactor = sys.modules.get(_REACTOR)
    if reactor is None:
        return []
    packages = {_packageOf(type(value).__module__) for value in values}
    modules = {each.__module__ for value in values for each in type(value).__mro__}
    return sorted(
        name
        for name in modules
        if _packageOf(name) in packages
        and name in sys.modules
        and any(each is reactor for each in vars(sys.modules[name]).values())
    )


@contextmanager
def reactorCalls() -> Iterator[list[str]]:
    """
    Notice what the reactor of the process is asked to call later within the C{with}, and cancel it.

    @return: what was to be called, once the C{with} has ended.
    """
    found: list[str] = []
    before = {id(each) for each in _delayedCalls()}
    try:
        yield found
    finally:
        for each in _delayedCalls():
            if id(each) not in before:
                found.append(getattr(each.func, "__qualname__", repr(each.func)))
                each.cancel()


def _delayedCalls() -> list[Any]:
    reactor: Any = sys.modules.get(_REACTOR)
    return [] if reactor is None else list(reactor.getDelayedCalls())


def _outside() -> str:
    """
    The module of the nearest caller that is neither Twisted nor this module.
    """
    frame = sys._getframe(1)
    while frame.f_back is not None and frame.f_globals.get("__name__", "").startswith((__name__, "twisted.")):
        frame = frame.f_back
    return str(frame.f_globals.get("__name__", ""))


def _packageOf(module: str) -> str:
    return module.partition(".")[0]
