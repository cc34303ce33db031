"""
What a server says of one member, in pages and to those who look for it.
"""

from __future__ import annotations

from twisted.internet.interfaces import IReactorTime

from wand.sealed.directory.announcement_log import LogEntry
from wand.sealed.directory.messages import PageRecord, pack
from wand.sealed.directory.stored_log import StoredLog


def recordOf(entry: LogEntry, stored: StoredLog, clock: IReactorTime) -> bytes:
    """
    The record of a member, packed.
    """
    said, now = entry.announcement, clock.seconds()
    age = int(now - stored.heard.get(said.identity, now))
    return pack(
        PageRecord(said.signedCertificate, said.signedClaim, entry.endpoints, min(age, 2**32 - 1), entry.version)
    )
