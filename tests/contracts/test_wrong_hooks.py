"""
Mutation tests of the contract of hooks: each hook is wrong in one thing, and the test named with it says so.
"""

from __future__ import annotations

import os
import socket
import subprocess
import tempfile
import time
import warnings
from collections import Counter
from collections.abc import Callable
from ipaddress import IPv4Address
from threading import Thread, Timer
from typing import Annotated, Any

import msgspec
import pytest
from twisted.internet.defer import Deferred, fail, maybeDeferred, succeed
from twisted.internet.interfaces import IDelayedCall
from twisted.internet.task import LoopingCall
from wrong_plugins import Wrong, Wrongs, assertCaught, assertRight, nameOf
from zope.interface import implementer, implementer_only

from wand.errors import ConfigurationInvalid, TemporarilyUnavailable
from wand.events import Event
from wand.interfaces import (
    Candidate,
    Context,
    IAddressApprover,
    IHook,
    IHookListener,
    IRouteApprover,
    Settings,
    Verdict,
)
from wand.plugin_settings import readSettings
from wand.testing.hook_samples import makeCandidate
from wand.testing.hooks import HookContract

WRONG = Wrongs()
caught = WRONG.caught

Answer = Any


class HostSettings(msgspec.Struct):
    hosts: Annotated[list[str], msgspec.Meta(min_length=1)]


@implementer(IAddressApprover, IRouteApprover)
class RightListener:
    """
    Thinks for a second, and admits those of a list.  It keeps one address for printers, lets nobody but alice have more
    than a hundred hosts, and knows nothing of bob now.
    """

    def __init__(self, hosts: list[str], context: Context) -> None:
        self.hosts, self.context = hosts, context
        self.thinking: list[tuple[IDelayedCall, Deferred[Verdict]]] = []

    def told(self, event: Event) -> None:
        pass

    def admit(self, candidate: Candidate) -> Answer:
        if not candidate.name:
            return False
        if candidate.name == "bob":
            raise TemporarilyUnavailable("the list of those with b is locked")
        return self.later(lambda: self.verdict(candidate))

    def assignAddress(self, candidate: Candidate, address: str) -> Answer:
        return self.later(lambda: self.verdictOn(address))

    def allowRoute(self, candidate: Candidate, hosts: int) -> Answer:
        return self.later(lambda: Verdict(hosts <= 100 or candidate.name == "alice", "too many hosts"))

    def later(self, verdict: Callable[[], Verdict]) -> Answer:
        answer: Deferred[Verdict] = Deferred(lambda _: timer.cancel())
        timer = self.context.clock.callLater(1.0, lambda: answer.callback(verdict()))
        self.thinking = [each for each in self.thinking if each[0].active()]
        self.thinking.append((timer, answer))
        return answer

    def verdict(self, candidate: Candidate) -> Verdict:
        isListed = candidate.name in self.hosts
        return Verdict(isListed, "" if isListed else "not in the list of hosts")

    def verdictOn(self, address: str) -> Verdict:
        return Verdict(address != "10.77.0.9", "that is a printer's")

    def close(self) -> None:
        for timer, _ in self.thinking:
            if timer.active():
                timer.cancel()


@implementer(IHook)
class RightHook:
    name = "right"
    about = "admits those of a list"
    listener: type[RightListener] = RightListener

    def unusable(self) -> str | None:
        return None

    def open(self, settings: Settings, context: Context) -> IHookListener:
        return self.listener(readSettings(settings, HostSettings, "hook-settings.right").hosts, context)


class RightHookCase(HookContract):
    settings = {"hosts": ["alice"]}

    def makeHook(self) -> IHook:
        return RightHook()

    def refused(self) -> Candidate:
        return makeCandidate("mallory", 2)

    def undecided(self) -> Candidate:
        return makeCandidate("bob", 3)

    def addressRefused(self) -> tuple[Candidate, str]:
        return makeCandidate(), "10.77.0.9"

    def routeRefused(self) -> tuple[Candidate, int]:
        return makeCandidate("mallory", 2), 256


def test_theRightHookPasses() -> None:
    assertRight(RightHookCase)


@pytest.mark.parametrize("wrong", WRONG, ids=nameOf)
def test_wrongHookIsCaught(wrong: Wrong) -> None:
    class Hook(RightHook):
        listener = wrong.made if issubclass(wrong.made, RightListener) else RightListener

    made: Callable[[], IHook] = Hook if issubclass(wrong.made, RightListener) else wrong.made
    assertCaught(RightHookCase, wrong, makeHook=lambda self: made())


@caught("test_admits", "Found: 1.")
class AnswersANumber(RightListener):
    def admit(self, candidate: Candidate) -> Answer:
        return int(candidate.name in self.hosts)


@caught("test_admits", "Found: None.")
class AnswersNothing(RightListener):
    def admit(self, candidate: Candidate) -> Answer:
        super().admit(candidate)


@caught("test_admits", "Found: 'yes'.")
class AnswersAWordLater(RightListener):
    def admit(self, candidate: Candidate) -> Answer:
        return succeed("yes")


@caught("test_admits", "Found: <coroutine")
class AnswersWithACoroutine(RightListener):
    async def admit(self, candidate: Candidate) -> Answer:
        return True


@caught("test_admits", "admit='yes'")
class VerdictIsAWord(RightListener):
    def verdict(self, candidate: Candidate) -> Verdict:
        return Verdict("yes")  # type: ignore[arg-type]


@caught("test_refuses", "b'no'")
class ReasonIsNoText(RightListener):
    def verdict(self, candidate: Candidate) -> Verdict:
        return Verdict(candidate.name in self.hosts, b"no")  # type: ignore[arg-type]


@caught("test_refuses", "it said yes to Candidate")
class AdmitsEverybody(RightListener):
    def admit(self, candidate: Candidate) -> Answer:
        return True


@caught("test_admits", "it refused Candidate")
class RefusesEverybody(RightListener):
    def admit(self, candidate: Candidate) -> Answer:
        return False


@caught("test_admits", "another time it refused")
class AdmitsOnce(RightListener):
    def verdict(self, candidate: Candidate) -> Verdict:
        isListed = candidate.name in self.hosts
        self.hosts = [each for each in self.hosts if each != candidate.name]
        return Verdict(isListed, "no")


@caught("test_severalAtOnce", "is wrong")
class MixesAnswersUp(RightListener):
    def admit(self, candidate: Candidate) -> Answer:
        self.last = candidate
        return super().admit(candidate)

    def verdict(self, candidate: Candidate) -> Verdict:
        return super().verdict(self.last)


@caught("test_severalAtOnce", "there was none about")
class AnswersOneAtATime(RightListener):
    busy = False

    def admit(self, candidate: Candidate) -> Answer:
        if self.busy:
            return Deferred()
        self.busy = True
        answer: Deferred[Any] = super().admit(candidate)
        return answer.addCallback(self.free)

    def free(self, verdict: Verdict) -> Verdict:
        self.busy = False
        return verdict


@caught("test_admits", "after that time there was none")
class NeverAnswers(RightListener):
    def admit(self, candidate: Candidate) -> Answer:
        return Deferred()


@caught("test_admits", "answers within 5 s")
class AnswersTooLate(RightListener):
    def admit(self, candidate: Candidate) -> Answer:
        answer: Deferred[bool] = Deferred()
        self.context.clock.callLater(6.0, answer.callback, True)
        return answer


@caught("test_admits", "RuntimeError")
class Fails(RightListener):
    def admit(self, candidate: Candidate) -> Answer:
        return fail(RuntimeError("no database"))


@caught("test_saysWhenItCannotSay", "it refused Candidate")
class RefusesForGoodWhenItCannotSay(RightListener):
    def admit(self, candidate: Candidate) -> Answer:
        return False if candidate.name == "bob" else super().admit(candidate)


@caught("test_saysWhenItCannotSay", "Found: ''")
class DoesNotSayWhyNotNow(RightListener):
    def admit(self, candidate: Candidate) -> Answer:
        return fail(TemporarilyUnavailable()) if candidate.name == "bob" else super().admit(candidate)


@caught("test_saysWhenItCannotSay", "Found: 'Traceback")
class SaysATraceback(RightListener):
    def admit(self, candidate: Candidate) -> Answer:
        raise TemporarilyUnavailable("Traceback\nTimeoutError")


@caught("test_saysWhenItCannotSay", "ConnectionError")
class FailsAsTheDatabaseDoes(RightListener):
    def admit(self, candidate: Candidate) -> Answer:
        return fail(ConnectionError("no database")) if candidate.name == "bob" else super().admit(candidate)


@caught("test_admits", "it could not say now about Candidate")
class NeverCanSay(RightListener):
    def admit(self, candidate: Candidate) -> Answer:
        raise TemporarilyUnavailable("no database")


@caught("test_refuses", "it could not say now about Candidate")
class PutsOffWhomItRefuses(RightListener):
    def verdict(self, candidate: Candidate) -> Verdict:
        if candidate.name not in self.hosts:
            raise TemporarilyUnavailable("not in the list of hosts")
        return super().verdict(candidate)

    def admit(self, candidate: Candidate) -> Answer:
        return maybeDeferred(self.verdict, candidate)


@caught("test_admits", "IAddressApprover.assignAddress: the answer is True")
class AnswersAnAddress(RightListener):
    def assignAddress(self, candidate: Candidate, address: str) -> Answer:
        return "10.77.0.6"


@caught("test_admits", "it refused 10.77.0.5 for Candidate")
class LetsHaveNothing(RightListener):
    def verdictOn(self, address: str) -> Verdict:
        return Verdict(False, "no")


@caught("test_admits", "another time it refused 10.77.0.5")
class TakesItsOwnAnswerForAnother(RightListener):
    def verdictOn(self, address: str) -> Verdict:
        self.given = [*getattr(self, "given", []), address]
        return Verdict(self.given.count(address) == 1, "it was given before")


@caught("test_refuses", "it said yes to 10.77.0.9")
class LetsHaveAnyAddress(RightListener):
    def assignAddress(self, candidate: Candidate, address: str) -> Answer:
        return True


@caught("test_refuses", "it said yes to 256 hosts behind Candidate")
class AllowsAnyRoute(RightListener):
    def allowRoute(self, candidate: Candidate, hosts: int) -> Answer:
        return True


@caught("test_admits", "IRouteApprover.allowRoute: it answers within 5 s")
class NeverAllowsARoute(RightListener):
    def allowRoute(self, candidate: Candidate, hosts: int) -> Answer:
        return Deferred()


@caught("test_severalAtOnce", "is wrong")
class MixesAddressesUp(RightListener):
    def assignAddress(self, candidate: Candidate, address: str) -> Answer:
        self.last = address
        return self.later(lambda: self.verdictOn(self.last))


@caught("test_strangeCandidates", "fd77::5")
class KnowsIPv4Only(RightListener):
    def assignAddress(self, candidate: Candidate, address: str) -> Answer:
        IPv4Address(address)
        return super().assignAddress(candidate, address)


@caught("test_givesUp", "became")
class GoesOnThinkingOfAddresses(RightListener):
    def assignAddress(self, candidate: Candidate, address: str) -> Answer:
        answer: Deferred[bool] = Deferred(lambda _: None)
        self.context.clock.callLater(60.0, lambda: answer.called or answer.callback(True))
        return answer


@caught("test_closeLeavesNothing", "became")
class LeavesATimerOfARoute(RightListener):
    def allowRoute(self, candidate: Candidate, hosts: int) -> Answer:
        answer: Deferred[bool] = Deferred(lambda _: timer.cancel())
        timer = self.context.clock.callLater(1.0, answer.callback, True)
        return answer


@caught("test_providesWhatItIsAskedBy", "it has assignAddress() and does not provide IAddressApprover")
class ForgetsWhatItProvides(RightHook):
    def open(self, settings: Settings, context: Context) -> IHookListener:
        hosts = readSettings(settings, HostSettings, "hook-settings.right").hosts

        @implementer_only(IRouteApprover)
        class Forgetful(RightListener):
            pass

        return Forgetful(hosts, context)


@caught("test_providesWhatItIsAskedBy", "allowRoute")
class LacksTheMethodOfAQuestion(RightListener):
    allowRoute = None  # type: ignore[assignment]


@caught("test_strangeCandidates", "UnicodeEncodeError")
class KnowsASCIIOnly(RightListener):
    def verdict(self, candidate: Candidate) -> Verdict:
        candidate.name.encode("ascii")
        return super().verdict(candidate)

    def admit(self, candidate: Candidate) -> Answer:
        return self.verdict(candidate)


@caught("test_strangeCandidates", "IndexError")
class NeedsAName(RightListener):
    def admit(self, candidate: Candidate) -> Answer:
        return self.verdict(candidate) if candidate.name[0] else False


@caught("test_strangeCandidates", "ValueError")
class NeedsAnIPv4Endpoint(RightListener):
    def admit(self, candidate: Candidate) -> Answer:
        _, _ = candidate.endpoint.split(":")
        return self.verdict(candidate)


@caught("test_anyEvent", "KeyError: 'peer'")
class NeedsAField(RightListener):
    def told(self, event: Event) -> None:
        event.fields["peer"]


@caught("test_anyEvent", "ValueError: unknown")
class KnowsOnlySomeKinds(RightListener):
    def told(self, event: Event) -> None:
        if event.kind not in ("session-up", "way-changed"):
            raise ValueError(f"unknown: {event.kind}")


@caught("test_anyEvent", "for which nobody waits")
class IsToldInACoroutine(RightListener):
    async def told(self, event: Event) -> None:  # type: ignore[override]
        pass


@caught("test_anyEvent", "ConnectionError")
class FailsLater(RightListener):
    def told(self, event: Event) -> None:
        return fail(ConnectionError("nobody listens"))  # type: ignore[return-value]


@caught("test_eventsAreLeftAsTheyAre", "became")
class ChangesTheEvent(RightListener):
    def told(self, event: Event) -> None:
        event.fields["seen"] = True


@caught("test_eventsAreNotKept", "octets more are in use")
class KeepsEveryEvent(RightListener):
    def told(self, event: Event) -> None:
        self.all = [*getattr(self, "all", []), event]


@caught("test_givesUp", "became")
class GoesOnThinking(RightListener):
    def admit(self, candidate: Candidate) -> Answer:
        answer: Deferred[bool] = Deferred(lambda _: None)
        self.context.clock.callLater(60.0, lambda: answer.called or answer.callback(True))
        return answer


@caught("test_givesUp", "cancel()")
class CannotGiveUp(RightListener):
    def admit(self, candidate: Candidate) -> Answer:
        raise_: Any = {}.__getitem__
        return Deferred(lambda _: raise_("cancelled"))


@caught("test_closeLeavesNothing", "became")
class LeavesATimer(RightListener):
    def close(self) -> None:
        pass


@caught("test_closeLeavesNothing", "called twice, raised")
class ClosesOnce(RightListener):
    def close(self) -> None:
        super().close()
        del self.thinking


@caught("test_closeLeavesNothing", "became")
class LooksAgainAndAgain(RightListener):
    def told(self, event: Event) -> None:
        self.context.clock.callLater(60.0, self.told, event)


@caught("test_unknownSettingsAreRefused", "it was opened with the setting")
class TakesAnySetting(RightHook):
    def open(self, settings: Settings, context: Context) -> IHookListener:
        return self.listener(settings["hosts"], context)


@caught("test_unknownSettingsAreRefused", "the error names 'hosts'")
class NamesAnotherSetting(RightHook):
    def open(self, settings: Settings, context: Context) -> IHookListener:
        try:
            return super().open(settings, context)
        except ConfigurationInvalid as error:
            raise ConfigurationInvalid("hook-settings", "hosts", error.reason) from None


@caught("test_settingsAreLeftAsTheyAre", "they are")
class ChangesItsSettings(RightHook):
    def open(self, settings: Settings, context: Context) -> IHookListener:
        listener = super().open(settings, context)
        settings["hosts"].append("mallory")
        return listener


@caught("test_importsNoReactor", "imported by")
class ImportsTheReactor(RightListener):
    def told(self, event: Event) -> None:
        from twisted.internet import reactor  # noqa: F401


@caught("test_printsNothing", "it printed")
class Prints(RightListener):
    def told(self, event: Event) -> None:
        print(event)


@caught("test_opensWhatItsInterfacePromises", "admit")
class LacksAMethod(RightListener):
    admit = None  # type: ignore[assignment]


# What it costs others.


@caught("test_doesNotWait", "told() took")
class WaitsInTold(RightListener):
    def told(self, event: Event) -> None:
        time.sleep(0.1)


@caught("test_doesNotWait", "admit() took")
class WaitsInAdmit(RightListener):
    def admit(self, candidate: Candidate) -> Answer:
        time.sleep(0.1)
        return super().admit(candidate)


@caught("test_candidatesAreNotKept", "octets more are in use")
class RemembersEverybody(RightListener):
    def admit(self, candidate: Candidate) -> Answer:
        self.known: set[tuple[str, bytes]] = getattr(self, "known", set())
        self.known.add((candidate.name + "!", candidate.key))
        return super().admit(candidate)


@caught("test_strangeCandidates", "without control characters")
class RepeatsWhatAStrangerSays(RightListener):
    def verdict(self, candidate: Candidate) -> Verdict:
        return Verdict(candidate.name in self.hosts, f"{candidate.name} is not in the list")


@caught("test_eventsOfItsOwn", "without an end")
class AnswersEventsWithEvents(RightListener):
    def told(self, event: Event) -> None:
        self.context.events.publish("note", note="hook", text="it heard of something", state="raised")


@caught("test_twoAtOnce", "after others were closed it answers False")
class ClosesAllTogether(RightListener):
    all: list[ClosesAllTogether] = []
    isClosed = False

    def __init__(self, hosts: list[str], context: Context) -> None:
        super().__init__(hosts, context)
        self.all.append(self)

    def admit(self, candidate: Candidate) -> Answer:
        return not self.isClosed and super().admit(candidate)

    def close(self) -> None:
        while self.all:
            each = self.all.pop()
            each.isClosed = True
            RightListener.close(each)


@caught("test_usesNoOtherClock", "LoopingCall")
class LoopsByAnotherClock(RightListener):
    def told(self, event: Event) -> None:
        LoopingCall(self.close).start(60, now=False)


@caught("test_settingsOfAWrongTypeAreRefused", "AttributeError")
class TakesAnyTypeOfASetting(RightHook):
    def open(self, settings: Settings, context: Context) -> IHookListener:
        if set(settings) - {"hosts"}:
            return super().open(settings, context)
        return self.listener([each.lower() for each in settings["hosts"]], context)


@caught("test_leavesTheProcessAsItIs", "changed: which warnings are shown")
class HidesWarnings(RightListener):
    def told(self, event: Event) -> None:
        warnings.simplefilter("ignore", category=ResourceWarning)


# Threads.


@caught("test_callsNothingFromOtherThreads", "Deferred.callback in the thread asking")
class AnswersInAThread(RightListener):
    def admit(self, candidate: Candidate) -> Answer:
        answer: Deferred[Verdict] = Deferred()
        thread = Thread(target=lambda: answer.callback(self.verdict(candidate)), name="asking")
        thread.start()
        thread.join()
        return answer


@caught("test_callsNothingFromOtherThreads", "Deferred.errback in the thread Thread-")
class FailsInAThreadThatIsNotAwaited(RightListener):
    def admit(self, candidate: Candidate) -> Answer:
        answer: Deferred[Verdict] = Deferred()
        answer.addErrback(lambda failure: Verdict(False))
        Timer(0.02, lambda: answer.errback(TimeoutError())).start()
        return super().admit(candidate)


@caught("test_callsNothingFromOtherThreads", "Events.publish in the thread telling")
class PublishesInAThread(RightListener):
    def told(self, event: Event) -> None:
        Thread(target=self.context.events.publish, args=("door-passed",), name="telling").start()


@caught("test_callsNothingFromOtherThreads", "Notes.say in the thread noting")
class NotesInAThread(RightListener):
    def told(self, event: Event) -> None:
        Thread(target=self.context.notes.say, args=("door", "it is open"), name="noting").start()


@caught("test_waitsForNothing", "gethostbyname")
class LooksNamesUp(RightListener):
    def verdict(self, candidate: Candidate) -> Verdict:
        socket.gethostbyname("127.0.0.1")
        return super().verdict(candidate)


@caught("test_waitsForNothing", "waitpid")
class RunsAProgramForEachEvent(RightListener):
    def told(self, event: Event) -> None:
        subprocess.run(["true"], check=False)


@caught("test_waitsForNothing", "fsync")
class SynchronizesItsDiary(RightListener):
    def told(self, event: Event) -> None:
        with tempfile.TemporaryFile() as diary:
            diary.write(event.kind.encode())
            os.fsync(diary)


# What comes of it later.


@caught("test_givesUp", "it said yes")
class AdmitsWhenItGivesUp(RightListener):
    def admit(self, candidate: Candidate) -> Answer:
        return Deferred(lambda answer: answer.callback(True))


@caught("test_refuses", "characters")
class ExplainsAtLength(RightListener):
    def verdict(self, candidate: Candidate) -> Verdict:
        isListed = candidate.name in self.hosts
        return Verdict(isListed, "" if isListed else "because " * 1000)


@caught("test_closeLeavesNothing", "1 subscriptions")
class StaysSubscribed(RightListener):
    def __init__(self, hosts: list[str], context: Context) -> None:
        super().__init__(hosts, context)
        context.events.subscribe(lambda event: None)


@caught("test_clockIsSet", "after the clock of the host was set")
class TrustsTheClockOfTheHost(RightListener):
    def __init__(self, hosts: list[str], context: Context) -> None:
        super().__init__(hosts, context)
        self.read = context.wallClock()

    def verdict(self, candidate: Candidate) -> Verdict:
        isFresh = abs(self.context.wallClock() - self.read) < 600
        return super().verdict(candidate) if isFresh else Verdict(False, "the list is too old")


# Many who ask, and often.


@caught("test_admits", "another time it refused")
class BansWhoAsksOften(RightListener):
    def __init__(self, hosts: list[str], context: Context) -> None:
        super().__init__(hosts, context)
        self.times: Counter[str] = Counter()

    def verdict(self, candidate: Candidate) -> Verdict:
        self.times[candidate.name] += 1
        return super().verdict(candidate) if self.times[candidate.name] <= 5 else Verdict(False, "asked too often")


@caught("test_keysAreNotKept", "octets more are in use")
class RemembersEveryKey(RightListener):
    def __init__(self, hosts: list[str], context: Context) -> None:
        super().__init__(hosts, context)
        self.seen: dict[bytes, float] = {}

    def admit(self, candidate: Candidate) -> Answer:
        self.seen[candidate.key] = self.context.clock.seconds()
        return super().admit(candidate)


@caught("test_keysAreNotKept", "octets more are in use")
class RemembersEveryName(RightListener):
    def __init__(self, hosts: list[str], context: Context) -> None:
        super().__init__(hosts, context)
        self.names: set[str] = set()

    def told(self, event: Event) -> None:
        self.names.add(str(event.fields.get("name"))[:64])
