"""
The channels that relays told us of without being asked: a member may want us, or a relay makes them up.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from heapq import nlargest
from typing import Final

#: How many are taken of a relay that is no server, of one that is, and of all: well below what is kept in all, for
#: those that we ask for.
MEMBER_MAXIMUM: Final = 512
SERVER_MAXIMUM: Final = 2048
ALL_MAXIMUM: Final = 3072

#: Of how many relays, and how many of each, are looked at to find one that makes room.
LOOKED_AT: Final = 16


class UnaskedChannels:
    """
    Knows how many there are of each relay, and which one makes room.
    """

    def __init__(self, isNeeded: Callable[[bytes], bool]) -> None:
        """
        @param isNeeded: is there a session with a member?  Its channels stay.
        """
        self._isNeeded = isNeeded
        self._ofEach: dict[bytes, OrderedDict[bytes, None]] = {}
        self._count = 0

    def __len__(self) -> int:
        return self._count

    def countOf(self, relay: bytes) -> int:
        """
        How many there are of one relay.
        """
        return len(self._ofEach.get(relay, ()))

    def add(self, identity: bytes, relay: bytes) -> None:
        """
        A relay told of a channel to a member.
        """
        ofRelay = self._ofEach.setdefault(relay, OrderedDict())
        self._count += identity not in ofRelay
        ofRelay[identity] = None

    def discard(self, identity: bytes, relay: bytes) -> None:
        """
        A channel is there no more, or was asked for now.
        """
        ofRelay = self._ofEach.get(relay)
        if ofRelay is None or identity not in ofRelay:
            return
        del ofRelay[identity]
        self._count -= 1
        if not ofRelay:
            del self._ofEach[relay]

    def mayAdd(self, relay: bytes, *, isServer: bool) -> bool:
        """
        Did a relay not tell of too many yet?
        """
        return self.countOf(relay) < (SERVER_MAXIMUM if isServer else MEMBER_MAXIMUM)

    def victim(self, least: int = 0) -> tuple[bytes, bytes] | None:
        """
        The channel that makes room: the oldest of the relay that told of most.

        @param least: it told of more than this many.
        @return: the member and the relay; C{None} if there is none, or all that were looked at are needed.
        """
        for relay in nlargest(LOOKED_AT, self._ofEach, self.countOf):
            ofRelay = self._ofEach[relay]
            if len(ofRelay) <= least:
                return None
            for _ in range(min(LOOKED_AT, len(ofRelay))):
                identity = next(iter(ofRelay))
                if not self._isNeeded(identity):
                    return identity, relay
                ofRelay.move_to_end(identity)
        return None
