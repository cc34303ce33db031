"""
Tests for L{wand.logs.outputs}: the forms in which the log leaves a program.
"""

from __future__ import annotations

import errno
import json
import os
import socket
from io import StringIO
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from twisted.logger import LogEvent, LogLevel
from twisted.python.failure import Failure
from twisted.trial.unittest import SynchronousTestCase

from wand.event_kinds import EVENTS
from wand.events import Event
from wand.logs.line import HAPPENED, Line, lineOf
from wand.logs.outputs import (
    Output,
    isJournal,
    journalFields,
    journalOutput,
    journalTransport,
    jsonOutput,
    textOutput,
)

KEY = "cdecfde88fc7" + "0" * 52

#: What somebody might be called: it would begin a line of its own, colour a terminal, and turn what follows.
HOSTILE = "eve\n2026-01-31 [wand#critical] all is lost\x1b[31m\u202e\x00"


def message(format: str, level: str = "info", **more: object) -> LogEvent:
    """
    A message of the log.
    """
    named = {"log_namespace": "wand.sealed.node.joining.Joining", "log_format": format, "log_time": 1_769_885_600.25}
    return {**named, "log_level": LogLevel.lookupByName(level), **more}


def joined(name: str = "bob") -> LogEvent:
    """
    A message that tells of an event.
    """
    event = Event("member-joined", 1.0, {"name": name, "key": KEY, "endpoint": "192.0.2.1:5"})
    return message("{kind}: name {name}", kind=event.kind, name=name, **{HAPPENED: event})


def failed() -> LogEvent:
    """
    A message that tells of an exception.
    """
    try:
        raise ValueError(HOSTILE)
    except ValueError:
        return message("it failed", "error", log_failure=Failure())


class Full(StringIO):
    """
    A file on a full disk.
    """

    def write(self, text: str) -> int:
        """
        Refuse.
        """
        raise OSError(errno.ENOSPC, "No space left on device")


class Refusing:
    """
    A journal that takes nothing.
    """

    def send(self, pairs: Any) -> None:
        """
        Refuse.
        """
        raise BlockingIOError


class JSONTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.file = StringIO()
        self.output = jsonOutput(self.file)

    def test_fields(self) -> None:
        """
        Each message is a line with when, how grave, which part, what, and the details by name.
        """
        self.output(message("the certificate is not renewed: {reason}", "warn", reason="later", log_source=self))
        self.assertEqual(
            json.loads(self.file.getvalue()),
            {
                "time": "2026-01-31T18:53:20.250000+00:00",
                "level": "warn",
                "part": "sealed.node.joining.Joining",
                "message": "the certificate is not renewed: later",
                "fields": {"reason": "later"},
            },
        )

    def test_events(self) -> None:
        """
        A message about an event has its kind, its fields, and the trace of whom it is about.
        """
        self.output(joined())
        line = json.loads(self.file.getvalue())
        self.assertEqual((line["event"], line["trace"]), ("member-joined", "cdec-fde8-8fc7"))
        self.assertEqual(line["fields"], {"name": "bob", "key": KEY, "endpoint": "192.0.2.1:5"})

    def test_hostileNames(self) -> None:
        """
        What others chose comes with every character that does something as an escape, and as one line.
        """
        for event in (joined(HOSTILE), message("{name} is here", name=HOSTILE), failed()):
            self.output(event)
        for line in self.file.getvalue().splitlines():
            read = json.loads(line)
            read.pop("traceback", None)
            self.assertTrue(str(read).isprintable())
        self.assertEqual(len(self.file.getvalue().splitlines()), 3)

    def test_exceptions(self) -> None:
        """
        An exception comes with where it came from.
        """
        self.output(failed())
        self.assertIn("raise ValueError(HOSTILE)", json.loads(self.file.getvalue())["traceback"])

    def test_aFileThatTakesNothing(self) -> None:
        """
        A full disk, or a reader that is gone, costs the messages and nothing else.
        """
        self.file.close()
        self.output(joined())
        textOutput(Full())(joined())


class TextTests(SynchronousTestCase):
    def told(self, event: LogEvent) -> list[str]:
        """
        The lines of a message.
        """
        file = StringIO()
        textOutput(file)(event)
        return file.getvalue().splitlines()

    def test_oneLine(self) -> None:
        """
        A message is one line, whatever others are called.
        """
        (line,) = self.told(joined(HOSTILE))
        self.assertTrue(line.isprintable())
        self.assertIn(r"[wand.sealed.node.joining.Joining#info] member-joined: name eve\n2026-01-31", line)

    def test_exceptions(self) -> None:
        """
        What follows a message is indented, so that it is not taken for another.
        """
        first, *others = self.told(failed())
        self.assertIn("it failed", first)
        self.assertTrue(others)
        self.assertTrue(all(line.startswith("\t") for line in others))


class JournalTests(SynchronousTestCase):
    def setUp(self) -> None:
        directory = TemporaryDirectory()
        self.addCleanup(directory.cleanup)
        self.path = Path(directory.name) / "socket"

    def test_fields(self) -> None:
        """
        The journal gets fields that begin with WAND_, and those that it knows.
        """
        fields = journalFields("wand-node", lineOf(joined()))
        self.assertEqual(
            fields,
            {
                "MESSAGE": "member-joined: name bob",
                "PRIORITY": "6",
                "SYSLOG_IDENTIFIER": "wand-node",
                "WAND_PART": "sealed.node.joining.Joining",
                "WAND_EVENT": "member-joined",
                "WAND_TRACE": "cdec-fde8-8fc7",
                "WAND_FIELD_NAME": "bob",
                "WAND_FIELD_KEY": KEY,
                "WAND_FIELD_ENDPOINT": "192.0.2.1:5",
            },
        )

    def test_theNativeProtocol(self) -> None:
        """
        A real socket gets one datagram for a message, with each field; long ones come in a sealed memory file.
        """
        path = self.path
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as journal:
            journal.bind(str(path))
            journal.settimeout(10)
            output = journalOutput("wand-node", journalTransport(str(path)))
            output(joined(HOSTILE))
            datagram = journal.recv(65_536)
            self.assertIn(b"WAND_TRACE=cdec-fde8-8fc7\n", datagram)
            names = [line.partition(b"=")[0].decode() for line in datagram.splitlines()]
            self.assertEqual(names, list(journalFields("", lineOf(joined(HOSTILE)))))
            output(message("{a}{b}", **dict.fromkeys("abcdefghijklmnopqrst", "x" * 16000)))
            octets, descriptors, _, _ = socket.recv_fds(journal, 65_536, 4)
            if descriptors:
                with os.fdopen(descriptors[0], "rb") as file:
                    file.seek(0)
                    octets = file.read()
            self.assertIn(b"\nWAND_FIELD_T=" + b"x" * 16_000 + b"\n", octets)

    def test_noJournal(self) -> None:
        """
        Where there is none it cannot be sent to.
        """
        with self.assertRaises(OSError):
            journalTransport(str(self.path))

    def test_aJournalThatTakesNothing(self) -> None:
        """
        A journal that is stuck keeps no program waiting.
        """
        journalOutput("wand-node", Refusing())(joined())

    def test_itNeverBlocks(self) -> None:
        """
        Not even if nobody ever reads: what does not fit is lost.
        """
        path = self.path
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as journal:
            journal.bind(str(path))
            output = journalOutput("wand-node", journalTransport(str(path)))
            for _ in range(5000):
                output(joined())

    def test_whetherItIsTheJournal(self) -> None:
        """
        Our output goes to the journal if the journal says of just this descriptor that it is its own.
        """
        found = os.fstat(0)
        self.assertTrue(isJournal({"JOURNAL_STREAM": f"{found.st_dev}:{found.st_ino}"}, 0))
        for text in ("", "1", "x:y", f"{found.st_dev}:{found.st_ino + 1}", "²:³"):
            self.assertFalse(isJournal({"JOURNAL_STREAM": text}, 0))
        self.assertFalse(isJournal({"JOURNAL_STREAM": "1:1"}, 12_345))


_values = st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.binary() | st.lists(st.text())


def _outputs(file: StringIO) -> list[Output]:
    return [jsonOutput(file), textOutput(file), lambda event: journalFields("wand", lineOf(event))]


@given(st.dictionaries(st.text() | st.sampled_from(["log_time", "text", "key"]), _values, max_size=5), st.text())
def test_anyMessage(details: dict[str, Any], format: str) -> None:
    """
    Whatever a plugin logs is told in each form, as one line, and never raises.
    """
    event = {**message(format), **{name: value for name, value in details.items() if not name.startswith("log_")}}
    file = StringIO()
    for output in _outputs(file):
        output(event)
    assert file.getvalue().count("\n") == 2
    assert all(line.isprintable() for line in file.getvalue().split("\n"))


@given(st.sampled_from(sorted(EVENTS)), st.dictionaries(st.text(), st.text()), st.text())
def test_anyEvent(kind: str, fields: dict[str, str], key: str) -> None:
    """
    Whatever an event tells.
    """
    event = Event(kind, 0.0, {**fields, "key": key})
    told = journalFields("wand", lineOf(message("{kind}", kind=kind, **{HAPPENED: event})))
    assert all(set(name) <= set("ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_") and len(name) <= 64 for name in told)
    assert all("\n" not in value for value in told.values())


def test_theFieldsAreStable() -> None:
    """
    These names are documented, and stay.
    """
    assert Line.__struct_fields__ == (
        "time", "level", "part", "message", "event", "trace", "fields", "repeated", "traceback",
    )  # fmt: skip
