"""
What becomes of the records when Redis itself ends: whether its configuration keeps them, and that it has lost some, is
said to the operator.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, Final

from twisted.internet.defer import Deferred, gatherResults

from wand.health.notes import Notes
from wand.interfaces import Context
from wand.stores.redis_connection import RedisConnection

#: The key of the note.
DURABILITY_NOTE: Final = "store-durability"

#: The key of the one that says that something was lost, and for how many seconds it is said: nobody knows when somebody
#: has looked at everything that may be missing.
LOST_NOTE: Final = "store-lost"
LOST_LIFETIME: Final = 86_400.0


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


def tellLost(context: Context, changes: int) -> None:
    """
    Say that Redis came back without what it had acknowledged.

    @param changes: how many changes are gone, at least.
    """
    when = datetime.fromtimestamp(context.wallClock(), UTC).strftime("%Y-%m-%d %H:%M UTC")
    what = "the last change" if changes == 1 else f"the last {changes} changes, or more,"
    context.events.publish("store-lost", changes=changes)
    context.notes.say(
        LOST_NOTE,
        f"Redis came back at {when} without {what} that it had acknowledged. The servers that run write back the "
        "network, its secrets, themselves and all revocations, and learn members as they come; invitations, rights, "
        "and what only a server knew that is off may be lost: see wand members and wand invitations, and do again what "
        "is missing. Set appendonly yes and appendfsync always in Redis, and keep a backup: docs/servers.md",
        lifetime=LOST_LIFETIME,
    )


def _faults(said: dict[bytes, bytes], synced: list[bytes]) -> list[str]:
    faults = []
    if said.get(b"aof_enabled") == b"0":
        faults.append("it writes no log (set appendonly yes and appendfsync always)")
    elif synced[1:] not in ([], [b"always"]):
        faults.append("it acknowledges what is not on the disk yet (set appendfsync always)")
    if said.get(b"maxmemory", b"0") != b"0" and said.get(b"maxmemory_policy") != b"noeviction":
        faults.append("it throws records away when its memory is full (set maxmemory-policy noeviction)")
    return faults
