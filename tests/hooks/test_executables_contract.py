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

#: Asked about bob it fails, so it is asked again.
PROGRAM = """#!/bin/sh
document=$(cat)
case $document in
    *mallory*|*10.77.0.9*) echo "not in the list" >&2; exit 77 ;;
    *bob*) exit 1 ;;
esac
"""


class ExecutablesContractTests(HookContract, SynchronousTestCase):
    """
    The program refuses mallory and the address of a printer, and knows nothing of bob.
    """

    strangers = 0  # it is run for each

    def setUp(self) -> None:
        self.folder = Path(mkdtemp())
        self.addCleanup(rmtree, self.folder)
        self.folder.chmod(0o755)
        for question in ("admit", "assign-address", "allow-route"):
            program = self.folder / question / "program"
            program.parent.mkdir(mode=0o755)
            program.write_text(PROGRAM)
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

    def undecided(self) -> Candidate:
        """
        See L{HookContract}.
        """
        return makeCandidate("bob")

    def addressRefused(self) -> tuple[Candidate, str]:
        """
        See L{HookContract}.
        """
        return makeCandidate(), "10.77.0.9"

    def routeRefused(self) -> tuple[Candidate, int]:
        """
        See L{HookContract}.
        """
        return makeCandidate("mallory"), 256
