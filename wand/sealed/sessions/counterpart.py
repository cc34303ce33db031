"""
The other end of a conversation, as handshakes see it: the key that they are for, and what is presented there.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import inf
from typing import Final

from wand.interfaces.membership import Member, Membership
from wand.sealed.sessions.freshness import Freshness
from wand.sealed.sessions.packets import JOIN, MEMBER
from wand.sealed.sessions.peers import Correspondent, JoinKey

_NEVER: Final = -inf

#: In place of the number of a network secret: that of an invitation, or none yet.
NO_NETWORK_SECRET: Final = -1


class Counterpart:
    """
    What handshakes with one peer need to know.

    @ivar peer: who it is.
    @ivar exchangeKey: the public key of the peer's handshakes.
    @ivar freshness: tells its initiations from repeated ones.
    @ivar cookie: what it wants to see in our initiations until C{cookieUntil}, in the clock's seconds.
    @ivar opened: the number of the network secret with which its last answer opened.
    """

    __slots__ = ("_membership", "_secret", "cookie", "cookieUntil", "exchangeKey", "freshness", "opened", "peer")

    def __init__(self, membership: Membership, peer: Correspondent, exchangeKey: bytes, secret: bytes) -> None:
        """
        @param secret: the secret of the invitation, if we redeem one.
        """
        self.peer = peer
        self.exchangeKey = exchangeKey
        self.freshness = Freshness()
        self.cookie = b""
        self.cookieUntil = _NEVER
        self.opened = NO_NETWORK_SECRET
        self._membership = membership
        self._secret = secret

    @property
    def mayInitiate(self) -> bool:
        """
        May we begin handshakes?  With a node that joins we may not: it comes back if it has something to say.
        """
        return not isinstance(self.peer, JoinKey) or bool(self._secret)

    @property
    def purpose(self) -> int:
        """
        Why we initiate.
        """
        return JOIN if isinstance(self.peer, JoinKey) else MEMBER

    @property
    def credential(self) -> bytes:
        """
        What we present.
        """
        return self.peer.invitation if isinstance(self.peer, JoinKey) else self._membership.certificate

    @property
    def secrets(self) -> tuple[int, ...] | None:
        """
        The numbers of the network secrets with which an answer may come; C{None} if it comes with an invitation's.
        """
        return None if isinstance(self.peer, JoinKey) else self._membership.secrets.numbers

    @property
    def psks(self) -> Sequence[tuple[int, bytes]]:
        """
        The pre-shared keys with which an answer may open, with their numbers, the most likely in front.
        """
        if isinstance(self.peer, JoinKey):
            return ((NO_NETWORK_SECRET, self._secret),)
        return sorted(self._membership.secrets.kept, key=lambda each: each[0] != self.opened)

    def mayUse(self, number: int, member: Member) -> bool:
        """
        Does the network secret with which an answer opened count with a member?
        """
        return isinstance(self.peer, JoinKey) or self._membership.secrets.mayUse(number, member)
