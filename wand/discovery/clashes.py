"""
Names that several distributions have, which a program says when it starts.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator

from wand.discovery.builtins import builtins
from wand.discovery.entry_points import allEntryPoints
from wand.discovery.kinds import KINDS


def clashes(off: Collection[str] = ()) -> Iterator[str]:
    """
    Names that entry points of several distributions have, a sentence each.  Nothing is imported.

    @param off: the names of plugins and distributions that are switched off.
    """
    ours = [each for kind in KINDS for each in builtins(kind).published if not each.isIn(off)]
    owners = {(each.kind, each.name): each for each in ours}
    for each in allEntryPoints().published:
        if each.isIn(off):
            continue
        first = owners.setdefault((each.kind, each.name), each)
        if first is not each:
            yield (
                f"the {each.kind} {each.name!r} is published by {first.owner} and by {each.owner}: that of "
                f"{first.distribution} is used; uninstall the other, or put its distribution into disabled-plugins"
            )
