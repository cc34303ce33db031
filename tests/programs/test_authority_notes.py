"""
Tests for L{wand.programs.authority_notes}: what the operator of a server is told about its authority.
"""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase

from wand.config import ServerConfiguration
from wand.events import Events
from wand.health.notes import Notes
from wand.programs.authority_notes import sayCutOff, sayFound, sayWaiting


class AuthorityNotesTests(SynchronousTestCase):
    """
    A authority in which all is well, until a test says otherwise.
    """

    def setUp(self) -> None:
        clock = Clock()
        self.notes = Notes(clock, Events(clock.seconds))
        self.authority: Any = SimpleNamespace(
            recovered=False,
            hasUnreadable=False,
            servers=SimpleNamespace(identities=[]),
            administration=SimpleNamespace(
                pending=[],
                reserve=SimpleNamespace(had=[], beyond=""),
                isSecretEndWrong=False,
                status=SimpleNamespace(signs=True, unsigned=0),
            ),
        )

    def found(self, *, isRecoveryUsual: bool = False) -> list[str]:
        """
        Look at the start: the keys of the notes.
        """
        sayFound(self.authority, self.notes, Path("/state"), isRecoveryUsual=isRecoveryUsual)
        return [note.key for note in self.notes]

    def waiting(self) -> list[str]:
        """
        Look now and then: what the notes say.
        """
        sayWaiting(self.authority, self.notes)
        return list(self.notes.texts)

    def test_nothing(self) -> None:
        """
        Where all is well nothing is said.
        """
        self.assertEqual((self.found(), self.waiting()), ([], []))

    def test_aSecretThatNeverEnds(self) -> None:
        """
        A former secret of the network whose end was said by a wrong clock is said, with what to do.
        """
        self.authority.administration.isSecretEndWrong = True
        self.assertIn("wand rotate", self.waiting()[0])
        self.authority.administration.isSecretEndWrong = False
        self.assertEqual(self.waiting(), [])

    def test_found(self) -> None:
        """
        A lost store is said, unless the store loses everything anyway; and so are records that nobody can read.
        """
        self.authority.recovered = self.authority.hasUnreadable = True
        self.assertEqual(self.found(isRecoveryUsual=True), ["unreadable"])
        self.assertEqual(sorted(self.found()), ["recovered", "unreadable"])

    def test_keyIsElsewhere(self) -> None:
        """
        A network key that is kept elsewhere is a hint: it may well be meant.
        """
        self.authority.administration.status.signs = False
        self.assertEqual(self.found(), ["network-key"])
        [note] = self.notes
        self.assertTrue(note.isHint)
        self.assertIn("the network key is not in /state, so certificates wait for wand sign", note.text)
        self.authority.servers = SimpleNamespace(identities=[b"other"])
        self.found()
        [note] = self.notes
        self.assertIn("wait for another server that has it", note.text)

    def test_cutOff(self) -> None:
        """
        The only server says if it accepts streams and passes nothing on; not if it does, or there is another one.
        """
        for tcp, relay, others, count in (
            ("0.0.0.0:443", False, [], 1),
            ("0.0.0.0:443", True, [], 0),
            ("0.0.0.0:443", False, [b"other"], 0),
            ("", False, [], 0),
        ):
            self.authority.servers = SimpleNamespace(identities=others)
            configuration = ServerConfiguration(tcp=tcp, relay=relay)
            sayCutOff(self.authority, configuration, self.notes)
            self.assertEqual(len(self.notes.texts), count)

    def test_waiting(self) -> None:
        """
        Who waits is counted, and it is over when nobody does.
        """
        self.authority.administration.pending = ["bob"]
        self.authority.administration.status.unsigned = 1
        one = self.waiting()
        self.assertIn("bob waits for an approval: wand approve", one)
        self.assertIn("one certificate or revocation waits for a signature: wand requests", one)
        self.authority.administration.pending = ["bob", "carol", "dave"]
        self.authority.administration.status.unsigned = 7
        several = self.waiting()
        self.assertIn("bob and 2 more wait for an approval: wand approve", several)
        self.assertIn("7 certificates and revocations wait for a signature: wand requests", several)
        self.authority.administration.pending = []
        self.authority.administration.status.unsigned = 0
        self.assertEqual(self.waiting(), [])
