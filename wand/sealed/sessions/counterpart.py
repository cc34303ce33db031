"""
The other end of a conversation, as handshakes see it: the key that they are for, and what is presented there.
"""

from __future__ import annotations

from math import inf
from typing import Final

from wand.interfaces.membership import Membership
from wand.sealed.sessions.freshness import Freshness
from wand.sealed.sessions.packets import JOIN, MEMBER
from wand.sealed.sessions.peers import Correspondent, JoinKey

_NEVER: Final = -inf


class Counterpart:
    """
    What handshakes with one peer need to know.

    @ivar peer: who it is.
    @ivar exchangeKey: the public key of the peer's handshakes.
    @ivar freshness: tells its initiations from repeated ones.
    @ivar cookie: what it wants to see in our initiations until C{cookieUntil}, in the clock's seconds.
    """

    __slots__ = ("_membership", "_secret", "cookie", "cookieUntil", "exchangeKey", "freshness", "peer")

    def __init__(self, membership: Membership, peer: Correspondent, exchangeKey: bytes, secret: bytes) -> None:
        """
        @param secret: the secret of the invitation, if we redeem one.
        """
        self.peer = peer
        self.exchangeKey = exchangeKey
        self.freshness = Freshness()
        self.cookie = b""
        self.cookieUntil = _NEVER
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
    def psk(self) -> bytes:
        """
        The pre-shared key of the handshakes that we initiate.
        """
        return self._secret if isinstance(self.peer, JoinKey) else self._membership.secret
