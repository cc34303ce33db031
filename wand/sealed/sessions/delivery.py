"""
Delivery: does what goes over the way in use arrive?  A relay, or a host, might pass questions and their answers, which
it knows by their length, and nothing else: so each answer says which of the datagrams before its question came.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from typing import Final

from wand.sealed.sessions.packets import INDEX_AND_COUNTER
from wand.sealed.sessions.path import SIZES
from wand.sealed.sessions.recent import Recent
from wand.sealed.sessions.replay import TOLD
from wand.sealed.sessions.session import Session

#: How many of the last datagrams count.
COUNTED: Final = 4

#: After how many answers in a row that say that none of them came a way is given up.
STRIKES: Final = 2

#: How many samples go before a question when too little else did.
SAMPLES: Final = 3

#: Open questions that are remembered.
_OPEN_MAXIMUM: Final = 8

#: Octets of the longest datagram that counts: a longer one may be too long for the path.
_LONGEST: Final = SIZES[0]


class Delivery:
    """
    Compares what went over the way in use with what the peer says.

    @ivar strikes: how many answers in a row said that nothing came.
    """

    def __init__(self, recent: Recent) -> None:
        """
        @param recent: what went to the peer lately.
        """
        self.strikes = 0
        self._recent = recent
        self._since = 0
        self._open: dict[bytes, tuple[Session, int]] = {}

    def begin(self, session: Session | None) -> None:
        """
        Another way is used from now on.
        """
        self.strikes = 0
        self._open.clear()
        self._since = 0 if session is None else session.sent

    def wantsSamples(self, session: Session) -> bool:
        """
        Is there too little that an answer could tell of, or reason to make sure?
        """
        return self.strikes > 0 or not self._before(session)

    def asked(self, chance: bytes, session: Session) -> None:
        """
        A question goes over the way in use, next.
        """
        if len(self._open) >= _OPEN_MAXIMUM:
            self._open.clear()
        self._open[chance] = session, self._before(session)
        self._since = session.sent

    def answered(self, chance: bytes, session: Session, came: int) -> None:
        """
        A question was answered.

        @param came: see L{wand.sealed.sessions.replay.Window.cameBefore}.
        """
        asked, went = self._open.pop(chance, (None, 0))
        if asked is session and went:
            self.strikes = 0 if came & went else self.strikes + 1

    def _before(self, session: Session) -> int:
        """
        Which of the datagrams before the next one should have come, as L{wand.sealed.sessions.replay.Window.cameBefore}
        would say it.
        """
        return sum(1 << (session.sent - 1 - each) for each in islice(self._counters(session), COUNTED))

    def _counters(self, session: Session) -> Iterator[int]:
        """
        The counters of what counts, the newest first.  Hundreds of sends may be kept, and few of them are looked at.
        """
        first = max(self._since, session.sent - TOLD)
        for datagrams, size in self._recent.newest():
            index, counter = INDEX_AND_COUNTER.unpack_from(datagrams)
            if index != session.theirs:
                continue  # of another session
            last = counter - (-len(datagrams) // size) - 1
            if last < first:
                return
            if size <= _LONGEST:
                yield from range(min(last, session.sent - 1), max(counter, first) - 1, -1)
