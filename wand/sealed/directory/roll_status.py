"""
The roll for people: who has which address, and where that is.
"""

from __future__ import annotations

from typing import Final

from wand.ethernet import MAC
from wand.sealed.directory.roll import Registration, Roll
from wand.status import EntryStatus

_SOURCE: Final = "sealed"


def entriesOf(roll: Roll, after: MAC | None, count: int) -> list[EntryStatus]:
    """
    At most C{count} of the addresses that members claim, in their order, those beyond C{after}.
    """
    claimed = [(MAC(mac), each) for each in roll for mac in each.announcement.claim.macs]
    beyond = sorted((pair for pair in claimed if after is None or pair[0] > after), key=lambda pair: pair[0])
    return [_status(mac, registration) for mac, registration in beyond[:count]]


def _status(mac: MAC, registration: Registration) -> EntryStatus:
    said = registration.announcement
    where = registration.endpoints[0] if registration.endpoints else "offline"
    return EntryStatus(
        mac=str(mac),
        peer=f"{said.claim.name} ({where})",
        source=_SOURCE,
        since=registration.since,
        expires=said.certificate.expires,
    )
