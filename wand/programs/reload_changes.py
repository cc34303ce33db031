"""
What of a changed configuration a reload does not take over.
"""

from __future__ import annotations

from collections.abc import Collection

from wand.config import Configuration


def waitingForRestart(before: Configuration, after: Configuration, live: Collection[str] = ()) -> list[str]:
    """
    Say which keys changed and have to wait for a restart, a sentence each.

    @param live: the attributes that were taken over.
    """
    return [
        f"{key}: waits for a restart"
        for name, key in zip(after.__struct_fields__, after.__struct_encode_fields__, strict=True)
        if name not in live and getattr(before, name) != getattr(after, name)
    ]
