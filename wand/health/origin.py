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

#: Where other distributions publish plugins in our package, and all that is ours there.
_GUESTS: Final = "wand/plugins/"
_HOST: Final = (f"{_GUESTS}__init__.py", f"{_GUESTS}wand_builtins_dropin.py")

#: What is overwritten first, by those who put the same name into their own folders.
_EXPOSED: Final = ("wand/__init__.py", *_HOST)


def isOurs(thing: object) -> bool:
    """
    Is this object of a class of ours?
    """
    path = f"{type(thing).__module__.replace('.', '/')}.py"
    return path.startswith("wand/") and (not path.startswith(_GUESTS) or path in _HOST)


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
    for each in distributions():
        if each.hashOf(f"{inside}.py") is not None or each.hashOf(f"{inside}/__init__.py") is not None:
            return each.name
    return getattr(sys.modules.get(module), "__file__", None) or f"the module {module}"


def intrusions(installed: Iterable[Distribution]) -> Sequence[str]:
    """
    What other distributions did to our files, a sentence each; none where all is well.
    """
    found = [_change(each) if each.name.partition(" ")[0] == OURS else _intrusion(each) for each in installed]
    return [each for each in found if each]


def _intrusion(other: Distribution) -> str:
    paths = [path for path in other.pathsIn("wand") if not path.startswith(_GUESTS) or path in _HOST]
    if not paths:
        return ""
    return (
        f"the distribution {other.name} has {', '.join(paths[:3])}, in place of files of {OURS}: uninstall it, "
        f"install {OURS} again, and tell its author to leave that out"
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
            return f"{ours.root / path} is not the one of {ours.name}, something overwrote it: install {OURS} again"
    return ""
