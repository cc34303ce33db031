"""
The metadata of somebody's package, before anything is read from it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from wand.health.origin import OURS


def misshapen(told: Mapping[str, Any]) -> list[str]:
    """
    Where pyproject.toml has something else than is read here (PyPA specification "pyproject.toml").
    """
    metadata = told.get("project", {})
    if not isinstance(metadata, dict):
        return ["in pyproject.toml project is no table: write [project]"]
    points, needed = metadata.get("entry-points", {}), metadata.get("dependencies", [])
    faults = []
    if not isinstance(needed, list) or not all(isinstance(each, str) for each in needed):
        faults.append(f'dependencies of [project] are no list of texts: write dependencies = ["{OURS}"]')
    if not isinstance(points, dict) or not all(isinstance(each, dict) for each in points.values()):
        faults.append(
            'entry points are tables: write [project.entry-points."wandaemon.drivers"], and NAME = "..." below'
        )
    elif not all(isinstance(target, str) for group in points.values() for target in group.values()):
        faults.append('the target of an entry point is a text: write NAME = "MODULE:OBJECT"')
    return faults
