"""
Notes: what an operator should know now, each with what to do about it.  C{wand status} shows them while they hold; an
event tells of each once.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import attrs
from twisted.internet.interfaces import IReactorTime

from wand.events import Events

#: How many notes are kept; beyond, the one that was said the longest ago goes, so that nobody fills the memory.
NOTES_MAXIMUM: Final = 128

#: Seconds between two events about one note, if its text changes or it comes back.
EVENT_INTERVAL: Final = 60.0


@attrs.frozen
class Note:
    """
    One of them.

    @ivar key: what it is about: C{clock}, or C{overlap-wan0}.
    @ivar text: what is wrong and what to do, one sentence or two.
    @ivar isHint: is it merely about how things could be better?  Then nobody has to act.
    @ivar until: when it is forgotten unless it is said again, by the monotonic clock; C{None} for when it is cleared.
    """

    key: str
    text: str
    isHint: bool
    until: float | None


class Notes:
    """
    The notes of one program, the oldest first.
    """

    def __init__(self, clock: IReactorTime, events: Events) -> None:
        self._clock = clock
        self._events = events
        self._notes: dict[str, Note] = {}
        self._told: dict[str, float] = {}

    def __iter__(self) -> Iterator[Note]:
        now = self._clock.seconds()
        return iter([note for note in self._notes.values() if note.until is None or note.until > now])

    @property
    def texts(self) -> list[str]:
        """
        All of them, for people.
        """
        return [note.text for note in self]

    def say(self, key: str, text: str, *, isHint: bool = False, lifetime: float | None = None) -> None:
        """
        Set a note, or replace the one of the same key.

        @param isHint: nobody has to act; C{wand status --check} passes over it.
        @param lifetime: seconds after which it is forgotten unless it is said again; without it, it stays until
            L{clear}.
        """
        now = self._clock.seconds()
        before = self._notes.get(key)
        isKnown = before is not None and before.text == text and (before.until is None or before.until > now)
        if before is None and len(self._notes) >= NOTES_MAXIMUM:
            del self._notes[next(iter(self._notes))]
        self._notes[key] = Note(key, text, isHint, None if lifetime is None else now + lifetime)
        if not isKnown and now - self._told.get(key, float("-inf")) >= EVENT_INTERVAL:
            self._told.pop(key, None)
            self._told[key] = now
            if len(self._told) > NOTES_MAXIMUM:
                del self._told[next(iter(self._told))]
            self._events.publish("note", key=key, text=text)

    def clear(self, key: str) -> None:
        """
        Forget a note, if there is one: what it told of is over.
        """
        if self._notes.pop(key, None) is not None:
            self._events.publish("note-cleared", key=key)
