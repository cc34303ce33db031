"""
What becomes of the records when Redis itself ends: whether its configuration keeps them, and that it has lost some, is
said to the operator.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, Final

from twisted.internet.defer import Deferred, gatherResults
from twisted.python.failure import Failure

from wand.errors import StoreHindered, StoreUnavailable
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


class Losses:
    """
    Says that Redis came back without what it had acknowledged; also at servers that are started within a day after.
    """

    def __init__(self, connection: RedisConnection, context: Context, key: str) -> None:
        """
        @param key: where Redis keeps that somebody has noticed.
        """
        self._connection = connection
        self._context = context
        self._key = key
        self._isAsked = False

    def tell(self, changes: int) -> None:
        """
        It was noticed just now.

        @param changes: how many changes are gone, at least.
        """
        now = int(self._context.wallClock())
        self._isAsked = True
        self._context.events.publish("store-lost", changes=changes)
        self._say(now, changes)
        keeping = self._connection.ask("SET", self._key, f"{now} {changes}", "EX", round(LOST_LIFETIME))
        keeping.addErrback(lambda failure: failure.trap(StoreUnavailable))

    def recall(self) -> None:
        """
        Has somebody noticed before we were started?
        """
        if not self._isAsked:
            self._isAsked = True
            self._connection.ask("GET", self._key).addCallbacks(self._recalled, self._notRecalled)

    def _recalled(self, value: bytes | None) -> None:
        try:
            when, changes = map(int, (value or b"").split())
        except ValueError:
            return
        if changes > 0 and abs(self._context.wallClock() - when) < LOST_LIFETIME:
            self._say(when, changes)

    def _notRecalled(self, failure: Failure) -> None:
        failure.trap(StoreUnavailable)
        self._isAsked = not failure.check(StoreHindered)

    def _say(self, when: int, changes: int) -> None:
        noticed = datetime.fromtimestamp(when, UTC).strftime("%Y-%m-%d %H:%M UTC")
        what = "last change" if changes == 1 else f"last {changes} changes"
        age = max(0.0, self._context.wallClock() - when)
        self._context.notes.say(
            LOST_NOTE,
            f"Redis came back without the {what}, or more, that it had acknowledged, as was noticed at {noticed}. The "
            "servers that ran then write back the network, its secrets, all revocations, and members with what they "
            "had; others bring themselves, and the revocations that they know, as they come. Invitations, and rights "
            "and names that were changed last, may be lost: see wand members and wand invitations, and do again what "
            "is missing. Set appendonly yes and appendfsync always in Redis, and keep a backup: docs/servers.md",
            lifetime=LOST_LIFETIME - age,
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
