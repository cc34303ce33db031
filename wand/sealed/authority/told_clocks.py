"""
By how much the clocks of members differ from ours: before something is signed that ends at a certain time.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from twisted.internet.interfaces import IReactorTime

from wand.interfaces.membership import Member

#: How many members count, those with the latest handshakes.
CLOCKS_MAXIMUM: Final = 64

#: Seconds for which the time that a member told counts: sessions are renewed every two minutes.
WORD_LIFETIME: Final = 900.0


class ToldClocks:
    """
    Knows the clocks of the members with which there were handshakes lately.
    """

    def __init__(self, clock: IReactorTime, wallClock: Callable[[], float]) -> None:
        """
        @param wallClock: gives the seconds since the epoch.
        """
        self._clock = clock
        self._wallClock = wallClock
        self._began: dict[bytes, tuple[float, float]] = {}  # when C{clock} was 0 by theirs, and when they told it

    def told(self, member: Member, ahead: float) -> None:
        """
        See L{wand.interfaces.ISessions.onClock}.
        """
        self._began.pop(member.identity, None)
        self._began[member.identity] = self._beginning + ahead, self._clock.seconds()
        if len(self._began) > CLOCKS_MAXIMUM:
            del self._began[next(iter(self._began))]

    @property
    def ahead(self) -> float:
        """
        By how many seconds the clocks of members are ahead of ours: half of them differ by no more than that; 0 if
        nobody told.  It is right at once when somebody sets ours.
        """
        since, ours = self._clock.seconds() - WORD_LIFETIME, self._beginning
        said = sorted((began - ours for began, at in self._began.values() if at >= since), key=abs)
        return said[(len(said) - 1) // 2] if said else 0.0

    @property
    def _beginning(self) -> float:
        """
        When C{clock} was 0, by our wall clock: that it may be set later makes no difference to what was told.
        """
        return self._wallClock() - self._clock.seconds()
