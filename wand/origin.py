"""
Whose code an object is: ours, or that of another distribution, which is named where it does something wrong.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable
from importlib.metadata import Distribution, distributions
from typing import Final

#: Our own distribution.
OURS: Final = "wandaemon"

#: Where other distributions publish plugins in our package.
_GUESTS: Final = "wand.plugins."


def isOurs(thing: object) -> bool:
    """
    Is this object of a class of ours?
    """
    module = type(thing).__module__
    return module.startswith("wand.") and (not module.startswith(_GUESTS) or module.endswith(".wand_builtins_dropin"))


def attributed(what: str, plugin: object) -> str:
    """
    Say whose something is: C{hook audit of wand-audit 1.0}.

    @param plugin: the object; C{None} where it is certainly ours.
    """
    return what if plugin is None or isOurs(plugin) else f"{what} of {originOf(plugin)}"


def originOf(thing: object) -> str:
    """
    The distribution that an object's class came with, and its version; the file where no distribution is known.  Slow,
    for what is rare: it looks into the records of all distributions.
    """
    module = type(thing).__module__
    inside = module.replace(".", "/")
    found = _recording((f"{inside}.py", f"{inside}/__init__.py"), distributions())
    if found is not None:
        return f"{found.name} {found.version}"
    return getattr(sys.modules.get(module), "__file__", None) or f"the module {module}"


def _recording(paths: Iterable[str], among: Iterable[Distribution]) -> Distribution | None:
    lines = tuple(f"{path}," for path in paths)
    for each in among:
        record = each.read_text("RECORD") or ""
        if any(record.startswith(line) or f"\n{line}" in record for line in lines):
            return each
    return None
