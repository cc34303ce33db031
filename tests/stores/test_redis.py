"""
Tests of the store C{redis}, against a real Redis.
"""

from __future__ import annotations

import socket
import subprocess
from pathlib import Path
from shutil import copytree, rmtree
from time import monotonic
from typing import Any

import attrs
import msgspec
import pytest_twisted
from hypothesis import given
from hypothesis import strategies as some
from redis_case import RedisCase, realContext
from redis_server import RedisServer
from twisted.internet.address import IPv4Address
from twisted.internet.defer import Deferred, succeed
from twisted.internet.protocol import Factory
from twisted.internet.task import Clock
from twisted.internet.testing import StringTransport
from twisted.plugin import IPlugin
from twisted.python.failure import Failure
from twisted.trial.unittest import SynchronousTestCase
from txredisapi import ResponseError
from zope.interface.verify import verifyObject

import wand.stores.redis
from wand.errors import ConfigurationInvalid, StoreHindered, StoreUnavailable
from wand.events import Event
from wand.health.notes import Notes
from wand.interfaces import Context, IRecords, IStore
from wand.stores.change_order import Change
from wand.stores.redis import RedisRecords
from wand.stores.redis_connection import RedisConnection
from wand.stores.redis_durability import LOST_LIFETIME, LOST_NOTE
from wand.stores.redis_mark import Mark
from wand.stores.redis_plugin import RedisStore
from wand.stores.redis_scripts import entryRead
from wand.stores.redis_settings import CONNECT_PATIENCE
from wand.testing.shared_records import Heard
from wand.testing.stores import SharedStoreContract

#: Seconds within which something happens.
PATIENCE = 20.0


_anything = some.lists(
    some.recursive(
        some.none() | some.integers() | some.binary(max_size=9) | some.sampled_from([b"w", b"k", b"1-1", b"sk"]),
        lambda parts: some.lists(parts, max_size=6),
        max_leaves=20,
    ),
    max_size=4,
)


class RedisContractTests(SharedStoreContract, RedisCase):
    """
    It is a store, and one for several servers.
    """

    canFork = False  # it works with the reactor
    timeLimit = 60.0  # a real server takes what time it takes
    until = RedisCase.until

    def setUp(self) -> None:
        RedisCase.setUp(self)
        super().setUp()

    def makeContext(self) -> Context:
        return realContext()

    def makeStore(self) -> RedisStore:
        self.settings = {"url": self.server.url}
        return RedisStore()


class RedisTests(RedisCase):
    def lost(self) -> str:
        """
        What the operator is told of changes that are lost.
        """
        return "".join(note.text for note in self.context.notes if note.key == LOST_NOTE)

    def test_plugin(self) -> None:
        """
        The store is a plugin, and refuses settings that it does not have or cannot use.
        """
        store = RedisStore()
        verifyObject(IStore, store)
        verifyObject(IPlugin, store)
        self.assertIsNone(store.unusable())
        context = realContext()
        for settings in (
            {"colour": "red"},
            {"url": "http://127.0.0.1"},
            {"url": "redis://:secret@127.0.0.1"},
            {"url": "redis://"},
            {"url": "redis://127.0.0.1/x"},
            {"url": "redis://127.0.0.1:x"},
            {"url": "unix://host/path"},
            {"url": 7},
            {"password-file": "/nowhere"},
            {"password-file": 7},
            {"url": "rediss://127.0.0.1", "ca-file": "/nowhere"},
            {"url": "rediss://127.0.0.1", "ca-file": __file__},
            {"prefix": ""},
            {"replicas": -1},
            {"replicas": True},
        ):
            error = self.assertRaises(ConfigurationInvalid, store.open, settings, context)
            self.assertNotIn("secret", str(error))

    def test_prefixesAreApart(self) -> None:
        """
        Networks with prefixes of their own share a Redis and nothing else.
        """
        first, second = self.opened(prefix="one"), self.opened(prefix="two")
        heard = Heard(second, "a")
        self.successResultOf(first.write("a", {b"k": b"1"}))
        self.assertEqual(self.successResultOf(second.load("a")), {})
        self.assertEqual(heard.copy, {})

    def test_nothingAcknowledgedIsLost(self) -> None:
        """
        Whatever was acknowledged is there after Redis was killed; what is asked meanwhile waits for it, or fails within
        a bounded time, and a watcher has in the end what the store has.
        """
        records, other = self.opened(), self.opened()
        heard = Heard(other, "a")
        acknowledged: list[int] = []
        for number in range(200):
            written = records.write("a", {b"%d" % number: b"x"})
            written.addCallbacks(lambda _, number=number: acknowledged.append(number), lambda failure: None)
            if number == 100:
                self.until(lambda: len(acknowledged) > 50)
                self.server.kill()
        began = monotonic()
        self.failureResultOf(records.exchange("a", b"k", None, b"1"), StoreHindered)
        self.assertLess(monotonic() - began, 6.0)
        self.server.start()
        loaded = self.successResultOf(records.load("a"))
        self.assertLessEqual({b"%d" % number for number in acknowledged}, loaded.keys())
        self.assertTrue(self.successResultOf(records.exchange("a", b"k", None, b"2")))
        self.until(lambda: heard.copy == {**loaded, b"k": b"2"})
        self.assertEqual(self.lost(), "")

    def test_whoHangsIsNotWaitedFor(self) -> None:
        """
        A Redis that takes a question and does not answer fails it within 5 s; it works again when that does.
        """
        records = self.opened()
        self.successResultOf(records.write("a", {b"k": b"1"}))
        self.server.pause()
        began = monotonic()
        failure = self.failureResultOf(records.write("a", {b"k": b"2"}), StoreHindered)
        self.assertIn("did not answer within 5 s", failure.getErrorMessage())
        self.assertLess(monotonic() - began, 6.0)
        self.server.goOn()
        self.written(records, b"k", b"3")
        self.assertEqual(self.successResultOf(records.load("a")), {b"k": b"3"})

    def test_notThere(self) -> None:
        """
        Where there is no Redis, what is asked fails soon, as what may pass.
        """
        self.server.kill()
        failure = self.failureResultOf(self.opened().load("a"), StoreHindered)
        self.assertIn(str(self.server.path), failure.getErrorMessage())
        self.assertFalse(failure.getErrorMessage().endswith("."))  # it becomes a part of other sentences

    def test_whoWasAwayForLongLoadsAnew(self) -> None:
        """
        A watcher whose connection was lost while more was written than is kept has what the store has in the end.
        """
        records, other = self.opened(), self.opened()
        heard = Heard(records, "a")
        self.successResultOf(other.write("a", {b"k": b"0"}))
        self.until(lambda: heard.copy == {b"k": b"0"})
        self.asked("CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes")
        self.written(other, b"l", b"1")
        self.asked("XTRIM", "wand:changes", "MAXLEN", "1")
        self.successResultOf(other.write("a", {b"k": b"2"}))
        self.asked("XTRIM", "wand:changes", "MAXLEN", "1")
        self.until(lambda: heard.copy == {b"k": b"2", b"l": b"1"})
        self.assertEqual(self.lost(), "")

    def test_lostChangesAreNoticed(self) -> None:
        """
        If Redis comes back without what it had, watchers load everything anew, and the operator is told, with what to
        do, for a day.
        """
        self.patch(wand.stores.redis, "RELOAD_PAUSE", 0.1)
        other, records = self.opened(), self.opened()
        events: list[Event] = []
        self.context.events.subscribe(events.append)
        heard = Heard(records, "a")
        for number in range(10):
            self.successResultOf(other.write("a", {b"k": b"%d" % number}))
        self.until(lambda: heard.copy == {b"k": b"9"})
        self.server.kill()
        rmtree(self.directory / "appendonlydir")
        self.server.start()
        self.written(other, b"l", b"1")
        self.until(lambda: heard.copy == {b"l": b"1"})
        [lost] = [each.fields for each in events if each.kind == "store-lost"]
        self.assertIn(lost["changes"], (9, 10))  # the new one has the number of a former one
        self.assertIn("appendonly yes", self.lost())
        [until] = [note.until or 0.0 for note in self.context.notes if note.key == LOST_NOTE]
        self.assertLess(abs(until - self.context.clock.seconds() - LOST_LIFETIME), PATIENCE)

    def test_anOlderLog(self) -> None:
        """
        If Redis comes back with an older log, that is said, also if as many changes were made since.
        """
        self.patch(wand.stores.redis, "RELOAD_PAUSE", 0.1)
        other, records = self.opened(), self.opened()
        heard = Heard(records, "a")
        self.successResultOf(other.write("a", {b"k": b"1"}))
        log, older = self.directory / "appendonlydir", self.directory / "older"
        copytree(log, older)
        for number in (2, 3):
            self.successResultOf(other.write("a", {b"k": b"%d" % number}))
        self.until(lambda: heard.copy == {b"k": b"3"})
        self.server.kill()
        rmtree(log)
        older.rename(log)
        self.server.start()
        for number in (4, 5):
            self.written(other, b"k", b"%d" % number)
        self.until(lambda: heard.copy == {b"k": b"5"} and bool(self.lost()))
        self.assertIn("that it had acknowledged", self.lost())

    def reopened(self, context: Context) -> IRecords:
        """
        The store of a server that is started, with what it has on its disk.
        """
        self.context = context
        records = RedisStore().open({"url": self.server.url}, context)
        records.watch("a", lambda changes: None, lambda: None)
        self.addCleanup(lambda: self.successResultOf(records.close()))
        return records

    def saying(self, context: Context) -> list[str]:
        return [note.text for note in context.notes if note.key == LOST_NOTE]

    def test_whoIsStartedAfterALoss(self) -> None:
        """
        A server that was away while Redis lost something sees it at its start, by what it has read before; others hear
        of that from Redis, also those that are new, and not for longer than it is told of.
        """
        context = realContext()
        records = self.reopened(context)
        for number in range(10):
            self.successResultOf(records.write("a", {b"k": b"%d" % number}))
        self.until(lambda: self.numberOf(records) == 10)
        log, older = self.directory / "appendonlydir", self.directory / "older"
        copytree(log, older)
        self.successResultOf(records.close())
        for isEmpty in (False, True):
            with self.subTest(isEmpty=isEmpty):
                again, other = attrs.evolve(context, notes=Notes(context.clock, context.events)), realContext()
                records = self.reopened(again)
                self.successResultOf(records.write("a", {b"k": b"11"}))
                self.until(lambda: self.numberOf(records) > 10)  # noqa: B023
                self.assertEqual(self.saying(again), [])
                self.successResultOf(records.close())
                marked = self.successResultOf(context.store.load())
                self.server.kill()
                rmtree(log)
                if not isEmpty:
                    copytree(older, log)
                self.server.start()
                again = attrs.evolve(context, notes=Notes(context.clock, context.events))
                records = self.reopened(again)
                self.until(lambda: bool(self.saying(again)))  # noqa: B023
                self.assertNotEqual(self.successResultOf(again.store.load()), marked)  # or it is noticed again
                self.assertIn("11 changes, or more" if isEmpty else "the last change, or more", *self.saying(again))
                self.until(lambda: b":-2" not in self.asked("TTL", "wand:lost"))
                self.assertNotIn(b":-1", self.asked("TTL", "wand:lost"))
                self.reopened(other)
                self.until(lambda: self.saying(other) == self.saying(again))  # noqa: B023
                self.successResultOf(records.close())
                self.asked("DEL", "wand:lost")

    def numberOf(self, records: IRecords) -> int:
        """
        Up to which change it has read.
        """
        assert isinstance(records, RedisRecords)
        return records._order.position

    def test_aDamagedMark(self) -> None:
        """
        What is on the disk about the changes that were read may be anything: nothing fails, and nothing is said.
        """
        for octets in (b"", b"\xc0", msgspec.msgpack.encode(Mark(b"+", 1, b"")), msgspec.msgpack.encode([])):
            context = realContext()
            self.successResultOf(context.store.write({b"wand:changes": octets}))
            records = self.reopened(context)
            self.successResultOf(self.opened().write("a", {b"k": b"1"}))
            self.until(lambda: self.numberOf(records) > 0)  # noqa: B023
            self.assertEqual(self.saying(context), [])

    def test_foreignEntriesDisturbNothing(self) -> None:
        """
        An entry of the stream that nobody of us wrote is passed over.
        """
        records, other = self.opened(), self.opened()
        heard = Heard(records, "a")
        self.successResultOf(other.write("a", {b"k": b"1"}))
        self.asked("XADD", "wand:changes", "2-1", "colour", "red")
        self.successResultOf(other.write("a", {b"k": b"2"}))
        self.until(lambda: heard.copy == {b"k": b"2"})

    def test_howItKeepsThings(self) -> None:
        """
        A Redis that may lose what it acknowledged is told of, with what to do; and not any more once it does not, as
        is seen at the next connection.
        """
        self.asked("CONFIG", "SET", "appendfsync", "everysec")
        records = self.opened()
        self.assertIn("appendfsync always", self.durability(records))
        self.asked("CONFIG", "SET", "appendonly", "no")
        self.asked("CONFIG", "SET", "maxmemory", "1gb")
        self.asked("CONFIG", "SET", "maxmemory-policy", "allkeys-lru")
        self.asked("CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes")
        note = self.durability(records)
        self.assertIn("appendonly yes", note)
        self.assertIn("noeviction", note)
        self.server.kill()
        self.server.start()
        self.assertEqual(self.durability(records), "")

    def test_whoMayNotKnowHowItKeepsThings(self) -> None:
        """
        Where Redis does not tell how it writes to the disk, nothing is said of it.
        """
        self.asked("CONFIG", "SET", "appendfsync", "everysec")
        self.asked("ACL", "SETUSER", "default", "-config")
        self.assertEqual(self.durability(self.opened()), "")

    def durability(self, records: IRecords) -> str:
        """
        What is said of how Redis keeps things, after a command that it answered.
        """
        while pytest_twisted.blockon(records.load("a").addErrback(lambda failure: None)) is None:
            pass
        return " ".join(self.context.notes.texts)

    def test_noRoom(self) -> None:
        """
        A Redis without memory refuses a change, and makes no part of it: nothing is loaded anew.
        """
        records = self.opened()
        Heard(records, "a")
        self.successResultOf(records.write("a", {b"k": b"1"}))
        self.asked("CONFIG", "SET", "maxmemory", "1")
        self.failureResultOf(records.write("a", {b"k": b"2", b"l": b"2"}), StoreHindered)
        self.assertFalse(records._reload.isSet)
        self.asked("CONFIG", "SET", "maxmemory", "0")
        self.assertEqual(self.successResultOf(records.load("a")), {b"k": b"1"})

    def test_replicas(self) -> None:
        """
        Where replicas are wanted, a change that none has is not stored.
        """
        failure = self.failureResultOf(self.opened(replicas=1).write("a", {b"k": b"1"}), StoreHindered)
        self.assertIn("0 of 1", failure.getErrorMessage())

    def asked(self, *words: str) -> bytes:
        """
        Ask Redis something else.

        @return: the answer, as it comes.
        """
        with socket.socket(socket.AF_UNIX) as connection:
            connection.connect(str(self.server.path))
            connection.sendall((" ".join(words) + "\r\n").encode())
            answer = connection.recv(4096)
        self.assertNotIn(b"-ERR", answer)
        return answer


class TLSTests(RedisCase):
    """
    A Redis that one talks to in TLS.
    """

    def test_tls(self) -> None:
        """
        Only a certificate that was signed by who is trusted, for the host that is named, is taken.
        """
        own, others = (self.certificate(name) for name in ("own", "others"))
        port = self.freePort()
        self.server.stop()
        files = ("--tls-cert-file", str(own), "--tls-key-file", f"{own}.key", "--tls-ca-cert-file", str(own))
        server = RedisServer(self.directory, "--tls-port", str(port), "--tls-auth-clients", "no", *files)
        self.addCleanup(server.stop)
        url = f"rediss://127.0.0.1:{port}"
        records = self.opened(url=url, **{"ca-file": str(own)})
        self.successResultOf(records.write("a", {b"k": b"1"}))
        self.assertEqual(self.successResultOf(records.load("a")), {b"k": b"1"})
        for settings in ({"ca-file": str(others)}, {}):
            self.failureResultOf(self.opened(url=url, **settings).load("a"), StoreHindered)
        named = self.opened(url=f"rediss://localhost:{port}", **{"ca-file": str(own)})
        self.failureResultOf(named.load("a"), StoreHindered)

    def freePort(self) -> int:
        """
        A TCP port that nobody has.
        """
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port: int = free.getsockname()[1]
        return port

    def certificate(self, name: str) -> Path:
        """
        A certificate for 127.0.0.1 that signs itself, and its key beside it.
        """
        path = self.directory / name
        words = ["-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2"]
        subject = ["-subj", f"/CN={name}", "-addext", "subjectAltName=IP:127.0.0.1"]
        files = ["-keyout", f"{path}.key", "-out", str(path)]
        subprocess.run(["openssl", "req", *words, *subject, *files], check=True, capture_output=True)
        return path


class PasswordTests(RedisCase):
    """
    A Redis with a password, and one with TLS.
    """

    arguments = ("--requirepass", "open sesame")

    def test_password(self) -> None:
        """
        The password is read from a file; without it, or with another, the store is refused with what to look at.
        """
        path = self.directory / "password"
        path.write_text("open sesame\n")
        wrong = self.directory / "wrong"
        wrong.write_text("open barley\n")
        records = self.opened(**{"password-file": str(path)})
        self.successResultOf(records.write("a", {b"k": b"1"}))
        for settings in ({}, {"password-file": str(wrong)}):
            error = self.failureResultOf(self.opened(**settings).load("a"), StoreUnavailable).value
            self.assertIn("password-file", str(error))
            self.assertNotIsInstance(error, StoreHindered)


@attrs.frozen
class SilentSettings:
    """
    Settings of a Redis that takes connections, and says nothing.
    """

    where: str = "redis://192.0.2.1"
    password: str = ""
    database: int = 0

    def endpoint(self, clock: Clock) -> SilentSettings:
        return self

    def connect(self, factory: Factory) -> Deferred[Any]:
        protocol = factory.buildProtocol(IPv4Address("TCP", "192.0.2.1", 6379))
        assert protocol is not None
        protocol.makeConnection(StringTransport())
        return succeed(protocol)


class SilentTests(SynchronousTestCase):
    """
    A Redis that hangs, as one sees it who connects to it.
    """

    def test_whoSaysNothing(self) -> None:
        """
        That a new connection is not answered is said as what it is.
        """
        clock = Clock()
        connection = RedisConnection(SilentSettings(), clock)  # type: ignore[arg-type]  # the part that it uses
        asked = connection.ask("PING")
        clock.advance(CONNECT_PATIENCE)
        said = self.failureResultOf(asked, StoreHindered).getErrorMessage()
        self.assertEqual(said, "the store redis://192.0.2.1 did not answer within 3 s")
        self.assertEqual(clock.getDelayedCalls(), [])

    def test_whatPasses(self) -> None:
        """
        What passes is waited for, in whichever form a version of Redis says it, and also if it does not even take the
        connection; what does not pass ends the start.
        """
        script = "ERR Error running script (call to f_61): @user_script:9: @user_script: 9: -"
        for said, error in (
            ("ERR max number of clients reached", StoreHindered),
            ("LOADING Redis is loading the dataset in memory", StoreHindered),
            (f"{script}READONLY You can't write against a read only replica.", StoreHindered),
            (f"{script}OOM command not allowed when used memory > 'maxmemory'.", StoreHindered),
            (f"{script}WRONGTYPE Operation against a key holding the wrong kind of value", StoreUnavailable),
            ("ERR unknown command 'EVAL'", StoreUnavailable),
        ):
            connection = RedisConnection(SilentSettings(), Clock())  # type: ignore[arg-type]
            with self.assertRaises(StoreUnavailable) as caught:
                connection._translated(Failure(ResponseError(said)))
            self.assertIs(type(caught.exception), error, said)


class EntryTests(SynchronousTestCase):
    """
    Entries of the stream may be anything.
    """

    @given(_anything)
    def test_anything(self, entry: list[object]) -> None:
        """
        What is no entry of ours is none, and nothing is raised.
        """
        change = entryRead(entry, b"us")
        assert change is None or change.number >= 0

    @given(some.integers(1, 2**53), some.binary(max_size=9), some.dictionaries(some.binary(max_size=9), some.binary()))
    def test_whatIsWrittenIsRead(self, number: int, writer: bytes, records: dict[bytes, bytes]) -> None:
        """
        What a script writes is read.
        """
        fields = [b"w", writer, b"k", b"kind"]
        for key, value in records.items():
            fields += [b"s" + key, value]
        change = entryRead([b"%d-1" % number, fields], b"us")
        self.assertEqual(change, Change(number, "kind", writer == b"us", dict(records)))
