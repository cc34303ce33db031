"""
What relays are called: places behind them show the beginning of their identities only.
"""

from __future__ import annotations

from collections import OrderedDict
from typing import Final

from wand.interfaces.membership import Member
from wand.underlay.place_kinds import RELAY

#: Octets of an identity that a place shows.
SHOWN: Final = 8

#: How many names are remembered; the relay with which a session began longest ago makes room.
NAMES_MAXIMUM: Final = 1024


class RelayNames:
    """
    Remembers the names of those who may be relays, from the sessions with them.
    """

    def __init__(self) -> None:
        self._names: OrderedDict[bytes, str] = OrderedDict()

    def met(self, identity: bytes, member: Member) -> None:
        """
        A session with a member began.
        """
        if not (member.isServer or member.relay):
            return
        key = bytes(identity[:SHOWN])
        self._names.pop(key, None)
        self._names[key] = member.name
        if len(self._names) > NAMES_MAXIMUM:
            self._names.popitem(last=False)

    def __call__(self, identity: bytes) -> str:
        """
        The name of a relay; empty if it is not known.

        @param identity: whole, or its first L{SHOWN} octets.
        """
        return self._names.get(bytes(identity[:SHOWN]), "")

    def ofPlace(self, host: str) -> str:
        """
        The name of the relay that a place is behind; empty if it is not known, or the place is behind none.

        @param host: the first half of the place.
        """
        kind, _, identity = host.partition("/")
        return self(bytes.fromhex(identity)) if kind == RELAY else ""
