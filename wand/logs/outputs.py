"""
The forms in which the log leaves a program: lines of text, lines of JSON, fields of the journal.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import Any, Final, Protocol, TextIO

import msgspec
from twisted.logger import LogEvent, formatEvent

from wand.logs.escapes import escaped
from wand.logs.line import TEXT_MAXIMUM, Line, lineOf, tracebackOf

#: Where systemd's journal takes messages (https://systemd.io/JOURNAL_NATIVE_PROTOCOL/), and the variable in which it
#: says which of a program's descriptors lead to it, see systemd.exec(5).
JOURNAL: Final = "/run/systemd/journal/socket"
STREAM_VARIABLE: Final = "JOURNAL_STREAM"

#: The priorities of syslog(3) for our levels.
_PRIORITIES: Final = {"debug": 7, "info": 6, "warn": 4, "error": 3, "critical": 2}

Output = Callable[[LogEvent], object]


class JournalTransport(Protocol):
    """
    What sends messages to the journal.
    """

    def send(self, pairs: Any) -> None:
        """
        Send one.

        @param pairs: names and values of its fields.
        """


def textOutput(file: TextIO) -> Output:
    """
    A line of text for each message, and more for a traceback.
    """

    def tell(event: LogEvent) -> None:
        level = event.get("log_level")
        when = datetime.fromtimestamp(event.get("log_time") or 0.0).astimezone().strftime("%Y-%m-%dT%H:%M:%S%z")
        place = f"{event.get('log_namespace') or '-'}#{'-' if level is None else level.name}"
        traceback = tracebackOf(event)
        text = f"{when} [{escaped(place)}] {escaped(formatEvent(event))[:TEXT_MAXIMUM]}\n{traceback}".rstrip("\n")
        _write(file, text.replace("\n", "\n\t") + "\n")

    return tell


def jsonOutput(file: TextIO) -> Output:
    """
    A line of JSON for each message: a L{Line}.
    """

    def tell(event: LogEvent) -> None:
        _write(file, msgspec.json.encode(lineOf(event)).decode() + "\n")

    return tell


def journalOutput(program: str, transport: JournalTransport) -> Output:
    """
    A message of the journal for each message, with its details as fields.  What the journal does not take is lost: no
    program waits for its log.
    """

    def tell(event: LogEvent) -> None:
        with suppress(OSError):
            transport.send(journalFields(program, lineOf(event)).items())

    return tell


def journalFields(program: str, line: Line) -> dict[str, str]:
    """
    The fields of a message in the journal; see systemd.journal-fields(7).
    """
    fields = {
        "MESSAGE": f"{line.message}\n{line.traceback}".rstrip("\n"),
        "PRIORITY": str(_PRIORITIES[line.level]),
        "SYSLOG_IDENTIFIER": program,
        "WAND_PART": line.part,
    }
    told = {"event": line.event, "trace": line.trace, "repeated": line.repeated or ""}
    ours = {f"WAND_{name}": value for name, value in told.items()}
    theirs = {f"WAND_FIELD_{name}": value for name, value in line.fields.items()}
    more = {_fieldName(name): str(value) for name, value in {**ours, **theirs}.items() if value not in ("", None)}
    return {**fields, **more}


def journalTransport(path: str = JOURNAL) -> JournalTransport:
    """
    What sends to the journal, without ever waiting for it.

    @raise OSError: if it cannot be reached.
    """
    from logging_journald import JournaldTransport

    if not Path(path).is_socket():
        raise FileNotFoundError(path)
    journal = JournaldTransport(path, connected=False)
    journal.socket.setblocking(False)
    transport: JournalTransport = journal
    return transport


def isJournal(environment: Mapping[str, str], descriptor: int) -> bool:
    """
    Does what is written to a descriptor go to the journal?
    """
    device, colon, inode = environment.get(STREAM_VARIABLE, "").partition(":")
    if not (colon and device.isdecimal() and inode.isdecimal()):
        return False
    try:
        found = os.fstat(descriptor)
    except OSError:
        return False
    return (found.st_dev, found.st_ino) == (int(device), int(inode))


def _fieldName(name: str) -> str:
    return "".join(each if each.isascii() and each.isalnum() else "_" for each in name.upper())[:64]


def _write(file: TextIO, text: str) -> None:
    with suppress(OSError, ValueError):  # a full disk, a pipe that nobody reads, a file that was closed
        file.write(text)
        file.flush()
