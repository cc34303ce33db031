"""
Tests of the store C{redis}, against a real Redis.
"""

from __future__ import annotations

import socket
from shutil import rmtree
from time import monotonic

from redis_case import RedisCase, realContext
from twisted.plugin import IPlugin
from zope.interface.verify import verifyObject

from wand.errors import ConfigurationInvalid, StoreHindered, StoreUnavailable
from wand.interfaces import IRecords, IStore
from wand.stores.redis_plugin import RedisStore
from wand.testing.stores import Heard, SharedStoreContract

#: Seconds within which something happens.
PATIENCE = 20.0


class RedisContractTests(SharedStoreContract, RedisCase):
    """
    It is a store, and one for several servers.
    """

    until = RedisCase.until

    def setUp(self) -> None:
        RedisCase.setUp(self)
        super().setUp()

    def makeRecords(self) -> IRecords:
        return self.open()

    def makeOther(self) -> IRecords:
        return self.open()


class RedisTests(RedisCase):
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

    def test_lostChangesAreNoticed(self) -> None:
        """
        If Redis comes back without what it had, watchers load everything anew.
        """
        records, other = self.opened(), self.opened()
        heard = Heard(records, "a")
        for number in range(10):
            self.successResultOf(other.write("a", {b"k": b"%d" % number}))
        self.until(lambda: heard.copy == {b"k": b"9"})
        self.server.kill()
        rmtree(self.directory / "appendonlydir")
        self.server.start()
        self.written(other, b"l", b"1")
        self.until(lambda: heard.copy == {b"l": b"1"})

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
        A Redis that may lose what it acknowledged is told of, with what to do.
        """
        self.successResultOf(self.opened().load("a"))
        self.assertEqual(self.context.notes.texts, [])
        self.asked("CONFIG", "SET", "appendonly", "no")
        self.asked("CONFIG", "SET", "maxmemory", "1gb")
        self.asked("CONFIG", "SET", "maxmemory-policy", "allkeys-lru")
        self.successResultOf(self.opened().load("a"))
        note = self.context.notes.texts[0]
        self.assertIn("appendonly yes", note)
        self.assertIn("noeviction", note)

    def test_noRoom(self) -> None:
        """
        A Redis without memory refuses a change, and makes no part of it.
        """
        records = self.opened()
        self.successResultOf(records.write("a", {b"k": b"1"}))
        self.asked("CONFIG", "SET", "maxmemory", "1")
        self.failureResultOf(records.write("a", {b"k": b"2", b"l": b"2"}), StoreHindered)
        self.asked("CONFIG", "SET", "maxmemory", "0")
        self.assertEqual(self.successResultOf(records.load("a")), {b"k": b"1"})

    def test_replicas(self) -> None:
        """
        Where replicas are wanted, a change that none has is not stored.
        """
        failure = self.failureResultOf(self.opened(replicas=1).write("a", {b"k": b"1"}), StoreHindered)
        self.assertIn("0 of 1", failure.getErrorMessage())

    def asked(self, *words: str) -> None:
        """
        Ask Redis something else.
        """
        with socket.socket(socket.AF_UNIX) as connection:
            connection.connect(str(self.server.path))
            connection.sendall((" ".join(words) + "\r\n").encode())
            self.assertNotIn(b"-ERR", connection.recv(4096))


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
        records = self.opened(**{"password-file": str(path)})
        self.successResultOf(records.write("a", {b"k": b"1"}))
        for settings in ({}, {"password-file": __file__}):
            error = self.failureResultOf(self.opened(**settings).load("a"), StoreUnavailable).value
            self.assertIn("password-file", str(error))
            self.assertNotIsInstance(error, StoreHindered)
