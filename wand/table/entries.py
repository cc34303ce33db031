"""
What the table has: who says which peer a MAC address is at, and how much that is believed.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable
from enum import IntEnum
from typing import Final, NamedTuple, TypeAlias

import attrs

from wand.ethernet import MAC

#: Whatever the peer protocol calls a peer: hashable, and its C{str} is for people.  In REL2, an endpoint.
Peer: TypeAlias = Hashable


class Rank(IntEnum):
    """
    Who is believed over whom; the higher wins.
    """

    LEARNED = 1
    DIRECTORY = 2
    OPERATOR = 3


class Source(NamedTuple):
    """
    Who says that a MAC address is at a peer.

    @ivar name: for people and for the C{--source} of commands; unique.
    @ivar rank: how much it is believed.
    """

    name: str
    rank: Rank


#: What an operator adds over the control socket, or writes into the configuration.
OPERATOR: Final = Source("operator", Rank.OPERATOR)


@attrs.frozen
class Entry:
    """
    What one source says of one MAC address.

    @ivar since: when this source first named this peer, in the clock's seconds.
    @ivar lifetime: for how many seconds the entry stands after it was last confirmed; C{None} without end.
    """

    mac: MAC
    peer: Peer
    source: Source
    since: float
    lifetime: float | None


def bestOf(entries: Iterable[Entry]) -> Entry:
    """
    The one that forwarding uses, of those about one MAC address.
    """
    return max(entries, key=lambda entry: (entry.source.rank, entry.since, entry.source.name))
