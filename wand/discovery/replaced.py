"""
Functions that all parts of a program call: does the import of a plugin replace any?
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from types import BuiltinFunctionType, FunctionType
from typing import Final

#: The modules of Python, and the packages, whose functions are looked at.
_MODULES: Final = ("builtins", "os", "socket", "time", "random", "select", "signal", "subprocess", "threading")
_PACKAGES: Final = ("wand.", "twisted.internet.", "twisted.logger.", "twisted.python.")

_FUNCTIONS: Final = FunctionType, BuiltinFunctionType

#: How many replaced functions are named.
_NAMED: Final = 3


def functions() -> Mapping[str, object]:
    """
    The functions and methods of these modules, by their full names; it takes some 10 ms.
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
    Which functions are other ones now, for people; empty if none is.

    @param before: what L{functions} returned then.
    """
    now = functions()
    names = [name for name, value in before.items() if now.get(name) is not value]
    more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
    return f"{', '.join(names[:_NAMED])}{more}, which stays so" if names else ""
