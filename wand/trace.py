"""
Traces: one short text by which everything about a member is found, in the events and logs of all programs of a network.
It is made of the beginning of the member's identity.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

from wand.events import Event

#: How many digits of an identity, in hexadecimal, are in a trace: as many as people see of it elsewhere.
DIGITS: Final = 12

#: Fields of events that name somebody, besides C{key} and those that end with C{Key}.
_NAMES: Final = ("name", "old", "winner", "loser", "peer")


def traceOf(key: str) -> str:
    """
    The trace of a member.

    @param key: its identity in hexadecimal, or what is to be shown of it.
    """
    return f"{key[:4]}-{key[4:8]}-{key[8:DIGITS]}"


def keysOf(fields: Mapping[str, object]) -> list[str]:
    """
    The identities that the fields of an event name.
    """
    return [str(value) for name, value in fields.items() if value and (name == "key" or name.endswith("Key"))]


class Traced:
    """
    Says which events are about one member.

    @ivar wanted: what the member was called by whoever wants to know.
    """

    def __init__(self, nameOrTrace: str) -> None:
        """
        @param nameOrTrace: its name, its trace or its whole key.
        """
        self.wanted = nameOrTrace
        digits = nameOrTrace.replace("-", "").lower()
        isKey = len(digits) >= DIGITS and all(digit in "0123456789abcdef" for digit in digits)
        self._begins = digits[:DIGITS] if isKey else None
        self._keys: set[str] = set()

    def learn(self, events: Iterable[Event]) -> None:
        """
        Learn from events whose name it is: what came before it was known, or after it changed, counts then, too.
        """
        for event in events:
            key = event.fields.get("key")
            if key and event.fields.get("name") == self.wanted:
                self._keys.add(str(key))

    def isMember(self, name: str, key: str) -> bool:
        """
        Is it a member of this name, with this key?
        """
        return name == self.wanted or (self._begins is not None and key.startswith(self._begins))

    def isAbout(self, event: Event) -> bool:
        """
        Is an event about the member?
        """
        self.learn([event])
        keys = keysOf(event.fields)
        if self._begins is not None:
            return any(key.startswith(self._begins) for key in keys)
        return any(key in self._keys for key in keys) or any(event.fields.get(name) == self.wanted for name in _NAMES)
