"""
The answers of a server to what nodes ask about their membership.
"""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import Any

from twisted.internet.defer import Deferred
from twisted.python.failure import Failure

from wand.health.failures import Failures
from wand.interfaces import ISessions, JoinKey
from wand.sealed.credentials.messages import Message, NotNow, pack


class Answers:
    """
    Works answers out, and sends them.  A fault is not a refusal: the node is told to ask again.
    """

    def __init__(self, sessions: ISessions, failures: Failures) -> None:
        """
        @param sessions: send the answers.
        """
        self._sessions = sessions
        self._failures = failures
        self._underWay: set[tuple[bytes, bytes]] = set()

    def give(self, peer: bytes, answering: Callable[[], Coroutine[Deferred[Any], Any, Message]]) -> None:
        """
        Answer, unless the same question is being answered already.

        @param peer: who asks; a node that joins is answered only while it asks with the same invitation.
        @param answering: works the answer out.
        """
        asked = bytes(peer), _invitation(peer)
        if asked in self._underWay:
            return
        self._underWay.add(asked)

        def answered(message: Message) -> None:
            self._underWay.discard(asked)
            if asked[1] == _invitation(peer) and self._sessions.isUp(peer):
                self._sessions.sendControl(peer, pack(message))

        Deferred.fromCoroutine(answering()).addErrback(self._fault).addCallback(answered)

    def _fault(self, failure: Failure) -> NotNow:
        self._failures.caught("answering a node", failure)
        return NotNow("the server cannot answer now")


def _invitation(peer: bytes) -> bytes:
    return peer.invitation if isinstance(peer, JoinKey) else b""
