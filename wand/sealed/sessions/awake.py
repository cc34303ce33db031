"""
Which sessions are awake.  A cipher that is ready for use takes 2.6 kB, a session has two, and those of thousands of
members are quiet nearly always.  So a cipher is made when it is used, in 2.5 us, and only the sessions that woke last
keep theirs; at a directory server none does, and the last ones keep what else was made for them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from wand.sealed.sessions.session import Session

#: How many sessions keep their ciphers.
AWAKE_MAXIMUM: Final = 256


class Awake:
    """
    The sessions that keep their ciphers, the one that woke first at the front.  One that wakes beyond L{AWAKE_MAXIMUM}
    puts that one to rest, which wakes again when it has something to do.
    """

    def __init__(self, maximum: int = AWAKE_MAXIMUM) -> None:
        self._maximum = maximum
        self._sessions: dict[Session, None] = {}

    def __len__(self) -> int:
        return len(self._sessions)

    def add(self, session: Session) -> None:
        """
        A session woke.
        """
        self._sessions[session] = None
        if len(self._sessions) > self._maximum:
            first = next(iter(self._sessions))
            del self._sessions[first]
            first.owner.rest(first)

    def discard(self, session: Session) -> None:
        """
        A session is over.
        """
        self._sessions.pop(session, None)
