"""
A simulated member that does not follow the log, as in large networks: it looks for those whom it wants to reach.
"""

from __future__ import annotations

from collections.abc import Iterable
from random import Random
from typing import Final

from bench.scale.member import Member
from bench.scale.realm import Papers, Realm
from wand.sealed.directory.messages import BY_MAC, KEYS_MAXIMUM, Found, Key, Look, pack, parseRecord

#: Seconds until the server is asked again for whom it did not tell of, the first time and at most: it tells of them
#: itself when they come.
AGAIN_FIRST: Final = 5.0
AGAIN_MAXIMUM: Final = 40.0

#: Seconds between two signs of life of a member that has nothing to ask.
_HEARTBEAT: Final = (45.0, 60.0)


class Looker(Member):
    """
    Looks for some others once it is registered, and is told of their changes from then on.

    @ivar missing: the numbers of those whom it wants and does not reach yet.
    """

    def __init__(self, realm: Realm, papers: Papers, server: tuple[str, int], host: str, random: Random) -> None:
        super().__init__(realm, papers, server, host, random)
        self.isFollowing = False
        self.missing: set[int] = set()
        self._wanted: tuple[int, ...] = ()
        self._wait = AGAIN_FIRST
        self._looks = 0
        self._timers["look"] = self._timers["alive"] = float("inf")

    def want(self, numbers: Iterable[int]) -> None:
        """
        Say whom it wants to reach.
        """
        self._wanted = tuple(numbers)

    def begin(self, epoch: int, within: float = 0.0) -> None:
        """
        See L{Member.begin}.  It does not know yet where anybody is.
        """
        super().begin(epoch, within)  # which stops all timers
        self.missing = set(self._wanted)
        self._wait = AGAIN_FIRST

    def serverRestarted(self) -> None:
        """
        See L{Member.serverRestarted}.  It knows nothing of whom this member wants to reach.
        """
        super().serverRestarted()
        self.missing = set(self._wanted)
        self._wait, self._timers["look"] = AGAIN_FIRST, float("inf")

    def registered(self) -> None:
        """
        The server has its announcement.
        """
        if self.missing and self._timers["look"] == float("inf"):
            self._look()
        self._set(alive=self._random.uniform(*_HEARTBEAT))

    def ask(self) -> None:
        """
        Look for somebody, whether it is known or not.
        """
        self._lookFor(self._wanted[:1])

    def found(self, message: Found) -> None:
        """
        The server tells of some members.
        """
        for raw in message.records:
            record = parseRecord(raw)
            number = None if record is None else self._realm.numbers.get(record.certificate)
            if record is None or number is None:
                continue
            if record.endpoints and number in self.missing:
                self.missing.discard(number)
                if not self.missing:
                    self._timers["look"] = float("inf")
                    self.reachesNow(self)
            if not message.number:
                self.toldNow(self, number)
        if message.number:
            self.answeredNow(self)

    def _look(self) -> None:
        numbers = list(self.missing)
        for at in range(0, len(numbers), KEYS_MAXIMUM):
            self._lookFor(numbers[at : at + KEYS_MAXIMUM])
        self._set(look=self._wait * self._random.uniform(0.75, 1.0))
        self._wait = min(AGAIN_MAXIMUM, 2 * self._wait)

    def _lookFor(self, numbers: Iterable[int]) -> None:
        self._looks += 1
        keys = tuple(Key(BY_MAC, self._realm.members[number].record.macs[0]) for number in numbers)
        self.send(pack(Look(self._looks, keys)))

    def _alive(self) -> None:
        self._lookFor(())
        self._set(alive=self._random.uniform(*_HEARTBEAT))
