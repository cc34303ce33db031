"""
The contract of hooks, run against L{wand.hooks.executables} with a real program.
"""

from __future__ import annotations

from pathlib import Path
from shutil import rmtree
from tempfile import mkdtemp

from twisted.trial.unittest import SynchronousTestCase

from wand.hooks.executables import Executables
from wand.interfaces import Candidate
from wand.testing.hook_samples import makeCandidate
from wand.testing.hooks import HookContract


class ExecutablesContractTests(HookContract, SynchronousTestCase):
    """
    The program refuses mallory.
    """

    def setUp(self) -> None:
        self.folder = Path(mkdtemp())
        self.addCleanup(rmtree, self.folder)
        self.folder.chmod(0o755)
        program = self.folder / "admit" / "program"
        program.parent.mkdir(mode=0o755)
        program.write_text("#!/bin/sh\ngrep -q mallory && exit 77\nexit 0\n")
        program.chmod(0o755)
        self.settings = {"path": str(self.folder)}
        super().setUp()

    def makeHook(self) -> Executables:
        """
        See L{HookContract}.
        """
        return Executables()

    def refused(self) -> Candidate:
        """
        See L{HookContract}.
        """
        return makeCandidate("mallory")
