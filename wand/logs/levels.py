"""
How much each part of a program says in the log.
"""

from __future__ import annotations

import pkgutil
from collections.abc import Mapping
from typing import Any, Final

from twisted.logger import LogEvent, LogLevel, LogLevelFilterPredicate, PredicateResult

import wand
from wand.errors import AddressInvalid
from wand.nearest import nearest
from wand.status import LevelStatus

#: The levels, from that which says everything on.
LEVELS: Final = tuple(level.name for level in LogLevel.iterconstants())

#: What stands for all parts, and what they say if nobody says otherwise.
ALL: Final = "all"
USUAL: Final = "info"

#: In place of a level: what the configuration says.
DEFAULT: Final = "default"

#: Parts that are no folder or module of this program.
_OTHERS: Final = ("plugins", "twisted")

#: How many parts may have a level of their own.
PARTS_MAXIMUM: Final = 200


def parts() -> list[str]:
    """
    The parts of the program, apart from parts of these.
    """
    return sorted({*(each.name for each in pkgutil.iter_modules(wand.__path__)), *_OTHERS})


def check(levels: Mapping[str, str]) -> None:
    """
    Check what somebody says of the levels of parts.

    @raise AddressInvalid: if there is no such part, or no such level.
    """
    if len(levels) > PARTS_MAXIMUM:
        raise AddressInvalid(f"at most {PARTS_MAXIMUM} parts have a level of their own")
    known = [ALL, *parts()]
    for part, level in levels.items():
        if part.partition(".")[0] not in known:
            close = nearest(part, known)
            raise AddressInvalid(f"there is no part {part!r}" + (f"; did you mean {close}?" if close else ""))
        if level not in LEVELS:
            raise AddressInvalid(f"the level of {part} is one of {', '.join(LEVELS)}, not {level!r}")


class Levels:
    """
    The levels of all parts, as they are now.  A part has the level of the part that it is in, unless it has its own.
    """

    def __init__(self) -> None:
        self._predicate = LogLevelFilterPredicate(_level(USUAL))
        self._configured: dict[str, str] = {}
        self._said: dict[str, str] = {}

    def says(self, event: LogEvent) -> bool:
        """
        Is a message to be in the log?
        """
        isLabelled = event.get("log_level") and event.get("log_namespace")
        return not isLabelled or self._predicate(event) is not PredicateResult.no

    def take(self, configured: Mapping[str, str]) -> list[str]:
        """
        Take over what the configuration says.  If that is other than before, what the operator said is over.

        @return: what became of it, a sentence each.
        @raise AddressInvalid: if there is no such part or level; nothing is changed then.
        """
        check(configured)
        if configured == self._configured:
            return []
        changed = sorted(
            part for part in {*configured, *self._configured} if configured.get(part) != self._configured.get(part)
        )
        self._configured, self._said = dict(configured), {}
        self._apply()
        return [f"log-levels: {self._become(part)}" for part in changed]

    def _become(self, part: str) -> str:
        level = self._levels().get(part)
        if part == ALL:
            return f"all parts are at {USUAL} again, as usual" if level is None else f"all parts are at {level} now"
        return f"{part} has no level of its own any more" if level is None else f"{part} is at {level} now"

    def set(self, part: str, level: str) -> None:
        """
        Set a level, until the program ends or its configuration says something else.

        @param level: one of L{LEVELS}, or L{DEFAULT} for what the configuration says.
        @raise AddressInvalid: if there is no such part or level.
        """
        check({**self._said, part: USUAL if level == DEFAULT else level})
        if level == DEFAULT:
            self._said.pop(part, None)
        else:
            self._said[part] = level
        self._apply()

    def status(self) -> list[LevelStatus]:
        """
        The levels that parts have, for people; that of all parts first.
        """
        found = {ALL: USUAL, **self._levels()}
        return [
            LevelStatus(part, found[part], self._origin(part))
            for part in sorted(found, key=lambda part: (part != ALL, part))
        ]

    def _origin(self, part: str) -> str:
        if part in self._said:
            return "operator"
        return "configuration" if part in self._configured else DEFAULT

    def _levels(self) -> dict[str, str]:
        return {**self._configured, **self._said}

    def _apply(self) -> None:
        self._predicate.clearLogLevels()
        for part, level in self._levels().items():
            self._predicate.setLogLevelForNamespace(_namespace(part), _level(level))


def _level(name: str) -> Any:
    return LogLevel.lookupByName(name)


def _namespace(part: str) -> str:
    if part == ALL:
        return ""
    return part if part.partition(".")[0] == "twisted" else f"wand.{part}"
