"""
Tests of the stores: one contract, and what is SQLite's own.
"""

from __future__ import annotations

import signal
import sqlite3
import stat
import subprocess
import sys
from pathlib import Path
from random import Random
from shutil import rmtree
from tempfile import mkdtemp

from twisted.internet.task import Clock
from twisted.plugin import IPlugin
from twisted.trial.unittest import SynchronousTestCase
from zope.interface.verify import verifyObject

from wand.errors import ConfigurationInvalid, StoreUnavailable
from wand.interfaces import Context, IRecords, IStore
from wand.testing.context import simulatedContext
from wand.testing.network import Network
from wand.testing.stores import StoreContract
from wand.wansd.stores.memory import MemoryRecords, MemoryStore
from wand.wansd.stores.sqlite import SQLiteRecords
from wand.wansd.stores.sqlite_plugin import SQLiteStore


def _context() -> Context:
    clock = Clock()
    return simulatedContext(clock, Network(clock, Random(0)), "192.0.2.1")


class MemoryRecordsTests(StoreContract, SynchronousTestCase):
    def makeRecords(self) -> IRecords:
        return MemoryRecords()

    def test_plugin(self) -> None:
        """
        The store is a plugin, opens without settings, and refuses any.
        """
        store = MemoryStore()
        verifyObject(IStore, store)
        verifyObject(IPlugin, store)
        self.assertIsNone(store.unusable())
        verifyObject(IRecords, store.open({}, _context()))
        self.assertRaises(ConfigurationInvalid, store.open, {"path": "x"}, _context())


class SQLiteRecordsTests(StoreContract, SynchronousTestCase):
    def makeRecords(self) -> IRecords:
        folder = mkdtemp()
        self.addCleanup(rmtree, folder)
        self.path = Path(folder) / "state" / "wansd.sqlite"
        return SQLiteRecords(self.path)

    def test_plugin(self) -> None:
        """
        The store is a plugin, opens the file of its setting, and refuses other settings and none.
        """
        store = SQLiteStore()
        verifyObject(IStore, store)
        verifyObject(IPlugin, store)
        self.assertIsNone(store.unusable())
        records = store.open({"path": str(self.path)}, _context())
        verifyObject(IRecords, records)
        self.successResultOf(records.close())
        for settings in ({}, {"path": 3}, {"path": ""}, {"path": str(self.path), "colour": "red"}):
            self.assertRaises(ConfigurationInvalid, store.open, settings, _context())

    def test_recordsSurviveARestart(self) -> None:
        """
        What was written is there when the file is opened again.
        """
        self.write({b"k": b"1"})
        self.successResultOf(self.records.close())
        self.records = SQLiteRecords(self.path)
        self.assertEqual(self.loaded(), {b"k": b"1"})

    def test_recordsSurviveSIGKILL(self) -> None:
        """
        What a program wrote is there although it was killed at once.
        """
        program = (
            "import os, signal, sys; from pathlib import Path; from wand.wansd.stores.sqlite import SQLiteRecords\n"
            "records = SQLiteRecords(Path(sys.argv[1]))\n"
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
        other = SQLiteRecords(self.path)
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
        self.successResultOf(self.records.close())
        self.path.chmod(0o644)
        self.records = SQLiteRecords(self.path)
        self.assertEqual(stat.S_IMODE(self.path.stat().st_mode), 0o600)

    def test_corruptFileIsRefused(self) -> None:
        """
        A file that is no database is refused, naming it and what to do, and left as it is.
        """
        path = self.path.with_name("rubbish")
        path.write_bytes(b"rubbish" * 1000)
        error = self.assertRaises(StoreUnavailable, SQLiteRecords, path)
        self.assertIn(str(path), str(error))
        self.assertIn("restore a backup", str(error))
        self.assertNotIn("move it away", str(error))
        self.assertEqual(path.read_bytes(), b"rubbish" * 1000)

    def test_foreignDatabaseIsRefused(self) -> None:
        """
        A database of another program is refused.
        """
        path = self.path.with_name("foreign")
        connection = sqlite3.connect(path)
        connection.execute("CREATE TABLE theirs (x)")
        connection.close()
        self.assertIn("another program", str(self.assertRaises(StoreUnavailable, SQLiteRecords, path)))

    def test_unwritablePlaceIsRefused(self) -> None:
        """
        A path at which no file can be is refused, naming it.
        """
        error = self.assertRaises(StoreUnavailable, SQLiteRecords, self.path / "below-a-file")
        self.assertIn("below-a-file", str(error))

    def test_fullDiskFailsTheWrite(self) -> None:
        """
        A write for which there is no room fails, changes nothing, and the store works on when there is room again.
        """
        records = self.records
        assert isinstance(records, SQLiteRecords) and records._connection is not None
        self.write({b"k": b"1"})
        records._connection.execute("PRAGMA max_page_count = 3")
        failure = self.failureResultOf(records.write("a", {b"k": b"2", b"big": bytes(100_000)}), StoreUnavailable)
        self.assertIn("room", failure.getErrorMessage())
        self.assertEqual(self.loaded(), {b"k": b"1"})
        records._connection.execute("PRAGMA max_page_count = 1000000")
        self.write({b"k": b"2"})
        self.assertEqual(self.loaded(), {b"k": b"2"})

    def test_closedStoreFails(self) -> None:
        """
        A closed store fails what is asked of it.
        """
        self.successResultOf(self.records.close())
        self.failureResultOf(self.records.load("a"), StoreUnavailable)
