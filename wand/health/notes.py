"""
Notes: what an operator should know now, each with what to do about it.  C{wand status} shows them while they hold, and
an event announces each once.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import attrs
from twisted.internet.interfaces import IReactorTime

from wand.events import Events
from wand.timing.throttle import Throttle

#: How many notes are kept; when there are more, the most frequent kind loses one.
NOTES_MAXIMUM: Final = 128

#: How many notes of one kind (the first word of their keys) are kept, and how many of them events announce within
#: L{EVENT_INTERVAL}; so notes that members cause, for one address after another, displace none of another kind.
KIND_MAXIMUM: Final = 16

#: Seconds between two events about one note, if its text changes or it comes back.
EVENT_INTERVAL: Final = 60.0


@attrs.frozen
class Note:
    """
    A note.

    @ivar key: what it is about: C{clock}, or C{overlap-wan0}.
    @ivar text: what is wrong and what to do, one sentence or two.
    @ivar isHint: does it only say how things could be better?  Then nobody has to act.
    @ivar until: when it is forgotten unless it is said again, by the monotonic clock; C{None} if only L{Notes.clear}
        ends it.
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
        self._kinds: dict[
            str, dict[str, None]
        ] = {}  # the keys of each kind; the one that was said longest ago is first
        self._told: dict[str, str] = {}  # the text of the last event about each note
        self._telling = Throttle(clock, EVENT_INTERVAL, KIND_MAXIMUM)

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

        @param isHint: nobody has to act; C{wand status --check} skips it.
        @param lifetime: seconds after which it is forgotten unless it is said again; without it, it stays until
            L{clear}.
        """
        now, kind = self._clock.seconds(), _kindOf(key)
        before = self._notes.get(key)
        if before is None:
            self._makeRoom(kind)
        elif before.until is not None and before.until <= now:
            self._told.pop(key, None)
        self._notes[key] = Note(key, text, isHint, None if lifetime is None else now + lifetime)
        keys = self._kinds.setdefault(kind, {})
        keys.pop(key, None)
        keys[key] = None
        if self._told.get(key) != text and self._telling.may(kind, key):
            self._told[key] = text
            self._events.publish("note", note=key, text=text)

    def clear(self, key: str) -> None:
        """
        Forget a note, if there is one: the problem is over.
        """
        if key in self._notes and self._forget(key):
            self._events.publish("note-cleared", note=key)

    def _makeRoom(self, kind: str) -> None:
        keys = self._kinds.get(kind, {})
        if len(keys) < KIND_MAXIMUM and len(self._notes) >= NOTES_MAXIMUM:
            keys = max(self._kinds.values(), key=len)
        elif len(keys) < KIND_MAXIMUM:
            return
        self._forget(next(iter(keys)))

    def _forget(self, key: str) -> bool:
        """
        @return: whether an event announced the note.
        """
        del self._notes[key]
        kind = _kindOf(key)
        del self._kinds[kind][key]
        if not self._kinds[kind]:
            del self._kinds[kind]
        return self._told.pop(key, None) is not None


def _kindOf(key: str) -> str:
    return key.partition("-")[0]
