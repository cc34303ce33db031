"""
What becomes of the records when Redis itself ends: whether its configuration keeps them is said to the operator.
"""

from __future__ import annotations

from typing import Any, Final

from twisted.internet.defer import Deferred, gatherResults

from wand.health.notes import Notes
from wand.stores.redis_connection import RedisConnection

#: The key of the note.
DURABILITY_NOTE: Final = "store-durability"


def tellDurability(connection: RedisConnection, notes: Notes) -> None:
    """
    At each new connection ask Redis how it keeps what it is given, and say so while some of it may be lost.
    """

    def answered(answers: list[Any]) -> None:
        information, synced = answers
        faults = _faults(dict(line.split(b":", 1) for line in information.split(b"\r\n") if b":" in line), synced)
        if faults:
            text = f"Redis may lose members that were admitted: {' and '.join(faults)}; see docs/servers.md"
            notes.say(DURABILITY_NOTE, text, isHint=True)
        else:
            notes.clear(DURABILITY_NOTE)

    def ask() -> None:
        synced: Deferred[Any] = connection.ask("CONFIG", "GET", "appendfsync")
        synced.addErrback(lambda failure: [])  # it may not tell
        asked: Deferred[list[Any]] = gatherResults([connection.ask("INFO", "all"), synced], consumeErrors=True)
        asked.addCallbacks(answered, lambda failure: None)

    connection.connected = ask


def _faults(said: dict[bytes, bytes], synced: list[bytes]) -> list[str]:
    faults = []
    if said.get(b"aof_enabled") == b"0":
        faults.append("it writes no log (set appendonly yes and appendfsync always)")
    elif synced[1:] not in ([], [b"always"]):
        faults.append("it acknowledges what is not on the disk yet (set appendfsync always)")
    if said.get(b"maxmemory", b"0") != b"0" and said.get(b"maxmemory_policy") != b"noeviction":
        faults.append("it throws records away when its memory is full (set maxmemory-policy noeviction)")
    return faults
