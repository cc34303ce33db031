"""
The registry for people: who is registered, where, and who said so.
"""

from __future__ import annotations

from typing import Final

from wand.ethernet import MAC
from wand.rel2.registry import Registration, Registry
from wand.status import EntryStatus
from wand.table import OPERATOR

#: The source of what nodes registered themselves.
REGISTERED: Final = "rel2"


def entriesOf(registry: Registry, after: MAC | None, count: int) -> list[EntryStatus]:
    """
    At most C{count} registrations in the order of their addresses, those beyond C{after}.
    """
    return [
        EntryStatus(
            mac=str(registration.mac),
            peer=str(registration.endpoint),
            source=sourceOf(registration),
            since=registration.since,
            expires=registry.expires(registration.mac),
        )
        for registration in registry.page(after, count)
    ]


def sourceOf(registration: Registration) -> str:
    """
    Who said so: the node itself, or the operator.
    """
    return OPERATOR.name if registration.fixed else REGISTERED
