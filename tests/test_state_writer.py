"""
What cannot be written waits, in order, and is said.
"""

from __future__ import annotations

import os
from pathlib import Path
from tempfile import TemporaryDirectory
from unittest.mock import patch

from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase

from wand.config import EtudConfiguration, NodeConfiguration, ServerConfiguration, WansdConfiguration
from wand.errors import StateUnavailable
from wand.events import Events
from wand.health.notes import Notes
from wand.programs.state_service import StateService
from wand.state import UNCHANGED, Owner, StateDirectory
from wand.state_lock import StateLock
from wand.state_writer import RETRY_INTERVAL, StateWriter


class KeepingTests(SynchronousTestCase):
    def setUp(self) -> None:
        folder = TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.path = Path(folder.name) / "state"
        self.state = StateDirectory(str(self.path))
        self.clock = Clock()
        self.notes = Notes(self.clock, Events(self.clock.seconds))
        self.writer = StateWriter(self.state, self.clock, self.notes)
        self.addCleanup(self.writer.stop)

    def names(self) -> set[str]:
        return {each.name for each in self.path.iterdir()}

    def test_whatCanNotBeWrittenWaits(self) -> None:
        """
        While the disk is full, nothing is removed before what was written earlier; a note says so until there is room.
        """
        self.writer.write("token", b"1")
        with patch.object(self.state, "write", side_effect=StateUnavailable("no room")):
            self.writer.write("membership", b"2")
            self.writer.remove("token")
            self.clock.advance(RETRY_INTERVAL)
            self.assertEqual(self.names(), {"token"})
            self.assertIn("no room", self.notes.texts[0])
        self.clock.advance(RETRY_INTERVAL)
        self.assertEqual(self.names(), {"membership"})
        self.assertEqual(self.notes.texts, [])
        self.assertEqual(self.clock.getDelayedCalls(), [])

    def test_aFailedWriteLeavesNothing(self) -> None:
        """
        A file that could not be written has its old content, and nothing half-written is beside it.
        """
        self.state.write("epoch", b"1")
        with patch("os.fsync", side_effect=OSError(28, "No space left on device")):
            self.assertRaises(StateUnavailable, self.state.write, "epoch", b"2")
        self.assertEqual((self.names(), self.state.read("epoch")), ({"epoch"}, b"1"))


class DirectoryTests(SynchronousTestCase):
    def setUp(self) -> None:
        folder = TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.path = Path(folder.name) / "state"

    def test_everyProgramHasADirectoryOfItsOwn(self) -> None:
        """
        With the defaults no two programs share a state directory.
        """
        kinds = (EtudConfiguration, NodeConfiguration, ServerConfiguration, WansdConfiguration)
        self.assertEqual(len({kind().state for kind in kinds}), len(kinds))

    def test_aDirectoryOfAnotherKindIsRefused(self) -> None:
        """
        A node does not start in the directory of a server, nor a server in that of a node.
        """
        StateDirectory(str(self.path)).write("network.key", b"")
        service = StateService(str(self.path), UNCHANGED, ("network.key",))
        self.assertIn("another kind", str(self.assertRaises(StateUnavailable, service.startService)))

    def test_oneProgramAtATime(self) -> None:
        """
        A directory that one program works in is refused to another, until that ends.
        """
        first, second = (StateService(str(self.path), UNCHANGED) for _ in range(2))
        first.startService()
        self.assertIn("another program", str(self.assertRaises(StateUnavailable, second.startService)))
        self.assertRaises(StateUnavailable, StateLock(self.path).take)
        first.stopService()
        second.privilegedStartService()
        second.stopService()

    def test_theOwnerIsChecked(self) -> None:
        """
        A directory of another user than the one that the program becomes is refused, with what to do.
        """
        StateDirectory(str(self.path))
        error = self.assertRaises(StateUnavailable, StateDirectory, str(self.path), Owner(os.geteuid() + 1, None))
        self.assertIn("chown -R", str(error))

    def test_whatIsAboveLetsTheUserThrough(self) -> None:
        """
        The directories that are made above are open to pass, whatever the umask.
        """
        before = os.umask(0o077)
        self.addCleanup(os.umask, before)
        StateDirectory(str(self.path / "a" / "b"))
        self.assertEqual([each.stat().st_mode & 0o777 for each in (self.path, self.path / "a" / "b")], [0o755, 0o700])
