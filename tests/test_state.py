"""
Tests for L{wand.state}.
"""

from __future__ import annotations

import os
from functools import partial
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory

from twisted.trial.unittest import SynchronousTestCase

from wand.errors import StateUnavailable, WandError
from wand.sealed.credentials.secret_files import readSecretFile
from wand.state import StateDirectory, keptMAC


class StateTests(SynchronousTestCase):
    def setUp(self) -> None:
        directory = TemporaryDirectory()
        self.addCleanup(directory.cleanup)
        self.path = Path(directory.name) / "deep" / "state"

    def test_private(self) -> None:
        """
        The directory and its files are for nobody else.
        """
        state = StateDirectory(str(self.path))
        state.write("secret", b"x")
        self.assertEqual(self.path.stat().st_mode & 0o777, 0o700)
        self.assertEqual((self.path / "secret").stat().st_mode & 0o777, 0o600)

    def test_refusesWhatOthersCanSee(self) -> None:
        """
        A directory that others may look into is refused, with the command that mends it.
        """
        self.path.mkdir(parents=True)
        self.path.chmod(0o755)
        with self.assertRaises(StateUnavailable) as caught:
            StateDirectory(str(self.path))
        self.assertIn(f"chmod 700 {self.path}", str(caught.exception))

    def test_impossiblePlace(self) -> None:
        """
        A directory that cannot be made is an error for the operator.
        """
        with self.assertRaises(StateUnavailable):
            StateDirectory("/dev/null/state")

    def test_whatIsNoFileKeepsNobodyWaiting(self) -> None:
        """
        A pipe, a device or a directory in place of a file is refused at once, by name, and with what to do.
        """
        state = StateDirectory(str(self.path))
        os.mkfifo(self.path / "pipe", 0o600)
        (self.path / "directory").mkdir(0o700)
        (self.path / "device").symlink_to("/dev/zero")
        for name in ("pipe", "directory", "device"):
            for read in (state.read, partial(readSecretFile, state)):
                with self.assertRaises(StateUnavailable) as caught:
                    read(name)
                self.assertIn(f"mv {self.path / name} ", str(caught.exception))
        with self.assertRaises(StateUnavailable) as caught:
            state.write("directory", b"content")
        self.assertIn("is a directory and not a plain file", str(caught.exception))
        before = len(list(Path("/proc/self/fd").iterdir()))
        for _ in range(10):
            self.assertRaises(StateUnavailable, readSecretFile, state, "directory")
        self.assertEqual(len(list(Path("/proc/self/fd").iterdir())), before)

    def test_writesAndReads(self) -> None:
        """
        What was written last is read; what never was, is nothing.
        """
        state = StateDirectory(str(self.path))
        state.write("name", b"old")
        state.write("name", b"new")
        self.assertEqual(state.read("name"), b"new")
        self.assertIsNone(state.read("other"))
        self.assertEqual([file.name for file in self.path.iterdir()], ["name"])

    def test_unwritable(self) -> None:
        """
        A file that cannot be written or read is an error for the operator.
        """
        state = StateDirectory(str(self.path))
        (self.path / "taken").mkdir()
        with self.assertRaises(StateUnavailable):
            state.write("taken", b"x")
        with self.assertRaises(StateUnavailable):
            state.read("taken")

    def test_macIsMadeOnce(self) -> None:
        """
        The address made for an interface stays the same at the next start, and another interface gets another.
        """
        state = StateDirectory(str(self.path))
        first = keptMAC(state, "wan0", Random(1))
        self.assertTrue(first.isUnicast)
        self.assertEqual(keptMAC(StateDirectory(str(self.path)), "wan0", Random(2)), first)
        self.assertNotEqual(keptMAC(state, "wan1", Random(3)), first)

    def test_brokenMAC(self) -> None:
        """
        A kept address that is none is an error for the operator, not a crash.
        """
        state = StateDirectory(str(self.path))
        state.write("mac-wan0", b"\xff\xfe")
        with self.assertRaises(WandError):
            keptMAC(state, "wan0", Random(1))
