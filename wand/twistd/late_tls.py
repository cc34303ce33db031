"""
TLS, loaded when somebody uses it.

Twisted's TCP and AMP import it in any case, and with it pyOpenSSL, X.509 and names of hosts: 4.4 MB, a tenth of a
second and a tenth of a node's memory, though most programs never open a connection with TLS.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from types import ModuleType
from typing import Any, Final

#: What is imported in vain.
MODULES: Final = ("twisted.internet.ssl", "twisted.protocols.tls")


@contextmanager
def lateTLS() -> Iterator[None]:
    """
    Let what is imported meanwhile have its TLS later.  Who imports TLS afterwards gets all of it, as ever, and so does
    whoever calls C{startTLS} of a connection, or C{connectSSL} and C{listenSSL} of the reactor.
    """
    put = {name: _Later(name) for name in MODULES if name not in sys.modules}
    sys.modules.update(put)
    try:
        yield
    finally:
        for name, module in put.items():
            if sys.modules.get(name) is module:
                del sys.modules[name]


class _Later(ModuleType):
    """
    Stands for a module that is not loaded yet.
    """

    def __getattr__(self, name: str) -> _Part:
        if name.startswith("__"):
            raise AttributeError(name)
        return _Part(self.__name__, name)


class _Part:
    """
    Stands for a class or a function of such a module.
    """

    def __init__(self, module: str, name: str) -> None:
        self._where = module, name

    def __call__(self, *arguments: Any, **named: Any) -> Any:
        return self._real(*arguments, **named)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._real, name)

    @property
    def _real(self) -> Any:
        module, name = self._where
        return getattr(import_module(module), name)
