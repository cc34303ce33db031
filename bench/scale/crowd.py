"""
Many members in one process: one loop reads all their sockets and does what is due.
"""

from __future__ import annotations

import heapq
import select
import time
from collections.abc import Callable, Iterable
from math import inf
from random import Random

from bench.scale.member import Member
from bench.scale.realm import Realm
from wand.errors import WandError


class Crowd:
    """
    The members of a realm.

    @ivar members: all of them.
    """

    def __init__(
        self, realm: Realm, server: tuple[str, int], kindOf: Callable[[int], type[Member]] = lambda number: Member
    ) -> None:
        """
        @param kindOf: what kind of member each number is.
        """
        self._random = Random(1)
        self.members = [
            kindOf(number)(realm, papers, server, _host(number), self._random)
            for number, papers in enumerate(realm.members)
        ]
        self._poll = select.epoll()
        self._byFile = {member.socket.fileno(): member for member in self.members}
        for descriptor in self._byFile:
            self._poll.register(descriptor, select.EPOLLIN)
        self._queue: list[tuple[float, int]] = []
        self._queued = [inf] * len(self.members)
        self._numbers = {id(member): number for number, member in enumerate(self.members)}

    def begin(self, members: Iterable[Member], epoch: int, within: float = 0.0) -> None:
        """
        Let members begin, all at once or within some seconds.
        """
        for member in members:
            member.begin(epoch, within)
            self.enqueue(member)

    def enqueue(self, member: Member) -> None:
        """
        Something is due at a member.
        """
        number = self._numbers[id(member)]
        if member.dueAt < self._queued[number]:
            self._queued[number] = member.dueAt
            heapq.heappush(self._queue, (member.dueAt, number))

    def run(self, until: Callable[[], bool], patience: float) -> float:
        """
        Let them work until something is so.

        @return: how many seconds that took.
        @raise WandError: if it is not so after some seconds.
        """
        began = time.monotonic()
        while not until():
            now = time.monotonic()
            if now > began + patience:
                raise WandError(f"it was not done within {patience:.0f} s")
            self.turn(now)
        return time.monotonic() - began

    def rest(self, seconds: float) -> None:
        """
        Let them work for some seconds.
        """
        end = time.monotonic() + seconds
        while (now := time.monotonic()) < end:
            self.turn(now)

    def turn(self, now: float) -> None:
        """
        Read what came, and do what is due, for a moment.  What came goes first: whoever waits for something that is
        here already does not ask again.
        """
        wait = max(0.0, min(0.005, self._queue[0][0] - now if self._queue else 0.005))
        for descriptor, _ in self._poll.poll(wait, 256):
            member = self._byFile[descriptor]
            member.receive()
            self.enqueue(member)
        done = 0
        while self._queue and self._queue[0][0] <= now and done < 64:
            when, number = heapq.heappop(self._queue)
            if when != self._queued[number]:
                continue
            self._queued[number] = inf
            member = self.members[number]
            if member.dueAt <= now:
                member.do()
                done += 1
            self.enqueue(member)

    def close(self) -> None:
        """
        Close all sockets.
        """
        self._poll.close()
        for member in self.members:
            member.socket.close()


def _host(number: int) -> str:
    """
    Every sixteenth member has an address of the loopback network for itself and its neighbours.
    """
    number //= 16
    return f"127.1.{number // 250}.{1 + number % 250}"
