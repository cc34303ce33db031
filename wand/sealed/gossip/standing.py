"""
Standing: who was proven wrong lately.  Whoever accuses members that are there is believed less and less often, until
that is some time ago; and whoever was contradicted by the one that it accused waits before it says that again.
"""

from __future__ import annotations

from typing import Final

from twisted.internet.interfaces import IReactorTime

#: How often somebody may be wrong without consequences.
FREE: Final = 2

#: Each further time halves how many accusations of it are believed, so often at most.
HALVINGS_MAXIMUM: Final = 10

#: Seconds after which one time is forgotten.
FORGIVEN: Final = 120.0

#: Seconds for which one does not accuse the same member again after it objected; twice as long each time.
AGAIN: Final = 30.0
AGAIN_LONGEST: Final = 960.0

#: Of how many members that is remembered.
REMEMBERED: Final = 256


class Standing:
    """
    Remembers how often members were wrong.
    """

    def __init__(self, clock: IReactorTime) -> None:
        self._clock = clock
        self._wrong: dict[bytes, tuple[float, float]] = {}

    def __len__(self) -> int:
        return len(self._wrong)

    def wasWrong(self, accuser: bytes) -> None:
        """
        A member that was accused says that it is there.
        """
        times = min(self._times(accuser) + 1, FREE + HALVINGS_MAXIMUM)
        _remember(self._wrong, accuser, (times, self._clock.seconds()))

    def isBelieved(self, accuser: bytes, digest: int) -> bool:
        """
        Does an accusation count?  It is its digest that decides, which nobody can choose: so all decide alike.

        @param digest: of the accusation, 64 bits.
        """
        return digest >> 64 - max(0, int(self._times(accuser)) - FREE) == 0

    def _times(self, accuser: bytes) -> float:
        times, when = self._wrong.get(accuser, (0.0, 0.0))
        return max(0.0, times - (self._clock.seconds() - when) / FORGIVEN)


class Objections:
    """
    Remembers who objected when we accused it: it is there, and only we do not hear it.
    """

    def __init__(self, clock: IReactorTime) -> None:
        self._clock = clock
        self._until: dict[bytes, tuple[float, float]] = {}

    def __len__(self) -> int:
        return len(self._until)

    def objected(self, member: bytes) -> None:
        """
        A member that we accused says that it is there.
        """
        now = self._clock.seconds()
        before, until = self._until.get(member, (0.0, now))
        wait = AGAIN if now - until > AGAIN_LONGEST else min(AGAIN_LONGEST, max(AGAIN, 2 * before))
        _remember(self._until, member, (wait, now + wait))

    def until(self, member: bytes) -> float:
        """
        From when on we may accuse a member.
        """
        return self._until.get(member, (0.0, 0.0))[1]


def _remember(memory: dict[bytes, tuple[float, float]], key: bytes, what: tuple[float, float]) -> None:
    memory.pop(key, None)  # so that the one that came first is forgotten first
    memory[key] = what
    if len(memory) > REMEMBERED:
        del memory[next(iter(memory))]
