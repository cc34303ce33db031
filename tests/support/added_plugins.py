"""
Plugins that a test adds to those that are found.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from wand.discovery.catalogue import SOURCES, Catalogue, discover
from wand.discovery.published import Findings, Published, Source


def holding(*plugins: Any) -> Source:
    """
    A place where these are published.
    """
    return lambda kind: Findings([Published(kind, each.name, "", "", "", lambda it=each: it) for each in plugins])


def adding(more: Mapping[Any, Any], interface: Any, off: Collection[str] = ()) -> Catalogue[Any]:
    """
    Stands for L{discover}.

    @param more: a plugin of a kind, by its interface.
    """
    added = holding(more[interface]) if interface in more else holding()
    return discover(interface, off, [added, *SOURCES])
