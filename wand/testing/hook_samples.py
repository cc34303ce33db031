"""
What hooks are told and asked in tests: events and candidates.
"""

from __future__ import annotations

from typing import Final

from wand.ethernet import MAC
from wand.events import Event
from wand.interfaces import Candidate

#: Events, among them some that no hook has seen before.
EVENTS: Final = (
    Event("session-up", 1.0, {"peer": "alice", "name": "alice", "key": "6b" * 32, "endpoint": "192.0.2.1:22222"}),
    Event("way-changed", 2.5, {"peer": "0123456789abcdef", "way": "relay", "roundTrip": None}),
    Event("member-revoked", 3.0, {"name": "alice", "key": "6b" * 32}),
    Event("note", 4.0, {"note": "store", "text": "the store cannot be written"}),
    Event("entry-removed", 5.0, {}),
    Event("something-new", -1.0, {"list": "a\nb", "number": 10**20, "flag": True, "nothing": None, "name": "\ud800"}),
    Event("", 0.0, {}),
)

#: What candidates may be called: they say so themselves.
NAMES: Final = (
    "",
    "é\u0301",
    "x" * 500,
    "a\nb",
    "../../etc/passwd",
    "$(reboot)",
    "\"'",
    "-rf",
    "\0",
    "\u202egpj",
    "\x1b[2J",
)


def makeCandidate(name: str = "alice", number: int = 1) -> Candidate:
    """
    A node that asks to be admitted.

    @param number: for its MAC address and its key.
    """
    return Candidate(MAC(b"\2\0\0\0\0" + bytes([number])), f"192.0.2.{number}:22222", name, bytes([number]) * 32)
