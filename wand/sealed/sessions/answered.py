"""
What we answered to one initiation.

A peer sends one initiation over every way that it knows, and any of them may lead to us and not back.  So each copy is
answered where it came from.  Every answer stands for a session of its own, with the same keys and other indices: what
the peer sends tells which of the answers it read, and where that one went.  The index is a part of the nonce, so no
nonce is used twice.
"""

from __future__ import annotations

from typing import Final

import attrs

from wand.sealed.sessions.noise import TransportKeys
from wand.sealed.sessions.session import Session

#: How many copies of one initiation are answered: it may come from a few places, but somebody on the way may copy it.
COPIES_MAXIMUM: Final = 4


@attrs.define(eq=False)
class Answered:
    """
    An initiation that we answered.

    @ivar initiation: its Noise message.
    @ivar response: the Noise message of the answer.
    @ivar keys: of the sessions.
    @ivar sessions: the sessions for which the answers stand, by where they went, the first one first.
    """

    initiation: bytes
    response: bytes
    keys: TransportKeys
    sessions: dict[tuple[str, int], Session]

    def mayAnswer(self, initiation: bytes, place: tuple[str, int]) -> bool:
        """
        Is an initiation a copy of this one, that came from a place to which no answer went yet?
        """
        return initiation == self.initiation and place not in self.sessions and len(self.sessions) < COPIES_MAXIMUM

    def placeOf(self, session: Session) -> tuple[str, int] | None:
        """
        Where the answer went that stands for a session; C{None} if none does.
        """
        return next((place for place, each in self.sessions.items() if each is session), None)
