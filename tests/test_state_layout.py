"""
Tests for L{wand.state_layout} and L{wand.layouts}: what an earlier version kept is taken over, what a later one kept is
refused.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from wand.errors import StateUnavailable
from wand.layouts import LAYOUT, OURS, Mark, readMark, refusalOf
from wand.state import StateDirectory
from wand.state_layout import ASIDE, MARK, takeOver
from wand.version import __version__

LATER = Mark(LAYOUT + 1, "7.0")


def renamed(state: StateDirectory) -> Mapping[str, bytes | None]:
    """
    A layout in which a file has another name.
    """
    content = state.read("old")
    return {} if content is None else {"new": content.upper(), "old": None}


class Full(StateDirectory):
    """
    A directory on a full disk.
    """

    def write(self, name: str, content: bytes) -> None:
        """
        Refuse.
        """
        raise StateUnavailable("No space left on device")


class TakeOverTests(SynchronousTestCase):
    def setUp(self) -> None:
        directory = TemporaryDirectory()
        self.addCleanup(directory.cleanup)
        self.path = Path(directory.name) / "state"
        self.state = StateDirectory(str(self.path))

    def files(self) -> dict[str, bytes]:
        """
        What is there, apart from hidden files.
        """
        return {each.name: each.read_bytes() for each in self.path.iterdir() if each.is_file()}

    def test_oursIsMarked(self) -> None:
        """
        What is there without a mark is of a version before marks, and gets one; nothing else changes.
        """
        self.state.write("node.key", b"x")
        self.assertIsNone(takeOver(self.state))
        self.assertEqual(self.files(), {"node.key": b"x", MARK: OURS.octets})
        self.assertEqual(readMark(self.state.read(MARK)), Mark(LAYOUT, __version__))
        self.assertIsNone(takeOver(self.state))

    def test_anUpgradeKeepsWhatWas(self) -> None:
        """
        Files are changed to the later layout, and those of before stay beside them, with their modes.
        """
        self.state.write("old", b"text")
        self.state.write(MARK, OURS.octets)
        self.assertEqual(takeOver(self.state, {LATER.layout: renamed}, LATER), LAYOUT)
        self.assertEqual(self.files(), {"new": b"TEXT", MARK: LATER.octets})
        kept = self.path / f"{ASIDE}-{LAYOUT}"
        self.assertEqual((kept / "old").read_bytes(), b"text")
        self.assertEqual(((kept / "old").stat().st_mode & 0o777, kept.stat().st_mode & 0o777), (0o600, 0o700))

    def test_aCrashOnTheWay(self) -> None:
        """
        An upgrade that was interrupted is done again, and what is kept is what was there before it.
        """
        self.state.write("old", b"text")
        self.state.write(MARK, OURS.octets)
        takeOver(self.state, {LATER.layout: renamed}, LATER)
        self.state.write("old", b"again")
        self.state.write(MARK, OURS.octets)
        takeOver(self.state, {LATER.layout: renamed}, LATER)
        self.assertEqual((self.path / f"{ASIDE}-{LAYOUT}" / "old").read_bytes(), b"text")
        self.assertEqual(self.state.read("new"), b"AGAIN")

    def test_aDowngradeIsRefused(self) -> None:
        """
        What a later version wrote is left as it is, and the refusal names that version and what to do.
        """
        self.state.write("new", b"TEXT")
        self.state.write(MARK, LATER.octets)
        before = self.files()
        with self.assertRaisesRegex(StateUnavailable, r"written by wandaemon 7\.0 .*install 7\.0 again, or restore"):
            takeOver(self.state)
        self.assertEqual(self.files(), before)

    def test_aDamagedMark(self) -> None:
        """
        A mark that cannot be read is refused, with what to do.
        """
        self.state.write(MARK, b"{")
        with self.assertRaisesRegex(StateUnavailable, "remove .*layout.json if this version wrote it"):
            takeOver(self.state)

    def test_aFullDisk(self) -> None:
        """
        A mark alone that finds no room keeps nobody from starting; a change does.
        """
        self.state.write("old", b"text")
        full = Full(str(self.path))
        self.assertIsNone(takeOver(full))
        with self.assertRaises(StateUnavailable):
            takeOver(full, {2: renamed})
        self.assertEqual(self.state.read("old"), b"text")


@given(st.binary())
def test_anyMark(octets: bytes) -> None:
    """
    Whatever stands there is read or refused; and what is said of it is one line.
    """
    assert refusalOf(readMark(octets), "it").isprintable()


@given(st.integers(1, 1000), st.text(max_size=64))
def test_marksAreReadAsTheyWereWritten(layout: int, version: str) -> None:
    """
    A mark says what was written, whatever a version is called.
    """
    mark = Mark(layout, version)
    assert readMark(mark.octets) == mark
    assert refusalOf(mark, "it").isprintable()


def test_aMarkWithoutBottom() -> None:
    """
    A mark that goes deeper than can be followed, or is no text, is damaged.
    """
    assert readMark(b'{"a": ' + b"[" * 20_000) is None
    assert readMark(b'{"version": "\xff"}') is None
