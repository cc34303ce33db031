"""
Mutation tests of the contract of directories: each is wrong in one thing, and the test named with it says so.
"""

from __future__ import annotations

import socket
import sqlite3
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing, suppress
from threading import Thread
from typing import Any

import pytest
from twisted.internet.interfaces import IDelayedCall
from twisted.internet.task import LoopingCall
from wrong_plugins import Wrong, Wrongs, assertCaught, assertRight, nameOf
from zope.interface import implementer

from wand.endpoint import Endpoint
from wand.errors import EntryRefused
from wand.ethernet import MAC
from wand.interfaces import IDirectory, IDirectoryKind, IRovingDirectory, NodeContext, Settings
from wand.plugin_settings import NoSettings, readSettings
from wand.status import DirectoryStatus
from wand.table import OPERATOR, Peer, Rank, Source
from wand.testing.directories import DirectoryContract

WRONG = Wrongs()
caught = WRONG.caught

SERVER = Endpoint("203.0.113.1", 44444)
LISTED: Mapping[MAC, Peer] = {
    MAC(b"\2\0\0\0\0" + bytes([number])): Endpoint(f"192.0.2.{number}", 22222) for number in (7, 8)
}


@implementer(IRovingDirectory)
class RightDirectory:
    """
    Asks a server each second; what it lists is known without.
    """

    source = Source("right", Rank.DIRECTORY)
    lifetime: float | None = 600.0
    timer: IDelayedCall | None = None
    port: Any = None

    def __init__(self, context: NodeContext) -> None:
        self.context = context

    def start(self) -> None:
        self.port = self.context.underlay.bind("0.0.0.0", 0, self)
        self.ask()

    def ask(self) -> None:
        self.timer = self.context.clock.callLater(1.0, self.ask)
        self.port.send(b"list", SERVER)
        for mac, peer in LISTED.items():
            with suppress(EntryRefused):
                self.put(mac, peer)

    def put(self, mac: MAC, peer: Peer) -> None:
        self.context.table.put(mac, peer, self.source, self.lifetime)

    def moved(self) -> None:
        if self.timer is not None:
            self.timer.cancel()
            self.ask()

    def stop(self) -> None:
        if self.timer is not None:
            self.timer.cancel()
            self.timer = None
            self.port.close()

    def status(self) -> Sequence[DirectoryStatus]:
        return [DirectoryStatus(name=self.source.name, state="asking", entries=len(LISTED), answered=None)]

    def datagramReceived(self, datagram: memoryview, sender: tuple[str, int]) -> None:
        pass

    def batchReceived(self) -> None:
        pass


@implementer(IDirectoryKind)
class RightKind:
    name = "right"
    about = "lists two addresses"
    directory: type[RightDirectory] = RightDirectory

    def unusable(self) -> str | None:
        return None

    def open(self, settings: Settings, context: NodeContext) -> IDirectory:
        readSettings(settings, NoSettings, "directories.right")
        return self.directory(context)


class RightDirectoryCase(DirectoryContract):
    patience = 3.0

    def makeDirectory(self) -> IDirectoryKind:
        return RightKind()

    def listed(self) -> Mapping[MAC, Peer]:
        return LISTED


def test_theRightDirectoryPasses() -> None:
    assertRight(RightDirectoryCase)


@pytest.mark.parametrize("wrong", WRONG, ids=nameOf)
def test_wrongDirectoryIsCaught(wrong: Wrong, loggedFailures: Any) -> None:
    class Kind(RightKind):
        directory = wrong.made if issubclass(wrong.made, RightDirectory) else RightDirectory

    made: Callable[[], IDirectoryKind] = Kind if issubclass(wrong.made, RightDirectory) else wrong.made
    assertCaught(RightDirectoryCase, wrong, makeDirectory=lambda self: made())
    loggedFailures.flush(UnicodeDecodeError)  # of those that raise it


@caught("test_nothingBeforeTheStart", "1 datagrams, 2 timers, 2 entries")
class AsksBeforeTheStart(RightDirectory):
    def __init__(self, context: NodeContext) -> None:
        super().__init__(context)
        self.start()


@caught("test_nothingBeforeTheStart", "stop(), without start(), raised")
class StopsOnlyWhatWasStarted(RightDirectory):
    def stop(self) -> None:
        if self.port is None:
            raise RuntimeError("not started")
        super().stop()


@caught("test_status", "before the start, raised")
class HasNoStatusBeforeTheStart(RightDirectory):
    def status(self) -> Sequence[DirectoryStatus]:
        _ = self.port.endpoint
        return super().status()


@caught("test_status", "returned DirectoryStatus(")
class StatusIsNoList(RightDirectory):
    def status(self) -> Sequence[DirectoryStatus]:
        return super().status()[0]  # type: ignore[return-value]


@caught("test_status", "returned [{'name'")
class StatusIsADictionary(RightDirectory):
    def status(self) -> Sequence[DirectoryStatus]:
        return [{"name": "right", "state": "asking"}]  # type: ignore[list-item]


@caught("test_status", "name=''")
class StatusHasNoName(RightDirectory):
    source = Source("", Rank.DIRECTORY)


@caught("test_whatItListsIsInTheTable", "is at None")
class ListsNothing(RightDirectory):
    def put(self, mac: MAC, peer: Peer) -> None:
        pass


@caught("test_whatItListsIsInTheTable", "and not at 192.0.2.")
class ListsTextForPeers(RightDirectory):
    def put(self, mac: MAC, peer: Peer) -> None:
        super().put(mac, str(peer))


@caught("test_sourcesAreItsOwn", "is said by 'operator'")
class SpeaksForTheOperator(RightDirectory):
    source = OPERATOR


@caught("test_sourcesAreItsOwn", "and status() has right")
class HidesItsSource(RightDirectory):
    source = Source("somebody", Rank.DIRECTORY)

    def status(self) -> Sequence[DirectoryStatus]:
        return [DirectoryStatus(name="right", state="asking", entries=2, answered=None)]


@caught("test_entriesEnd", "two days later there is")
class EntriesNeverEnd(RightDirectory):
    lifetime = None


@caught("test_entriesOfOthersStay", "there is only what")
class TakesAwayWhatOthersSay(RightDirectory):
    def stop(self) -> None:
        super().stop()
        for mac in LISTED:
            for entry in self.context.table.sources(mac):
                self.context.table.remove(mac, entry.source)


@caught("test_entriesOfOthersStay", "there is only what")
class EmptiesTheTable(RightDirectory):
    def start(self) -> None:
        for entry in self.context.table.page(None, 100):
            self.context.table.remove(entry.mac, entry.source)
        super().start()


@caught("test_refusedEntries", "EntryRefused")
class FailsWhenTheTableIsFull(RightDirectory):
    def ask(self) -> None:
        for mac, peer in LISTED.items():
            self.put(mac, peer)
        super().ask()


@caught("test_changesDoNoHarm", "moved(), before start, raised")
class CannotMoveBeforeTheStart(RightDirectory):
    def moved(self) -> None:
        self.port.send(b"here", SERVER)


@caught("test_changesDoNoHarm", "moved(), after stop, raised")
class CannotMoveAfterTheEnd(RightDirectory):
    def moved(self) -> None:
        if self.port is not None:
            self.timer.cancel()  # type: ignore[union-attr]
            self.ask()


@caught("test_strangers", "drop-raised")
class BelievesAnybody(RightDirectory):
    def datagramReceived(self, datagram: memoryview, sender: tuple[str, int]) -> None:
        bytes(datagram).decode("ascii")


@caught("test_strangers", "there are other entries than before")
class ListsWhatAnybodySays(RightDirectory):
    def datagramReceived(self, datagram: memoryview, sender: tuple[str, int]) -> None:
        if len(datagram) >= 6:
            self.put(MAC(b"\2" + bytes(datagram[1:6])), sender)


@caught("test_strangers", "were answered with")
class AnswersAnybodyWithMore(RightDirectory):
    def datagramReceived(self, datagram: memoryview, sender: tuple[str, int]) -> None:
        self.port.send(bytes(1000), sender)


@caught("test_silentAfterTheEnd", "1 timers are left")
class LeavesATimer(RightDirectory):
    def stop(self) -> None:
        pass


@caught("test_unknownSettingsAreRefused", "it was opened with the setting")
class TakesAnySetting(RightKind):
    def open(self, settings: Settings, context: NodeContext) -> IDirectory:
        return self.directory(context)


@caught("test_importsNoReactor", "imported by")
class ImportsTheReactor(RightDirectory):
    def ask(self) -> None:
        from twisted.internet import reactor  # noqa: F401

        super().ask()


@caught("test_opensWhatItsInterfacePromises", "status")
class LacksAMethod(RightDirectory):
    status = None  # type: ignore[assignment]


# Minutes and hours, and other nodes.


@caught("test_whatItListsStays", "without 02:")
class ConfirmsTooLate(RightDirectory):
    lifetime = 5.0

    def ask(self) -> None:
        super().ask()
        assert self.timer is not None
        self.timer.reset(60.0)


@caught("test_whatItListsStays", "without 02:")
class StopsAllTogether(RightDirectory):
    lifetime = 60.0
    all: list[RightDirectory] = []

    def start(self) -> None:
        self.all.append(self)
        super().start()

    def stop(self) -> None:
        while self.all:
            RightDirectory.stop(self.all.pop())


@caught("test_asksSeldom", "datagrams in 20 seconds")
class AsksAllTheTime(RightDirectory):
    def ask(self) -> None:
        super().ask()
        assert self.timer is not None
        self.timer.reset(0.01)


@caught("test_strangersAreNotKept", "octets more are in use")
class KeepsWhatStrangersSend(RightDirectory):
    def datagramReceived(self, datagram: memoryview, sender: tuple[str, int]) -> None:
        self.kept: list[bytes] = getattr(self, "kept", [])
        self.kept.append(bytes(datagram))


@caught("test_leavesNothingThatItUsed", "ports")
class KeepsAPort(RightDirectory):
    def start(self) -> None:
        super().start()
        self.context.underlay.bind("0.0.0.0", 0, self)


@caught("test_status", "right, right")
class OneListOfStatusForAll(RightDirectory):
    states: list[DirectoryStatus] = []

    def status(self) -> Sequence[DirectoryStatus]:
        self.states.extend(super().status())
        return self.states


@caught("test_status", "entries=-1")
class CountsBelowZero(RightDirectory):
    def status(self) -> Sequence[DirectoryStatus]:
        return [DirectoryStatus(name=self.source.name, state="asking", entries=-1, answered=None)]


@caught("test_usesNoOtherClock", "LoopingCall")
class LoopsByAnotherClock(RightDirectory):
    def start(self) -> None:
        super().start()
        LoopingCall(self.status).start(60)


@caught("test_callsNothingFromOtherThreads", "Table.put in the thread reading")
class PutsInAThread(RightDirectory):
    def put(self, mac: MAC, peer: Peer) -> None:
        thread = Thread(target=super().put, args=(mac, peer), name="reading")
        thread.start()
        thread.join()


@caught("test_waitsForNothing", "gethostbyname")
class LooksItsServerUp(RightDirectory):
    def ask(self) -> None:
        socket.gethostbyname("127.0.0.1")
        super().ask()


@caught("test_waitsForNothing", "Connection.execute")
class ReadsADatabase(RightDirectory):
    def status(self) -> Sequence[DirectoryStatus]:
        with closing(sqlite3.connect(":memory:")) as database:
            database.execute("select 1")
        return super().status()


# What happens to the host.


@caught("test_whatItListsStaysWhenItMoves", "is at None")
class ForgetsAllWhenItMoves(RightDirectory):
    def moved(self) -> None:
        for mac in LISTED:
            self.context.table.remove(mac, self.source)
        if self.timer is not None:
            self.timer.reset(2.0)


@caught("test_clockIsSet", "is at None")
class AsksByTheClockOfTheHost(RightDirectory):
    lifetime = 60.0
    next = float("-inf")

    def ask(self) -> None:
        now = self.context.wallClock()
        if now >= self.next:
            self.next = now + 1.0
            super().ask()
        else:
            self.timer = self.context.clock.callLater(1.0, self.ask)


@caught("test_saysLittle", "messages for 200 datagrams")
class LogsEveryStranger(RightDirectory):
    def datagramReceived(self, datagram: memoryview, sender: tuple[str, int]) -> None:
        self.context.log.warn("what is this from {sender}?", sender=sender)


@caught("test_status", "answered=")
class AnsweredInTheFuture(RightDirectory):
    def status(self) -> Sequence[DirectoryStatus]:
        later = self.context.wallClock() + 86_400
        return [DirectoryStatus(name=self.source.name, state="asking", entries=2, answered=later)]


# Many who send, and many moves.


@caught("test_endpointsAreNotKept", "octets more are in use")
class RemembersEveryStranger(RightDirectory):
    def __init__(self, context: NodeContext) -> None:
        super().__init__(context)
        self.heard: dict[tuple[str, int], float] = {}

    def datagramReceived(self, datagram: memoryview, sender: tuple[str, int]) -> None:
        self.heard[sender] = self.context.clock.seconds()


@caught("test_asksSeldom", "datagrams in 20 seconds")
class AsksOnceMoreForEachMove(RightDirectory):
    def __init__(self, context: NodeContext) -> None:
        super().__init__(context)
        self.timers: list[IDelayedCall] = []

    def ask(self) -> None:
        super().ask()
        self.timers = [each for each in self.timers if each.active()]
        if self.timer is not None:
            self.timers.append(self.timer)

    def moved(self) -> None:
        if self.timer is not None:
            self.ask()

    def stop(self) -> None:
        for each in self.timers:
            if each.active() and each is not self.timer:
                each.cancel()
        super().stop()
