"""
What is measured, one after the other.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from math import inf
from pathlib import Path
from typing import Final

import attrs

from bench.scale.crowd import Crowd
from bench.scale.member import Member
from bench.scale.realm import PREFIX, foundRealm
from bench.scale.server import ADDRESS, PORT, Server

#: How many members announce at a time while registrations are counted.
WINDOW: Final = 128

#: Seconds between two questions to the server while its longest block is measured.
_PROBING: Final = 0.002

#: Seconds within which members notice that the server was restarted.
NOTICED_WITHIN: Final = 10.0

#: Seconds for everything that should take much less.
_PATIENCE: Final = 900.0


@attrs.define
class Figures:
    """
    What was found; times in seconds, memory in octets.

    @ivar coldStart: from the moment at which all members begin until all are registered.
    @ivar coldProcessor: what each of them costs the server then: a handshake and a registration.
    @ivar initiations: how many initiations each sent.
    @ivar registrations: registrations a second, in sessions that are there.
    @ivar registrationProcessor: what one costs the server.
    @ivar resident: what the server takes more than before, for each member.
    @ivar rest: which part of a processor the server takes while nothing happens.
    @ivar told: from one change to the last member that is told.
    @ivar listing: how long C{wand members --json} takes.
    @ivar block: how long an answer of the server took at most meanwhile.
    @ivar firstAnswer: from a kill and a new start to the first answer to a member.
    @ivar restart: until all are registered again.
    @ivar lost: datagrams that the server's queue lost.
    """

    members: int
    followers: int
    coldStart: float = 0.0
    coldProcessor: float = 0.0
    initiations: float = 0.0
    registrations: float = 0.0
    registrationProcessor: float = 0.0
    resident: float = 0.0
    rest: float = 0.0
    told: float = 0.0
    listing: float = 0.0
    block: float = 0.0
    firstAnswer: float = 0.0
    restart: float = 0.0
    lost: int = 0


class Measuring:
    """
    Measures one server with its members.
    """

    def __init__(self, directory: Path, members: int, followers: int, progress: Callable[[str], object]) -> None:
        """
        @param followers: how many members follow the log.
        @param progress: told of each step.
        """
        self._progress = progress
        self._server = Server(directory)
        progress(f"making a network of {members} members")
        realm = foundRealm(self._server.state, members)
        self._crowd = Crowd(realm, (ADDRESS, PORT))
        for member in self._crowd.members[followers:]:
            member.isFollowing = False
        self._epoch = int(time.time())
        self.figures = Figures(members, followers)

    def run(self, seconds: float) -> Figures:
        """
        Measure everything.

        @param seconds: how long to look at a server at rest.
        """
        try:
            self._server.start(PREFIX)
            self._server.opened()
            before = self._server.resident
            self._step("cold start", self._coldStart)
            self._step("registrations", self._registrations)
            self.figures.resident = (self._server.resident - before) / self.figures.members
            self._step("one change", self._change)
            self._step("wand members --json", self._listing)
            self._step(f"at rest for {seconds:.0f} s", partial(self._rest, seconds))
            self._step("restart", self._restart)
        finally:
            self._server.kill()
            self._crowd.close()
        return self.figures

    def _step(self, name: str, do: Callable[[], object]) -> None:
        began, before = time.monotonic(), self._server.processor
        do()
        taken = self._server.processor - before
        self._progress(f"{name}: {time.monotonic() - began:.1f} s, {taken:.1f} s of processor")

    def _coldStart(self) -> None:
        found = self.figures
        with self._processor() as taken:
            found.coldStart = self._beginAll()
        found.coldProcessor = taken[0] / found.members
        found.initiations = sum(member.initiations for member in self._crowd.members) / found.members
        found.lost = self._server.lost

    def _beginAll(self) -> float:
        self._epoch += 1
        members = self._crowd.members
        missing = self._expect(members)
        self._crowd.begin(members, self._epoch)
        return self._crowd.run(lambda: not missing, _PATIENCE)

    def _expect(self, members: list[Member]) -> set[Member]:
        missing = set(members)
        for member in members:
            member.confirmedNow = missing.discard
        return missing

    def _registrations(self) -> None:
        members, crowd = self._crowd.members, self._crowd
        self._epoch += 1
        missing, waiting = self._expect(members), iter(members)

        def go() -> None:
            for member in waiting:
                member.claim(self._epoch)
                member.announce()
                crowd.enqueue(member)
                return

        def confirmed(member: Member) -> None:
            missing.discard(member)
            go()

        for member in members:
            member.confirmedNow = confirmed
        with self._processor() as taken:
            for _ in range(WINDOW):
                go()
            seconds = crowd.run(lambda: not missing, _PATIENCE)
        self.figures.registrations = len(members) / seconds
        self.figures.registrationProcessor = taken[0] / len(members)

    def _change(self) -> None:
        followers, crowd = self._crowd.members[: self.figures.followers], self._crowd
        crowd.rest(3.0)
        crowd.run(lambda: len({member.version for member in followers}) == 1, _PATIENCE)
        missing = set(followers[1:])
        for member in followers:
            member.newsNow = missing.discard
        first = crowd.members[0]
        first.claim(self._epoch + 1)
        first.announce()
        crowd.enqueue(first)
        self.figures.told = crowd.run(lambda: not missing, _PATIENCE)

    def _listing(self) -> None:
        crowd, began = self._crowd, time.monotonic()
        waits: list[float] = []
        asking = self._server.askMembers()
        for member in self._probers(lambda: asking.poll() is not None):
            waits.append(self._answerTime(member))
            crowd.rest(_PROBING)
        self.figures.listing = time.monotonic() - began
        self.figures.block = max(waits)

    def _answerTime(self, member: Member) -> float:
        asked, answered = time.monotonic(), list[Member]()
        member.answeredNow = answered.append
        member.ask()
        self._crowd.enqueue(member)
        self._crowd.run(lambda: bool(answered), _PATIENCE)
        return time.monotonic() - asked

    def _probers(self, isOver: Callable[[], bool]) -> Iterator[Member]:
        while not isOver():
            yield from (member for member in self._crowd.members[:200] if not isOver())

    def _rest(self, seconds: float) -> None:
        with self._processor() as taken:
            self._crowd.rest(seconds)
        self.figures.rest = taken[0] / seconds

    def _restart(self) -> None:
        self._server.kill()
        self._server.start(PREFIX)
        began = time.monotonic()
        crowd, members = self._crowd, self._crowd.members
        self._epoch += 2
        missing = self._expect(members)
        for member in members:
            member.heardAt = inf
        crowd.begin(members, self._epoch, NOTICED_WITHIN)
        crowd.run(lambda: any(member.heardAt < inf for member in members), _PATIENCE)
        self.figures.firstAnswer = time.monotonic() - began
        crowd.run(lambda: not missing, _PATIENCE)
        self.figures.restart = time.monotonic() - began
        self.figures.lost += self._server.lost

    @contextmanager
    def _processor(self) -> Iterator[list[float]]:
        taken = [0.0]
        before = self._server.processor
        yield taken
        taken[0] = self._server.processor - before
