"""
Who is at the other end: members by their identity, and the ends of a join session by their exchange key.
"""

from __future__ import annotations

from collections.abc import Mapping
from math import inf
from types import MappingProxyType
from typing import Final

import attrs

from wand.interfaces import JoinKey as JoinKey
from wand.sealed.credentials.identity import Identity

#: For how many seconds' worth of its broadcast and multicast frames a peer may send at once.
GROUP_BURST: Final = 2.0


class PeerKey(Identity):
    """
    A member of the network, as the table and the data plane call it: its whole identity, and equal to it.

    @ivar name: the name in its certificate, for people; empty while none was seen.
    """

    name: str = ""

    def __str__(self) -> str:
        return self.name or super().__str__()


#: Whoever a conversation is with.
Correspondent = PeerKey | JoinKey

#: What nobody dropped.
_NOTHING: Final[Mapping[str, int]] = MappingProxyType({})


@attrs.define
class Account:
    """
    What passed between a peer and us.

    @ivar heard: when a frame last came, in the clock's seconds; C{0.0} for never.
    @ivar told: when the table was last told that the peer lives.
    @ivar controls: control messages received.
    @ivar spoofed: frames dropped because the peer may not use their source address.
    @ivar replayed: datagrams dropped because they came before, or too late.
    @ivar forged: datagrams dropped because they did not open.
    @ivar unsent: frames and messages dropped because no session could be made.
    @ivar flooded: broadcast and multicast frames dropped because there were too many.
    @ivar blamed: what others than the transport dropped, by their reasons.
    """

    heard: float = 0.0
    told: float = float("-inf")
    framesReceived: int = 0
    bytesReceived: int = 0
    framesSent: int = 0
    bytesSent: int = 0
    controls: int = 0
    spoofed: int = 0
    replayed: int = 0
    forged: int = 0
    unsent: int = 0
    flooded: int = 0
    blamed: Mapping[str, int] = _NOTHING
    _tokens: float = inf
    _filled: float = 0.0

    def blame(self, reason: str) -> None:
        """
        Something else was dropped.
        """
        self.blamed = {**self.blamed, reason: self.blamed.get(reason, 0) + 1}

    def isFlooding(self, now: float, rate: float) -> bool:
        """
        May no more frames to groups come from the peer, for now?  Then it is counted.

        @param rate: how many may in a second.
        """
        tokens = min(GROUP_BURST * rate, self._tokens + max(0.0, now - self._filled) * rate)
        self.flooded += tokens < 1.0
        return tokens < 1.0

    def mayFlood(self, now: float, rate: float) -> bool:
        """
        May one more frame to a group come from the peer?  If not it is counted.

        @param rate: how many may in a second.
        """
        self._tokens = min(GROUP_BURST * rate, self._tokens + max(0.0, now - self._filled) * rate)
        self._filled = now
        if self._tokens < 1.0:
            self.flooded += 1
            return False
        self._tokens -= 1.0
        return True

    @property
    def reasons(self) -> dict[str, int]:
        """
        Everything that was dropped, by the reason.
        """
        own = {
            "spoofed": self.spoofed,
            "replayed": self.replayed,
            "forged": self.forged,
            "unsent": self.unsent,
            "flooded": self.flooded,
        }
        return {reason: count for reason, count in (own | dict(self.blamed)).items() if count}
