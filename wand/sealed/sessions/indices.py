"""
The numbers by which datagrams find the session or the handshake that they belong to.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

import attrs

from wand.sealed.sessions.awake import Awake
from wand.sealed.sessions.packets import CookieMessage, Response
from wand.sealed.sessions.peers import Correspondent
from wand.sealed.sessions.session import Session


class Attempted(Protocol):
    """
    A handshake of ours that is under way.
    """

    @property
    def peer(self) -> Correspondent:
        """
        Whom it is to reach.
        """

    def responseReceived(self, response: Response, sender: tuple[str, int]) -> None:
        """
        Somebody answers it: the peer, or anybody else.
        """

    def cookieDemanded(self, message: CookieMessage) -> None:
        """
        Somebody wants a cookie in it.
        """


@attrs.define
class Indices:
    """
    Sessions and handshakes under way, by their numbers.

    @ivar awake: which of the sessions are ready for use.
    """

    _entropy: Callable[[int], bytes]
    sessions: dict[int, Session] = attrs.field(init=False, factory=dict)
    attempts: dict[int, Attempted] = attrs.field(init=False, factory=dict)
    awake: Awake = attrs.field(init=False, factory=Awake)

    def forget(self, session: Session | None) -> None:
        """
        Nothing finds this session any more.
        """
        if session is not None:
            self.sessions.pop(session.ours, None)
            self.awake.discard(session)

    def free(self) -> int:
        """
        A random number that nobody has.
        """
        while True:
            index = int.from_bytes(self._entropy(4), "big")
            if index not in self.sessions and index not in self.attempts:
                return index
