"""
Where members are found that have no server in common that is a relay: each has two homes among the members with the
relay right, which everybody can work out, keeps a session with them, and is asked for there.
"""

from __future__ import annotations

from collections.abc import Collection
from hashlib import blake2s
from heapq import nsmallest
from typing import Final

#: How many homes a member has.
HOMES: Final = 2

#: How many members with the relay right are looked at: those with the lowest identities, so that all look at the same.
RELAYS_MAXIMUM: Final = 256


def homesOf(member: bytes, relays: Collection[bytes]) -> list[bytes]:
    """
    The homes of a member: those whose hash together with it is lowest (rendezvous hashing), so that the members are
    spread over all relays, and few move when there is one more or one less.

    @param member: its identity.
    @param relays: the identities of the relays; the member itself may be among them.
    """
    known = relays if len(relays) <= RELAYS_MAXIMUM else nsmallest(RELAYS_MAXIMUM, relays)
    others = (bytes(each) for each in known if each != member)
    return nsmallest(HOMES, others, key=lambda relay: blake2s(relay + member, person=b"wand hom").digest())
