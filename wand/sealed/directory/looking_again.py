"""
Looking for everything in use again, at a server that may tell of no change any more.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Sequence
from typing import Final

from twisted.internet.interfaces import IReactorTime

from wand.sealed.directory.messages import KEYS_MAXIMUM
from wand.timing.timer import Timer

#: Seconds from one question to the next; with L{KEYS_MAXIMUM} members each that is below what a server answers to one
#: node.
AGAIN_INTERVAL: Final = 0.4

#: Seconds after which what was not answered is asked again, doubled each time; and how often.  Together a minute and a
#: half: a large server may read its store for as long.
AGAIN_REPEAT: Final = 0.7
AGAIN_REPEATS: Final = 7

#: Seconds from one time that everything is looked for to the next, at least: no server keeps a node busy.
AGAIN_PAUSE: Final = 3.0


class LookingAgain:
    """
    Asks for all, some at a time, and once more for those of whom no answer came.
    """

    def __init__(
        self,
        inUse: Callable[[], Iterable[bytes]],
        look: Callable[[Sequence[bytes]], object],
        clock: IReactorTime,
    ) -> None:
        """
        @param inUse: gives the identities of the members to look for, in their order.
        @param look: asks for some.
        """
        self._inUse = inUse
        self._look = look
        self._clock = clock
        self._next: deque[bytes] = deque()
        self._unanswered: dict[bytes, None] = {}
        self._repeats = 0
        self._notBefore = 0.0
        self._asking = Timer(clock, self._ask)
        self._beginning = Timer(clock, self._begin)

    def begin(self) -> None:
        """
        Look for all, from the first on: at once, or if that was done just now, after a moment.
        """
        if not self._beginning.isSet:
            wait = self._notBefore - self._clock.seconds()
            if wait > 0:
                self._beginning.set(wait)
            else:
                self._begin()

    def answered(self, identity: bytes) -> None:
        """
        The server said who somebody is, or that it knows nobody of that identity.
        """
        self._unanswered.pop(identity, None)

    def stop(self) -> None:
        """
        Ask for nothing more, and leave no timer behind.
        """
        self._asking.stop()
        self._beginning.stop()

    def _begin(self) -> None:
        self._notBefore = self._clock.seconds() + AGAIN_PAUSE
        self._next = deque(self._inUse())
        self._unanswered.clear()
        self._repeats = 0
        self._ask()

    def _ask(self) -> None:
        if not self._next:
            self._next.extend(self._unanswered)
            self._repeats += 1
        some = [self._next.popleft() for _ in range(min(KEYS_MAXIMUM, len(self._next)))]
        if not some:
            return
        self._unanswered.update(dict.fromkeys(some))
        if self._next:
            self._asking.set(AGAIN_INTERVAL)
        elif self._repeats < AGAIN_REPEATS:
            self._asking.set(AGAIN_REPEAT * 2.0**self._repeats)
        self._look(some)
