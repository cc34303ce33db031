"""
What one member costs a real server, with so many that no machine could run them: the members are made up, time is
simulated, and the server's own processor time is counted.
"""

from __future__ import annotations

import gc
import sys
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from random import Random
from typing import Any, Final, TypeVar, cast

import attrs
from twisted.internet.defer import Deferred

from bench.scale.faked import FakedSessions, FakedTransport
from bench.scale.realm import LIFE, PREFIX, Papers, foundRealm
from bench.scale.server import residentOf
from wand.config import ServerConfiguration
from wand.endpoint import Endpoint
from wand.interfaces.membership import Member
from wand.programs.network_server import NetworkServer
from wand.programs.store_settings import SQLITE
from wand.sealed.authority.authority import Authority
from wand.sealed.authority.stored_network import NetworkSettings
from wand.sealed.credentials.certificate import Certificate
from wand.sealed.credentials.signed import unverified
from wand.sealed.directory.messages import BY_MAC, Announce, Ask, Key, Look, pack
from wand.sealed.directory.subscription import HEARTBEAT
from wand.state import StateDirectory
from wand.stores.sqlite import SQLiteRecords
from wand.testing.context import simulatedContext
from wand.testing.network import Network
from wand.testing.simulation.fast_clock import FastClock

#: How many others each member asks for, and so is told the changes of.
WANTS: Final = 20

#: Simulated seconds in which all members do something, and how many do at a time.
ALL_WITHIN: Final = 20.0
_AT_ONCE: Final = 50

#: How many of each are counted, at most: of each member one takes too long with a hundred thousand.
SAMPLE: Final = 5000

#: Which part of the members changes, at most, and how long it would take until all did: so few in a second that hardly
#: anybody is told of two at a time, and with that among few members as seldom as among many.
CHANGED: Final = 0.1
CHANGED_WITHIN: Final = 500.0

#: Of what the calls are counted, and of how many members, at most.
COUNTED: Final = ("change", "question", "page")
_CALLS_SAMPLE: Final = 1000

#: What members say that are there and want nothing.
_HERE: Final = pack(Look(1, ()))

#: Seconds that a write takes.
_WRITTEN: Final = 0.005

#: Seconds after which everything is told, if nothing more was told meanwhile.
_SETTLED: Final = 2.0

Result = TypeVar("Result")
Each = TypeVar("Each")


@attrs.define
class Costs:
    """
    What a server needs; times in seconds of processor, memory in octets.

    @ivar members: how many there are.
    @ivar loading: to read a member at the start.
    @ivar presence: for a member that says that it is still there.
    @ivar registration: for a member that comes.
    @ivar change: when a member claims something new, with all that others are told of it.
    @ivar question: to tell a member where another one is.
    @ivar page: to tell a follower of the members that changed last.
    @ivar listing: to list a hundred members for the operator.
    @ivar resident: for a member that is registered and asked for some others; without its session.
    @ivar told: octets that a change sends.
    @ivar calls: how many functions are called for each of L{COUNTED}: what the processor's caches do not change.
    """

    members: int
    loading: float = 0.0
    presence: float = 0.0
    registration: float = 0.0
    change: float = 0.0
    question: float = 0.0
    page: float = 0.0
    listing: float = 0.0
    resident: float = 0.0
    told: float = 0.0
    calls: dict[str, float] = attrs.field(factory=dict)


class SimulatedServer:
    """
    A real server with made-up members.

    @ivar sessions: what they say and are told.
    @ivar heartbeat: seconds between two times that a member that is here says so.
    """

    def __init__(self, directory: Path, members: int) -> None:
        """
        @param directory: gets its state.
        """
        self.papers = foundRealm(directory, members).members
        self._members = [_member(each) for each in self.papers]
        self._random = Random(1)
        self._epochs = [1] * members
        self.heartbeat = HEARTBEAT
        self._here: deque[int] = deque()
        self._turn = 0.0
        self._said = 0
        self._saying = 0.0
        self._calls: int | None = None
        self.clock = FastClock()
        self.sessions = FakedSessions()
        self._directory = directory
        self._records = SQLiteRecords(directory / SQLITE, _OnTheDisk(self.clock))
        self._server: NetworkServer | None = None

    @property
    def server(self) -> NetworkServer:
        """
        The server, once it is open.
        """
        assert self._server is not None
        return self._server

    def open(self) -> None:
        """
        Start the server: it reads its store.
        """
        began = time.time()
        now: Callable[[], float] = lambda: began + self.clock.seconds()  # noqa: E731
        clock = cast(Any, self.clock)
        context = simulatedContext(clock, Network(clock, Random(0)), "192.0.2.1", wallClock=now)
        settings = NetworkSettings(prefix=PREFIX, life=LIFE)
        state = StateDirectory(str(self._directory))
        authority = self._done(Authority.open(self._records, state, clock, context.events, settings, wallClock=now))
        configuration = ServerConfiguration(prefix=PREFIX, public=[FakedTransport.listening], members=200_000)
        transport = cast(Any, FakedTransport(self.sessions))
        self._server = NetworkServer(configuration, context, transport, authority, self._records)
        self._done(self._server.directory.start())

    def close(self) -> None:
        """
        End it.
        """
        self._done(self.server.directory.stop())
        self._done(self._records.close())

    def register(self, number: int) -> Callable[[], None]:
        """
        What a member does that comes, or claims something new: all but the signature, which is not the server's.
        """
        self._epochs[number] += 1
        papers, member = self.papers[number], self._members[number]
        message = pack(Announce(1, papers.certificate, papers.claim(self._epochs[number]), ("192.168.1.2:22222",)))
        place = Endpoint(f"198.51.{number >> 8 & 255}.{number & 255}", 1024 + (number >> 16))

        def do() -> None:
            if not self.sessions.isUp(member.identity):
                self.sessions.begin(member, place)
                self._here.append(number)
            self.sessions.say(member, message)

        return do

    def ask(self, number: int, wants: int) -> Callable[[], None]:
        """
        A member asks for some others at random.
        """
        keys = [Key(BY_MAC, each.record.macs[0]) for each in self._random.choices(self.papers, k=wants)]
        messages = [pack(Look(at + 1, tuple(keys[at : at + 10]))) for at in range(0, wants, 10)]

        def do() -> None:
            for message in messages:
                self.sessions.say(self._members[number], message)

        return do

    def askForPage(self, number: int) -> Callable[[], None]:
        """
        A member that follows the directory asks for one page of what changed.
        """
        message = pack(Ask(1, b"", self._random.randrange(len(self.papers)), 0, 1))
        return lambda: self.sessions.say(self._members[number], message)

    def listMembers(self) -> Callable[[], None]:
        """
        The operator looks at a hundred members.
        """
        after = self._random.choice(self.papers).record.name

        def do() -> None:
            self.server.authority.administration.members(after, 100)

        return do

    @property
    def presence(self) -> float:
        """
        The processor time for a member that says that it is there.
        """
        return self._saying / max(1, self._said)

    def run(self, calls: Iterable[Callable[[], None]], allWithin: float = ALL_WITHIN) -> float:
        """
        Do calls, and all that follows from them.  Meanwhile members say that they are there, which does not count.

        @param allWithin: how long it would take until there was a call for each member, in simulated seconds.
        @return: the processor time of each; that of preparing the calls does not count.
        """
        taken, count, each, interval = 0.0, 0, iter(calls), allWithin / len(self.papers)
        while some := list(islice(each, _AT_ONCE)):
            count += len(some)
            with self._work() as counted:
                for call in some:
                    call()
            taken += counted[0] + self._pass(len(some) * interval)
        told = -1
        while told != self.sessions.told:
            told = self.sessions.told
            taken += self._pass(_SETTLED)
        return taken / max(1, count)

    def callsOf(self, calls: Iterable[Callable[[], None]], allWithin: float = ALL_WITHIN) -> float:
        """
        Do the same as L{run}.

        @return: how many functions, Python's own included, were called for each.
        """
        each, self._calls = list(calls), 0
        try:
            self.run(each, allWithin)
            return self._calls / max(1, len(each))
        finally:
            self._calls = None

    @contextmanager
    def _work(self) -> Iterator[list[float]]:
        """
        The server works: its processor time, and its calls if these are counted.
        """
        with _processor() as taken:
            if self._calls is not None:
                sys.setprofile(self._called)
            try:
                yield taken
            finally:
                sys.setprofile(None)

    def _called(self, frame: object, event: str, argument: object) -> None:
        assert self._calls is not None
        self._calls += event in ("call", "c_call")

    def _pass(self, seconds: float) -> float:
        """
        Let simulated time pass.

        @return: the processor time of what happens meanwhile, but for members that say that they are there.
        """
        taken = 0.0
        while seconds > 0:
            step = min(seconds, self.heartbeat / 2)
            with self._work() as counted:
                self.clock.run(step)
            taken += counted[0]
            self._sayThatTheyAreHere(step)
            seconds -= step
        return taken

    def _sayThatTheyAreHere(self, seconds: float) -> None:
        """
        Some seconds have passed: those say that they are there who do so within that time.  Whoever did not would be
        taken for gone, and that told to all who asked for it.
        """
        self._turn += len(self._here) * seconds / self.heartbeat
        count, self._turn = int(self._turn), self._turn % 1
        speaking = list(islice(self._here, count))
        self._here.rotate(-count)
        told, octets = self.sessions.told, self.sessions.octets
        with _processor() as counted:
            for number in speaking:
                self.sessions.say(self._members[number], _HERE)
        self.sessions.told, self.sessions.octets = told, octets  # that they are greeted does not count either
        self._said += count
        self._saying += counted[0]

    def _done(self, asked: Any) -> Any:
        """
        Wait for something.
        """
        results: list[Any] = []
        waiting = asked if isinstance(asked, Deferred) else Deferred.fromCoroutine(asked)
        waiting.addCallback(results.append)
        while not results:
            self.clock.run(_WRITTEN)
        return results[0]


class _OnTheDisk:
    """
    A worker whose work takes a moment of simulated time, as that of a thread does, so that writes are gathered.
    """

    def __init__(self, clock: FastClock) -> None:
        self._clock = clock

    def do(self, work: Callable[[], Result]) -> Deferred[Result]:
        """
        See L{wand.worker.Worker}.
        """
        done: Deferred[Result] = Deferred()
        self._clock.callLater(_WRITTEN, lambda: done.callback(work()))
        return done

    def stop(self) -> None:
        """
        See L{wand.worker.Worker}.
        """


def measure(directory: Path, members: int, sample: int = SAMPLE) -> Costs:
    """
    See what a server with so many members needs.
    """
    simulated, found = SimulatedServer(directory, members), Costs(members)
    gc.collect()
    before = residentOf("self")
    with _processor() as taken:
        simulated.open()
    found.loading = taken[0] / members
    found.registration = simulated.run(simulated.register(each) for each in range(members))
    simulated.run(simulated.ask(each, WANTS) for each in range(members))
    found.presence = simulated.presence
    gc.collect()
    found.resident = (residentOf("self") - before) / members
    some = _some(range(members), sample)
    octets = simulated.sessions.octets
    changing = some[: max(1, round(members * CHANGED))]
    found.change = simulated.run((simulated.register(each) for each in changing), CHANGED_WITHIN)
    found.told = (simulated.sessions.octets - octets) / len(changing)
    found.question = simulated.run(simulated.ask(each, 1) for each in some)
    simulated.run(simulated.askForPage(each) for each in some)  # they asked for others before, and follow from now on
    found.page = simulated.run(simulated.askForPage(each) for each in some)
    found.listing = simulated.run(simulated.listMembers() for _ in some[:500])
    found.calls = _callsOf(simulated, some[:_CALLS_SAMPLE])
    simulated.close()
    return found


def _callsOf(simulated: SimulatedServer, some: Sequence[int]) -> dict[str, float]:
    few = some[: len(some) // 10]
    counted = {"page": simulated.callsOf(simulated.askForPage(each) for each in some)}
    simulated.run(simulated.ask(each, WANTS) for each in some)  # they followed, and are told of nobody else
    counted["change"] = simulated.callsOf((simulated.register(each) for each in few), CHANGED_WITHIN)
    counted["question"] = simulated.callsOf(simulated.ask(each, 1) for each in some)
    return counted


def _some(every: Sequence[Each], count: int) -> list[Each]:
    return Random(2).sample(every, min(count, len(every)))


def _member(papers: Papers) -> Member:
    certificate = unverified(papers.certificate, Certificate)
    assert certificate is not None
    return certificate.member


@contextmanager
def _processor() -> Iterator[list[float]]:
    taken = [0.0]
    before = time.process_time()
    yield taken
    taken[0] = time.process_time() - before
