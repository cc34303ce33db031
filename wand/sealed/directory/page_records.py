"""
What a server says of one member, in pages and to those who look for it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import msgspec
from twisted.internet.interfaces import IReactorTime

from wand.sealed.directory.announcement_log import LogEntry
from wand.sealed.directory.messages import PAGE_ROOM, RECORDS_MAXIMUM, Found, PageRecord, pack
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


def partsOf(records: Iterable[bytes]) -> Iterator[tuple[msgspec.Raw, ...]]:
    """
    Records, as many at a time as fit into a message.
    """
    part: list[msgspec.Raw] = []
    room = PAGE_ROOM
    for record in records:
        if part and (len(record) > room or len(part) == RECORDS_MAXIMUM):
            yield tuple(part)
            part, room = [], PAGE_ROOM
        part.append(msgspec.Raw(record))
        room -= len(record)
    if part:
        yield tuple(part)


def foundMessages(
    number: int, entries: Iterable[LogEntry], stored: StoredLog, clock: IReactorTime, absent: tuple[int, ...] = ()
) -> list[bytes]:
    """
    As many messages as it takes to tell of members that were looked for; none tells what is not stored.

    @param number: of the question; 0 if nobody asked.
    @param absent: the places, in the question, of what nobody has.
    """
    published, instance = stored.published, stored.instance
    parts = list(partsOf(recordOf(each, stored, clock) for each in entries if each.version <= published)) or [()]
    return [
        pack(Found(number, place == len(parts), instance, published, part, absent if place == len(parts) else ()))
        for place, part in enumerate(parts, 1)
    ]
