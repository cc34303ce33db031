"""
What the modules of C{wand} declare, for the tables of the documentation and for its tests.
"""

import pkgutil
from importlib import import_module

import wand


def counters() -> dict[str, str]:
    """
    What each counter counts, by its name.
    """
    found: dict[str, str] = {}
    for module in pkgutil.walk_packages(wand.__path__, "wand."):
        if not module.name.startswith("wand.testing"):
            found.update(getattr(import_module(module.name), "COUNTERS", {}))
    found["drop-raised-…"] = "dropped because of a fault in the program or a plugin, by the place"
    return dict(sorted(found.items()))
