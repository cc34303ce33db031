"""
The announcement log for people: who has which address, and where that is.
"""

from __future__ import annotations

from typing import Final

from wand.ethernet import MAC
from wand.sealed.directory.announcement_log import AnnouncementLog, LogEntry
from wand.status import EntryStatus

_SOURCE: Final = "sealed"


def entriesOf(log: AnnouncementLog, after: MAC | None, count: int) -> list[EntryStatus]:
    """
    At most C{count} of the addresses that members claim, in their order, those beyond C{after}.
    """
    return [_status(MAC(mac), entry) for mac, entry in log.claimed(after, count)]


def _status(mac: MAC, entry: LogEntry) -> EntryStatus:
    said = entry.announcement
    where = entry.endpoints[0] if entry.endpoints else "offline"
    return EntryStatus(
        mac=str(mac),
        peer=f"{said.claim.name} ({where})",
        source=_SOURCE,
        since=entry.since,
        expires=said.certificate.expires,
    )
