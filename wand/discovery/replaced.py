"""
Functions that all parts of a program call, and that somebody replaces when it is imported.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from types import BuiltinFunctionType, FunctionType
from typing import Final

#: Whose they are: modules of Python's, and all modules of some packages.
_MODULES: Final = ("builtins", "os", "socket", "time", "random", "select", "signal", "subprocess", "threading")
_PACKAGES: Final = ("wand.", "twisted.internet.", "twisted.logger.", "twisted.python.")

_FUNCTIONS: Final = FunctionType, BuiltinFunctionType

#: How many are named.
_NAMED: Final = 3


def functions() -> Mapping[str, object]:
    """
    Those that are there, by what they are called; it takes some milliseconds.
    """
    found: dict[str, object] = {}
    for name, module in list(sys.modules.items()):
        if name in _MODULES or name.startswith(_PACKAGES):
            for key, value in list(vars(module).items()):
                if isinstance(value, _FUNCTIONS):
                    found[f"{name}.{key}"] = value
                elif isinstance(value, type) and value.__module__ == name:
                    its = {each: code for each, code in vars(value).items() if isinstance(code, _FUNCTIONS)}
                    found.update({f"{name}.{key}.{each}": code for each, code in its.items()})
    return found


def replaced(before: Mapping[str, object]) -> str:
    """
    Which are others now, in words; empty if all are as they were.
    """
    now = functions()
    names = [name for name, value in before.items() if now.get(name) is not value]
    more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
    return f"{', '.join(names[:_NAMED])}{more}, which stays so" if names else ""
