"""
Memories: what was heard behind bridges, kept over a restart, so that nobody takes it by waiting for one.
"""

from __future__ import annotations

from typing import Final

import msgspec
from twisted.internet.interfaces import IReactorTime
from twisted.logger import Logger

from wand.errors import StateUnavailable
from wand.failures import Failures
from wand.membership.fields import Octets6, Octets32
from wand.membership.kept import keptSecret
from wand.membership.learned import Heard, Learned
from wand.membership.signed import packed, unpacked
from wand.repeating import Repeating
from wand.state import StateDirectory

#: The file in the state directory.
HEARD: Final = "heard"

#: How many addresses are kept, those that were heard last.
LIMIT: Final = 8192

#: The largest file that is read, in octets.
MAXIMUM: Final = 1_000_000

#: Seconds between two looks at whether there is something new to keep.
INTERVAL: Final = 60.0


class _Kept(msgspec.Struct, frozen=True, array_like=True):
    mac: Octets6
    holder: Octets32
    since: int
    last: int


class Memories:
    """
    Writes down what is learned, about once a minute while it changes.
    """

    _log = Logger()

    def __init__(self, state: StateDirectory, learned: Learned, clock: IReactorTime, failures: Failures) -> None:
        self._state = state
        self._learned = learned
        self._known: frozenset[tuple[bytes, bytes]] = frozenset()
        self._keeping = Repeating("memories of hosts behind bridges", self._look, clock, failures)

    def start(self) -> None:
        """
        Take what was kept, and keep up from now on.

        @raise StateUnavailable: if the file cannot be read, or is open to others.
        """
        for kept in unpacked(keptSecret(self._state, HEARD) or b"", list[_Kept], MAXIMUM) or ():
            self._learned.remember(Heard(kept.mac, kept.holder, kept.since, kept.last))
        self._keeping.start(INTERVAL, now=False)

    def stop(self) -> None:
        """
        Keep what there is, and no more.
        """
        if self._keeping.running:
            self._keeping.stop()
            self.keep()

    def keep(self) -> None:
        """
        Write everything down.
        """
        latest = sorted(self._learned.remembered(), key=lambda each: each.last)[-LIMIT:]
        kept = [_Kept(each.mac, each.holder, int(each.since), int(each.last)) for each in latest]
        try:
            self._state.write(HEARD, packed(kept))
        except StateUnavailable as error:
            self._log.warn("what was heard behind bridges is not kept over a restart: {reason}", reason=str(error))

    def _look(self) -> None:
        known = frozenset((each.mac, each.holder) for each in self._learned.remembered())
        if known != self._known:
            self._known = known
            self.keep()
