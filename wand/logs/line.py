"""
A message of the log as a value: what JSON lines and fields of the journal are made of.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Final

import msgspec
from twisted.logger import LogEvent, LogLevel, formatEvent

from wand.events import Event, Value
from wand.logs.escapes import escaped, escapedLines
from wand.trace import traceOf

#: The most characters of a text, and the most fields; a message of our own has fewer.
TEXT_MAXIMUM: Final = 16_384
FIELDS_MAXIMUM: Final = 32

#: Keys of L{LogEvent} for an event of ours that is logged, and for the number of messages that this one stands for; the
#: details of plugins have no such names.
HAPPENED: Final = "log_happened"
REPEATED: Final = "log_repeated"

#: What Twisted keeps in each message for old observers.
_LEGACY: Final = frozenset(("message", "time", "system", "format", "isError", "logLevel", "failure", "why"))

#: Numbers from here on are texts: JSON as others read it has no such.
_NUMBERS_END: Final = 1 << 53

#: What namespaces of the program begin with.
_OURS: Final = "wand."


class Line(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """
    A message.  No text in it has a character that cannot be printed, but for line feeds in C{traceback}.

    @ivar time: when, in UTC, as RFC 3339 has it.
    @ivar level: C{debug}, C{info}, C{warn}, C{error} or C{critical}.
    @ivar part: which part of the program says it.
    @ivar message: what it says, for people.
    @ivar event: the kind of the event, if it is one.
    @ivar trace: whom it is about; see L{wand.trace}.
    @ivar fields: the details, by name.
    @ivar repeated: how many messages like this one came and are not told one by one.
    @ivar traceback: where an exception came from.
    """

    time: str
    level: str
    part: str
    message: str
    event: str = ""
    trace: str = ""
    fields: dict[str, Value] = {}
    repeated: int = 0
    traceback: str = ""


def lineOf(event: LogEvent) -> Line:
    """
    The message that Twisted logs.
    """
    happened: Event | None = event.get(HAPPENED)
    found = _details(event) if happened is None else happened.fields
    fields = {escaped(name): _value(value) for name, value in list(found.items())[:FIELDS_MAXIMUM]}
    level = event.get("log_level") or LogLevel.info
    return Line(
        time=datetime.fromtimestamp(event.get("log_time") or 0.0, UTC).isoformat(timespec="microseconds"),
        level=level.name,
        part=escaped(str(event.get("log_namespace") or "-").removeprefix(_OURS)),
        message=escaped(formatEvent(event))[:TEXT_MAXIMUM],
        event="" if happened is None else escaped(happened.kind),
        trace=traceOf(str(fields["key"])) if fields.get("key") else "",
        fields=fields,
        repeated=event.get(REPEATED, 0),
        traceback=tracebackOf(event),
    )


def tracebackOf(event: LogEvent) -> str:
    """
    Where the exception of a message came from; empty if it has none.
    """
    failure = event.get("log_failure")
    return "" if failure is None else escapedLines(failure.getTraceback())[-TEXT_MAXIMUM:]


def _details(event: LogEvent) -> Mapping[str, Any]:
    return {name: value for name, value in event.items() if not name.startswith("log_") and name not in _LEGACY}


def _value(value: object) -> Value:
    if value is None or isinstance(value, float) or (isinstance(value, int) and abs(value) < _NUMBERS_END):
        return value
    try:
        return escaped(str(value))[:TEXT_MAXIMUM]
    except Exception:  # of a plugin
        return "?"
