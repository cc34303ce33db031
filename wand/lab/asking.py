"""
Asks a program at its control socket without a reactor and without a process: those who wait for it ask often, and a
command each time would take the processor that the program needs to start.
"""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from twisted.protocols import amp

from wand.lab.commands import CommandFailed

#: Seconds for an answer.
_PATIENCE: Final = 10.0


def statusAt(control: Path) -> dict[str, Any]:
    """
    The status of the program at a control socket, as C{wand status --json} shows it.

    @raise CommandFailed: if it does not answer.
    """
    found: dict[str, Any] = json.loads(_asked(control, b"status", _command=b"Status")[b"status"])
    return found


def countersAt(control: Path) -> Iterator[tuple[str, int]]:
    """
    The counters of the program at a control socket, as C{wand counters --all --json} shows them.

    @raise CommandFailed: if it does not answer.
    """
    after: dict[str, bytes] = {}
    while True:
        answer = _asked(control, b"page", _command=b"CounterList", **after)
        page = json.loads(answer[b"page"])
        yield from ((each["name"], each["value"]) for each in page)
        if answer[b"more"] != b"True":
            return
        after = {"after": page[-1]["name"].encode()}


def _asked(control: Path, wanted: bytes, **question: bytes) -> amp.AmpBox:
    """
    The answer to a question.

    @param wanted: what has to be in it.
    """
    try:
        answer: amp.AmpBox
        [answer] = amp.parseString(_answer(control, amp.AmpBox(_ask=b"1", **question).serialize()))
        answer[wanted]
    except (OSError, KeyError, ValueError) as error:
        raise CommandFailed(f"the program at {control} does not answer: {error!r}") from error
    return answer


def _answer(control: Path, question: bytes) -> bytes:
    answer = b""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as asking:
        asking.settimeout(_PATIENCE)
        asking.connect(str(control))
        asking.sendall(question)
        while not answer.endswith(b"\0\0"):  # a key without length ends a box
            piece = asking.recv(1 << 16)
            if not piece:
                break
            answer += piece
    return answer
