"""
The fields of signed things as texts for people.  One that has no description here is shown all the same.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, Final

import msgspec

from wand.ethernet import MAC
from wand.sealed.credentials.certificate import SERVER
from wand.sealed.credentials.grant import BRIDGE, RELAY, Grant, readGrant
from wand.sealed.credentials.limits import Limits
from wand.sealed.credentials.signed import Body

#: How fields are called where their own names say too little.
_LABELS: Final = {
    "identity": "key",
    "exchangeKey": "exchange key",
    "macs": "MAC addresses",
    "bridge": "may bridge",
    "relay": "may be a relay",
    "admission": "may admit members",
    "grant": "may admit",
    "binding": "its own word on its keys",
    "since": "member since",
    "revoked": "revoked at",
    "members": "may admit, under its grants until then",
}

#: Fields that are moments, in seconds since the epoch.
_TIMES: Final = frozenset({"since", "issued", "expires", "revoked"})

_UNITS: Final = ((86_400, "days"), (3_600, "hours"), (60, "minutes"))

_MAC_SIZE: Final = 6


def linesOf(thing: Body, now: float) -> list[tuple[str, str]]:
    """
    All that a signed thing says, but for the network: a label and a text for each field.

    @param now: seconds since the epoch.
    """
    return [
        (labelOf(name), textOf(name, getattr(thing, name), now))
        for name in (field.name for field in msgspec.structs.fields(thing))
        if name != "network"  # the heading of all
    ]


def labelOf(name: str) -> str:
    """
    What a field is called.
    """
    return _LABELS.get(name, name)


def textOf(name: str, value: Any, now: float) -> str:
    """
    What a field says.

    @param name: the field; empty for a part of its value.
    @param now: seconds since the epoch.
    """
    if name in _TIMES:
        return f"{_moment(value)} ({_distance(value - now)})"
    if name == "role":
        return "directory server" if value == SERVER else "node"
    if name == "grant":
        return _grantText(readGrant(value))
    if isinstance(value, Limits):
        return f"{value.macs} MAC addresses behind it, {value.broadcasts} broadcasts a second"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, bytes):
        return str(MAC(value)) if len(value) == _MAC_SIZE else value.hex()
    if isinstance(value, tuple | list):
        return ", ".join(textOf("", each, now) for each in value) or "none"
    return str(value)


def _grantText(grant: Grant | None) -> str:
    if grant is None:
        return "nobody"
    passed = ["the bridge right"] * bool(grant.rights & BRIDGE) + ["the relay right"] * bool(grant.rights & RELAY)
    return f"{grant.members} members, and pass on {' and '.join(passed) or 'no right'}"


def _moment(seconds: int) -> str:
    try:
        return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
    except (OverflowError, ValueError, OSError):
        return f"second {seconds}"


def _distance(seconds: float) -> str:
    size = abs(seconds)
    unit, name = next(((unit, name) for unit, name in _UNITS if size >= 2 * unit), (1, "seconds"))
    count = round(size / unit)
    amount = "1 second" if (count, unit) == (1, 1) else f"{count} {name}"
    return f"in {amount}" if seconds > 0 else f"{amount} ago"
