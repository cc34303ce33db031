"""
What becomes of the records when Redis itself ends: whether its configuration keeps them is said to the operator.
"""

from __future__ import annotations

from typing import Any, Final

from twisted.internet.defer import Deferred

from wand.health.notes import Notes
from wand.stores.redis_connection import RedisConnection

#: The key of the note.
DURABILITY_NOTE: Final = "store-durability"


def tellDurability(connection: RedisConnection, notes: Notes) -> None:
    """
    Ask Redis how it keeps what it is given, and say so if some of it may be lost.
    """

    def answered(information: bytes) -> None:
        faults = _faults(dict(line.split(b":", 1) for line in information.split(b"\r\n") if b":" in line))
        if faults:
            notes.say(
                DURABILITY_NOTE,
                f"Redis may lose members that were admitted: {' and '.join(faults)}; see docs/servers.md",
                isHint=True,
            )

    asked: Deferred[Any] = connection.ask("INFO", "all")
    asked.addCallbacks(answered, lambda failure: None)  # it may not tell


def _faults(said: dict[bytes, bytes]) -> list[str]:
    faults = []
    if said.get(b"aof_enabled") == b"0":
        faults.append("it writes no log (set appendonly yes and appendfsync always)")
    if said.get(b"maxmemory", b"0") != b"0" and said.get(b"maxmemory_policy") != b"noeviction":
        faults.append("it throws records away when its memory is full (set maxmemory-policy noeviction)")
    return faults
