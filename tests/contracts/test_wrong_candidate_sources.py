"""
Mutation tests of the contract of candidate sources: each is wrong in one thing, and the test named with it says so.
"""

from __future__ import annotations

import socket
import subprocess
import time
from collections.abc import Callable, Sequence
from threading import Thread
from typing import Any

import pytest
from twisted.internet.defer import Deferred, fail, succeed
from twisted.internet.interfaces import IDelayedCall
from twisted.internet.task import LoopingCall
from wrong_plugins import Wrong, Wrongs, assertCaught, assertRight, nameOf
from zope.interface import implementer

from wand.endpoint import Endpoint
from wand.interfaces import CandidateReader, ICandidates, ICandidateSource, NodeContext, OwnCandidate, Settings
from wand.plugin_settings import NoSettings, readSettings
from wand.testing.candidates import CandidateSourceContract

WRONG = Wrongs()
caught = WRONG.caught


@implementer(ICandidates)
class RightCandidates:
    """
    Looks after a second, and when the host moves.
    """

    tell: CandidateReader | None = None
    timer: IDelayedCall | None = None

    def __init__(self, context: NodeContext) -> None:
        self.context = context
        self.told: Sequence[OwnCandidate] | None = None

    def start(self, tell: CandidateReader) -> None:
        self.tell = tell
        self.moved()

    def moved(self) -> None:
        if self.tell is not None and self.timer is None:
            self.timer = self.context.clock.callLater(1.0, self.look)

    def look(self) -> None:
        self.timer = None
        found = self.found()
        if self.tell is not None and found != self.told:
            self.told = found
            self.tell(found)

    def found(self) -> list[OwnCandidate]:
        return [OwnCandidate(Endpoint("203.0.113.7", self.context.port), "mapped", "said by the test")]

    def stop(self) -> Deferred[None] | None:
        self.tell = None
        if self.timer is not None:
            self.timer.cancel()
        return succeed(None)


@implementer(ICandidateSource)
class RightSource:
    name = "right"
    about = "a candidate of the test's"
    candidates: type[RightCandidates] = RightCandidates

    def unusable(self) -> str | None:
        return None

    def open(self, settings: Settings, context: NodeContext) -> ICandidates:
        readSettings(settings, NoSettings, "candidate-source-settings.right")
        return self.candidates(context)


class RightSourceCase(CandidateSourceContract):
    def makeSource(self) -> ICandidateSource:
        return RightSource()


def test_theRightSourcePasses() -> None:
    assertRight(RightSourceCase)


@pytest.mark.parametrize("wrong", WRONG, ids=nameOf)
def test_wrongSourceIsCaught(wrong: Wrong) -> None:
    class Source(RightSource):
        candidates = wrong.made if issubclass(wrong.made, RightCandidates) else RightCandidates

    made: Callable[[], ICandidateSource] = Source if issubclass(wrong.made, RightCandidates) else wrong.made
    assertCaught(RightSourceCase, wrong, makeSource=lambda self: made())


def candidate(
    host: str = "203.0.113.7", port: int = 22222, kind: Any = "mapped", about: str = "mapped"
) -> OwnCandidate:
    return OwnCandidate(Endpoint(host, port), kind, about)


@caught("test_nothingBeforeTheStart", "1 timers")
class LooksBeforeTheStart(RightCandidates):
    def __init__(self, context: NodeContext) -> None:
        super().__init__(context)
        self.timer = context.clock.callLater(5, self.look)


@caught("test_nothingBeforeTheStart", "stop() raised")
class StopsOnlyWhatWasStarted(RightCandidates):
    def stop(self) -> Deferred[None] | None:
        if self.tell is None:
            raise RuntimeError("not started")
        return super().stop()


@caught("test_whatItTells", "it told nothing")
class TellsNothing(RightCandidates):
    def look(self) -> None:
        self.timer = None


@caught("test_whatItTells", "it has none here")
class HasNone(RightCandidates):
    def found(self) -> list[OwnCandidate]:
        return []


@caught("test_whatItTells", "Endpoint(host='203.0.113.7'")
class TellsEndpoints(RightCandidates):
    def found(self) -> list[OwnCandidate]:
        return [each.endpoint for each in super().found()]  # type: ignore[misc]


@caught("test_whatItTells", "generator")
class TellsAGenerator(RightCandidates):
    def look(self) -> None:
        self.timer = None
        if self.tell is not None:
            self.tell(each for each in self.found())  # type: ignore[arg-type]


@caught("test_whatItTells", "kind='public'")
class TellsAnUnknownKind(RightCandidates):
    def found(self) -> list[OwnCandidate]:
        return [candidate(kind="public")]


@caught("test_whatItTells", "about='mapped.'")
class SaysAFullStop(RightCandidates):
    def found(self) -> list[OwnCandidate]:
        return [candidate(about="mapped.")]


@caught("test_whatItTells", "about=''")
class SaysNothingAboutIt(RightCandidates):
    def found(self) -> list[OwnCandidate]:
        return [candidate(about="")]


@caught("test_whatItTells", "host='home.example'")
class TellsANameOfAHost(RightCandidates):
    def found(self) -> list[OwnCandidate]:
        return [candidate("home.example")]


@caught("test_whatItTells", "host='0.0.0.0'")
class TellsTheUnspecifiedAddress(RightCandidates):
    def found(self) -> list[OwnCandidate]:
        return [candidate("0.0.0.0")]


@caught("test_whatItTells", "127.0.0.1:22222")
class TellsLoopback(RightCandidates):
    def found(self) -> list[OwnCandidate]:
        return [candidate("127.0.0.1")]


@caught("test_whatItTells", "port=0")
class TellsNoPort(RightCandidates):
    def found(self) -> list[OwnCandidate]:
        return [candidate(port=0)]


@caught("test_whatItTells", "told once in a list")
class TellsOneTwice(RightCandidates):
    def found(self) -> list[OwnCandidate]:
        return [candidate(), candidate()]


@caught("test_onlyNewsIsTold", "it told the same")
class TellsTheSameAgain(RightCandidates):
    def look(self) -> None:
        self.told = None
        super().look()


@caught("test_onlyNewsIsTold", "a list was changed")
class ChangesTheListThatItTold(RightCandidates):
    all: list[OwnCandidate] | None = None

    def found(self) -> list[OwnCandidate]:
        self.all = self.all or []
        self.all.append(candidate(port=len(self.all) + 1))
        return self.all

    def look(self) -> None:
        self.told = None
        super().look()


@caught("test_moved", "moved() raised AlreadyCancelled")
class MovesOnce(RightCandidates):
    def moved(self) -> None:
        if self.timer is not None:
            self.timer.cancel()
        else:
            super().moved()


@caught("test_moved", "then it told []")
class NeverLooksWhileTheHostMoves(RightCandidates):
    def moved(self) -> None:
        self.count = getattr(self, "count", 0) + 1
        if self.count <= 2 and self.timer is not None:
            self.timer.cancel()


@caught("test_nothingAfterTheEnd", "became")
class LeavesATimer(RightCandidates):
    def look(self) -> None:
        super().look()
        self.context.clock.callLater(3600, lambda: None)


@caught("test_stoppedAtOnce", "became")
class StopsTooSoon(RightCandidates):
    def stop(self) -> Deferred[None] | None:
        self.tell = None
        return None


@caught("test_nothingAfterTheEnd", "1 times it told something")
class TellsAfterTheEnd(RightCandidates):
    def stop(self) -> Deferred[None] | None:
        return None

    def look(self) -> None:
        self.told = None
        super().look()


@caught("test_nothingAfterTheEnd", "after that time there was []")
class NeverStops(RightCandidates):
    def stop(self) -> Deferred[None] | None:
        super().stop()
        return Deferred()


@caught("test_nothingAfterTheEnd", "RuntimeError")
class FailsToStop(RightCandidates):
    def stop(self) -> Deferred[None] | None:
        super().stop()
        return fail(RuntimeError("the router does not answer"))


@caught("test_nothingAfterTheEnd", "Found: True.")
class StopAnswersABool(RightCandidates):
    def stop(self) -> Deferred[None] | None:
        super().stop()
        return True  # type: ignore[return-value]


@caught("test_unknownSettingsAreRefused", "it was opened with the setting")
class TakesAnySetting(RightSource):
    def open(self, settings: Settings, context: NodeContext) -> ICandidates:
        return self.candidates(context)


@caught("test_importsNoReactor", "imported by")
class ImportsTheReactor(RightCandidates):
    def look(self) -> None:
        from twisted.internet import reactor  # noqa: F401

        super().look()


# Ports, orders, threads, and other nodes.


@caught("test_whatItTells", "and the port is 22222")
class SwapsTheOctetsOfThePort(RightCandidates):
    def found(self) -> list[OwnCandidate]:
        return [candidate("192.168.1.2", int.from_bytes(self.context.port.to_bytes(2, "big"), "little"), "host")]


@caught("test_whatItTells", "in one line")
class SaysItInTwoLines(RightCandidates):
    def found(self) -> list[OwnCandidate]:
        return [candidate(about="mapped\nby a router")]


@caught("test_onlyNewsIsTold", "times it told the same")
class TellsInAnyOrder(RightCandidates):
    count = 0

    def found(self) -> list[OwnCandidate]:
        self.count += 1
        return [candidate(), candidate("203.0.113.8")][:: 1 if self.count % 2 else -1]


@caught("test_nothingAfterTheEnd", "stop() told [[]]")
class TakesItBackAtTheEnd(RightCandidates):
    def stop(self) -> Deferred[None] | None:
        if self.tell is not None:
            self.tell([])
        return super().stop()


@caught("test_whatItTells", "it told in Thread-")
class TellsInAThread(RightCandidates):
    def look(self) -> None:
        errors: list[BaseException] = []

        def tell() -> None:
            try:
                RightCandidates.look(self)
            except BaseException as error:
                errors.append(error)

        thread = Thread(target=tell)
        thread.start()
        thread.join()
        if errors:
            raise errors[0]


@caught("test_twoAtOnce", "a second one told nothing")
class OneMemoryForAll(RightCandidates):
    memory: list[Sequence[OwnCandidate]] = []

    def look(self) -> None:
        self.timer = None
        if self.tell is not None and self.found() not in self.memory:
            self.memory.append(self.found())
            self.tell(self.found())

    def stop(self) -> Deferred[None] | None:
        self.memory.clear()
        return super().stop()


@caught("test_usesNoOtherClock", "LoopingCall")
class LoopsByAnotherClock(RightCandidates):
    def start(self, tell: CandidateReader) -> None:
        super().start(tell)
        LoopingCall(self.found).start(60)


@caught("test_waitsForNothing", "getaddrinfo")
class LooksItsNameUp(RightCandidates):
    def found(self) -> list[OwnCandidate]:
        return [candidate(str(socket.getaddrinfo("203.0.113.7", 22222)[0][4][0]))]


@caught("test_waitsForNothing", "waitpid")
class RunsAProgramWhenTheHostMoves(RightCandidates):
    def moved(self) -> None:
        subprocess.run(["true"], check=False)
        super().moved()


@caught("test_waitsForNothing", "sleep")
class WaitsForTheNetwork(RightCandidates):
    def look(self) -> None:
        time.sleep(0.001)
        super().look()


# Addresses that are no host's, and how many.


@caught("test_whatItTells", "[fe80::1]:22222")
class TellsAnAddressOfTheLink(RightCandidates):
    def found(self) -> list[OwnCandidate]:
        return [candidate("fe80::1", kind="host")]


@caught("test_whatItTells", "it told 5000")
class TellsThousands(RightCandidates):
    def found(self) -> list[OwnCandidate]:
        return [candidate(port=1 + number) for number in range(5000)]


@caught("test_asksSeldom", "datagrams in a minute")
class AsksAllTheTime(RightCandidates):
    def look(self) -> None:
        super().look()
        port = self.context.underlay.bind("0.0.0.0", 0, self)
        port.send(b"where am I?", Endpoint("203.0.113.1", 3478))
        port.close()
        self.timer = self.context.clock.callLater(0.01, self.look)

    def datagramReceived(self, datagram: memoryview, sender: tuple[str, int]) -> None:
        pass

    def batchReceived(self) -> None:
        pass


@caught("test_clockIsSet", "it told nothing")
class LooksByTheClockOfTheHost(RightCandidates):
    def start(self, tell: CandidateReader) -> None:
        self.due = self.context.wallClock() + 1.0
        super().start(tell)

    def look(self) -> None:
        if self.context.wallClock() >= self.due:
            super().look()
        else:
            self.timer = self.context.clock.callLater(1.0, self.look)


@caught("test_asksSeldom", "datagrams in a minute")
class AsksOnceMoreForEachMove(RightCandidates):
    def __init__(self, context: NodeContext) -> None:
        super().__init__(context)
        self.loops: list[LoopingCall] = []
        self.port: Any = None

    def start(self, tell: CandidateReader) -> None:
        self.port = self.context.underlay.bind("0.0.0.0", 0, self)
        super().start(tell)

    def moved(self) -> None:
        super().moved()
        if self.tell is not None:
            loop = LoopingCall(self.port.send, b"where am I?", Endpoint("203.0.113.1", 3478))
            loop.clock = self.context.clock
            loop.start(1.0)
            self.loops.append(loop)

    def datagramReceived(self, datagram: memoryview, sender: tuple[str, int]) -> None:
        pass

    def batchReceived(self) -> None:
        pass

    def stop(self) -> Deferred[None] | None:
        while self.loops:
            self.loops.pop().stop()
        if self.port is not None:
            self.port.close()
        return super().stop()
