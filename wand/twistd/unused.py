"""
What C{twistd} imports before anything of ours, and no program of ours uses: 3 MB, a twentieth of a node's memory.

It reads the list of all its plugins, which names interfaces of those for tests, and with them comes Python's framework
for tests; and a name that Twisted keeps for old programs brings Python's client for HTTP.
"""

from __future__ import annotations

import gc
import sys
from importlib import import_module
from types import ModuleType
from typing import Any, Final

from twisted.python import compat

#: Modules, each with all that is in it.
UNUSED: Final = (
    "email",
    "http.client",
    "http.cookiejar",
    "twisted.trial",
    "twisted.words",
    "unittest",
    "urllib.request",
    "urllib.response",
)


def forgetUnused() -> None:
    """
    Forget it, so that what is imported from now on has its place in memory.  Who needs it imports it anew, as ever.
    Where tests are run, it is used.
    """
    if "twisted.trial.unittest" in sys.modules or "pytest" in sys.modules:
        return
    vars(compat)["cookielib"] = _Later("http.cookiejar")
    for name in [each for each in sys.modules if f"{each}.".startswith(tuple(f"{unused}." for unused in UNUSED))]:
        del sys.modules[name]
        package, _, own = name.rpartition(".")
        if package in sys.modules:
            vars(sys.modules[package]).pop(own, None)
    gc.collect()


class _Later(ModuleType):
    """
    Stands for a module that is imported when somebody uses it.
    """

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return getattr(import_module(self.__name__), name)
