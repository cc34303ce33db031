"""
Tests for L{wand.control.client} and L{wand.control.responders}, one against the other, over a connection in memory.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from time import perf_counter
from typing import Any, TypeVar

from control_case import ControlCase
from twisted.internet.defer import Deferred
from twisted.protocols import amp

import wand.errors
from wand.control import commands
from wand.control.commands import ERRORS, InternalFault, RequestMalformed
from wand.control.connection import ANSWER_TIMEOUT
from wand.errors import (
    AddressInvalid,
    ConfigurationInvalid,
    EntryRefused,
    NoSuchEntry,
    NotRunning,
    NotSupported,
    WandError,
)
from wand.ethernet import MAC
from wand.events import Event
from wand.status import PeerStatus

Result = TypeVar("Result")

FIRST = "02:10:00:00:00:01"
PEER = "192.0.2.1:22222"


class Unforeseen(Exception):
    """
    An error that no command declares.
    """


class FutureCommand(commands.Request):
    """
    A command that this program does not know.
    """


class CommandsTestCase(ControlCase):
    """
    A program that can be made to fail.
    """

    def failWith(self, error: Exception) -> None:
        """
        Let every C{status} of the program fail.
        """

        def status() -> Any:
            raise error

        self.program.status = status  # type: ignore[method-assign] # a program that fails


async def listed(pages: AsyncIterator[Result]) -> list[Result]:
    return [item async for item in pages]


class LookingTests(CommandsTestCase):
    def test_status(self) -> None:
        """
        The client gets the same status that the program gives.
        """
        self.assertEqual(self.ask(self.client.status()), self.program.status())

    def test_noEntries(self) -> None:
        """
        An empty table is an empty listing.
        """
        self.assertEqual(self.ask(listed(self.client.entries())), [])

    def test_tenThousandEntries(self) -> None:
        """
        Ten thousand entries arrive whole, in order, and in less than two seconds.
        """
        for number in range(10_000):
            self.program.add(MAC(b"\x02\x10" + number.to_bytes(4, "big")), PEER, "rel2 wand.example.net:44444", 60)
        begun = perf_counter()
        entries = self.ask(listed(self.client.entries()))
        self.assertLess(perf_counter() - begun, 2)
        self.assertEqual([entry.mac for entry in entries], [str(e.mac) for e in self.program.table.page(None, 10_000)])
        self.assertEqual(len(entries), 10_000)

    def test_longSources(self) -> None:
        """
        Entries whose sources have names as long as they can be arrive whole; each page fits, whatever the octets.
        """
        for number in range(600):
            self.program.add(MAC(b"\x02\x10" + number.to_bytes(4, "big")), PEER, "\N{SNOWMAN}" * 255, None)
        entries = self.ask(listed(self.client.entries()))
        self.assertEqual({entry.source for entry in entries}, {"\N{SNOWMAN}" * 255})
        self.assertEqual(len(entries), 600)

    def test_peerWithManyAddresses(self) -> None:
        """
        A peer with more addresses than a page has octets is listed with all of them, and the others too.
        """
        for number in range(10_000):
            self.program.add(MAC(b"\x02\x10" + number.to_bytes(4, "big")), PEER, None, None)
        self.program.add(MAC.parse("02:20:00:00:00:01"), "192.0.2.2:1", None, None)
        peers = self.ask(listed(self.client.peers()))
        self.assertEqual([(peer.peer, len(peer.macs)) for peer in peers], [(PEER, 10_000), ("192.0.2.2:1", 1)])

    def test_moreThanOnePage(self) -> None:
        """
        The peers go over in as many pages as it takes.
        """
        for number in range(1, 1_500):
            self.program.add(MAC(b"\x02\x10" + number.to_bytes(4, "big")), f"192.0.2.1:{number}", None, None)
        self.assertEqual(len(self.ask(listed(self.client.peers()))), 1_499)

    def test_counters(self) -> None:
        """
        Every counter is listed with what it counts, in the order of the names.
        """
        self.program.counters.declare({"drop-runt": "frames too short"})
        self.program.counters["drop-runt"] += 2
        counters = self.ask(listed(self.client.counters()))
        self.assertEqual([each.name for each in counters], sorted(self.program.counters))
        self.assertIn(("drop-runt", 2, "frames too short"), [(c.name, c.value, c.description) for c in counters])

    def test_notSupported(self) -> None:
        """
        A program that has no peers says so.
        """

        def peers(after: str | None, count: int) -> list[PeerStatus]:
            raise NotSupported("a server has no peers")

        self.program.peers = peers  # type: ignore[method-assign] # a program of another kind
        self.assertEqual(self.refused(listed(self.client.peers()), NotSupported), "a server has no peers")


class ChangingTests(CommandsTestCase):
    def test_add(self) -> None:
        """
        An entry that the client adds is in the table, from the operator, without an end.
        """
        self.ask(self.client.add(FIRST, PEER))
        [entry] = self.ask(listed(self.client.entries()))
        self.assertEqual((entry.mac, entry.peer, entry.source, entry.expires), (FIRST, PEER, "operator", None))

    def test_addForAWhile(self) -> None:
        """
        An entry with a lifetime is gone when that has passed; another program can say that it is the source.
        """
        self.ask(self.client.add(FIRST, PEER, source="rel2", lifetime=30))
        [entry] = self.ask(listed(self.client.entries()))
        self.assertEqual((entry.source, entry.expires), ("rel2", self.clock.seconds() + 30))
        self.clock.advance(31)
        self.assertEqual(self.ask(listed(self.client.entries())), [])

    def test_delete(self) -> None:
        """
        Deleting takes out what every source says, or one.
        """
        self.ask(self.client.add(FIRST, PEER))
        self.ask(self.client.add(FIRST, PEER, source="rel2"))
        self.ask(self.client.delete(FIRST, source="operator"))
        self.assertEqual([entry.source for entry in self.ask(listed(self.client.entries()))], ["rel2"])
        self.ask(self.client.delete(FIRST))
        self.assertEqual(len(self.program.table), 0)

    def test_reload(self) -> None:
        """
        What a reload changed is told in sentences.
        """
        self.assertEqual(self.ask(self.client.reload()), self.program.changes)

    def test_stop(self) -> None:
        """
        The client knows that a program has stopped when the connection is gone.
        """
        stopped: list[bool] = []
        self.program.stopped = lambda: stopped.append(True)
        deferred = Deferred.fromCoroutine(self.client.stop())
        self.pump.flush()
        self.assertEqual(stopped, [True])
        self.assertNoResult(deferred)
        self.pump.serverIO.loseConnection()
        self.pump.flush()
        self.successResultOf(deferred)
        self.assertFalse(self.client.connected)


class FailingTests(CommandsTestCase):
    def test_declaredErrors(self) -> None:
        """
        Errors arrive as what they are, with their text.
        """
        self.assertIn("no entry for", self.refused(self.client.delete(FIRST), NoSuchEntry))
        self.assertIn("'nowhere'", self.refused(self.client.add(FIRST, "nowhere"), AddressInvalid))
        self.assertIn("'zz'", self.refused(self.client.add("zz", PEER), AddressInvalid))
        self.assertIn("own address", self.refused(self.client.add("02:00:00:00:00:01", PEER), EntryRefused))

    def test_everyErrorArrives(self) -> None:
        """
        Whatever error of the project a program raises, the client gets it, or the base of all, with its text; and the
        connection stays.
        """
        for name, kind in sorted(vars(wand.errors).items()):
            if isinstance(kind, type) and issubclass(kind, WandError):
                custom = kind is ConfigurationInvalid
                error = ConfigurationInvalid("node.toml", "mtu", "too small") if custom else kind(f"the text of {name}")
                self.failWith(error)
                expected = kind if kind in ERRORS else WandError
                self.assertEqual(self.refused(self.client.status(), expected), str(error))

    def test_oneTableOfErrors(self) -> None:
        """
        All commands have one table of errors, in which each error has its code.
        """
        self.assertEqual(commands.Request.allErrors, ERRORS)
        for command in commands.Request.__subclasses__():
            self.assertIs(command.allErrors, commands.Request.allErrors)
            self.assertIs(command.reverseErrors, commands.Request.reverseErrors)

    def test_unforeseenError(self) -> None:
        """
        An error that nobody foresaw becomes a sentence for the client and a traceback in the program's log, and the
        connection stays.
        """
        self.failWith(Unforeseen("this is private"))
        self.assertEqual(
            self.refused(self.client.status(), InternalFault), "the program failed at Status: its log says why"
        )
        self.assertEqual(len(self.flushLoggedErrors(Unforeseen)), 1)
        self.ask(self.client.reload())

    def test_endlessText(self) -> None:
        """
        The text of an error is cut where it would not fit into an answer.
        """
        self.failWith(NotSupported("x" * 100_000))
        self.assertEqual(len(self.refused(self.client.status(), NotSupported)), 2_000)

    def test_unknownCommand(self) -> None:
        """
        A program that does not know a command says so, counts it, and the connection stays.
        """
        deferred = Deferred.fromCoroutine(self.client._send(FutureCommand))
        self.pump.flush()
        self.failureResultOf(deferred, NotSupported)
        self.assertEqual(self.program.counters["drop-control-malformed"], 1)
        self.ask(self.client.reload())

    def test_badArguments(self) -> None:
        """
        A command with arguments that cannot be understood is answered with an error, counted, and the connection
        stays.
        """
        for lifetime in (float("nan"), float("inf"), 0.0, -1.0):
            self.refused(self.client.add(FIRST, PEER, lifetime=lifetime), RequestMalformed)
        self.refused(self.client.add(FIRST, PEER, source="x" * 256), RequestMalformed)
        deferred = self.client._connection.callRemoteString(b"Add", mac=b"\xff", peer=b"")
        deferred.addErrback(lambda failure: failure.value.errorCode)
        self.pump.flush()
        self.assertEqual(self.successResultOf(deferred), b"REQUEST-MALFORMED")
        self.assertEqual(self.program.counters["drop-control-malformed"], 1)
        self.ask(self.client.reload())

    def test_noAnswer(self) -> None:
        """
        A program that does not answer in time is reported as not running.
        """
        deferred = Deferred.fromCoroutine(self.client.status())
        self.clock.advance(ANSWER_TIMEOUT)
        self.assertIn("does not answer after 10 seconds", str(self.failureResultOf(deferred, NotRunning).value))
        self.pump.flush()
        self.ask(self.client.reload())

    def test_connectionLost(self) -> None:
        """
        What was asked when the connection broke fails, and so does everything that is asked later.
        """
        closed: list[str] = []
        self.client.whenClosed(lambda: closed.append("first"))
        deferred = Deferred.fromCoroutine(self.client.status())
        self.pump.serverIO.loseConnection()
        self.pump.flush()
        self.assertIn("closed the connection", str(self.failureResultOf(deferred, NotRunning).value))
        self.refused(self.client.reload(), NotRunning)
        self.client.whenClosed(lambda: closed.append("second"))
        self.assertEqual(closed, ["first", "second"])

    def test_nobodyAsks(self) -> None:
        """
        A command that fails and for which no answer is wanted disturbs nobody.
        """
        self.client._connection.callRemoteString(b"Delete", requiresAnswer=False, mac=FIRST.encode())
        self.pump.flush()
        self.ask(self.client.reload())

    def test_strangeAnswers(self) -> None:
        """
        A program that answers with something else is reported, not believed.
        """
        deferred = Deferred.fromCoroutine(self.client.status())
        self.pump.clientIO.bufferReceived(amp.AmpBox(_answer=b"1", status=b"[]").serialize())
        self.failureResultOf(deferred, WandError)


class EventsTests(CommandsTestCase):
    def setUp(self) -> None:
        """
        Connect, and note what is told.
        """
        super().setUp()
        self.told: list[Event] = []
        self.lost: list[int] = []

    def subscribe(self) -> None:
        """
        Subscribe to events.
        """
        self.ask(self.client.subscribe(self.told.append, self.lost.append))

    def publish(self, kind: str) -> None:
        """
        Let something happen.
        """
        self.program.events.publish(kind, mac=FIRST, count=1, share=0.5, fixed=True, gone=None)
        self.pump.flush()

    def kinds(self) -> list[str]:
        """
        What was told, in short.
        """
        return [event.kind for event in self.told]

    def test_subscribed(self) -> None:
        """
        A subscriber is told of each event from then on, once, with all its fields.
        """
        self.publish("before")
        self.subscribe()
        self.subscribe()
        self.publish("after")
        fields = {"mac": FIRST, "count": 1, "share": 0.5, "fixed": True, "gone": None}
        self.assertEqual(self.told, [Event("after", self.clock.seconds(), fields)])

    def test_unsubscribed(self) -> None:
        """
        Who unsubscribes is told of nothing more.
        """
        self.subscribe()
        self.ask(self.client.unsubscribe())
        self.ask(self.client.unsubscribe())
        self.publish("after")
        self.assertEqual(self.told, [])

    def test_ownChanges(self) -> None:
        """
        A subscriber is told of what itself changes, too.
        """
        self.subscribe()
        self.ask(self.client.add(FIRST, PEER))
        self.assertEqual(self.kinds(), ["entry-added"])

    def test_slowSubscriber(self) -> None:
        """
        While a subscriber does not read, events are dropped and counted; then it is told how many, and of new ones.
        """
        self.subscribe()
        producer = self.pump.serverIO.producer
        producer.pauseProducing()
        for _ in range(3):
            self.publish("missed")
        producer.resumeProducing()
        self.publish("after")
        self.assertEqual((self.kinds(), self.lost), (["after"], [3]))
        self.assertEqual(self.program.counters["control-events-lost"], 3)

    def test_disconnected(self) -> None:
        """
        Nobody is told of anything when the subscriber is gone.
        """
        before = self.program.events._subscribers
        self.subscribe()
        self.client.close()
        self.pump.flush()
        self.publish("after")
        self.assertEqual(self.program.events._subscribers, before)
