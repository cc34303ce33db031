"""
Tests of the stores: one contract, and what is SQLite's own.
"""

from __future__ import annotations

import errno
import os
import signal
import sqlite3
import stat
import subprocess
import sys
from collections.abc import Callable, Generator
from contextlib import closing
from pathlib import Path
from random import Random
from shutil import rmtree
from tempfile import mkdtemp
from threading import Event, get_ident
from typing import Any

import pytest
import pytest_twisted
from simulated.membership import SlowRecords
from twisted.internet import reactor
from twisted.internet.defer import Deferred, fail, gatherResults, succeed
from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase
from zope.interface.verify import verifyObject

from wand.errors import ConfigurationInvalid, StoreDamaged, StoreHindered, StoreUnavailable
from wand.ethernet import MAC
from wand.interfaces import Context, IRecords
from wand.programs.guarded_records import CLOSING_PATIENCE, GuardedRecords
from wand.sealed.credentials.identity import Identity
from wand.stores import sqlite
from wand.stores.memory import MemoryRecords, MemoryStore
from wand.stores.sqlite import SQLiteRecords, _prepare
from wand.stores.sqlite_plugin import SQLiteStore
from wand.stores.watched import WatchedRecords
from wand.testing.context import simulatedContext
from wand.testing.network import Network
from wand.testing.shared_records import Heard, SharedRecordsContract
from wand.testing.shared_store import SharedStore
from wand.testing.stores import StoreContract
from wand.worker import SameThread, WorkerThread


def _context() -> Context:
    clock = Clock()
    return simulatedContext(clock, Network(clock, Random(0)), "192.0.2.1")


class MemoryStoreTests(StoreContract, SynchronousTestCase):
    isDurable = False

    def makeStore(self) -> MemoryStore:
        return MemoryStore()


class SharedRecordsTests(SharedRecordsContract, SynchronousTestCase):
    canFork = False

    def makeRecords(self) -> IRecords:
        self.store = SharedStore()
        return self.store.open()

    def reopened(self) -> IRecords:
        return self.store.open()

    def makeOther(self) -> IRecords:
        return self.store.open()

    def test_whatWasMissedIsLoaded(self) -> None:
        """
        A store that was away tells its watchers that they missed something; until then it refuses what is asked.
        """
        heard = Heard(self.other, "a")
        self.store.opened[1].cut()
        self.write({b"k": b"1"})
        self.failureResultOf(self.other.load("a"), StoreHindered)
        self.failureResultOf(self.other.exchange("a", b"k", b"1", b"2"), StoreHindered)
        self.assertEqual(heard.copy, {})
        self.store.mend()
        self.assertEqual((heard.copy, heard.missed), ({b"k": b"1"}, 1))


class SQLiteRecordsTests(StoreContract, SynchronousTestCase):
    def makeStore(self) -> SQLiteStore:
        folder = mkdtemp()
        self.addCleanup(rmtree, folder)
        self.path = Path(folder) / "state" / "wansd.sqlite"
        self.settings = {"path": str(self.path)}
        return SQLiteStore()

    def impossibleSettings(self) -> dict[str, str]:
        return {"path": "/dev/null/wansd.sqlite"}

    def test_settings(self) -> None:
        """
        The store refuses what is no path, and none.
        """
        store = SQLiteStore()
        for settings in ({}, {"path": 3}, {"path": ""}, {"path": str(self.path), "colour": "red"}):
            self.assertRaises(ConfigurationInvalid, store.open, settings, _context())

    def test_recordsSurviveARestart(self) -> None:
        """
        What was written is there when the file is opened again.
        """
        self.write({b"k": b"1"})
        self.successResultOf(self.records.close())
        self.records = SQLiteRecords(self.path, SameThread("store"))
        self.assertEqual(self.loaded(), {b"k": b"1"})

    def test_recordsSurviveSIGKILL(self) -> None:
        """
        What a program wrote is there although it was killed at once.
        """
        program = (
            "import os, signal, sys; from pathlib import Path; from wand.stores.sqlite import SQLiteRecords\n"
            "from wand.worker import SameThread\n"
            "records = SQLiteRecords(Path(sys.argv[1]), SameThread('store'))\n"
            "for number in range(100): records.write('a', {b'%d' % number: b'x'})\n"
            "os.kill(os.getpid(), signal.SIGKILL)"
        )
        ended = subprocess.run([sys.executable, "-c", program, str(self.path)], check=False, timeout=60)
        self.assertEqual(ended.returncode, -signal.SIGKILL)
        self.assertEqual(len(self.loaded()), 100)

    def test_twoOpenersShareOneFile(self) -> None:
        """
        Of two programs that exchange the same record of one file, one succeeds.
        """
        other = SQLiteRecords(self.path, SameThread("store"))
        self.addCleanup(other.close)
        self.assertTrue(self.successResultOf(self.records.exchange("a", b"k", None, b"mine")))
        self.assertFalse(self.successResultOf(other.exchange("a", b"k", None, b"theirs")))
        self.assertEqual(self.successResultOf(other.load("a")), {b"k": b"mine"})

    def test_nobodyElseReadsTheFile(self) -> None:
        """
        The file and its companions have the mode 0600, their new directory 0700.
        """
        self.write({b"k": b"1"})
        modes = {file.name: stat.S_IMODE(file.stat().st_mode) for file in self.path.parent.iterdir()}
        self.assertEqual(set(modes.values()), {0o600}, modes)
        self.assertEqual(stat.S_IMODE(self.path.parent.stat().st_mode), 0o700)

    def test_openFileIsClosedToOthers(self) -> None:
        """
        A file that others can read is closed to them.
        """
        self.loaded()
        self.successResultOf(self.records.close())
        self.path.chmod(0o644)
        self.records = SQLiteRecords(self.path, SameThread("store"))
        self.loaded()
        self.assertEqual(stat.S_IMODE(self.path.stat().st_mode), 0o600)

    def unopened(self, path: Path) -> str:
        """
        Why a file cannot be opened, by the first that is asked of it.
        """
        asked = SQLiteRecords(path, SameThread("store")).load("a")
        return str(self.failureResultOf(asked, StoreUnavailable).value)

    def test_corruptFileIsRefused(self) -> None:
        """
        A file that is not a database is refused, naming it and what to do, and left as it is.
        """
        self.loaded()
        path = self.path.with_name("rubbish")
        path.write_bytes(b"rubbish" * 1000)
        error = self.unopened(path)
        self.assertIn(str(path), error)
        self.assertIn("restore a backup", error)
        self.assertNotIn("move it away", error)
        self.assertEqual(path.read_bytes(), b"rubbish" * 1000)

    def test_foreignDatabaseIsRefused(self) -> None:
        """
        A database of another program is refused.
        """
        self.loaded()
        path = self.path.with_name("foreign")
        connection = sqlite3.connect(path)
        connection.execute("CREATE TABLE theirs (x)")
        connection.close()
        self.assertIn("another program", self.unopened(path))

    def test_unwritablePlaceIsRefused(self) -> None:
        """
        A path at which no file can be is refused, naming it.
        """
        self.loaded()
        self.assertIn("below-a-file", self.unopened(self.path / "below-a-file"))

    def test_fullDiskFailsTheWrite(self) -> None:
        """
        A write for which there is no room fails, changes nothing, and the store works on when there is room again.
        """
        records = self.records
        self.write({b"k": b"1"})
        assert isinstance(records, SQLiteRecords) and records._connection is not None
        records._connection.execute("PRAGMA max_page_count = 3")
        failure = self.failureResultOf(records.write("a", {b"k": b"2", b"big": bytes(100_000)}), StoreUnavailable)
        self.assertIn("room", failure.getErrorMessage())
        self.assertEqual(self.loaded(), {b"k": b"1"})
        records._connection.execute("PRAGMA max_page_count = 1000000")
        self.write({b"k": b"2"})
        self.assertEqual(self.loaded(), {b"k": b"2"})

    def test_noRoomWhileItIsOpened(self) -> None:
        """
        Where there is no room for the file that SQLite shares with other processes, the store is read without it; once
        something could be written others read it, too.
        """
        self.write({b"k": b"1"})
        self.successResultOf(self.records.close())
        shared = self.path.with_name(f"{self.path.name}-shm")
        shared.symlink_to(self.path.with_name("nowhere") / "at-all")
        self.records = SQLiteRecords(self.path, SameThread("store"))
        self.assertEqual(self.loaded(), {b"k": b"1"})
        self.write({b"k": b"2"})
        self.assertEqual(self.loaded(), {b"k": b"2"})
        shared.unlink()
        self.write({b"k": b"3"})
        self.assertEqual(self.loaded(), {b"k": b"3"})
        with closing(sqlite3.connect(self.path, timeout=0)) as other:
            self.assertEqual(other.execute("SELECT value FROM records").fetchall(), [(b"3",)])

    def test_toOpenItWritesNothing(self) -> None:
        """
        A store that is there is opened and read without a write, for which a full disk may have no room.
        """
        self.write({b"k": b"1"})
        self.successResultOf(self.records.close())
        before = self.path.read_bytes()
        self.records = SQLiteRecords(self.path, SameThread("store"))
        self.assertEqual(self.loaded(), {b"k": b"1"})
        self.assertEqual(self.path.with_name(f"{self.path.name}-wal").stat().st_size, 0)
        self.successResultOf(self.records.close())
        self.assertEqual(self.path.read_bytes(), before)

    def test_whatMayPass(self) -> None:
        """
        A full disk, a read-only one and a lock are in the way of a store for a while; that it is another program's, or
        damaged, is not.
        """
        records = self.records
        assert isinstance(records, SQLiteRecords)
        for number in (errno.ENOSPC, errno.EROFS, errno.EDQUOT, errno.EIO):
            error = records._unavailable(OSError(number, os.strerror(number)))
            self.assertIsInstance(error, StoreHindered)
            self.assertIn("room", str(error))
        self.assertNotIsInstance(records._unavailable(OSError(errno.EACCES, "no")), StoreHindered)
        self.assertNotIsInstance(records._unavailable(StoreUnavailable("another program's")), StoreHindered)
        self.assertNotIsInstance(records._unavailable(StoreDamaged("damaged")), StoreHindered)

    def test_closedStoreFails(self) -> None:
        """
        A closed store fails what is asked of it.
        """
        self.successResultOf(self.records.close())
        self.failureResultOf(self.records.load("a"), StoreUnavailable)

    def test_lockedWhileItIsOpened(self) -> None:
        """
        A file that another program holds when it is opened is waited for; if it is held for too long that is the
        reason of the failure, and the next that is asked tries again (headscale#2363).
        """
        self.loaded()
        path = self.path.with_name("held")
        holder = sqlite3.connect(path, isolation_level=None)
        self.addCleanup(holder.close)
        holder.execute("BEGIN EXCLUSIVE")
        naps: list[float] = []

        def nap(seconds: float) -> None:
            naps.append(seconds)
            if len(naps) == 3:
                holder.execute("ROLLBACK")

        self.patch(sqlite.time, "sleep", nap)
        self.patch(sqlite, "OPENING_PAUSE", 0.0)
        records = SQLiteRecords(path, SameThread("store"))
        self.assertEqual(self.successResultOf(records.load("a")), {})
        self.assertEqual(len(naps), 3)
        self.successResultOf(records.close())
        holder.execute("BEGIN EXCLUSIVE")
        self.patch(sqlite, "OPENING_PATIENCE", 0.0)
        records = SQLiteRecords(path, SameThread("store"))
        failure = self.failureResultOf(records.load("a"), StoreUnavailable)
        self.assertIn("no other program holds it", failure.getErrorMessage())
        holder.execute("ROLLBACK")
        self.assertEqual(self.successResultOf(records.load("a")), {})
        self.successResultOf(records.close())


@pytest.mark.parametrize("make", [Path.mkdir, os.mkfifo])
def test_whatIsNoFile(make: Callable[[Path], object], tmp_path: Path) -> None:
    """
    A directory or a pipe in the place of the file is refused at once, with what to do, and stays.
    """
    path = tmp_path / "store.sqlite"
    make(path)
    before = path.stat().st_ino
    with pytest.raises(StoreUnavailable, match=f"not a plain file, and nothing was changed: move it away .mv {path} "):
        _prepare(path)
    assert path.stat().st_ino == before


class WatchedRecordsTests(SynchronousTestCase):
    """
    A note tells while the store cannot be written, or is slow.
    """

    def setUp(self) -> None:
        self.context = _context()
        assert isinstance(self.context.clock, Clock)
        self.clock = self.context.clock

    def test_contract(self) -> None:
        """
        What is watched is a store.
        """
        verifyObject(IRecords, WatchedRecords(MemoryRecords(), self.context))

    def test_whatCanNotBeWrittenIsTold(self) -> None:
        """
        The note comes with the first exchange that fails, says what to do, and goes with the first write that works; to
        read is no sign that one can write.
        """
        memory = MemoryRecords()
        records = WatchedRecords(memory, self.context)
        works = memory.exchange
        self.patch(memory, "exchange", lambda *_: fail(StoreUnavailable("the disk is full: make room")))
        self.failureResultOf(records.exchange("a", b"k", None, b"1"), StoreUnavailable)
        self.assertIn("make room", self.context.notes.texts[0])
        self.successResultOf(records.load("a"))
        self.patch(memory, "exchange", works)
        self.assertFalse(self.successResultOf(records.exchange("a", b"k", b"other", b"2")))
        self.assertEqual(len(self.context.notes.texts), 1)
        self.successResultOf(records.write("a", {b"k": b"1"}))
        self.assertEqual(self.context.notes.texts, [])

    def test_whatIsSlowIsTold(self) -> None:
        """
        A store that has not answered for 2 s is told of until it answers; nothing is left behind then.
        """
        slow = SlowRecords()
        records = WatchedRecords(slow, self.context)
        first = records.exchange("a", b"k", None, b"1")
        self.clock.advance(1.9)
        self.assertEqual(self.context.notes.texts, [])
        self.clock.advance(0.1)
        self.assertIn("does not answer", self.context.notes.texts[0])
        slow.finish()
        self.assertTrue(self.successResultOf(first))
        self.assertEqual((self.context.notes.texts, self.clock.getDelayedCalls()), ([], []))

    def test_closingIsBounded(self) -> None:
        """
        A store that never closes does not keep the program from ending.
        """
        memory = MemoryRecords()
        self.patch(memory, "close", lambda: Deferred())
        ended = WatchedRecords(GuardedRecords("memory", memory, self.context), self.context).close()
        self.clock.advance(CLOSING_PATIENCE)
        self.assertIsNone(self.successResultOf(ended))

    def test_octetsAreOctets(self) -> None:
        """
        A store gets keys and values that are octets and nothing more, whatever we have: many a serializer takes no
        subclass of C{bytes}.
        """
        memory = MemoryRecords()
        taken: list[object] = []
        self.patch(memory, "write", lambda kind, records: succeed(taken.extend([*records, *records.values()])))
        self.patch(memory, "exchange", lambda kind, *octets: succeed(bool(taken.extend(octets))))
        records = GuardedRecords("memory", memory, self.context)
        self.successResultOf(records.write("kind", {Identity(b"a" * 32): MAC(b"value!"), b"b": None}))
        self.successResultOf(records.exchange("kind", Identity(b"a" * 32), MAC(b"value!"), None))
        self.assertEqual({type(each) for each in taken}, {bytes, type(None)})
        self.assertEqual(len(taken), 7)


# Workers: what may block is done in one thread beside the reactor.


@pytest_twisted.inlineCallbacks
def test_inOrderInOneThread() -> Generator[Deferred[Any], Any, None]:
    """
    Everything is done in the order in which it was given, in one thread that is not the reactor's, and the reactor
    goes on meanwhile.
    """
    worker = WorkerThread(reactor, "test")  # type: ignore[arg-type]  # the reactor is a module to mypy
    free = Event()
    done: list[int] = []
    first = worker.do(free.wait)
    rest = [worker.do(lambda number=number: done.append(number) or get_ident()) for number in range(50)]  # type: ignore[misc]
    turned: Deferred[None] = Deferred()
    reactor.callLater(0, turned.callback, None)  # type: ignore[attr-defined]
    yield turned
    assert not first.called
    free.set()
    threads = yield gatherResults(rest)
    assert (done, len(set(threads))) == (list(range(50)), 1)
    assert threads[0] != get_ident()
    worker.stop()


@pytest_twisted.inlineCallbacks
def test_whatItRaisesComesBack() -> Generator[Deferred[Any], Any, None]:
    """
    An exception comes back, and the worker works on.
    """
    worker = WorkerThread(reactor, "test")  # type: ignore[arg-type]
    with pytest.raises(ZeroDivisionError):
        yield worker.do(lambda: 1 // 0)
    assert (yield worker.do(lambda: 7)) == 7
    worker.stop()


@pytest_twisted.inlineCallbacks
def test_whoWantsToEndTheThread() -> Generator[Deferred[Any], Any, None]:
    """
    C{sys.exit} ends neither the worker nor the wait for it: others wait there, too.
    """
    worker = WorkerThread(reactor, "test")  # type: ignore[arg-type]
    with pytest.raises(RuntimeError, match=r"SystemExit\(3\)"):
        yield worker.do(lambda: sys.exit(3))
    assert (yield worker.do(lambda: 7)) == 7
    worker.stop()


@pytest_twisted.inlineCallbacks
def test_theStoreBesideTheReactor(tmp_path: Path) -> Generator[Deferred[Any], Any, None]:
    """
    While another program holds the file the reactor is not held up, and what was asked is answered when it lets go.
    """
    path = tmp_path / "store.sqlite"
    records = SQLiteRecords(path, WorkerThread(reactor, "test"))  # type: ignore[arg-type]
    yield records.load("a")
    with closing(sqlite3.connect(path, isolation_level=None)) as holder:
        holder.execute("BEGIN EXCLUSIVE")
        exchanged = records.exchange("a", b"k", None, b"1")
        turned: Deferred[None] = Deferred()
        reactor.callLater(0, turned.callback, None)  # type: ignore[attr-defined]
        yield turned
        assert not exchanged.called
        holder.execute("ROLLBACK")
        assert (yield exchanged)
    yield records.close()
