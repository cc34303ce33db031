"""
What is measured, one after the other.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from random import Random
from typing import Final

import attrs

from bench.scale.crowd import Crowd
from bench.scale.looker import Looker
from bench.scale.member import Member
from bench.scale.realm import PREFIX, foundRealm
from bench.scale.server import ADDRESS, PORT, Server
from wand.errors import WandError

#: How many members announce at a time while registrations are counted.
WINDOW: Final = 128

#: Seconds between two questions to the server while its longest block is measured.
_PROBING: Final = 0.002

#: Seconds in which nobody is told of anything, after which the server is at rest.
_QUIET: Final = 2.0

#: Of how many others a member that does not follow the log wants to know where they are.
WANTS: Final = 20

#: What is measured, in this order.
STEPS: Final = ("cold-start", "registrations", "change", "listing", "rest", "restart")


@attrs.define
class Figures:
    """
    What was found; times in seconds, memory in octets.  What was not measured is 0.

    @ivar followers: how many members follow the log; the others look for those whom they want.
    @ivar wants: how many each of these wants.
    @ivar gaveUp: what did not end in time, in words.
    @ivar coldStart: from the moment at which all members begin until all are registered.
    @ivar coldReach: likewise, until everybody that does not follow the log reaches whom it wants.
    @ivar coldProcessor: what each of them costs the server then: a handshake and a registration.
    @ivar initiations: how many initiations each sent.
    @ivar registrations: registrations a second, in sessions that are there.
    @ivar registrationProcessor: what one costs the server.
    @ivar resident: what the server takes more than before, for each member.
    @ivar rest: which part of a processor the server takes while nothing happens, and all is told that did.
    @ivar told: from one change to the last member that is told.
    @ivar listing: how long C{wand members --json} takes.
    @ivar block: how long an answer of the server took at most meanwhile.
    @ivar firstAnswer: from a kill and a new start to the first answer to a member.
    @ivar restart: until all are registered again.
    @ivar restartReach: until everybody reaches whom it wants again.
    @ivar lost: datagrams that the server's queue lost.
    """

    members: int
    followers: int
    wants: int = 0
    gaveUp: list[str] = attrs.field(factory=list)
    coldStart: float = 0.0
    coldReach: float = 0.0
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
    restartReach: float = 0.0
    lost: int = 0


class Measuring:
    """
    Measures one server with its members.
    """

    def __init__(
        self,
        directory: Path,
        members: int,
        followers: int,
        wants: int,
        patience: float,
        progress: Callable[[str], object],
    ) -> None:
        """
        @param followers: how many members follow the log.
        @param wants: how many others each of the rest looks for.
        @param patience: seconds for each step; what takes longer is given up.
        @param progress: told of each step.
        """
        self._progress = progress
        self._patience = patience
        self._until = 0.0
        self._server = Server(directory)
        progress(f"making a network of {members} members")
        realm = foundRealm(self._server.state, members)
        self._crowd = Crowd(realm, (ADDRESS, PORT), lambda number: Member if number < followers else Looker)
        self._lookers = [member for member in self._crowd.members if isinstance(member, Looker)]
        random = Random(2)
        for member in self._lookers:  # the first one is wanted by all: a gateway, or a server of files
            member.want({0, *(random.randrange(members) for _ in range(wants - 1))} if wants else ())
        self._epoch = int(time.time())
        self._empty = 0
        self.figures = Figures(members, followers, wants if self._lookers else 0)

    def run(self, steps: Collection[str], seconds: float) -> Figures:
        """
        Measure something.

        @param steps: of L{STEPS}; the first one is always done.
        @param seconds: how long to look at a server at rest.
        """
        do: list[Callable[[], object]] = [self._coldStart, self._registrations, self._change, self._listing]
        do += [partial(self._rest, seconds), self._restart]
        try:
            self._server.start(PREFIX)
            self._server.opened()
            self._server.counters()  # the command is compiled
            self._empty = self._server.resident
            for name, step in zip(STEPS, do, strict=True):
                if (name in steps or name == STEPS[0]) and not self._isDone(name, step):
                    break
        finally:
            self._server.kill()
            self._crowd.close()
        return self.figures

    def _isDone(self, name: str, do: Callable[[], object]) -> bool:
        began, before = time.monotonic(), self._server.processor
        self._until = began + self._patience
        try:
            do()
        except WandError as error:
            self.figures.gaveUp.append(f"{name}: {error}")
            self._progress(f"{name}: given up, {self._server.processor - before:.1f} s of processor")
            return False
        taken = self._server.processor - before
        self._progress(f"{name}: {time.monotonic() - began:.1f} s, {taken:.1f} s of processor")
        return True

    def _await(self, missing: Collection[object], what: str) -> None:
        """
        Let the members work until nobody is missing.
        """
        try:
            self._crowd.run(lambda: not missing, max(0.0, self._until - time.monotonic()))
        except WandError:
            raise WandError(f"after {self._patience:.0f} s {len(missing)} {what}") from None

    def _coldStart(self) -> None:
        found = self.figures
        with self._processor() as taken:
            self._epoch += 2
            found.coldStart, found.coldReach = self._allBack(
                lambda: self._crowd.begin(self._crowd.members, self._epoch)
            )
        self._crowd.rest(2.0)  # what is under way yet
        found.coldProcessor = taken[0] / found.members
        found.initiations = sum(member.initiations for member in self._crowd.members) / found.members
        found.lost = self._server.lost
        found.resident = (self._server.resident - self._empty) / found.members

    def _allBack(self, begin: Callable[[], object]) -> tuple[float, float]:
        """
        Let something begin, and wait for all.

        @return: after how many seconds all were registered, and reached whom they want.
        """
        began = time.monotonic()
        missing, seeking = self._expect(self._crowd.members), {member for member in self._lookers if self.figures.wants}
        for member in self._lookers:
            member.reachesNow = seeking.discard
        begin()
        self._await(missing, f"of {self.figures.members} are not registered")
        registered = time.monotonic() - began
        self._await(seeking, f"of {self.figures.members} do not reach everybody whom they want")
        return registered, time.monotonic() - began

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
                member.announce()
                crowd.enqueue(member)
                return

        def confirmed(member: Member) -> None:
            missing.discard(member)
            go()

        for member in members:
            member.claim(self._epoch)  # to sign takes time that is not the server's
            member.confirmedNow = confirmed
        began = time.monotonic()
        with self._processor() as taken:
            for _ in range(WINDOW):
                go()
            self._await(missing, f"of {len(members)} are not registered again")
        self.figures.registrations = len(members) / (time.monotonic() - began)
        self.figures.registrationProcessor = taken[0] / len(members)

    def _change(self) -> None:
        followers, crowd = self._crowd.members[: self.figures.followers], self._crowd
        crowd.rest(3.0)
        newest = max((member.version for member in followers), default=0)
        behind = {member for member in followers if member.version < newest}
        for member in followers:
            member.newsNow = behind.discard
        self._await(behind, "do not know what changed before")
        missing = {*followers[1:], *self._lookers} - {crowd.members[0]}
        for member in followers:
            member.newsNow = missing.discard

        def told(member: Member, number: int) -> None:
            if number == 0:
                missing.discard(member)

        for looker in self._lookers:
            looker.toldNow = told
        began, first = time.monotonic(), crowd.members[0]
        first.claim(self._epoch + 1)
        first.announce()
        crowd.enqueue(first)
        self._await(missing, "were not told of one change")
        self.figures.told = time.monotonic() - began

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
        asked, missing = time.monotonic(), {member}
        member.answeredNow = missing.discard
        member.ask()
        self._crowd.enqueue(member)
        self._await(missing, "got no answer during wand members")
        return time.monotonic() - asked

    def _probers(self, isOver: Callable[[], bool]) -> Iterator[Member]:
        while not isOver():
            yield from (member for member in self._crowd.members[:200] if not isOver())

    def _rest(self, seconds: float) -> None:
        self._settle()
        with self._processor() as taken:
            self._crowd.rest(seconds)
        self.figures.rest = taken[0] / seconds

    def _settle(self) -> None:
        """
        Let the members work until nobody is told of what came before any more.
        """
        told, count = 0, -1

        def tell(*_: object) -> None:
            nonlocal told
            told += 1

        for member in self._crowd.members:
            member.newsNow = member.toldNow = tell
        while count != told:
            if time.monotonic() > self._until:
                raise WandError(f"after {self._patience:.0f} s members are told of what came before")
            count = told
            self._crowd.rest(_QUIET)

    def _restart(self) -> None:
        """
        Nobody tells the members: the server calls those that were there, or they notice that nothing is answered.
        """
        lost, members, found = self._server.lost, self._crowd.members, self.figures
        self._server.kill()
        self._server.start(PREFIX)
        began = time.monotonic()
        first: list[float] = []
        for member in members:
            member.serverRestarted()
            member.heardNow = lambda _: first.extend(() if first else (time.monotonic() - began,))
        found.restart, found.restartReach = self._allBack(lambda: None)
        found.firstAnswer = first[0]
        found.lost = lost + self._server.lost

    @contextmanager
    def _processor(self) -> Iterator[list[float]]:
        taken = [0.0]
        before = self._server.processor
        yield taken
        taken[0] = self._server.processor - before
