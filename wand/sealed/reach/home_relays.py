"""
Where members are found that have no server in common that is a relay: each has two homes among the members with the
relay right, which everybody can work out, keeps a session with them, and is asked for there.
"""

from __future__ import annotations

from collections.abc import Iterable
from hashlib import blake2s
from heapq import nsmallest
from itertools import islice
from typing import Final

#: How many homes a member has.
HOMES: Final = 2

#: How many members with the relay right are looked at.
RELAYS_MAXIMUM: Final = 256


def homesOf(member: bytes, relays: Iterable[bytes]) -> list[bytes]:
    """
    The homes of a member: those whose hash together with it is lowest (rendezvous hashing), so that the members are
    spread over all relays, and few move when there is one more or one less.

    @param member: its identity.
    @param relays: the identities of the relays; the member itself may be among them.
    """
    others = (bytes(each) for each in islice(relays, RELAYS_MAXIMUM) if each != member)
    return nsmallest(HOMES, others, key=lambda relay: blake2s(relay + member, person=b"wand hom").digest())
