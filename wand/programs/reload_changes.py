"""
What becomes of a changed configuration at a reload: one line for each change, with its key first.
"""

from __future__ import annotations

from collections.abc import Collection

from wand.config import Configuration


def waits(key: str, reason: str = "") -> str:
    """
    Say that a key has to wait for a restart.
    """
    return f"{key}: waits for a restart ({reason})" if reason else f"{key}: waits for a restart"


def waitingForRestart(before: Configuration, after: Configuration, live: Collection[str] = ()) -> list[str]:
    """
    Say which keys changed and have to wait for a restart, a sentence each.

    @param before: what the program was started with, or has taken over since.
    @param live: the attributes that were taken over.
    """
    return [
        waits(key)
        for name, key in zip(after.__struct_fields__, after.__struct_encode_fields__, strict=True)
        if name not in live and getattr(before, name) != getattr(after, name)
    ]
