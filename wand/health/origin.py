"""
Whose code an object is: ours, or that of another distribution, which is named if it does something wrong.  And whether
another distribution replaced files of ours.
"""

from __future__ import annotations

import sys
from base64 import urlsafe_b64encode
from collections.abc import Iterable, Sequence
from hashlib import sha256
from typing import Final

from wand.health.installed import Distribution, distributions

#: How our own distribution is called.
OURS: Final = "wandaemon"

#: What is overwritten first, by those who put the same name into their own folders.
_EXPOSED: Final = ("wand/__init__.py",)


def isOurs(thing: object) -> bool:
    """
    Is this object of a class of ours?
    """
    return type(thing).__module__.startswith("wand.")


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
    found = distributionOf(module)
    if found is not None:
        return found.title
    return getattr(sys.modules.get(module), "__file__", None) or f"the module {module}"


def distributionOf(module: str) -> Distribution | None:
    """
    The distribution that a module came with; C{None} where none is known, as of one that is installed editable.
    """
    inside = module.replace(".", "/")
    for each in distributions():
        if each.hashOf(f"{inside}.py") is not None or each.hashOf(f"{inside}/__init__.py") is not None:
            return each
    return None


def intrusions(installed: Iterable[Distribution]) -> Sequence[str]:
    """
    What other distributions did to our files, a sentence each; none where all is well.
    """
    found = [_change(each) if each.name == OURS else _intrusion(each) for each in installed]
    return [each for each in found if each]


def _intrusion(other: Distribution) -> str:
    paths = other.pathsIn("wand")
    if not paths:
        return ""
    return (
        f"the distribution {other.title} has {', '.join(paths[:3])}, in the folder of {OURS}: uninstall it, "
        f"install {OURS} again, and tell its author to leave that out; plugins are published by entry points"
    )


def _change(ours: Distribution) -> str:
    for path in _EXPOSED:
        recorded = ours.hashOf(path)
        if recorded is None or not recorded.startswith("sha256="):
            continue  # an editable installation, whose files are elsewhere
        try:
            octets = (ours.root / path).read_bytes()
        except FileNotFoundError:
            return f"{ours.root / path} is missing: install {OURS} again"
        except OSError:
            continue
        if f"sha256={urlsafe_b64encode(sha256(octets).digest()).decode().rstrip('=')}" != recorded:
            return f"{ours.root / path} is not the one of {ours.title}, something overwrote it: install {OURS} again"
    return ""
